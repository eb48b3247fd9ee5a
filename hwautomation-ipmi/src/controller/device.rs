//! What a BMC is, and the system it is in.

use super::IpmiController;
use crate::error::IpmiError;
use crate::model::device::{self, DeviceId};
use crate::model::guid;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;

impl IpmiController {
    /// Asks a machine's BMC what it is: device, firmware, maker, product.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Protocol` and the others of a reading.
    pub async fn device_id(&self, machine: &Machine) -> Result<DeviceId> {
        let call = self.call(machine, "reading the device id", self.config.power_privilege)?;
        let answer = async { device::of(&call.turn().await?.send(&device::ask()).await?) };
        call.end(answer.await)
    }

    /// Asks a machine's BMC for the number of the system, unlike that of any other: a UUID as text, or the text that
    /// some makers have instead. Nothing when the BMC has none: it sends zeros, or does not know the question.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Protocol` and the others of a reading.
    pub async fn system_guid(&self, machine: &Machine) -> Result<Option<String>> {
        let call = self.call(machine, "reading the system's GUID", self.config.power_privilege)?;
        let answer = async {
            match call.turn().await?.send(&guid::ask()).await {
                Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => Ok(None),
                answer => guid::of(&answer?),
            }
        };
        call.end(answer.await)
    }
}
