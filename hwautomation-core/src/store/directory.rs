//! Which machines there are.

use crate::error::{Error, ErrorKind, Result};
use crate::id::MachineId;
use crate::machine::Machine;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

/// Finds machines.
///
/// # Contract
///
/// - `a_machine_is_found_by_id_alias_and_address`: a BMC or host address in any of its text forms
///   is a name too.
/// - `an_unknown_name_is_none`: not an error.
/// - `an_ambiguous_name_is_refused`: `Conflict`, naming the machines; the id itself always wins.
/// - `machines_are_listed_by_id_in_pages`: each once, in the order of the ids' bytes.
#[async_trait]
pub trait MachineDirectory: fmt::Debug + Send + Sync + 'static {
    /// Finds one machine by id, alias or address.
    ///
    /// # Errors
    ///
    /// `Conflict` when several machines have this name, `Storage`.
    async fn find(&self, name: &str) -> Result<Option<Machine>>;

    /// Lists up to `limit` machines after this id, in the order of ids.
    ///
    /// # Errors
    ///
    /// `Storage`.
    async fn list(&self, after: Option<&MachineId>, limit: usize) -> Result<Vec<Machine>>;
}

/// Keeps machines in memory.
#[derive(Debug, Default)]
pub struct MemoryDirectory(RwLock<BTreeMap<MachineId, Machine>>);

impl MemoryDirectory {
    /// Begins with these machines; a later one replaces an earlier one of the same id.
    pub fn new(machines: impl IntoIterator<Item = Machine>) -> Self {
        let by_id = machines.into_iter().map(|machine| (machine.id.clone(), machine)).collect();
        Self(RwLock::new(by_id))
    }

    /// Adds or replaces a machine.
    pub fn insert(&self, machine: Machine) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(machine.id.clone(), machine);
    }
}

#[async_trait]
impl MachineDirectory for MemoryDirectory {
    async fn find(&self, name: &str) -> Result<Option<Machine>> {
        let machines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        only_match(name, machines.values()).map(Option::<&Machine>::cloned)
    }

    async fn list(&self, after: Option<&MachineId>, limit: usize) -> Result<Vec<Machine>> {
        let machines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let later = machines.values().filter(|machine| after.is_none_or(|after| machine.id > *after));
        Ok(later.take(limit).cloned().collect())
    }
}

/// Finds the one machine with this name: its id wins over aliases and addresses.
pub(super) fn only_match<'a>(
    name: &str,
    machines: impl Iterator<Item = &'a Machine>,
) -> Result<Option<&'a Machine>> {
    let mut found: Vec<&Machine> = Vec::new();
    for machine in machines {
        if machine.id.as_str() == name {
            return Ok(Some(machine));
        }
        if has_name(machine, name) {
            found.push(machine);
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [machine] => Ok(Some(machine)),
        several => {
            let ids: Vec<&str> = several.iter().map(|machine| machine.id.as_str()).collect();
            Err(Error::new(
                ErrorKind::Conflict,
                format!("{name} names {} machines: {}", ids.len(), ids.join(", ")),
            )
            .with_remedy("use the machine's id"))
        }
    }
}

/// Tells whether this is the machine's id, an alias of it, or one of its addresses.
pub(super) fn has_name(machine: &Machine, name: &str) -> bool {
    let address: Option<IpAddr> = name.parse().ok();
    let here = [machine.addresses.bmc, machine.addresses.bmc_moving_to, machine.addresses.host];
    machine.id.as_str() == name
        || machine.aliases.contains(name)
        || (address.is_some() && here.contains(&address))
}
