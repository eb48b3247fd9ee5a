//! The chassis beside its power: the lamp, what follows a loss of mains power, the hours it has run.

use super::{Call, IpmiController};
use crate::error::IpmiError;
use crate::model::identify::{self, Identify};
use crate::model::restore::{self, RestorePolicy};
use crate::model::{chassis, hours};
use crate::transport::Turn;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;

impl IpmiController {
    /// Lights the lamp of a machine, so that it is found in its rack, or puts it out.
    ///
    /// # Errors
    ///
    /// `Invalid` for a time that the lamp cannot be lit for, and those of a power command.
    pub async fn identify(&self, machine: &Machine, identify: Identify) -> Result<()> {
        let call = self.call(machine, "identifying the chassis", self.config.power_privilege)?;
        let answer = async {
            let command = identify::set(identify)?;
            call.turn().await?.send(&command).await.map(drop)
        };
        call.end(answer.await)
    }

    /// Reads what a machine does when mains power comes back; nothing when its BMC does not know.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Protocol` and the others of a reading.
    pub async fn restore_policy(&self, machine: &Machine) -> Result<Option<RestorePolicy>> {
        let call = self.call(machine, "reading the restore policy", self.config.power_privilege)?;
        let answer = async { policy(&mut call.turn().await?).await };
        call.end(answer.await)
    }

    /// Sets what a machine does when mains power comes back, and reads it back.
    ///
    /// # Errors
    ///
    /// `Mismatch` when the BMC accepts it and does not keep it, and those of a power command.
    pub async fn set_restore_policy(&self, machine: &Machine, policy: RestorePolicy) -> Result<()> {
        let call = self.call(machine, "setting the restore policy", self.config.power_privilege)?;
        call.end(set_policy(&call, policy).await)
    }

    /// Reads how many hours a machine has been on in its life.
    ///
    /// # Errors
    ///
    /// `Unsupported` by BMCs that do not count, and those of a reading.
    pub async fn power_on_hours(&self, machine: &Machine) -> Result<u64> {
        let call = self.call(machine, "reading the power-on hours", self.config.power_privilege)?;
        let answer = async { hours::of(&call.turn().await?.send(&hours::ask()).await?) };
        call.end(answer.await)
    }
}

async fn policy(turn: &mut Turn<'_>) -> Result<Option<RestorePolicy>, IpmiError> {
    restore::of(&turn.send(&chassis::ask()).await?)
}

async fn set_policy(call: &Call<'_>, wanted: RestorePolicy) -> Result<(), IpmiError> {
    let mut turn = call.turn().await?;
    let command = restore::set(wanted);
    turn.send(&command).await?;
    match policy(&mut turn).await.map_err(|error| error.after(command.name))? {
        Some(found) if found == wanted => Ok(()),
        found => {
            let found = found.map_or_else(|| "unknown".to_owned(), |found| found.to_string());
            Err(IpmiError::Mismatch {
                what: "the restore policy",
                found: format!("{found}, expected {wanted}"),
            })
        }
    }
}
