//! What everything in one engine shares.

use super::waiters::Waiters;
use super::{EngineOptions, journal};
use crate::device::DeviceProfiles;
use crate::error::{Error, Result};
use crate::id::{MachineId, OwnerId, WorkflowId, WorkflowName};
use crate::machine::Machine;
use crate::plugin::Plugins;
use crate::record::{Submitted, WorkflowState};
use crate::store::{HistoryStore, MachineDirectory, Only, OverlayDirectory};
use crate::time::Clock;
use crate::workflow::Workflow;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, watch};

/// How many machine changes are read at a time.
const PAGE: usize = 500;

/// Holds what the manager, the worker and the runners of one engine share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) owner: OwnerId,
    pub(crate) store: Arc<dyn HistoryStore>,
    pub(crate) machines: OverlayDirectory,
    pub(crate) profiles: Option<DeviceProfiles>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) workflows: BTreeMap<WorkflowName, Arc<Workflow>>,
    pub(crate) clock: Clock,
    pub(crate) options: EngineOptions,
    pub(crate) waiters: Waiters,
    pub(crate) mode: watch::Sender<Mode>,
    running: Mutex<HashMap<WorkflowId, Arc<RunHandle>>>,
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

/// Reaches a workflow that runs here.
#[derive(Debug, Default)]
pub(crate) struct RunHandle {
    /// Its inbox has something new.
    pub(crate) inbox: Notify,
    /// Its inbox was not read since the last hint.
    pub(crate) unread: AtomicBool,
    /// Its lease is lost.
    pub(crate) lost: Notify,
    /// How much of its current step is done: the bits of an `f32`, or none.
    progress: AtomicU32,
}

/// No fraction has this pattern: it is not a number.
const NO_PROGRESS: u32 = u32::MAX;

impl RunHandle {
    pub(crate) fn set_progress(&self, fraction: Option<f32>) {
        self.progress.store(fraction.map_or(NO_PROGRESS, f32::to_bits), Ordering::Relaxed);
    }

    fn progress(&self) -> Option<f32> {
        let bits = self.progress.load(Ordering::Relaxed);
        (bits != NO_PROGRESS).then(|| f32::from_bits(bits))
    }

    pub(crate) fn tell_inbox(&self) {
        self.unread.store(true, Ordering::Release);
        self.inbox.notify_one();
    }
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
            workflows,
            clock,
            options,
            waiters: Waiters::default(),
            mode: watch::Sender::new(Mode::Working),
            running: Mutex::default(),
        }
    }

    /// Enters a run; its inbox counts as unread.
    pub(crate) fn enter(&self, workflow: WorkflowId) -> Arc<RunHandle> {
        let handle = Arc::new(RunHandle { unread: AtomicBool::new(true), ..RunHandle::default() });
        handle.set_progress(None);
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(workflow, Arc::clone(&handle));
        handle
    }

    pub(crate) fn leave(&self, workflow: WorkflowId) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&workflow);
    }

    pub(crate) fn running(&self, workflow: WorkflowId) -> Option<Arc<RunHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&workflow).cloned()
    }

    pub(crate) fn all_running(&self) -> Vec<Arc<RunHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn progress(&self, workflow: WorkflowId) -> Option<f32> {
        self.running(workflow).and_then(|handle| handle.progress())
    }

    pub(crate) fn mode(&self) -> Mode {
        *self.mode.borrow()
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
        let found = self.machines.find(name).await?.ok_or_else(|| {
            Error::not_found(format!("no machine is known as {name}"))
                .with_remedy("add it to the machine directory, or correct the name")
        })?;
        self.with_profile(found)
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

    pub(crate) async fn load(&self, workflow: WorkflowId) -> Result<WorkflowState> {
        journal::load(&*self.store, workflow).await
    }
}
