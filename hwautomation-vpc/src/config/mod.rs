//! What an operator writes down to reach IBM Cloud VPC.

mod check;
mod endpoint;

pub(crate) use endpoint::endpoint;

use hwautomation_core::error::Result;
use hwautomation_core::secret::SecretRef;
use hwautomation_core::time::{Timestamp, millis};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Says which region to talk to, as whom, and how patiently.
///
/// It holds no secret, so it may be stored and shown. Call [`validate`](Self::validate) on one that was read
/// from a file; what uses it does so too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcConfig {
    /// Names the region, such as `eu-de`.
    pub region: String,
    /// Says as whom to act.
    pub authentication: Authentication,
    /// Dates the API's behaviour, `YYYY-MM-DD`, not later than today. Default `2025-07-08`.
    #[serde(default = "default_version")]
    pub version: String,
    /// Locates IAM, without `/identity/token`. Default `https://iam.cloud.ibm.com`.
    #[serde(default = "default_iam_url")]
    pub iam_url: String,
    /// Locates the VPC service, with `/v1`. Default none: `https://{region}.iaas.cloud.ibm.com/v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_url: Option<String>,
    /// Limits every call.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Names a PEM file with CA certificates to trust besides the system's. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Says as whom to act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Authentication {
    /// Acts as the owner of an API key.
    ApiKey {
        /// Says where the API key lies.
        key: SecretRef,
    },
    /// Acts as the instance that this program runs on, through its metadata service.
    InstanceIdentity {
        /// Chooses the trusted profile. Default none: the one that is linked to the instance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<TrustedProfile>,
        /// Locates the metadata service. Default `http://169.254.169.254`.
        #[serde(default = "default_metadata_url")]
        metadata_url: String,
    },
}

impl Authentication {
    /// Makes the usual instance identity: the linked profile, the metadata service where it always is.
    #[must_use]
    pub fn instance_identity() -> Self {
        Self::InstanceIdentity { profile: None, metadata_url: default_metadata_url() }
    }
}

/// Names a trusted profile of IAM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustedProfile {
    /// Names it by id, such as `Profile-9fd84246-7df4-4667-94e4-8ecde51d5ac5`.
    Id(String),
    /// Names it by CRN, such as `crn:v1:bluemix:public:iam-identity::a/...::profile:Profile-...`.
    Crn(String),
}

/// Limits the time of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Limits finding and greeting the other side, TLS included. In JSON `connect_ms`. Default 10 s.
    #[serde(rename = "connect_ms", with = "millis")]
    pub connect: Duration,
    /// Limits the whole call. In JSON `total_ms`. Default 30 s.
    #[serde(rename = "total_ms", with = "millis")]
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), total: Duration::from_secs(30) }
    }
}

impl VpcConfig {
    /// Makes a configuration with every default.
    #[must_use]
    pub fn new(region: impl Into<String>, authentication: Authentication) -> Self {
        Self {
            region: region.into(),
            authentication,
            version: default_version(),
            iam_url: default_iam_url(),
            service_url: None,
            timeouts: Timeouts::default(),
            ca_file: None,
        }
    }

    /// Checks every field. `now` decides what is later than today (UTC).
    ///
    /// # Errors
    ///
    /// `Invalid`, naming all fields that are wrong; the remedy says for each what would be right.
    pub fn validate(&self, now: Timestamp) -> Result<()> {
        check::all(self, now)
    }
}

fn default_version() -> String {
    "2025-07-08".to_owned()
}

fn default_iam_url() -> String {
    "https://iam.cloud.ibm.com".to_owned()
}

fn default_metadata_url() -> String {
    "http://169.254.169.254".to_owned()
}
