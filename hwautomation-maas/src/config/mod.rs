//! What an operator writes down to reach a MAAS, and about a machine in it.

mod check;
mod machine;

pub(crate) use check::endpoint;
pub(crate) use machine::{SystemId, system_id};

use hwautomation_core::error::Result;
use hwautomation_core::secret::SecretRef;
use hwautomation_core::time::millis;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Says which MAAS to talk to, as whom, and how patiently.
///
/// It holds no secret, so it may be stored and shown. Call [`validate`](Self::validate) on one that was read
/// from a file; [`MaasCommissioner::new`](crate::MaasCommissioner::new) does so too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaasConfig {
    /// Locates MAAS, such as `http://maas.example:5240/MAAS`, without `/api/2.0`.
    ///
    /// Over `http` every request shows the API key to whoever listens on the way; MAAS can serve `https`
    /// (`maas config-tls enable`).
    pub url: String,
    /// Says where the API key lies: the text `consumer:token:secret` that `maas apikey` prints. It is resolved
    /// anew for each call. It must be an administrator's for commissioning, tags and BMC addresses.
    pub api_key: SecretRef,
    /// Limits every request.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Names a PEM file with CA certificates to trust besides the system's. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Limits the time of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Limits finding and greeting MAAS, name and TLS included. In JSON `connect_ms`. Default 5 s.
    #[serde(rename = "connect_ms", with = "millis")]
    pub connect: Duration,
    /// Limits a whole request that only reads. In JSON `read_ms`. Default 30 s.
    #[serde(rename = "read_ms", with = "millis")]
    pub read: Duration,
    /// Limits a whole request that changes something. In JSON `command_ms`. Default 75 s: MAAS holds a command
    /// back while it speaks with the BMC, at most 60 s, and its answer tells more than our impatience.
    #[serde(rename = "command_ms", with = "millis")]
    pub command: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(30),
            command: Duration::from_secs(75),
        }
    }
}

impl MaasConfig {
    /// Makes a configuration with every default.
    #[must_use]
    pub fn new(url: impl Into<String>, api_key: SecretRef) -> Self {
        Self { url: url.into(), api_key, timeouts: Timeouts::default(), ca_file: None }
    }

    /// Checks every field.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming all fields that are wrong; the remedy says for each what would be right.
    pub fn validate(&self) -> Result<()> {
        check::all(self)
    }
}
