//! Putting a manager together.

use super::WorkflowManager;
use crate::device::DeviceProfiles;
use crate::engine::permits::PermitLimits;
use crate::engine::plan::Decide;
use crate::engine::shared::Shared;
use crate::engine::{EngineOptions, worker};
use crate::error::{Error, Result};
use crate::id::{PluginName, WorkflowName};
use crate::plugin::{
    BiosBackend, BmcConfigurator, BootController, Commissioner, FleetPower, HealthReader, Plugins,
    PowerController, RemoteShell,
};
use crate::store::{HistoryStore, MachineDirectory, MemoryDirectory, MemoryStore, OverlayDirectory};
use crate::time::Clock;
use crate::workflow::Workflow;
#[cfg(feature = "testing")]
use crate::workflow::WorkflowStep;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Collects what a manager needs. [`start`](Self::start) tells all that is wrong with it.
#[derive(Debug, Default)]
pub struct ManagerBuilder {
    store: Option<Arc<dyn HistoryStore>>,
    machines: Option<Arc<dyn MachineDirectory>>,
    profiles: Option<DeviceProfiles>,
    plugins: Plugins,
    workflows: BTreeMap<WorkflowName, Arc<Workflow>>,
    permit_limits: PermitLimits,
    options: EngineOptions,
    clock: Clock,
    decide: Option<Decide>,
    faults: Vec<String>,
}

impl ManagerBuilder {
    /// Keeps history here. Default: in memory, so that nothing survives the process.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn HistoryStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Finds machines here. Default: there are none.
    #[must_use]
    pub fn machines(mut self, machines: Arc<dyn MachineDirectory>) -> Self {
        self.machines = Some(machines);
        self
    }

    /// Adds what machines of one type have in common. With profiles, a machine of an unknown type is refused.
    #[must_use]
    pub fn profiles(mut self, profiles: DeviceProfiles) -> Self {
        self.profiles = Some(profiles);
        self
    }

    /// Adds a kind of workflow.
    #[must_use]
    pub fn workflow(mut self, workflow: Workflow) -> Self {
        if let Err(error) = workflow.check_definition() {
            self.faults.push(error.to_string());
        }
        let name = workflow.name.clone();
        if self.workflows.insert(name.clone(), Arc::new(workflow)).is_some() {
            self.faults.push(format!("two workflows are named {name}"));
        }
        self
    }

    /// Adds a plugin of any contract, such as one of your own.
    #[must_use]
    pub fn plugin<T: ?Sized + Send + Sync + 'static>(mut self, name: &str, plugin: Arc<T>) -> Self {
        let added = PluginName::new(name).and_then(|name| self.plugins.insert(name, plugin));
        self.faults.extend(added.err().map(|error| error.to_string()));
        self
    }

    /// Adds all plugins of a registry.
    #[must_use]
    pub fn plugins(mut self, plugins: Plugins) -> Self {
        self.faults.extend(self.plugins.extend(plugins).err().map(|error| error.to_string()));
        self
    }

    /// Adds a power driver.
    #[must_use]
    pub fn power(self, name: &str, plugin: Arc<dyn PowerController>) -> Self {
        self.plugin(name, plugin)
    }

    /// Adds a driver of the power of many machines at once. Steps find it with `WorkflowContext::plugin`.
    #[must_use]
    pub fn fleet_power(self, name: &str, plugin: Arc<dyn FleetPower>) -> Self {
        self.plugin(name, plugin)
    }

    /// Adds a boot device driver.
    #[must_use]
    pub fn boot(self, name: &str, plugin: Arc<dyn BootController>) -> Self {
        self.plugin(name, plugin)
    }

    /// Adds a BIOS driver.
    #[must_use]
    pub fn bios(self, name: &str, plugin: Arc<dyn BiosBackend>) -> Self {
        self.plugin(name, plugin)
    }

    /// Adds a BMC driver.
    #[must_use]
    pub fn bmc(self, name: &str, plugin: Arc<dyn BmcConfigurator>) -> Self {
        self.plugin(name, plugin)
    }

    /// Adds a reader of sensors and event logs.
    #[must_use]
    pub fn health(self, name: &str, plugin: Arc<dyn HealthReader>) -> Self {
        self.plugin(name, plugin)
    }

    /// Adds a commissioning service.
    #[must_use]
    pub fn commissioner(self, name: &str, plugin: Arc<dyn Commissioner>) -> Self {
        self.plugin(name, plugin)
    }

    /// Adds a remote shell.
    #[must_use]
    pub fn shell(self, name: &str, plugin: Arc<dyn RemoteShell>) -> Self {
        self.plugin(name, plugin)
    }

    /// Says how many workflows may hold a permit at once. The pattern is a whole name, or the beginning of names and
    /// a `*`, such as `rack-*`; the longest one that fits counts. Default: one. Managers that share a store should
    /// say the same.
    #[must_use]
    pub fn permit_limit(mut self, pattern: &str, limit: u32) -> Self {
        self.faults.extend(self.permit_limits.add(pattern, limit).err());
        self
    }

    /// Replaces the limits.
    #[must_use]
    pub fn options(mut self, options: EngineOptions) -> Self {
        self.options = options;
        self
    }

    /// Replaces the clock. Tests under paused time give [`Clock::tokio`], to the store too.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Replaces the rules, so that tests can show that they notice.
    #[cfg(feature = "testing")]
    pub(crate) fn decide(mut self, decide: Decide) -> Self {
        self.decide = Some(decide);
        self
    }

    /// Puts something around each step of each workflow. Names and versions must stay as they are.
    #[cfg(feature = "testing")]
    pub(crate) fn around_steps(
        mut self,
        around: impl Fn(&Arc<dyn WorkflowStep>) -> Arc<dyn WorkflowStep>,
    ) -> Self {
        for workflow in self.workflows.values_mut() {
            let workflow = Arc::make_mut(workflow);
            workflow.steps.iter_mut().for_each(|step| *step = around(step));
        }
        self
    }

    /// Starts the manager and its worker. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming everything that is wrong; `Storage` when the history cannot be read.
    pub async fn start(mut self) -> Result<WorkflowManager> {
        if self.options.running_max == 0 || self.options.lease.is_zero() {
            self.faults.push("running_max and lease must be above zero".to_owned());
        }
        if self.options.pending_max == 0 {
            self.faults.push("pending_max must be above zero".to_owned());
        }
        if !self.faults.is_empty() {
            return Err(Error::invalid(format!("the manager cannot start: {}", self.faults.join("; ")))
                .with_remedy("correct each of these where the builder is called"));
        }
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::with_clock(self.clock.clone())));
        let machines = self.machines.unwrap_or_else(|| Arc::new(MemoryDirectory::default()));
        let (profiles, plugins, workflows) = (self.profiles, self.plugins, self.workflows);
        let machines = OverlayDirectory::new(machines);
        let mut shared = Shared::new(store, machines, profiles, plugins, workflows, self.clock, self.options);
        shared.decide = self.decide.unwrap_or(shared.decide);
        shared.permit_limits = self.permit_limits;
        let shared = Arc::new(shared);
        shared.sync_machines().await?;
        let hints = shared.store.hints().listen();
        let worker = tokio::spawn(worker::work(Arc::clone(&shared), hints));
        Ok(WorkflowManager { shared, worker: Mutex::new(Some(worker)) })
    }
}
