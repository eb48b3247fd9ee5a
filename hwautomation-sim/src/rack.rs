//! A running rack.

use crate::faces;
use crate::fault::Fault;
use crate::keep::Keep;
use crate::log::LogEntry;
use crate::model::machine::Machine;
use crate::model::truth::Truth;
use crate::net::{self, Ports};
use crate::plan::RackPlan;
use crate::sheet::RackSheet;
use crate::world::World;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// How long the timer sleeps when nothing is due; a change wakes it before.
const IDLE: Duration = Duration::from_secs(3600);

/// Is a running rack. Clones are the same rack; it ends with [`Rack::stop`], or when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Rack {
    world: Arc<World>,
    ports: Arc<Ports>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Rack {
    pub(crate) async fn start(plan: RackPlan) -> io::Result<Self> {
        let (keep, kept) = match plan.kept_in() {
            Some(path) => Keep::open(path).map(|(keep, kept)| (Some(keep), kept))?,
            None => (None, None),
        };
        let (state, log) = match kept {
            Some(kept) => (kept.state, kept.log),
            None => (plan.state()?, Vec::new()),
        };
        let (sockets, ports) = net::bind(&state).await?;
        let world = Arc::new(World::new(state, log, keep)?);
        let mut tasks = JoinSet::new();
        tasks.spawn(settle_in_time(world.clone()));
        faces::start(&world, sockets, &mut tasks);
        Ok(Self { world, ports: Arc::new(ports), tasks: Arc::new(Mutex::new(tasks)) })
    }

    /// Returns what somebody who works with the rack is given. A BMC's address and password are those of now.
    pub fn sheet(&self) -> RackSheet {
        self.world.look(|state| RackSheet::of(state, &self.ports))
    }

    /// Returns a copy of what is true of a server now.
    ///
    /// # Panics
    /// When the rack has no server of that name.
    pub fn truth(&self, name: &str) -> Truth {
        self.world.look(|state| state.truth(name)).unwrap_or_else(|| panic!("the rack has no server {name}"))
    }

    /// Changes a server behind every driver's back.
    ///
    /// # Panics
    /// When the rack has no server of that name.
    pub fn change<R>(&self, name: &str, change: impl FnOnce(&mut Machine) -> R) -> R {
        let changed = self.world.with(|state| state.machine_mut(name).map(change));
        changed.unwrap_or_else(|| panic!("the rack has no server {name}"))
    }

    /// Adds a fault behind those that are there. Faults are not kept: they end with the process.
    pub fn inject(&self, fault: Fault) {
        self.world.inject(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.world.clear_faults();
    }

    /// Returns the faults that may still act.
    pub fn faults_left(&self) -> Vec<Fault> {
        self.world.faults_left()
    }

    /// Returns the log, the oldest entry first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.world.log()
    }

    /// Returns when the rack is as asked for, or after a limit. Says whether it is so.
    ///
    /// It looks at every change, and does not poll.
    pub async fn wait_until(&self, limit: Duration, is_so: impl Fn(&Self) -> bool) -> bool {
        let mut changes = self.world.changes();
        let waited = async {
            loop {
                changes.borrow_and_update();
                if is_so(self) || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(limit, waited).await.is_ok() || is_so(self)
    }

    /// Ends the rack: its sockets are closed, and what is kept stays.
    pub async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }
}

/// Lets whoever waits see what becomes due while nobody looks.
async fn settle_in_time(world: Arc<World>) {
    let mut changes = world.changes();
    loop {
        changes.borrow_and_update();
        world.look(|_| ());
        let wait = world.until_due().map_or(IDLE, Duration::from_millis);
        tokio::select! {
            () = sleep(wait) => {}
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a simulated machine's time passes by itself")]
async fn sleep(duration: Duration) {
    // A whole millisecond more, so that what is due then is due when it is looked at.
    tokio::time::sleep(duration + Duration::from_millis(1)).await;
}
