//! The adapter as core sees it.

mod bmc;
mod commissioner;
mod release;
mod rescue;
mod run;
mod tags;
mod visit;

use crate::client::Client;
use crate::config::MaasConfig;
use hwautomation_core::error::Result;
use hwautomation_core::plugin::CredentialSource;
use hwautomation_core::secret::SecretRef;
use std::sync::Arc;

/// Commissions machines that a MAAS knows. Its usual name among plugins is `maas`.
///
/// A machine is found by `settings.maas.system_id`. The API key is resolved at each call, so a key that was
/// renewed at its source is used from the next call on.
///
/// ```
/// use hwautomation_core::plugin::CredentialsByScheme;
/// use hwautomation_core::secret::SecretRef;
/// use hwautomation_maas::{MaasCommissioner, MaasConfig};
/// use std::sync::Arc;
///
/// let config = MaasConfig::new("http://maas.example:5240/MAAS", SecretRef::new("env:MAAS_API_KEY")?);
/// let commissioner = MaasCommissioner::new(&config, Arc::new(CredentialsByScheme::usual()))?;
/// # let _ = commissioner;
/// # Ok::<(), hwautomation_core::error::Error>(())
/// ```
#[derive(Debug)]
pub struct MaasCommissioner {
    client: Client,
    api_key: SecretRef,
    credentials: Arc<dyn CredentialSource>,
}

impl MaasCommissioner {
    /// Prepares to speak with the configured MAAS; nothing is sent and no secret resolved yet.
    ///
    /// # Errors
    ///
    /// `Invalid` when the configuration is wrong or the CA file cannot be read.
    pub fn new(config: &MaasConfig, credentials: Arc<dyn CredentialSource>) -> Result<Self> {
        let client = Client::new(config)?;
        if client.base().scheme() == "http" {
            tracing::info!(url = %client.base(), "MAAS is spoken to without TLS: the API key is readable on the way");
        }
        Ok(Self { client, api_key: config.api_key.clone(), credentials })
    }
}
