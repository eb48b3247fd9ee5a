//! What tests need: fakes with faults, and the conformance suites that every implementation can run.

pub mod campaign;
pub mod conformance;
mod damage;
pub mod fake;
pub mod mutation;

pub use damage::damage;
