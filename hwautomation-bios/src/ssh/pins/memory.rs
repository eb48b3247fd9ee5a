//! Pins that last as long as the process.

use super::HostKeyPins;
use super::table::Table;
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::id::MachineId;
use std::sync::{Mutex, PoisonError};

/// Keeps pins in memory. After a restart the first key seen is pinned anew, also in a generation that had one: where
/// that is not good enough, use [`FilePins`](super::FilePins).
#[derive(Debug, Default)]
pub struct MemoryPins(Mutex<Table>);

#[async_trait]
impl HostKeyPins for MemoryPins {
    async fn pinned(&self, machine: &MachineId, generation: u64) -> Result<Option<String>> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(table.pinned(machine, generation).map(str::to_owned))
    }

    async fn pin(&self, machine: &MachineId, generation: u64, seen: &str) -> Result<String> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pinned) = table.pinned(machine, generation) {
            return Ok(pinned.to_owned());
        }
        table.insert(machine, generation, seen);
        Ok(seen.to_owned())
    }
}
