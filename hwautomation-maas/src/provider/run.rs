//! Commissionings: begun and stopped, each by its number.

use super::visit::Visit;
use crate::error::Effect;
use crate::model::Machine;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::plugin::{CommissionOptions, CommissionRun, KeepReachable};

impl Visit<'_> {
    /// Starts a commissioning, whose number MAAS gives in the answer; one that was read before is none.
    pub(super) async fn commission(&self, options: &CommissionOptions) -> Result<CommissionRun> {
        let before = self.machine().await?.newest_run();
        let answer = self.session.order("commission", &form(options), Effect::Commission).await;
        let after = answer.map_err(|error| self.failed(error))?;
        after.newest_run().filter(|run| Some(run) != before.as_ref()).ok_or_else(|| self.not_begun(&after))
    }

    fn not_begun(&self, after: &Machine) -> Error {
        let words = after.words();
        let message = format!("{}: MAAS accepted and shows no new run, but {words:?}", self.action);
        Error::new(ErrorKind::Protocol, message)
            .unknown_outcome()
            .with_remedy("look at the machine's commissioning results in MAAS")
    }

    /// Stops this run, if it is the one that goes on now. MAAS aborts whatever goes on, so a run that takes the
    /// place of this one between our look and our command would be stopped in its stead.
    pub(super) async fn abort(&self, run: &CommissionRun) -> Result<()> {
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
}

fn form(options: &CommissionOptions) -> Vec<(&'static str, &'static str)> {
    let ssh = (options.keep_reachable == KeepReachable::Yes).then_some(("enable_ssh", "1"));
    let tests = options.skip_tests.then_some(("testing_scripts", "none"));
    [ssh, tests].into_iter().flatten().collect()
}
