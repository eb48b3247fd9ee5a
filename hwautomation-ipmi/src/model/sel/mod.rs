//! The system event log: its state, its entries, its times (IPMI 2.0, sections 31, 32 and 37). Pure.

mod entry;
mod log;
pub(crate) mod position;
mod report;
mod time;

pub(crate) use log::{FIRST, Info, NO_MORE, ask, clear, entry, is_erased, progress, reservation, reserve};
pub(crate) use report::event;
