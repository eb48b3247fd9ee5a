//! The fake's commissioning service.

use super::gate::{Heed, To};
use super::model::Commissioning;
use super::{FakeCall, FakeMachine, FakeRack};
use crate::error::{Error, ErrorKind, Result};
use crate::machine::Machine;
use crate::plugin::{
    CommissionOptions, CommissionReading, CommissionRun, CommissionState, Commissioner, HardwareSummary,
    KeepReachable,
};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::net::IpAddr;

#[async_trait]
impl Commissioner for FakeRack {
    async fn commission_state(&self, machine: &Machine) -> Result<CommissionReading> {
        self.read(FakeCall::CommissionRead, To::Service(machine), |truth, _| {
            truth.let_commissioning_go_on();
            Ok(truth.reading())
        })
        .await
    }

    async fn commission(&self, machine: &Machine, options: &CommissionOptions) -> Result<CommissionRun> {
        let to = To::Service(machine);
        self.command(FakeCall::CommissionStart, to, "commission".to_owned(), |inside, id, heed| {
            inside.runs += 1;
            let (run, polls_left) = (CommissionRun(format!("run-{}", inside.runs)), inside.commission_polls);
            let truth = inside.of(id);
            truth.check_state("commission", &CAN_BE_COMMISSIONED)?;
            truth.check_power_address()?;
            if heed == Heed::Yes {
                let begun = Commissioning { polls_left, keep_reachable: options.keep_reachable };
                truth.begin(run.clone(), begun);
            }
            Ok(run)
        })
        .await
    }

    async fn abort_commission(&self, machine: &Machine, run: &CommissionRun) -> Result<()> {
        let what = format!("abort {}", run.0);
        self.command(FakeCall::CommissionAbort, To::Service(machine), what, |inside, id, heed| {
            let truth = inside.of(id);
            if truth.commissioning.is_none() || truth.run.as_ref() != Some(run) {
                return Err(conflict(format!("aborting {}: it does not run", run.0)));
            }
            if heed == Heed::Yes {
                truth.abort();
            }
            Ok(())
        })
        .await
    }

    async fn enter_rescue(&self, machine: &Machine) -> Result<()> {
        let what = "enter rescue mode".to_owned();
        self.command(FakeCall::RescueEnter, To::Service(machine), what, |inside, id, heed| {
            let truth = inside.of(id);
            if truth.commissioning.is_some() {
                return Err(conflict("entering rescue mode while being commissioned".to_owned()));
            }
            if truth.state == CommissionState::Rescue {
                return Ok(());
            }
            truth.check_power_address()?;
            if heed == Heed::Yes {
                truth.rescue();
            }
            Ok(())
        })
        .await
    }

    async fn leave_rescue(&self, machine: &Machine) -> Result<()> {
        let what = "leave rescue mode".to_owned();
        self.command(FakeCall::RescueLeave, To::Service(machine), what, |inside, id, heed| {
            let truth = inside.of(id);
            truth.check_state("leave rescue mode", &[CommissionState::Rescue])?;
            truth.check_power_address()?;
            if heed == Heed::Yes {
                truth.state = truth.state_before.clone();
                truth.shut_down();
            }
            Ok(())
        })
        .await
    }

    async fn host_addresses(&self, machine: &Machine) -> Result<Vec<IpAddr>> {
        self.detail(machine, |truth| truth.host.into_iter().collect()).await
    }

    async fn bmc_address(&self, machine: &Machine) -> Result<Option<IpAddr>> {
        self.detail(machine, |truth| Some(truth.power_address).filter(|known| !known.is_unspecified())).await
    }

    async fn set_bmc_address(&self, machine: &Machine, address: IpAddr) -> Result<()> {
        let what = format!("BMC at {address}");
        self.command(FakeCall::PowerAddressSet, To::Service(machine), what, |inside, id, heed| {
            if heed == Heed::Yes {
                inside.of(id).power_address = address;
            }
            Ok(())
        })
        .await
    }

    async fn hardware(&self, machine: &Machine) -> Result<HardwareSummary> {
        self.detail(machine, |truth| truth.hardware.clone()).await
    }

    async fn tags(&self, machine: &Machine) -> Result<BTreeSet<String>> {
        self.detail(machine, |truth| truth.tags.clone()).await
    }

