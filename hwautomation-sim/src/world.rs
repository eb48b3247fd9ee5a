//! The one lock around the rack, its time, and who is told of changes.
//!
//! # How a face uses the world
//!
//! A face gets an `Arc<World>` and its sockets from `faces.rs`, which is the only place that starts faces (add one line there).
//!
//! - **Read** with [`World::look`]: `world.look(|state| state.at_bmc(address).map(|machine| machine.power()))`. What is due has been settled.
//! - **Change** with [`World::with`]: `world.with(|state| state.machine_mut(name).map(|machine| machine.control(control)))`. Methods of the
//!   machine take no time: `machine.now` and `state.now` are the time of this access. Waiters are told afterwards, and a kept rack is written
//!   before `with` returns: send the answer after it. Use `look` for reads: whoever waits for changes must not make some.
//! - **Faults**: ask once per command, before it is done: `world.fault(Face::Bmc, Some(name), text)`. `Action::bend` makes of staged BIOS changes
//!   what the firmware makes of them; `ChangeHostKey` is `machine.change_host_key()`; for `AcceptWithoutEffect` act on a copy
//!   (`state.machine(name).cloned()`).
//! - **Log**: `state.note(Note { .. })` in the same `with` as the effect (then both are kept or neither is), or [`World::note`] when nothing else
//!   changes. Never call the world from inside `with` or `look`: the lock is not re-entrant.
//! - **Wait** with [`World::changes`]: mark it as seen, `look`, then await the next change.
//!
//! For the BMC: `state.at_bmc(address)` is the machine whose BMC holds that nominal address now and is not restarting; `machine.bmc` has LAN, users,
//! boot flags, GUID, restore policy (plain data, all writable), `machine.hardware` the product; `machine.control(..)` and `machine.reset_bmc()` do
//! the rest. Sessions are the face's: drop a machine's sessions when `machine.bmc.resets` differs from the value that they began with.
//! For the host: `state.at_host(address)` is the machine whose environment answers SSH there; `machine.boots()` names the boot,
//! `state.host_key_seed(machine)` is the seed of its ed25519 host key, `state.access` has user and public key; `machine.bios.stage(..)`,
//! `machine.reboot()`, `machine.power_off_itself()`.

use crate::fault::{Action, Fault, Rules};
use crate::keep::Keep;
use crate::log::{Face, LogEntry, Note};
use crate::model::state::State;
use std::collections::VecDeque;
use std::fmt::Display;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// How many log entries are held in memory; the oldest go first. A kept rack has all of them in its file.
const LOG_MAX: usize = 100_000;

/// Is the rack as its faces see it.
#[derive(Debug)]
pub(crate) struct World {
    inner: Mutex<Inner>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    rules: Rules,
    log: VecDeque<LogEntry>,
    keep: Option<Keep>,
}

impl World {
    /// Returns a world around a state; what is kept already, its log included, comes with `keep`.
    pub(crate) fn new(mut state: State, log: Vec<LogEntry>, keep: Option<Keep>) -> io::Result<Self> {
        let (changes, _) = watch::channel(0);
        state.next_order = log.last().map_or(0, |entry| entry.order + 1);
        let inner = Inner { state, rules: Rules::default(), log: log.into(), keep };
        let world = Self { inner: Mutex::new(inner), changes };
        // A rack that is kept is there from its first moment.
        world.lock().write()?;
        Ok(world)
    }

    /// Changes the state, with everything settled that is due before and after.
    ///
    /// # Panics
    /// When a kept rack cannot be written: going on would break the promise that what was answered is kept.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let mut inner = self.lock();
        let now = inner.now();
        inner.state.settle(now);
        let result = act(&mut inner.state);
        inner.state.settle(now);
        inner.write().expect("a kept rack that can no longer be written must not go on");
        drop(inner);
        self.tell();
        result
    }

    /// Reads the state, with everything settled that is due.
    pub(crate) fn look<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        let mut inner = self.lock();
        let now = inner.now();
        let settled = inner.state.settle(now);
        if settled {
            inner.write().expect("a kept rack that can no longer be written must not go on");
        }
        let result = read(&inner.state);
        drop(inner);
        if settled {
            self.tell();
        }
        result
    }

    /// Returns what goes wrong with a command, if anything does, and counts it.
    pub(crate) fn fault(
        &self,
        face: Face,
        machine: Option<&str>,
        command: &(impl Display + ?Sized),
    ) -> Option<Action> {
        let mut inner = self.lock();
        // Most racks have no faults, and then nobody wants the text.
        if inner.rules.is_empty() {
            return None;
        }
        let action = inner.rules.take(face, machine, &command.to_string());
        drop(inner);
        if action.is_some() {
            self.tell();
        }
        action
    }

    /// Puts an entry into the log.
    pub(crate) fn note(&self, note: Note) {
        self.with(|state| state.note(note));
    }

    /// Returns a receiver that changes when the rack does.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Returns the log.
    pub(crate) fn log(&self) -> Vec<LogEntry> {
        self.look(|_| ());
        self.lock().log.iter().cloned().collect()
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.lock().rules.add(fault);
        self.tell();
    }

    pub(crate) fn clear_faults(&self) {
        self.lock().rules.clear();
        self.tell();
    }

    pub(crate) fn faults_left(&self) -> Vec<Fault> {
        self.lock().rules.left()
    }

    /// Returns how many milliseconds there are until the next transition.
    pub(crate) fn until_due(&self) -> Option<u64> {
        let inner = self.lock();
        inner.state.due().map(|due| due.saturating_sub(inner.now()))
    }

    fn tell(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Returns the time, which never goes back.
    fn now(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX).max(self.state.now)
    }

    fn write(&mut self) -> io::Result<()> {
        if let Some(keep) = self.keep.as_mut() {
            keep.write(&self.state)?;
        }
        self.log.extend(self.state.fresh.drain(..));
        while self.log.len() > LOG_MAX {
            self.log.pop_front();
        }
        Ok(())
    }
}
