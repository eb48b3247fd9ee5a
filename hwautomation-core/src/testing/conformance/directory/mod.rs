//! The clauses of [`MachineDirectory`].

use super::suite::suite;
use crate::machine::Machine;
use crate::store::MachineDirectory;
use async_trait::async_trait;
use std::sync::Arc;

/// Gives directories to the clauses.
#[async_trait]
pub trait DirectoryFixture: Send + Sync {
    /// Returns a directory that holds exactly these machines.
    async fn directory(&self, machines: Vec<Machine>) -> Arc<dyn MachineDirectory>;
}

suite! {
    $
    /// Makes each clause of [`MachineDirectory`](crate::store::MachineDirectory) a test of its name.
    ///
    /// The argument is an expression of a type that implements
    /// [`DirectoryFixture`](crate::testing::conformance::directory::DirectoryFixture); it is evaluated once per
    /// test. The calling crate needs tokio with `macros` and `rt-multi-thread`.
    directory_conformance, directory, DirectoryFixture;
    clauses {
        a_machine_is_found_by_id_alias_and_address
        an_unknown_name_is_none
        an_ambiguous_name_is_refused
        machines_are_listed_by_id_in_pages
    }
}
