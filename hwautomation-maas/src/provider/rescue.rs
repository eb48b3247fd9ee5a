//! Rescue mode: entered and left.

use super::visit::Visit;
use crate::model::Status;
use hwautomation_core::error::Result;

impl Visit<'_> {
    /// Boots into rescue mode unless it is there or on its way.
    pub(super) async fn enter_rescue(&self) -> Result<()> {
        match self.machine().await?.status {
            Status::RescueMode | Status::EnteringRescueMode => Ok(()),
            _ => self.order("rescue_mode").await,
        }
    }

    /// Leaves rescue mode unless it is on its way out. Of a machine that is not in it, MAAS decides.
    pub(super) async fn leave_rescue(&self) -> Result<()> {
        match self.machine().await?.status {
            Status::ExitingRescueMode => Ok(()),
            _ => self.order("exit_rescue_mode").await,
        }
    }
}
