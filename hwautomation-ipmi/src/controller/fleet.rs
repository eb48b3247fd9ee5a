//! The power of many machines in one call. The pool bounds how many are under way, so all calls begin at once: those
//! that wait for their place are small.

use super::IpmiController;
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
        each(machines, |machine| self.read_power(machine))
    }

    fn request_power_of<'a>(&'a self, machines: &'a [Machine], action: PowerAction) -> FleetAnswers<'a, ()> {
        each(machines, move |machine| self.change_power(machine, action))
    }
}

fn each<'a, T, F>(machines: &'a [Machine], ask: impl Fn(&'a Machine) -> F + Send + 'a) -> FleetAnswers<'a, T>
where
    T: Send + 'a,
    F: Future<Output = Result<T>> + Send + 'a,
{
    let calls = stream::iter(machines.iter().enumerate().map(move |(index, machine)| {
        // Boxed, since it is moved several times before it begins.
        let answer = Box::pin(ask(machine));
        async move { FleetAnswer { index, result: answer.await } }
    }));
    Box::pin(calls.buffer_unordered(machines.len().max(1)))
}
