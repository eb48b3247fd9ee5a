//! The tests of the example `power` that lie beside its parts.
//!
//! An example with tests of its own is not built beside the others' tests, which start it: so they are run from here.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../power/mod.rs"]
#[allow(dead_code, reason = "nobody calls its main here")]
mod power;
