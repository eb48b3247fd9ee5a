//! Health: sensors and the event log, as core's contract has them.

mod cache;
mod clear;
mod events;
mod inventory;
mod repository;
mod sensors;
mod talk;
#[cfg(test)]
mod tests;

pub(super) use cache::Cache;

use super::{Call, IpmiController};
use crate::error::Completion;
use async_trait::async_trait;
use events::Pages;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{EventPage, EventPosition, HealthReader, Sensor};
use talk::Talk;

/// Says that somebody changed what was reserved (IPMI 2.0, table 5-2).
const RESERVATION_LOST: Completion = Completion(0xC5);
/// Says that there is no such sensor, record or entry.
const NOT_PRESENT: Completion = Completion(0xCB);

/// Says that the event log is being erased: a code of its commands alone (IPMI 2.0, sections 31.4 to 31.9).
const ERASING: Completion = Completion(0x81);

#[async_trait]
impl HealthReader for IpmiController {
    async fn sensors(&self, machine: &Machine) -> Result<Vec<Sensor>> {
        let call = self.reading(machine, "reading the sensors")?;
        let (known, peer) = (&self.known, call.target.peer);
        call.end(sensors::read(&mut Talk::new(&call), known, peer).await)
    }

    async fn events(
        &self,
        machine: &Machine,
        after: Option<&EventPosition>,
        limit: usize,
    ) -> Result<EventPage> {
        let call = self.reading(machine, "reading the event log")?;
        let pages = Pages { known: &self.known, peer: call.target.peer, action: &call.action() };
        call.end(pages.read(&mut Talk::new(&call), after, limit).await)
    }

    async fn clear_events(&self, machine: &Machine, seen: &EventPosition) -> Result<()> {
        let call = self.reading(machine, "clearing the event log")?;
        call.end(clear::log(&mut Talk::new(&call), seen, &call.action()).await)
    }
}

impl IpmiController {
    /// Readings need less than power commands (appendix G), and clearing the log as much: one session serves all.
    fn reading<'a>(&'a self, machine: &'a Machine, what: &'static str) -> Result<Call<'a>> {
        self.call(machine, what, self.config.power_privilege)
    }
}
