//! What MAAS does with a machine: commissioning, testing, rescue mode, release.

use super::machine::Machine;
use super::power::Environment;
use super::record::{Run, ScriptResult};
use super::status::Status;
use super::tempo::later;

/// Says how a machine is to be commissioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    /// The number of the commissioning's results.
    pub(crate) result_id: u64,
    /// The number of the test's results, when testing scripts are to run.
    pub(crate) testing_id: Option<u64>,
    pub(crate) enable_ssh: bool,
    pub(crate) fails: bool,
}

impl Machine {
    /// Begins a commissioning. The caller has asked [`Status::may_commission`], and makes the machine boot from the network afterwards.
    pub(crate) fn begin_commissioning(&mut self, order: Order, owner: &str) {
        self.begin(Status::Commissioning, order.testing_id.is_some(), order.fails);
        let record = &mut self.record;
        record.owner = Some(owner.to_owned());
        record.enable_ssh = order.enable_ssh;
        record.commissionings.push(order.result_id);
        record.current_commissioning_result_id = Some(order.result_id);
        record.commissioning_result = ScriptResult::Pending;
        if let Some(testing) = order.testing_id {
            record.current_testing_result_id = Some(testing);
            record.testing_result = ScriptResult::Pending;
        }
        record.status_message = Some("Commissioning".to_owned());
    }

    /// Begins to enter the rescue mode. The machine is made to boot by the caller.
    pub(crate) fn enter_rescue_mode(&mut self) {
        if self.record.status == Status::FailedEnteringRescueMode {
            // The state before the first try is the one to come back to.
            let before = self.record.previous;
            self.begin(Status::EnteringRescueMode, false, false);
            self.record.previous = before;
        } else {
            self.begin(Status::EnteringRescueMode, false, false);
        }
        self.record.status_message = Some("Entering rescue mode".to_owned());
    }

    /// Begins to leave the rescue mode. The machine is switched off by the caller, which ends it.
    pub(crate) fn exit_rescue_mode(&mut self) {
        self.record.status = Status::ExitingRescueMode;
        self.record.status_message = Some("Exiting rescue mode".to_owned());
        self.record.run = Some(self.new_run(false, false));
        self.end_if_off();
    }

    /// Goes back to the state before what is going on.
    pub(crate) fn abort(&mut self) {
        let record = &mut self.record;
        for result in [&mut record.commissioning_result, &mut record.testing_result] {
            if matches!(result, ScriptResult::Pending | ScriptResult::Running) {
                *result = ScriptResult::Aborted;
            }
        }
        record.run = None;
        record.status = match record.status {
            Status::Deploying => Status::Allocated,
            _ => record.previous,
        };
        if matches!(record.status, Status::New | Status::Ready) {
            record.owner = None;
        }
    }

    /// Begins a release; it ends when the power is off.
    pub(crate) fn release(&mut self) {
        self.begin(Status::Releasing, false, false);
        self.record.status_message = Some("Releasing".to_owned());
        self.end_if_off();
    }

    fn begin(&mut self, status: Status, tests: bool, fails: bool) {
        self.record.previous = self.record.status;
        self.record.status = status;
        self.record.run = Some(self.new_run(tests, fails));
    }

    fn new_run(&self, tests: bool, fails: bool) -> Run {
        Run { deadline: later(self.now, self.tempo.give_up), scripts_until: None, tests, fails }
    }

    fn end_if_off(&mut self) {
        if self.power() == super::power::Power::Off && self.edge.is_none() {
            self.power_is_off();
        }
    }

    /// Ends what waits for the power to be off.
    pub(super) fn power_is_off(&mut self) {
        match self.record.status {
            Status::Releasing => {
                let status = if self.record.hardware_known { Status::Ready } else { Status::New };
                self.end(status, "Released");
                self.record.owner = None;
            }
            Status::ExitingRescueMode => {
                self.end(self.record.previous, "Exited rescue mode");
                if !matches!(self.record.status, Status::Deployed | Status::Allocated | Status::Reserved) {
                    self.record.owner = None;
                }
            }
            _ => {}
        }
    }

    /// Lets the environment do what MAAS wants of it.
    pub(super) fn scripts_begin(&mut self, at: u64) {
        match self.record.status {
            Status::Commissioning => {
                self.record.commissioning_result = ScriptResult::Running;
                self.scripts_until(later(at, self.tempo.commission));
            }
            Status::Testing => self.scripts_until(later(at, self.tempo.test)),
            Status::EnteringRescueMode => self.end(Status::RescueMode, "Rescue mode"),
            _ => {}
        }
    }

    fn scripts_until(&mut self, at: u64) {
        if let Some(run) = self.record.run.as_mut() {
            run.scripts_until = Some(at);
        }
    }

    /// Ends the scripts, or gives them up.
    pub(super) fn advance_run(&mut self, at: u64) {
        let Some(run) = self.record.run else { return };
        if run.scripts_until != Some(at) {
            return self.give_up();
        }
        match self.record.status {
            Status::Commissioning => self.commissioning_ends(run, at),
            _ => {
                self.record.testing_result = ScriptResult::Passed;
                self.environment_ends(Status::Ready, "Ready", at);
            }
        }
    }

    fn commissioning_ends(&mut self, run: Run, at: u64) {
        if run.fails {
            self.record.commissioning_result = ScriptResult::Failed;
            return self.environment_ends(Status::FailedCommissioning, "Failed commissioning", at);
        }
        self.record.commissioning_result = ScriptResult::Passed;
        self.record.hardware_known = true;
        if run.tests {
            self.record.status = Status::Testing;
            self.record.testing_result = ScriptResult::Running;
            self.record.status_message = Some("Testing".to_owned());
            return self.scripts_until(later(at, self.tempo.test));
        }
        self.environment_ends(Status::Ready, "Ready", at);
    }

    fn environment_ends(&mut self, status: Status, message: &str, at: u64) {
        self.end(status, message);
        if status == Status::Ready {
            self.record.owner = None;
        }
        if !self.record.enable_ssh && self.environment() == Some(Environment::Ephemeral) {
            self.leave_by_itself(at, "the scripts of MAAS ended");
        }
    }

    fn end(&mut self, status: Status, message: &str) {
        self.record.status = status;
        self.record.status_message = Some(message.to_owned());
        self.record.run = None;
    }

    fn give_up(&mut self) {
        let status = self.record.status;
        let minutes = self.tempo.give_up.as_secs() / 60;
        for result in [&mut self.record.commissioning_result, &mut self.record.testing_result] {
            if matches!(result, ScriptResult::Pending | ScriptResult::Running) {
                *result = ScriptResult::TimedOut;
            }
        }
        let message = format!("Node operation '{}' timed out after {minutes} minutes.", status.name());
        self.end(status.failed(), &message);
        self.record.error_description = message;
    }
}
