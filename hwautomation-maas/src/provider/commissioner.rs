//! Core's [`Commissioner`] over the REST API.

use super::MaasCommissioner;
use super::visit::Visit;
use crate::client::lookup;
use crate::error::Effect;
use crate::model::{self, BmcHost, Status, check_name};
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    CommissionOptions, CommissionReading, CommissionRun, Commissioner, HardwareSummary, KeepReachable,
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
        let visit = self.visit("entering rescue mode on", machine).await?;
        match visit.machine().await?.status {
            Status::RescueMode | Status::EnteringRescueMode => Ok(()),
            _ => visit.order("rescue_mode").await,
        }
    }

    async fn leave_rescue(&self, machine: &Machine) -> Result<()> {
        let visit = self.visit("leaving rescue mode on", machine).await?;
        match visit.machine().await?.status {
            Status::ExitingRescueMode => Ok(()),
            _ => visit.order("exit_rescue_mode").await,
        }
    }

    async fn host_addresses(&self, machine: &Machine) -> Result<Vec<IpAddr>> {
        Ok(self.visit("reading the host addresses of", machine).await?.machine().await?.host_addresses())
    }

    async fn bmc_address(&self, machine: &Machine) -> Result<Option<IpAddr>> {
        self.visit("reading the BMC address of", machine).await?.bmc_address().await
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

impl Visit<'_> {
    /// Starts a commissioning, whose number MAAS gives in the answer; one that was read before is none.
    async fn commission(&self, options: &CommissionOptions) -> Result<CommissionRun> {
        let before = self.machine().await?.newest_run();
        let answer = self.session.order("commission", &form(options), Effect::Commission).await;
        let after = answer.map_err(|error| self.failed(error))?;
        after.newest_run().filter(|run| Some(run) != before.as_ref()).ok_or_else(|| self.not_begun(&after))
    }

    fn not_begun(&self, after: &model::Machine) -> Error {
        let words = after.words();
        let message = format!("{}: MAAS accepted and shows no new run, but {words:?}", self.action);
        Error::new(ErrorKind::Protocol, message)
            .unknown_outcome()
            .with_remedy("look at the machine's commissioning results in MAAS")
    }

    /// Stops this run, if it is the one that goes on now. MAAS aborts whatever goes on, so a run that takes the
    /// place of this one between our look and our command would be stopped in its stead.
    async fn abort(&self, run: &CommissionRun) -> Result<()> {
        let now = self.machine().await?;
        if !now.status.is_commissioning() {
            return Err(self.conflict(&format!("run {:?} does not go on: {}", run.0, now.words())));
        }
        match now.newest_run() {
            Some(newest) if newest == *run => self.order("abort").await,
            newest => {
                let newest = newest.map_or_else(|| "none".to_owned(), |newest| format!("{:?}", newest.0));
                Err(self.conflict(&format!("run {:?} does not go on, but {newest}", run.0)))
            }
        }
    }

    async fn order(&self, op: &str) -> Result<()> {
        let answer = self.session.order(op, &[], Effect::Command).await;
        answer.map(drop).map_err(|error| self.failed(error))
    }

    async fn bmc_address(&self) -> Result<Option<IpAddr>> {
        let settings = self.session.power_parameters().await.map_err(|error| self.failed(error))?;
        let host = settings.bmc().map_err(|_| {
            Error::new(ErrorKind::Protocol, format!("{}: its power address is no host", self.action))
                .with_remedy("correct power_address in the machine's power settings in MAAS")
        })?;
        match host {
            None => Ok(None),
            Some(BmcHost::Address(ip)) => Ok(Some(ip)),
            Some(BmcHost::Name(name)) => self.look_up(&name).await.map(Some),
        }
    }

    async fn look_up(&self, name: &str) -> Result<IpAddr> {
        lookup(name, self.session.client.connect_timeout()).await.map_err(|cause| {
            Error::new(ErrorKind::Unreachable, format!("{}: finding {name:?} by name", self.action))
                .with_remedy("make this computer's DNS know the name, or enter the address in MAAS")
                .with_source(cause)
        })
    }
}

fn form(options: &CommissionOptions) -> Vec<(&'static str, &'static str)> {
    let ssh = (options.keep_reachable == KeepReachable::Yes).then_some(("enable_ssh", "1"));
    let tests = options.skip_tests.then_some(("testing_scripts", "none"));
    [ssh, tests].into_iter().flatten().collect()
}
