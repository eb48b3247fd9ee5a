//! What tests of workflows, plugins and stores need (feature `testing`).

pub mod conformance;
