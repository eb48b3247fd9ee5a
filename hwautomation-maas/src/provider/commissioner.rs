//! Core's [`Commissioner`] over the REST API.

use super::MaasCommissioner;
use crate::model::check_name;
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    CommissionOptions, CommissionReading, CommissionRun, Commissioner, HardwareSummary,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

#[async_trait]
impl Commissioner for MaasCommissioner {
    async fn commission_state(&self, machine: &Machine) -> Result<CommissionReading> {
        Ok(self.visit("reading the state of", machine).await?.machine().await?.reading())
    }

    async fn commission(&self, machine: &Machine, options: &CommissionOptions) -> Result<CommissionRun> {
        self.visit("commissioning", machine).await?.commission(options).await
    }

    async fn abort_commission(&self, machine: &Machine, run: &CommissionRun) -> Result<()> {
        self.visit("aborting the commissioning of", machine).await?.abort(run).await
    }

    async fn enter_rescue(&self, machine: &Machine) -> Result<()> {
        self.visit("entering rescue mode on", machine).await?.enter_rescue().await
    }

    async fn leave_rescue(&self, machine: &Machine) -> Result<()> {
        self.visit("leaving rescue mode on", machine).await?.leave_rescue().await
    }

    async fn host_addresses(&self, machine: &Machine) -> Result<Vec<IpAddr>> {
        Ok(self.visit("reading the host addresses of", machine).await?.machine().await?.host_addresses())
    }

    async fn bmc_address(&self, machine: &Machine) -> Result<Option<IpAddr>> {
        self.visit("reading the BMC address of", machine).await?.bmc_address().await
    }

    async fn set_bmc_address(&self, machine: &Machine, address: IpAddr) -> Result<()> {
        let visit = self.visit(&format!("setting the BMC address {address} of"), machine).await?;
        visit.set_bmc_address(address).await
    }

    async fn hardware(&self, machine: &Machine) -> Result<HardwareSummary> {
        Ok(self.visit("reading the hardware of", machine).await?.machine().await?.hardware())
    }

    async fn tags(&self, machine: &Machine) -> Result<BTreeSet<String>> {
        Ok(self.visit("reading the tags of", machine).await?.machine().await?.tag_names)
    }

    async fn add_tag(&self, machine: &Machine, tag: &str) -> Result<()> {
        check_name(tag)?;
        self.visit(&format!("adding the tag {tag:?} to"), machine).await?.add_tag(tag).await
    }

    async fn remove_tag(&self, machine: &Machine, tag: &str) -> Result<()> {
        check_name(tag)?;
        self.visit(&format!("removing the tag {tag:?} from"), machine).await?.remove_tag(tag).await
    }

    async fn release(&self, machine: &Machine) -> Result<()> {
        self.visit("releasing", machine).await?.release().await
    }
}
