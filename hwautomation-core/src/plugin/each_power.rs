//! Many machines through a driver that takes one at a time.

use super::{FleetAnswer, FleetAnswers, FleetPower, PowerAction, PowerController, PowerState};
use crate::machine::Machine;
use futures_util::{StreamExt, stream};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Asks many machines through a [`PowerController`], so many at once.
///
/// A machine keeps its place among those until its call ends, so choose more than there may be dead ones.
#[derive(Debug, Clone)]
pub struct EachPower {
    plugin: Arc<dyn PowerController>,
    in_flight_max: NonZeroUsize,
}

impl EachPower {
    /// Asks this driver, and at most so many machines at once.
    #[must_use]
    pub fn new(plugin: Arc<dyn PowerController>, in_flight_max: NonZeroUsize) -> Self {
        Self { plugin, in_flight_max }
    }
}

impl FleetPower for EachPower {
    fn supported_of(&self, machine: &Machine) -> Vec<PowerAction> {
        self.plugin.supported(machine)
    }

    fn read_power_of<'a>(&'a self, machines: &'a [Machine]) -> FleetAnswers<'a, PowerState> {
        let calls = machines.iter().enumerate().map(move |(index, machine)| async move {
            FleetAnswer { index, result: self.plugin.power_state(machine).await }
        });
        Box::pin(stream::iter(calls).buffer_unordered(self.in_flight_max.get()))
    }

    fn request_power_of<'a>(&'a self, machines: &'a [Machine], action: PowerAction) -> FleetAnswers<'a, ()> {
        let calls = machines.iter().enumerate().map(move |(index, machine)| async move {
            FleetAnswer { index, result: self.plugin.request_power(machine, action).await }
        });
        Box::pin(stream::iter(calls).buffer_unordered(self.in_flight_max.get()))
    }
}
