//! BIOS settings of Supermicro machines by SUM, the vendor's tool.

mod backend;
mod config;
mod error;
mod exit;
mod model;

pub use backend::SumBackend;
pub use config::{SumConfig, SumSettings};
