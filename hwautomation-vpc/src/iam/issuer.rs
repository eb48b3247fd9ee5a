//! The two ways to a token: an API key, or the identity of the instance.

use super::token::Token;
use crate::config::TrustedProfile;
use crate::error::VpcError;
use crate::model::{Granted, api_key_form, granted, profile_body};
use crate::transport::Transport;
use hwautomation_core::secret::Secret;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

/// The behaviour of the metadata service that this was written for.
const METADATA_VERSION: (&str, &str) = ("version", "2022-03-01");
/// How long the identity token lives, in seconds: it is used once, at once.
const IDENTITY_SECONDS: u32 = 300;

/// Fetches tokens.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) transport: Transport,
    pub(super) grant: Grant,
}

/// Says what is exchanged for a token.
#[derive(Debug)]
pub(super) enum Grant {
    ApiKey(Secret),
    InstanceIdentity(Option<TrustedProfile>),
}

impl Issuer {
    /// Fetches a token.
    pub(super) async fn issue(&self) -> Result<Token, VpcError> {
        match &self.grant {
            Grant::ApiKey(key) => self.by_api_key(key).await,
            Grant::InstanceIdentity(profile) => self.by_instance(profile.as_ref()).await,
        }
    }

    /// Says what it does, for errors.
    pub(super) fn action(&self) -> String {
        format!("asking {} for an IAM token", self.transport.base())
    }

    async fn by_api_key(&self, key: &Secret) -> Result<Token, VpcError> {
        let request = self.transport.request(Method::POST, "/identity/token");
        self.exchange(request.form(&api_key_form(key))).await
    }

    async fn by_instance(&self, profile: Option<&TrustedProfile>) -> Result<Token, VpcError> {
        let identity = self.metadata(Method::PUT, "/instance_identity/v1/token");
        let identity = identity.header("Metadata-Flavor", "ibm");
        let identity = self.exchange(identity.json(&json!({"expires_in": IDENTITY_SECONDS}))).await?;
        let request = self.metadata(Method::POST, "/instance_identity/v1/iam_token");
        self.exchange(request.bearer_auth(identity.secret.expose()).json(&profile_body(profile))).await
    }

    fn metadata(&self, method: Method, path: &str) -> RequestBuilder {
        self.transport.request(method, path).query(&[METADATA_VERSION])
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Token, VpcError> {
        // Its age counts from before the request: the other side may have made it at any time after that.
        let since = self.transport.clock().now();
        let Granted { token, lifetime } =
            granted(&self.transport.send(request).await?).map_err(VpcError::Protocol)?;
        Ok(Token { secret: token, since, lifetime })
    }
}
