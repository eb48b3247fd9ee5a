//! Makes one connection: TCP, key exchange with the host's key checked, log-in, pin.

use super::super::config::{SshAuth, SshConfig, SshSettings};
use super::super::error::SshError;
use super::super::pins::HostKeyPins;
use super::Road;
use super::doorman::Doorman;
use hwautomation_core::secret::Secret;
use russh::client::{self, AuthResult, Handle};
use russh::keys::{Algorithm, EcdsaCurve, PrivateKeyWithHashAlg, decode_secret_key};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;

/// The host keys that this build can check. Without RSA in the list, a host that has no other key says so at once.
const HOST_KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
];

/// After how many unanswered signs of life a connection is dead: one may get lost, three do not.
const KEEPALIVES_MAX: usize = 3;

/// Makes russh's configuration of ours.
pub(super) fn wire(config: &SshConfig) -> Arc<client::Config> {
    let mut wire = client::Config {
        // Idle connections are closed by us; russh's own limit would also end a silent command.
        inactivity_timeout: None,
        keepalive_interval: Some(config.keepalive),
        keepalive_max: KEEPALIVES_MAX,
        // A command is a few small packets: with Nagle's algorithm each costs 40 ms.
        nodelay: true,
        ..client::Config::default()
    };
    wire.preferred.key = Cow::Borrowed(HOST_KEYS);
    Arc::new(wire)
}

/// Connects and logs in. The host's key is checked before the credential is shown, and pinned once the host let us
/// in: one that does not know our account is perhaps another machine.
pub(super) async fn dial(
    wire: Arc<client::Config>,
    road: &Road,
    credential: &Secret,
    pins: &dyn HostKeyPins,
) -> Result<Handle<Doorman>, SshError> {
    let seen = Arc::new(OnceLock::new());
    let doorman = Doorman { right: right_keys(road, pins).await?, seen: seen.clone() };
    let stream = TcpStream::connect(road.socket).await.map_err(SshError::Unreachable)?;
    stream.set_nodelay(true).map_err(SshError::Unreachable)?;
    let mut handle = client::connect_stream(wire, stream, doorman).await?;
    log_in(&mut handle, &road.settings, credential).await?;
    pin(road, pins, seen.get().map_or("", String::as_str)).await?;
    Ok(handle)
}

async fn right_keys(road: &Road, pins: &dyn HostKeyPins) -> Result<Vec<String>, SshError> {
    if !road.settings.host_keys.is_empty() {
        return Ok(road.settings.host_keys.clone());
    }
    let pinned = pins.pinned(&road.machine, road.generation).await.map_err(SshError::Pins)?;
    Ok(pinned.into_iter().collect())
}

async fn pin(road: &Road, pins: &dyn HostKeyPins, seen: &str) -> Result<(), SshError> {
    if !road.settings.host_keys.is_empty() {
        return Ok(());
    }
    let pinned = pins.pin(&road.machine, road.generation, seen).await.map_err(SshError::Pins)?;
    if pinned == seen {
        return Ok(());
    }
    // Somebody pinned another key while we logged in.
    Err(SshError::HostKey { expected: pinned, found: seen.to_owned() })
}

async fn log_in(
    handle: &mut Handle<Doorman>,
    settings: &SshSettings,
    credential: &Secret,
) -> Result<(), SshError> {
    let username = settings.username.as_str();
    let (answer, credential) = match settings.auth {
        SshAuth::Key => (handle.authenticate_publickey(username, key(credential)?).await, "key"),
        SshAuth::Password => (handle.authenticate_password(username, credential.expose()).await, "password"),
    };
    match answer? {
        AuthResult::Success => Ok(()),
        AuthResult::Failure { partial_success: true, .. } => Err(SshError::SecondFactor(credential)),
        // russh says the same when the connection ends without an answer; a refusal leaves it open.
        AuthResult::Failure { remaining_methods, .. }
            if remaining_methods.is_empty() && handle.is_closed() =>
        {
            Err(SshError::Closed(russh::Error::Disconnect))
        }
        AuthResult::Failure { .. } => {
            Err(SshError::Unauthorized { username: username.to_owned(), credential })
        }
    }
}

fn key(text: &Secret) -> Result<PrivateKeyWithHashAlg, SshError> {
    let key = decode_secret_key(text.expose(), None).map_err(|cause| match cause {
        russh::keys::Error::KeyIsEncrypted => SshError::Key("it has a passphrase"),
        russh::keys::Error::UnsupportedKeyType { .. } => SshError::Key("its type is not supported"),
        _ => SshError::Key("it cannot be read"),
    })?;
    if key.algorithm().is_rsa() {
        return Err(SshError::Key("RSA is not supported"));
    }
    Ok(PrivateKeyWithHashAlg::new(Arc::new(key), None))
}
