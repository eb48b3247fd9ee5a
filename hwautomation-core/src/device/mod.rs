//! Device profiles: which drivers, timeouts and BIOS settings a kind of machine has.

mod bios_section;
mod capability;
mod catalog;
mod profile;
mod setting_value;
#[cfg(feature = "profiles")]
mod toml;

pub use bios_section::{BiosSection, Rule};
pub use capability::Capability;
pub use catalog::DeviceProfiles;
pub use profile::DeviceProfile;
pub use setting_value::SettingValue;
