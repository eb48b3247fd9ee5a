//! What a campaign needs to know of the workflow it stops and the hardware under it.

use super::Side;
use crate::device::DeviceProfiles;
use crate::engine::{ManagerBuilder, Submission, WorkflowManager};
use crate::id::MachineId;
use crate::id::SignalName;
use crate::testing::fake::{FakeRack, Fault, FaultAction, FaultOn};
use crate::workflow::Workflow;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

/// Holds hardware, and says how to run a workflow on it. Each run of a campaign gets a new one.
pub trait World: Send + Sync {
    /// Returns a manager to be: plugins, machines and workflows, no store and no clock.
    fn builder(&self) -> ManagerBuilder;

    /// Says what to run.
    fn submission(&self) -> Submission;

    /// Counts the plugin calls so far.
    fn calls(&self) -> u64;

    /// Lets the call after `skip` more never return.
    fn hang(&self, skip: u64, side: Side);

    /// Tells whether such a call came.
    fn hangs(&self) -> bool;

    /// Ends all hanging: the next process is not spoiled.
    fn heal(&self);

    /// Returns what is true of the hardware.
    fn truth(&self) -> Value;

    /// Lists the commands that took effect and must happen once per intent, in order.
    fn commands(&self) -> Vec<String>;

    /// Tells whether several workflows run at once. Then two runs need not take the same steps, and a run may end
    /// before it comes to its stop: it must end as in peace.
    fn is_concurrent(&self) -> bool;

    /// Names the approval gate that somebody must open, if the workflow has one. Default: none.
    fn gate(&self) -> Option<SignalName> {
        None
    }
}

impl World for Box<dyn World> {
    fn builder(&self) -> ManagerBuilder {
        (**self).builder()
    }

    fn submission(&self) -> Submission {
        (**self).submission()
    }

    fn calls(&self) -> u64 {
        (**self).calls()
    }

    fn hang(&self, skip: u64, side: Side) {
        (**self).hang(skip, side);
    }

    fn hangs(&self) -> bool {
        (**self).hangs()
    }

    fn heal(&self) {
        (**self).heal();
    }

    fn truth(&self) -> Value {
        (**self).truth()
    }

    fn commands(&self) -> Vec<String> {
        (**self).commands()
    }

    fn is_concurrent(&self) -> bool {
        (**self).is_concurrent()
    }

    fn gate(&self) -> Option<SignalName> {
        (**self).gate()
    }
}

/// Runs a workflow on a rack of fakes.
pub struct FakeWorld {
    rack: Arc<FakeRack>,
    machines: Vec<MachineId>,
    workflows: Vec<Workflow>,
    submission: Submission,
    profiles: Option<DeviceProfiles>,
    harmless: Vec<&'static str>,
    gate: Option<SignalName>,
}

impl FakeWorld {
    /// Runs this workflow on one machine of a new rack.
    #[must_use]
    pub fn new(workflow: Workflow) -> Self {
        let submission = Submission::new(workflow.name().as_str()).machine(MACHINE);
        Self {
            rack: FakeRack::new([MACHINE]),
            machines: vec![MachineId::from_static(MACHINE)],
            workflows: vec![workflow],
            submission,
            profiles: None,
            harmless: Vec::new(),
            gate: None,
        }
    }

    /// Replaces the rack by a new one with these machines.
    #[must_use]
    pub fn machines<const N: usize>(mut self, names: [&'static str; N]) -> Self {
        self.rack = FakeRack::new(names);
        self.machines = names.map(MachineId::from_static).to_vec();
        self
    }

    /// Adds a workflow that the first one starts.
    #[must_use]
    pub fn child(mut self, workflow: Workflow) -> Self {
        self.workflows.push(workflow);
        self
    }

    /// Gives the manager device profiles.
    #[must_use]
    pub fn profiles(mut self, profiles: DeviceProfiles) -> Self {
        self.profiles = Some(profiles);
        self
    }

    /// Replaces what is submitted.
    #[must_use]
    pub fn submission(mut self, submission: Submission) -> Self {
        self.submission = submission;
        self
    }

    /// Leaves out of the commands those that may come more often, such as `shell true`, a log-in.
    #[must_use]
    pub fn harmless(mut self, command: &'static str) -> Self {
        self.harmless.push(command);
        self
    }

    /// Names the approval gate that somebody opens.
    ///
    /// # Panics
    ///
    /// When the name is no signal's.
    #[must_use]
    pub fn gate(mut self, name: &'static str) -> Self {
        self.gate = Some(SignalName::from_static(name));
        self
    }

    /// Returns the rack.
    #[must_use]
    pub fn rack(&self) -> &Arc<FakeRack> {
        &self.rack
    }
}

/// The id of the machine in a [`FakeWorld`].
const MACHINE: &str = "srv001";

impl World for FakeWorld {
    fn builder(&self) -> ManagerBuilder {
        let builder = WorkflowManager::builder().machines(self.rack.directory()).plugins(self.rack.plugins());
        let builder = self.workflows.iter().cloned().fold(builder, ManagerBuilder::workflow);
        match &self.profiles {
            Some(profiles) => builder.profiles(profiles.clone()),
            None => builder,
        }
    }

    fn submission(&self) -> Submission {
        self.submission.clone()
    }

    fn calls(&self) -> u64 {
        self.rack.calls()
    }

    fn hang(&self, skip: u64, side: Side) {
        let action = match side {
            Side::Before => FaultAction::Hang,
            Side::After => FaultAction::HangAfter,
        };
        self.rack.inject(Fault::once(FaultOn::Anything, action).after(skip));
    }

    fn hangs(&self) -> bool {
        self.rack.hung() > 0
    }

    fn heal(&self) {
        self.rack.clear_faults();
    }

    fn truth(&self) -> Value {
        match self.machines.as_slice() {
            [machine] => self.truth_of(machine),
            several => several.iter().map(|machine| self.truth_of(machine)).collect(),
        }
    }

    fn commands(&self) -> Vec<String> {
        let commands = self.rack.log().into_iter().map(|logged| {
            let machine = if self.is_concurrent() { format!("{} ", logged.machine) } else { String::new() };
            (format!("{} {}", logged.source, logged.what), machine)
        });
        let counted = commands.filter(|(command, _)| !self.harmless.contains(&command.as_str()));
        let mut commands: Vec<String> = counted.map(|(command, machine)| machine + &command).collect();
        if self.is_concurrent() {
            // Which machine is first is nobody's promise.
            commands.sort();
        }
        commands
    }

    fn is_concurrent(&self) -> bool {
        self.machines.len() > 1
    }

    fn gate(&self) -> Option<SignalName> {
        self.gate.clone()
    }
}

impl FakeWorld {
    fn truth_of(&self, machine: &MachineId) -> Value {
        let truth = self.rack.truth(machine);
        json!({
            "on": truth.on, "boots": truth.boots, "boot": truth.boot, "lan": truth.lan, "users": truth.users,
            "bios": truth.bios, "staged": truth.staged, "state": truth.state, "tags": truth.tags,
            "power_address": truth.power_address,
        })
    }
}

impl fmt::Debug for FakeWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeWorld").field("workflows", &self.workflows).finish_non_exhaustive()
    }
}
