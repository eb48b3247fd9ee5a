//! The plugins of a program, by contract and name.

use crate::error::{Error, ErrorKind, Result};
use crate::id::PluginName;
use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Holds plugins by their contract (a trait) and a name. A foreign trait is as good as one of ours.
#[derive(Default)]
pub struct Plugins(BTreeMap<(TypeId, PluginName), Entry>);

struct Entry {
    contract: &'static str,
    plugin: Box<dyn Any + Send + Sync>,
}

impl Plugins {
    /// Adds a plugin.
    ///
    /// # Errors
    ///
    /// `Conflict` when the contract already has a plugin of that name.
    pub fn insert<T: ?Sized + Send + Sync + 'static>(
        &mut self,
        name: PluginName,
        plugin: Arc<T>,
    ) -> Result<()> {
        let entry = Entry { contract: short_name::<T>(), plugin: Box::new(plugin) };
        self.add((TypeId::of::<T>(), name), entry)
    }

    /// Adds all plugins of another registry.
    ///
    /// # Errors
    ///
    /// `Conflict` when both have a plugin of one contract and name.
    pub fn extend(&mut self, other: Self) -> Result<()> {
        other.0.into_iter().try_for_each(|(key, entry)| self.add(key, entry))
    }

    fn add(&mut self, key: (TypeId, PluginName), entry: Entry) -> Result<()> {
        let (contract, name) = (entry.contract, key.1.clone());
        match self.0.insert(key, entry) {
            None => Ok(()),
            Some(_) => {
                Err(Error::new(ErrorKind::Conflict, format!("two plugins named {name} serve {contract}"))
                    .with_remedy("give each its own name"))
            }
        }
    }

    /// Returns the plugin of this contract and name.
    ///
    /// # Errors
    ///
    /// `NotFound`, with the names there are.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self, name: &PluginName) -> Result<Arc<T>> {
        let found = self.0.get(&(TypeId::of::<T>(), name.clone()));
        found.and_then(|entry| entry.plugin.downcast_ref::<Arc<T>>()).cloned().ok_or_else(|| {
            let known = self.names::<T>();
            Error::not_found(format!("no plugin named {name} serves {}", short_name::<T>())).with_remedy(
                format!(
                    "register one before the manager starts; registered are: {}",
                    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
                ),
            )
        })
    }

    fn names<T: ?Sized + 'static>(&self) -> Vec<String> {
        let of_contract = |key: &&(TypeId, PluginName)| key.0 == TypeId::of::<T>();
        self.0.keys().filter(of_contract).map(|(_, name)| name.to_string()).collect()
    }
}

/// `dyn Outlet` instead of `dyn my_crate::pdu::Outlet`.
fn short_name<T: ?Sized>() -> &'static str {
    let full = type_name::<T>();
    full.rsplit("::").next().unwrap_or(full)
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|((_, name), entry)| (entry.contract, name))).finish()
    }
}
