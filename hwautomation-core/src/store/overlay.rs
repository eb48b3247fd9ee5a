//! A directory as it became by what workflows recorded.

use super::MachineDirectory;
use super::directory::{has_name, only_match};
use crate::error::{ErrorKind, Result};
use crate::id::MachineId;
use crate::machine::{Machine, MachineChange};
use crate::record::{Event, EventKind, Position};
use crate::time::Timestamp;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// How many machines of the base are looked at in one read when all of them must be.
const PAGE: usize = 1000;

/// Puts recorded changes over a base: a file, a database, your own inventory.
///
/// Changes are applied by position, so an event that is delivered twice is applied once. Nothing is written to
/// the base: begun anew, the overlay is folded from the history again.
#[derive(Debug)]
pub struct OverlayDirectory {
    base: Arc<dyn MachineDirectory>,
    overlay: RwLock<Overlay>,
}

#[derive(Debug, Default)]
struct Overlay {
    position: Position,
    machines: BTreeMap<MachineId, Changes>,
}

/// The newest change of each kind, and how often the machine booted: what is needed to make it again.
#[derive(Debug, Default)]
struct Changes {
    latest: BTreeMap<String, (Timestamp, MachineChange)>,
    boots: u64,
}

impl OverlayDirectory {
    /// Begins without changes.
    #[must_use]
    pub fn new(base: Arc<dyn MachineDirectory>) -> Self {
        Self { base, overlay: RwLock::default() }
    }

    /// Returns the position up to which events were taken in.
    #[must_use]
    pub fn position(&self) -> Position {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner).position
    }

    /// Takes in an event. One that was taken in before, or is about no machine, changes nothing.
    pub fn apply(&self, event: &Event) {
        let mut overlay = self.overlay.write().unwrap_or_else(PoisonError::into_inner);
        if event.position <= overlay.position {
            return;
        }
        overlay.position = event.position;
        if let EventKind::MachineChanged { machine, change } = &event.kind {
            overlay.machines.entry(machine.clone()).or_default().take(change, event.at);
        }
    }

    fn over(&self, mut machine: Machine) -> Machine {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(changes) = overlay.machines.get(&machine.id) {
            changes.latest.values().for_each(|(at, change)| machine.apply(change, *at));
            machine.boot_generation += changes.boots;
        }
        machine
    }

    fn changed(&self) -> Vec<MachineId> {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        overlay.machines.keys().cloned().collect()
    }

    /// Finds a machine by an address as it is now. The base may know it under another one.
    async fn find_by_address(&self, name: &str) -> Result<Option<Machine>> {
        let mut machines = BTreeMap::new();
        match self.base.find(name).await {
            Ok(found) => machines.extend(found.map(|machine| (machine.id.clone(), self.over(machine)))),
            // The base finds several, but some may have moved.
            Err(error) if error.kind() == ErrorKind::Conflict => return self.find_among_all(name).await,
            Err(error) => return Err(error),
        }
        for id in self.changed() {
            let found = self.base.find(id.as_str()).await?;
            machines.extend(found.map(|machine| (machine.id.clone(), self.over(machine))));
        }
        only_match(name, machines.values()).map(Option::<&Machine>::cloned)
    }

    async fn find_among_all(&self, name: &str) -> Result<Option<Machine>> {
        let mut matching: Vec<Machine> = Vec::new();
        let mut after = None;
        loop {
            let page = self.list(after.as_ref(), PAGE).await?;
            after = page.last().map(|machine| machine.id.clone());
            if after.is_none() {
                return only_match(name, matching.iter()).map(Option::<&Machine>::cloned);
            }
            matching.extend(page.into_iter().filter(|machine| has_name(machine, name)));
        }
    }
}

impl Changes {
    fn take(&mut self, change: &MachineChange, at: Timestamp) {
        let key = match change {
            MachineChange::Booted { .. } => {
                self.boots += 1;
                return;
            }
            MachineChange::BmcAddress { .. } => "bmc".to_owned(),
            MachineChange::BmcMoving { .. } => "bmc moving".to_owned(),
            MachineChange::HostAddress { .. } => "host".to_owned(),
            MachineChange::DeviceType { .. } => "type".to_owned(),
            MachineChange::Fact { name, .. } => format!("fact {name}"),
        };
        self.latest.insert(key, (at, change.clone()));
    }
}

#[async_trait]
impl MachineDirectory for OverlayDirectory {
    async fn find(&self, name: &str) -> Result<Option<Machine>> {
        if name.parse::<IpAddr>().is_ok() {
            return self.find_by_address(name).await;
        }
        Ok(self.base.find(name).await?.map(|machine| self.over(machine)))
    }

    async fn list(&self, after: Option<&MachineId>, limit: usize) -> Result<Vec<Machine>> {
        let page = self.base.list(after, limit).await?;
        Ok(page.into_iter().map(|machine| self.over(machine)).collect())
    }
}
