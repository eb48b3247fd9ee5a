//! Broken commissioners.

use crate::broken;
use crate::rack_fixture::RackFixture;
use crate::spoil::Spoil;
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    CommissionOptions, CommissionReading, CommissionRun, CommissionState, Commissioner, HardwareSummary,
    KeepReachable,
};
use hwautomation_core::testing::fake::FakeRack;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    NamesEveryRunAlike,
    ReadyTooSoon,
    FailedIsReady,
    NeverKeepsReachable,
    StaysInRescue,
    ForgetsTheBmcAddress,
    HidesTheBmcAddress,
    RefusesRescueInRescue,
    AbortsWhateverRuns,
    DoesNotAbort,
    DoesNotTag,
    DoesNotUntag,
    RemovesEveryTag,
    TakesAnyMachineForItsOwn,
    SilentHasNoTags,
    Error(Spoil),
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    defect: Defect,
}

fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::new();
    fixture.commissioner = Arc::new(Broken { rack: fixture.rack.clone(), defect });
    fixture
}

impl Broken {
    fn on<T>(&self, answer: Result<T>) -> Result<T> {
        if let Defect::Error(spoil) = self.defect { spoil.on(answer) } else { answer }
    }

    /// The machine that this double asks about.
    fn meant(&self, machine: &Machine) -> Machine {
        match self.defect {
            Defect::TakesAnyMachineForItsOwn => self.rack.machine(&MachineId::from_static("srv001")),
            _ => machine.clone(),
        }
    }

    /// The name that this double gives a run.
    fn named(&self, run: CommissionRun) -> CommissionRun {
        match self.defect {
            Defect::NamesEveryRunAlike => CommissionRun("commissioning".to_owned()),
            _ => run,
        }
    }
}

#[async_trait]
impl Commissioner for Broken {
    async fn commission_state(&self, machine: &Machine) -> Result<CommissionReading> {
        let mut reading = self.on(self.rack.commission_state(&self.meant(machine)).await)?;
        reading.run = reading.run.map(|run| self.named(run));
        match (self.defect, &reading.state) {
            (Defect::ReadyTooSoon, CommissionState::Commissioning)
            | (Defect::FailedIsReady, CommissionState::Failed) => reading.state = CommissionState::Ready,
            _ => {}
        }
        Ok(reading)
    }

    async fn commission(&self, machine: &Machine, options: &CommissionOptions) -> Result<CommissionRun> {
        let mut options = options.clone();
        if self.defect == Defect::NeverKeepsReachable {
            options.keep_reachable = KeepReachable::No;
        }
        self.on(self.rack.commission(machine, &options).await).map(|run| self.named(run))
    }

    async fn abort_commission(&self, machine: &Machine, run: &CommissionRun) -> Result<()> {
        match self.defect {
            Defect::AbortsWhateverRuns => {}
            Defect::DoesNotAbort => return Ok(()),
            _ => return self.on(self.rack.abort_commission(machine, run).await),
        }
        let truth = self.rack.truth(&machine.id);
        let going_on = truth.run.filter(|_| truth.state == CommissionState::Commissioning);
        self.rack.abort_commission(machine, going_on.as_ref().unwrap_or(run)).await
    }

    async fn enter_rescue(&self, machine: &Machine) -> Result<()> {
        let there = || self.rack.truth(&machine.id).state == CommissionState::Rescue;
        if self.defect == Defect::RefusesRescueInRescue && there() {
            return Err(Error::new(ErrorKind::Conflict, "it is there").with_remedy("leave it"));
        }
        self.on(self.rack.enter_rescue(machine).await)
    }

    async fn leave_rescue(&self, machine: &Machine) -> Result<()> {
        match self.defect {
            Defect::StaysInRescue => Ok(()),
            _ => self.on(self.rack.leave_rescue(machine).await),
        }
    }

    async fn host_addresses(&self, machine: &Machine) -> Result<Vec<IpAddr>> {
        self.on(self.rack.host_addresses(machine).await)
    }

    async fn bmc_address(&self, machine: &Machine) -> Result<Option<IpAddr>> {
        let read = self.on(self.rack.bmc_address(machine).await)?;
        Ok(read.filter(|_| self.defect != Defect::HidesTheBmcAddress))
    }

    async fn set_bmc_address(&self, machine: &Machine, address: IpAddr) -> Result<()> {
        match self.defect {
            Defect::ForgetsTheBmcAddress => Ok(()),
            _ => self.on(self.rack.set_bmc_address(machine, address).await),
        }
    }

    async fn hardware(&self, machine: &Machine) -> Result<HardwareSummary> {
        self.on(self.rack.hardware(machine).await)
    }

    async fn tags(&self, machine: &Machine) -> Result<BTreeSet<String>> {
        match self.rack.tags(machine).await {
            Err(error)
                if self.defect == Defect::SilentHasNoTags && error.kind() == ErrorKind::Unreachable =>
            {
                Ok(BTreeSet::new())
            }
            answer => self.on(answer),
        }
    }

    async fn add_tag(&self, machine: &Machine, tag: &str) -> Result<()> {
        match self.defect {
            Defect::DoesNotTag => Ok(()),
            _ => self.on(self.rack.add_tag(machine, tag).await),
        }
    }

    async fn remove_tag(&self, machine: &Machine, tag: &str) -> Result<()> {
        match self.defect {
            Defect::DoesNotUntag => Ok(()),
            Defect::RemovesEveryTag => {
                self.rack.change(&machine.id, |truth| truth.tags.clear());
                Ok(())
            }
            _ => self.on(self.rack.remove_tag(machine, tag).await),
        }
    }

    async fn release(&self, machine: &Machine) -> Result<()> {
        self.on(self.rack.release(machine).await)
    }
}

broken! { commissioner:
    commissioning_starts_a_new_run: broken(Defect::NamesEveryRunAlike) => "expected a new run";
    a_run_ends_ready_or_failed:
        broken(Defect::ReadyTooSoon) => "expected commissioning or testing",
        broken(Defect::FailedIsReady) => "the end: expected (Failed";
    kept_reachable_stays_reachable:
        broken(Defect::NeverKeepsReachable) => "host_addresses: expected one or more";
    rescue_mode_can_be_entered_and_left:
        broken(Defect::StaysInRescue) => "the state after rescue mode",
        broken(Defect::RefusesRescueInRescue) => "it is there";
    abort_ends_the_named_run_only:
        broken(Defect::AbortsWhateverRuns) => "aborting another run: expected the error Conflict",
        broken(Defect::DoesNotAbort) => "aborting a run that is over: expected the error Conflict";
    a_bmc_address_set_reads_back:
        broken(Defect::ForgetsTheBmcAddress) => "the BMC's true address: expected",
        broken(Defect::HidesTheBmcAddress) => "the BMC's address: expected";
    tags_added_are_listed: broken(Defect::DoesNotTag) => "the tags: expected";
    tags_removed_are_gone:
        broken(Defect::DoesNotUntag) => "the tags: expected",
        broken(Defect::RemovesEveryTag) => "the tags: expected";
    an_unknown_machine_is_not_found:
        broken(Defect::TakesAnyMachineForItsOwn) => "commission_state: expected the error NotFound";
    silence_is_an_error:
        broken(Defect::SilentHasNoTags) => "tags: expected an error",
        broken(Defect::Error(Spoil::SilentForGood)) => "to be no permanent error";
    a_wrong_key_is_unauthorized:
        broken(Defect::Error(Spoil::TryAgain)) => "expected a permanent error",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
}
