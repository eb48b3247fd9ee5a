//! What tests need: fakes with faults, and the conformance suites that every implementation can run.

pub mod conformance;
pub mod fake;
