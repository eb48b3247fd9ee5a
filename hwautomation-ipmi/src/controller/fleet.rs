//! The power of many machines in one call. A machine is begun when there is a place for it, so a call over ten thousand
//! holds no more state than there are places; one that turns out to be busy or dead gives its place to the next.

use super::IpmiController;
use crate::transport::Pass;
use futures_util::{StreamExt, stream};
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    FleetAnswer, FleetAnswers, FleetPower, PowerAction, PowerController, PowerState,
};

impl FleetPower for IpmiController {
    fn supported_of(&self, machine: &Machine) -> Vec<PowerAction> {
        self.supported(machine)
    }

    fn read_power_of<'a>(&'a self, machines: &'a [Machine]) -> FleetAnswers<'a, PowerState> {
        self.each(machines, |machine, pass| self.read_power(machine, Some(pass)))
    }

    fn request_power_of<'a>(&'a self, machines: &'a [Machine], action: PowerAction) -> FleetAnswers<'a, ()> {
        self.each(machines, move |machine, pass| self.change_power(machine, action, Some(pass)))
    }
}

impl IpmiController {
    fn each<'a, T, F>(
        &'a self,
        machines: &'a [Machine],
        ask: impl Fn(&'a Machine, Pass) -> F + Send + Sync + 'a,
    ) -> FleetAnswers<'a, T>
    where
        T: Send + 'a,
        F: Future<Output = Result<T>> + Send + 'a,
    {
        let admitted = stream::iter(machines.iter().enumerate())
            .then(move |(index, machine)| async move { (index, machine, self.pool.admit().await) });
        let calls = admitted.map(move |(index, machine, pass)| {
            // Boxed, since it is moved several times before it begins.
            let answer = Box::pin(ask(machine, pass));
            async move { FleetAnswer { index, result: answer.await } }
        });
        Box::pin(calls.buffer_unordered(machines.len().max(1)))
    }
}
