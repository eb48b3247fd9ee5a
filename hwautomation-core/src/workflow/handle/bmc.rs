//! The BMC of one machine.

use crate::error::Result;
use crate::machine::Machine;
use crate::plugin::{BmcConfigurator, BmcUser, LanChange, LanSettings};
use crate::secret::Secret;
use crate::workflow::Call;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// A change is several commands to a slow controller, each of which may be sent again after a second or more.
const CHANGE_MAY_TAKE: Duration = Duration::from_secs(60);

/// Configures the BMC of one machine at a given address.
#[derive(Debug, Clone)]
pub struct BmcHandle {
    pub(in crate::workflow) machine: Arc<Machine>,
    pub(in crate::workflow) plugin: Arc<dyn BmcConfigurator>,
}

impl BmcHandle {
    /// Reads the network settings of the BMC at this address.
    ///
    /// # Errors
    ///
    /// Those of [`BmcConfigurator::read_lan`].
    pub async fn read_lan(self, at: IpAddr) -> Result<LanSettings> {
        self.plugin.read_lan(&self.machine, at).await
    }

    /// Prepares to change the network settings.
    pub fn set_lan(self, at: IpAddr, change: LanChange) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("BMC network change", async move { plugin.set_lan(&machine, at, &change).await })
            .may_take(CHANGE_MAY_TAKE)
    }

    /// Lists the users.
    ///
    /// # Errors
    ///
    /// Those of [`BmcConfigurator::users`].
    pub async fn users(self, at: IpAddr) -> Result<Vec<BmcUser>> {
        self.plugin.users(&self.machine, at).await
    }

    /// Prepares to write a user.
    pub fn set_user(self, at: IpAddr, user: BmcUser, password: Option<Secret>) -> Call<()> {
        let Self { machine, plugin } = self;
        let write = async move { plugin.set_user(&machine, at, &user, password.as_ref()).await };
        Call::new("BMC user change", write).may_take(CHANGE_MAY_TAKE)
    }

    /// Prepares to restart the BMC.
    pub fn cold_reset(self, at: IpAddr) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("BMC cold reset", async move { plugin.cold_reset(&machine, at).await })
            .may_take(CHANGE_MAY_TAKE)
    }
}
