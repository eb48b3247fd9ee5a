//! Sensors: what their readings, thresholds, types and states mean (IPMI 2.0, sections 35, 36 and 42).

pub(crate) mod kind;
pub(crate) mod reading;
pub(crate) mod report;
pub(crate) mod state;
pub(crate) mod threshold;
