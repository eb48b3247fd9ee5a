//! The fake's power controller.

use super::gate::{Heed, To};
use super::{FakeCall, FakeMachine, FakeRack, FaultAction};
use crate::error::{Error, ErrorKind, Result};
use crate::machine::Machine;
use crate::plugin::{PowerAction, PowerController, PowerState};
use async_trait::async_trait;

#[async_trait]
impl PowerController for FakeRack {
    fn supported(&self, _machine: &Machine) -> Vec<PowerAction> {
        self.lock().supported.clone()
    }

    async fn power_state(&self, machine: &Machine) -> Result<PowerState> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        self.read(FakeCall::PowerState, to, |truth, fault| {
            truth.let_power_settle();
            Ok(match fault {
                Some(FaultAction::UnknownPower) => {
                    PowerState::Unknown { reason: "the BMC does not say".to_owned() }
                }
                _ => truth.power(),
            })
        })
        .await
    }

    async fn request_power(&self, machine: &Machine, action: PowerAction) -> Result<()> {
        if !self.supported(machine).contains(&action) {
            return Err(Error::new(ErrorKind::Unsupported, format!("{action} of {}", machine.id))
                .with_remedy("use another action or another driver"));
        }
        let to = To::Bmc(machine, machine.bmc_address()?);
        self.command(FakeCall::PowerRequest, to, action.to_string(), |inside, id, heed| {
            let delay = inside.power_delay_reads;
            let truth = inside.of(id);
            truth.check_power(action)?;
            if heed == Heed::Yes {
                truth.in_flight = Some((action, delay));
                truth.skip_no_delay();
            }
            Ok(())
        })
        .await
    }
}

impl FakeMachine {
    /// A machine that is off cannot be reset: IPMI 2.0 table 28-4 recommends that nothing happens.
    fn check_power(&self, action: PowerAction) -> Result<()> {
        let needs_power =
            matches!(action, PowerAction::Cycle | PowerAction::Reset | PowerAction::GracefulRestart);
        if needs_power && !self.on {
            return Err(Error::new(ErrorKind::Refused, format!("{action} of a machine that is off"))
                .with_remedy("turn it on instead"));
        }
        Ok(())
    }

    /// Lets a reading pass, after which a power command may show.
    fn let_power_settle(&mut self) {
        if let Some((_, reads_left)) = &mut self.in_flight {
            if *reads_left > 0 {
                *reads_left -= 1;
            } else {
                self.land();
            }
        }
    }

    fn skip_no_delay(&mut self) {
        if matches!(self.in_flight, Some((_, 0))) {
            self.land();
        }
    }

    fn land(&mut self) {
        if let Some((action, _)) = self.in_flight.take() {
            self.power_to(action);
        }
    }
}
