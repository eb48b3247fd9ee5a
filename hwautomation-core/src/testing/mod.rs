//! What tests need: fakes with faults, and the conformance suites that every implementation can run.

pub mod campaign;
pub mod conformance;
pub mod fake;
pub mod mutation;