    async fn add_tag(&self, machine: &Machine, tag: &str) -> Result<()> {
        if tag.is_empty() || tag.contains(char::is_whitespace) {
            return Err(Error::invalid(format!("{tag:?} is no tag")).with_remedy("use a tag without blanks"));
        }
        self.command(FakeCall::TagAdd, To::Service(machine), format!("tag {tag}"), |inside, id, heed| {
            if heed == Heed::Yes {
                inside.of(id).tags.insert(tag.to_owned());
            }
            Ok(())
        })
        .await
    }

    async fn remove_tag(&self, machine: &Machine, tag: &str) -> Result<()> {
        self.command(FakeCall::TagRemove, To::Service(machine), format!("untag {tag}"), |inside, id, heed| {
            if heed == Heed::Yes {
                inside.of(id).tags.remove(tag);
            }
            Ok(())
        })
        .await
    }

    async fn release(&self, machine: &Machine) -> Result<()> {
        self.command(FakeCall::Release, To::Service(machine), "release".to_owned(), |inside, id, heed| {
            let truth = inside.of(id);
            truth.check_state("release", &CAN_BE_RELEASED)?;
            if heed == Heed::Yes {
                truth.state = CommissionState::Ready;
                truth.shut_down();
            }
            Ok(())
        })
        .await
    }
}

impl FakeRack {
    async fn detail<T>(&self, machine: &Machine, of: impl FnOnce(&FakeMachine) -> T) -> Result<T> {
        self.read(FakeCall::DetailsRead, To::Service(machine), |truth, _| Ok(of(truth))).await
    }
}

const CAN_BE_COMMISSIONED: [CommissionState; 4] =
    [CommissionState::New, CommissionState::Ready, CommissionState::Failed, CommissionState::Broken];

const CAN_BE_RELEASED: [CommissionState; 5] = [
    CommissionState::Ready,
    CommissionState::Allocated,
    CommissionState::Deployed,
    CommissionState::Failed,
    CommissionState::Broken,
];

fn conflict(message: String) -> Error {
    Error::new(ErrorKind::Conflict, message).with_remedy("read the state and decide anew")
}

impl FakeMachine {
    fn check_state(&self, what: &str, allowed: &[CommissionState]) -> Result<()> {
        if allowed.contains(&self.state) {
            return Ok(());
        }
        Err(conflict(format!("asking to {what} in the state {:?}", self.state)))
    }

    /// The service commands power through the BMC's address as it has it.
    fn check_power_address(&self) -> Result<()> {
        if self.power_address.is_unspecified() || self.power_address == IpAddr::from(self.lan.address) {
            return Ok(());
        }
        let message = format!("the service reaches no BMC of the machine at {}", self.power_address);
        Err(Error::new(ErrorKind::Unreachable, message).with_remedy("tell the service the BMC's address"))
    }

    fn reading(&self) -> CommissionReading {
        let progress = self.commissioning.as_ref().map(|going_on| 1.0 / (going_on.polls_left + 2) as f32);
        CommissionReading {
            state: self.state.clone(),
            message: format!("{:?}", self.state),
            run: self.run.clone(),
            progress,
        }
    }

    fn begin(&mut self, run: CommissionRun, begun: Commissioning) {
        self.state_before = std::mem::replace(&mut self.state, CommissionState::Commissioning);
        self.run = Some(run);
        self.commissioning = Some(begun);
        self.host = None;
        self.restart();
    }

    /// Lets a reading pass. A machine that somebody turned off does not go on.
    fn let_commissioning_go_on(&mut self) {
        let on = self.on;
        match &mut self.commissioning {
            Some(going_on) if on && going_on.polls_left > 0 => going_on.polls_left -= 1,
            Some(_) if on => self.finish(),
            _ => {}
        }
    }

    fn finish(&mut self) {
        let Some(ended) = self.commissioning.take() else { return };
        self.state = match std::mem::take(&mut self.commissioning_fails) {
            true => CommissionState::Failed,
            false => CommissionState::Ready,
        };
        match ended.keep_reachable {
            KeepReachable::Yes => self.host = Some(self.host_address),
            KeepReachable::No => self.shut_down(),
        }
    }

    fn abort(&mut self) {
        self.commissioning = None;
        self.state = self.state_before.clone();
        self.shut_down();
    }

    fn rescue(&mut self) {
        self.state_before = std::mem::replace(&mut self.state, CommissionState::Rescue);
        self.restart();
        self.host = Some(self.host_address);
    }

    fn shut_down(&mut self) {
        self.on = false;
        self.host = None;
    }
}
