//! Device profiles from TOML text.

mod bios;
mod node;
mod opaque;
mod problems;
mod profile;

use super::DeviceProfiles;
use crate::error::{Error, ErrorKind, Result};
use ::toml::de::{DeTable, DeValue};
use node::Node;
use problems::Problems;
use std::io;
use std::path::Path;

impl DeviceProfiles {
    /// Reads profiles from TOML text, which errors call `source_name`.
    ///
    /// ```
    /// # use hwautomation_core::{device::DeviceProfiles, id::DeviceType};
    /// let text = r#"
    ///     [device."a1.c5.large"]
    ///     description = "compute, one socket"
    ///     vendor = "supermicro"
    ///     plugins = { power = "ipmi", boot = "ipmi", bios = "sum" }
    ///     timeouts = { commission_server = 1800 } # seconds
    ///
    ///     [device."a1.c5.large".bios]
    ///     settings = { BootMode = "UEFI", NumaNodes = 2 }
    ///     preserve = ["BMC*"]
    ///
    ///     [[device."a1.c5.large".bios.rules]]
    ///     when = { BootMode = "Legacy" }
    ///     require = { SecureBoot = "Disabled" }
    ///     why = "Secure Boot cannot be enabled in Legacy boot mode"
    ///
    ///     [device."a1.c5.large".settings.sum]
    ///     path = "/opt/supermicro/sum/sum"
    /// "#;
    /// let profiles = DeviceProfiles::from_toml(text, "profiles.toml")?;
    /// assert_eq!(profiles.get(&DeviceType::new("a1.c5.large")?)?.vendor, "supermicro");
    /// # Ok::<(), hwautomation_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `Invalid` when anything is wrong. The message has a line for each fault of the text, in its order:
    /// source, line, column, key and what is wrong there.
    pub fn from_toml(text: &str, source_name: &str) -> Result<Self> {
        let mut problems = Problems::new(text, source_name);
        let (root, broken) = DeTable::parse_recoverable(text);
        for error in &broken {
            problems.add_syntax(error);
        }
        let root = DeValue::Table(root.into_inner());
        let found = profile::read_all(&Node::root(&root), &mut problems);
        problems.into_result()?;
        let mut profiles = Self::new();
        found.into_iter().try_for_each(|profile| profiles.insert(profile))?;
        Ok(profiles)
    }

    /// Reads profiles from a file.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such file, `Invalid` when it is not UTF-8, `Storage` when it cannot be
    /// read, and those of [`from_toml`](Self::from_toml).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|cause| unreadable(path, cause))?;
        Self::from_toml(&text, &path.display().to_string())
    }
}

fn unreadable(path: &Path, cause: io::Error) -> Error {
    let kind = match cause.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::InvalidData => ErrorKind::Invalid,
        _ => ErrorKind::Storage,
    };
    Error::new(kind, format!("reading device profiles from {}", path.display())).with_source(cause)
}
