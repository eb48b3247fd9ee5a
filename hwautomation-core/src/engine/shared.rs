//! What everything in one engine shares.

use super::observe::Meters;
use super::permits::PermitLimits;
use super::plan::{self, Decide};
use super::remembered::Remembered;
use super::running::Running;
use super::trouble::Troubles;
use super::waiters::Waiters;
use super::{EngineOptions, journal};
use crate::device::DeviceProfiles;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{MachineId, OwnerId, WorkflowId, WorkflowName};
use crate::machine::Machine;
use crate::plugin::Plugins;
use crate::record::{Stored, Submitted, WorkflowState};
use crate::store::{HistoryStore, Kinds, MachineDirectory, Only, OverlayDirectory};
use crate::time::{Clock, Timestamp};
use crate::workflow::Workflow;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How many machine changes are read at a time.
const PAGE: usize = 500;
/// How long the machine directory has for one answer.
const DIRECTORY_MAX: Duration = Duration::from_secs(30);

/// Holds what the manager, the worker and the runners of one engine share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) owner: OwnerId,
    pub(crate) store: Arc<dyn HistoryStore>,
    pub(crate) machines: OverlayDirectory,
    pub(crate) profiles: Option<DeviceProfiles>,
    pub(crate) plugins: Arc<Plugins>,
    /// The kinds of `workflows`, which is what this engine claims.
    pub(crate) kinds: Kinds,
    pub(crate) workflows: BTreeMap<WorkflowName, Arc<Workflow>>,
    pub(crate) clock: Clock,
    pub(crate) options: EngineOptions,
    pub(crate) waiters: Waiters,
    pub(crate) mode: watch::Sender<Mode>,
    /// When this engine was made, or went on after a pause, in microseconds.
    working_since: AtomicI64,
    pub(crate) running: Running,
    pub(crate) troubles: Troubles,
    pub(crate) remembered: Remembered,
    pub(crate) permit_limits: PermitLimits,
    pub(crate) meters: Arc<Meters>,
    /// Says what comes next: `plan::next`, unless a test of our tests spoils it.
    pub(crate) decide: Decide,
}

/// Says what the worker may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Claim and run.
    Working,
    /// Claim nothing; what runs lets go after its current step.
    Paused,
    /// Claim nothing; what runs goes on until it ends or waits.
    Draining,
    /// Stop as soon as it is safe.
    Stopping,
}

impl Shared {
    pub(super) fn new(
        store: Arc<dyn HistoryStore>,
        machines: OverlayDirectory,
        profiles: Option<DeviceProfiles>,
        plugins: Plugins,
        workflows: BTreeMap<WorkflowName, Arc<Workflow>>,
        clock: Clock,
        options: EngineOptions,
    ) -> Self {
        Self {
            owner: OwnerId::generate(),
            store,
            machines,
            profiles,
            plugins: Arc::new(plugins),
            meters: Arc::new(Meters::new(workflows.values())),
            kinds: Kinds::of(workflows.keys().cloned()),
            workflows,
            working_since: AtomicI64::new(clock.now().as_micros()),
            clock,
            options,
            waiters: Waiters::default(),
            mode: watch::Sender::new(Mode::Working),
            running: Running::default(),
            troubles: Troubles::default(),
            remembered: Remembered::default(),
            permit_limits: PermitLimits::default(),
            decide: plan::next,
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        *self.mode.borrow()
    }

    pub(crate) fn working_since(&self) -> Timestamp {
        Timestamp::from_micros(self.working_since.load(Ordering::Relaxed))
    }

    /// Counts from now how long it has been working.
    pub(crate) fn works_again(&self) {
        self.working_since.store(self.clock.now().as_micros(), Ordering::Relaxed);
    }

    /// Takes into the directory what workflows recorded about machines.
    pub(crate) async fn sync_machines(&self) -> Result<()> {
        loop {
            let page = self.store.follow(self.machines.position(), PAGE, Only::MachineChanges).await?;
            page.iter().for_each(|event| self.machines.apply(event));
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Finds a machine and adds what its profile says.
    pub(crate) async fn machine(&self, name: &str) -> Result<Machine> {
        self.sync_machines().await?;
        let found = self.find(name).await?.ok_or_else(|| {
            Error::not_found(format!("no machine is known as {name}"))
                .with_remedy("add it to the machine directory, or correct the name")
        })?;
        self.with_profile(found)
    }

    /// Finds whose an address is, by the newest that is known.
    pub(crate) async fn machine_at(&self, address: IpAddr) -> Result<Option<MachineId>> {
        self.sync_machines().await?;
        Ok(self.find(&address.to_string()).await?.map(|machine| machine.id))
    }

    /// The directory is the site's own: one that never answers must not hold a run beyond its limits.
    async fn find(&self, name: &str) -> Result<Option<Machine>> {
        let found = tokio::time::timeout(DIRECTORY_MAX, self.machines.find(name)).await;
        found.unwrap_or_else(|_| {
            let what = format!("the machine directory did not answer about {name} within {DIRECTORY_MAX:?}");
            Err(Error::new(ErrorKind::Timeout, what).with_remedy("look whether the directory is in order"))
        })
    }

    /// Reads the machine of a run that was accepted before.
    pub(crate) async fn machine_of(&self, spec: &Submitted) -> Result<Option<Arc<Machine>>> {
        match &spec.machine {
            Some(id) => self.machine(MachineId::as_str(id)).await.map(|machine| Some(Arc::new(machine))),
            None => Ok(None),
        }
    }

    fn with_profile(&self, mut machine: Machine) -> Result<Machine> {
        let (Some(profiles), Some(device_type)) = (&self.profiles, &machine.device_type) else {
            return Ok(machine);
        };
        let profile = profiles.get(device_type)?;
        for (capability, name) in &profile.plugins {
            machine.plugins.entry(*capability).or_insert_with(|| name.clone());
        }
        for (name, settings) in &profile.settings {
            machine.settings.entry(name.clone()).or_insert_with(|| settings.clone());
        }
        Ok(machine)
    }

    /// Reads a recorded value, wherever it lies.
    pub(crate) async fn value(&self, stored: &Stored) -> Result<Value> {
        let hash = match stored {
            Stored::Value(value) => return Ok(value.clone()),
            Stored::Blob(hash) => hash,
        };
        let bytes = self.store.blob(hash).await?;
        serde_json::from_slice(&bytes).map_err(|cause| {
            Error::new(ErrorKind::Corrupt, format!("reading the blob {hash}")).with_source(cause)
        })
    }

    pub(crate) async fn load(&self, workflow: WorkflowId) -> Result<WorkflowState> {
        journal::load(&*self.store, workflow).await
    }
}
