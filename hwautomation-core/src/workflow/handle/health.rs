//! The health of one machine's hardware.

use crate::error::Result;
use crate::machine::Machine;
use crate::plugin::{EventPage, EventPosition, HealthReader, Sensor};
use crate::workflow::Call;
use std::sync::Arc;
use std::time::Duration;

/// A slow controller erases for seconds, and is asked before and after.
const CLEAR_MAY_TAKE: Duration = Duration::from_secs(60);

/// Reads the sensors and the event log of one machine.
#[derive(Debug, Clone)]
pub struct HealthHandle {
    pub(in crate::workflow) machine: Arc<Machine>,
    pub(in crate::workflow) plugin: Arc<dyn HealthReader>,
}

impl HealthHandle {
    /// Reads every sensor.
    ///
    /// # Errors
    ///
    /// Those of [`HealthReader::sensors`].
    pub async fn sensors(self) -> Result<Vec<Sensor>> {
        self.plugin.sensors(&self.machine).await
    }

    /// Reads the next entries of the event log.
    ///
    /// # Errors
    ///
    /// Those of [`HealthReader::events`].
    pub async fn events(self, after: Option<&EventPosition>, limit: usize) -> Result<EventPage> {
        self.plugin.events(&self.machine, after, limit).await
    }

    /// Prepares to erase the event log up to its last entry, which the caller has seen.
    pub fn clear_events(self, seen: EventPosition) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("event log clearing", async move { plugin.clear_events(&machine, &seen).await })
            .may_take(CLEAR_MAY_TAKE)
    }
}
