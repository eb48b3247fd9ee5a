//! Broken power controllers.

use crate::broken;
use crate::rack_fixture::RackFixture;
use crate::spoil::Spoil;
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};
use hwautomation_core::testing::fake::FakeRack;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    ReadsOnce,
    AcceptsOnly,
    ResetsInsteadOfTurningOff,
    CyclesWhenOn,
    RefusesOffWhenOff,
    SendsUnsupported,
    SilentIsOff,
    UnclearIsOff,
    UnclearForNoReason,
    TriesTwice,
    StaysBusyWhenDropped,
    Error(Spoil),
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    defect: Defect,
    first: OnceLock<PowerState>,
    busy: AtomicBool,
}

pub(crate) fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::new();
    let rack = fixture.rack.clone();
    if defect == Defect::SendsUnsupported {
        rack.set_supported_power(PowerAction::ALL);
    }
    fixture.power = Arc::new(Broken { rack, defect, first: OnceLock::new(), busy: AtomicBool::new(false) });
    fixture
}

impl Broken {
    fn spoil(&self) -> Spoil {
        if let Defect::Error(spoil) = self.defect { spoil } else { Spoil::Nothing }
    }

    /// Marks the plugin busy, and forgets that a dropped call is over too.
    fn enter(&self) -> Result<()> {
        if self.defect == Defect::StaysBusyWhenDropped && self.busy.swap(true, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Busy, "another call is under way").with_remedy("wait"));
        }
        Ok(())
    }

    fn leave(&self) {
        self.busy.store(false, Ordering::SeqCst);
    }
}

#[async_trait]
impl PowerController for Broken {
    fn supported(&self, machine: &Machine) -> Vec<PowerAction> {
        match self.defect {
            Defect::SendsUnsupported => vec![PowerAction::On, PowerAction::ForcedOff],
            _ => self.rack.supported(machine),
        }
    }

    async fn power_state(&self, machine: &Machine) -> Result<PowerState> {
        self.enter()?;
        let mut answer = self.rack.power_state(machine).await;
        self.leave();
        if self.defect == Defect::TriesTwice && answer.is_err() {
            answer = self.rack.power_state(machine).await;
        }
        match (&self.defect, self.spoil().on(answer)) {
            (Defect::ReadsOnce, Ok(power)) => Ok(self.first.get_or_init(|| power).clone()),
            (Defect::UnclearIsOff, Ok(PowerState::Unknown { .. })) => Ok(PowerState::Off),
            (Defect::UnclearForNoReason, Ok(PowerState::Unknown { .. })) => {
                Ok(PowerState::Unknown { reason: String::new() })
            }
            (Defect::SilentIsOff, Err(_)) => Ok(PowerState::Off),
            (_, answer) => answer,
        }
    }

    async fn request_power(&self, machine: &Machine, action: PowerAction) -> Result<()> {
        let mut action = action;
        match self.defect {
            Defect::AcceptsOnly => return Ok(()),
            Defect::ResetsInsteadOfTurningOff if action == PowerAction::GracefulOff => {
                action = PowerAction::Reset;
            }
            Defect::CyclesWhenOn if self.rack.power_state(machine).await? == PowerState::On => {
                action = PowerAction::Cycle;
            }
            Defect::RefusesOffWhenOff if self.rack.power_state(machine).await? == PowerState::Off => {
                return Err(Error::new(ErrorKind::Refused, "it is off").with_remedy("leave it"));
            }
            _ => {}
        }
        self.enter()?;
        let mut answer = self.rack.request_power(machine, action).await;
        self.leave();
        if self.defect == Defect::TriesTwice && answer.is_err() {
            answer = self.rack.request_power(machine, action).await;
        }
        self.spoil().on(answer)
    }
}

broken! { power:
    reads_the_true_state: broken(Defect::ReadsOnce) => "expected Off, found On";
    an_accepted_request_takes_effect:
        broken(Defect::AcceptsOnly) => "power on: expected HostTruth",
        broken(Defect::ResetsInsteadOfTurningOff) => "graceful power off: expected HostTruth";
    on_when_on_is_no_error: broken(Defect::CyclesWhenOn) => "power on when on: expected HostTruth";
    off_when_off_is_no_error: broken(Defect::RefusesOffWhenOff) => "expected success";
    refuses_what_it_does_not_support:
        broken(Defect::SendsUnsupported) => "expected the error Unsupported, found Ok(())";
    silence_is_never_off:
        broken(Defect::SilentIsOff) => "expected an error or unknown, found Ok(Off)",
        broken(Defect::Error(Spoil::SilentForGood)) => "to be no permanent error";
    an_unclear_answer_is_unknown:
        broken(Defect::UnclearIsOff) => "expected unknown with a reason, found Off",
        broken(Defect::UnclearForNoReason) => "expected unknown with a reason, found Unknown";
    a_wrong_password_is_unauthorized:
        broken(Defect::TriesTwice) => "expected 1 to 2 log-ins for 2 calls, found 4",
        broken(Defect::Error(Spoil::TryAgain)) => "expected a permanent error";
    a_lost_answer_is_an_unknown_outcome:
        broken(Defect::Error(Spoil::SurelyNotDone)) => "the class unknown outcome";
    a_dropped_call_leaves_the_plugin_usable:
        broken(Defect::StaysBusyWhenDropped) => "another call is under way";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
}
