//! Which machines there are.

use crate::error::{Error, ErrorKind, Result};
use crate::id::MachineId;
use crate::machine::{Addresses, Machine};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::ops::Bound;
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

/// Keeps machines in memory. Finding one costs the same among many.
#[derive(Debug, Default)]
pub struct MemoryDirectory(RwLock<Machines>);

#[derive(Debug, Default)]
struct Machines {
    by_id: BTreeMap<MachineId, Machine>,
    by_alias: BTreeMap<String, BTreeSet<MachineId>>,
    by_address: BTreeMap<IpAddr, BTreeSet<MachineId>>,
}

impl MemoryDirectory {
    /// Begins with these machines; a later one replaces an earlier one of the same id.
    pub fn new(machines: impl IntoIterator<Item = Machine>) -> Self {
        let mut known = Machines::default();
        machines.into_iter().for_each(|machine| known.insert(machine));
        Self(RwLock::new(known))
    }

    /// Adds or replaces a machine.
    pub fn insert(&self, machine: Machine) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(machine);
    }
}

impl Machines {
    fn insert(&mut self, machine: Machine) {
        let id = machine.id.clone();
        if let Some(before) = self.by_id.remove(&id) {
            for alias in &before.aliases {
                self.by_alias.get_mut(alias).map(|ids| ids.remove(&id));
            }
            for address in addresses(&before) {
                self.by_address.get_mut(&address).map(|ids| ids.remove(&id));
            }
        }
        for alias in &machine.aliases {
            self.by_alias.entry(alias.clone()).or_default().insert(id.clone());
        }
        for address in addresses(&machine) {
            self.by_address.entry(address).or_default().insert(id.clone());
        }
        self.by_id.insert(id, machine);
    }

    /// Lists those that have this name, each once and in the order of ids; the one whose id it is alone.
    fn named(&self, name: &str) -> Vec<&Machine> {
        if let Some(machine) = MachineId::new(name).ok().and_then(|id| self.by_id.get(&id)) {
            return vec![machine];
        }
        let by_address = name.parse().ok().and_then(|address: IpAddr| self.by_address.get(&address));
        let ids: BTreeSet<&MachineId> =
            self.by_alias.get(name).into_iter().chain(by_address).flatten().collect();
        ids.into_iter().filter_map(|id| self.by_id.get(id)).collect()
    }
}

#[async_trait]
impl MachineDirectory for MemoryDirectory {
    async fn find(&self, name: &str) -> Result<Option<Machine>> {
        let machines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        only_match(name, machines.named(name).into_iter()).map(Option::<&Machine>::cloned)
    }

    async fn list(&self, after: Option<&MachineId>, limit: usize) -> Result<Vec<Machine>> {
        let machines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = machines.by_id.range((after, Bound::Unbounded)).map(|(_, machine)| machine);
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
    machine.id.as_str() == name
        || machine.aliases.contains(name)
        || name.parse().is_ok_and(|address: IpAddr| addresses(machine).any(|here| here == address))
}

fn addresses(machine: &Machine) -> impl Iterator<Item = IpAddr> + use<> {
    let Addresses { bmc, bmc_moving_to, host } = machine.addresses;
    [bmc, bmc_moving_to, host].into_iter().flatten()
}
