//! BIOS settings: what a machine has, what it is to have, and what that changes. All pure.

mod change;
mod diff;
mod preserve;
mod rule;
mod settings;
mod template;

pub use crate::device::{Rule, SettingValue};
pub use crate::id::{SettingName, SettingPattern};
pub use change::{Change, Mismatch};
pub use diff::Changes;
pub use preserve::PreserveList;
pub use settings::Settings;
pub use template::{Applied, Template};
