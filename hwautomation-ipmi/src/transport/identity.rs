//! Whom to log in to, and as whom.

use crate::config::{IpmiConfig, MachineSettings};
use crate::error::IpmiError;
use crate::model::privilege;
use crate::quirks::{Quirks, RMCP_PORT};
use crate::wire::{Credentials, Role, Suite};
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{CredentialSource, Privilege};
use hwautomation_core::secret::{Secret, SecretRef};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The purpose under which machines name the BMC's password.
const PURPOSE: &str = "bmc";
/// How long a password or K_g may be, in bytes (IPMI 2.0, section 22.30).
const SECRET_BYTES_MAX: usize = 20;

/// Where a BMC is and as whom to log in there, as a machine's entry has it. Holds no secret, only where it lies.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) peer: SocketAddr,
    pub(crate) identity: Identity<'a>,
    pub(crate) suites: Arc<[Suite]>,
    pub(crate) channel: Option<u8>,
}

/// As whom.
#[derive(Debug)]
pub(crate) struct Identity<'a> {
    username: Cow<'a, str>,
    pub(crate) privilege: Privilege,
    pub(super) quirks: Quirks,
    password: Cow<'a, SecretRef>,
    kg: Option<SecretRef>,
}

/// Whose a session is: it is not used for anybody else.
#[derive(Debug)]
pub(super) struct Owner {
    username: String,
    privilege: Privilege,
    quirks: Quirks,
    password: SecretRef,
    kg: Option<SecretRef>,
}

impl<'a> Target<'a> {
    /// Finds out where the BMC with this nominal address is reached, and as whom.
    pub(crate) fn of(
        config: &'a IpmiConfig,
        suites: &Arc<[Suite]>,
        machine: &'a Machine,
        at: IpAddr,
        privilege: Privilege,
    ) -> Result<Self> {
        let settings = MachineSettings::of(machine)?;
        let own = settings.cipher_suites.map(|ids| ids.into_iter().flat_map(Suite::of).collect());
        Ok(Self {
            peer: config.connect.resolve(SocketAddr::new(at, RMCP_PORT)),
            identity: Identity {
                username: Cow::Borrowed(settings.username),
                privilege,
                quirks: settings.quirks,
                password: Cow::Borrowed(machine.credential(PURPOSE)?),
                kg: settings.kg,
            },
            suites: own.unwrap_or_else(|| Arc::clone(suites)),
            channel: settings.channel.or(config.channel),
        })
    }

    /// Returns the same, apart from the machine's entry.
    pub(crate) fn into_owned(self) -> Target<'static> {
        let Identity { username, privilege, quirks, password, kg } = self.identity;
        let (username, password) = (Cow::Owned(username.into_owned()), Cow::Owned(password.into_owned()));
        let Self { peer, suites, channel, .. } = self;
        Target { peer, identity: Identity { username, privilege, quirks, password, kg }, suites, channel }
    }
}

impl Owner {
    /// Tells whether a session of this owner may do what somebody wants.
    pub(super) fn serves(&self, wanted: &Identity<'_>) -> bool {
        self.privilege >= wanted.privilege && self.has_credentials_of(wanted)
    }

    /// Tells whether somebody logs in with the same name and secrets.
    pub(super) fn has_credentials_of(&self, other: &Identity<'_>) -> bool {
        let Identity { username, quirks, password, kg, .. } = other;
        (self.username.as_str(), self.quirks) == (&**username, *quirks)
            && (&self.password, &self.kg) == (&**password, kg)
    }
}

impl Identity<'_> {
    pub(super) fn owner(&self) -> Owner {
        Owner {
            username: self.username.clone().into_owned(),
            privilege: self.privilege,
            quirks: self.quirks,
            password: self.password.clone().into_owned(),
            kg: self.kg.clone(),
        }
    }

    /// Returns the role as RAKP message 1 says it.
    pub(super) fn role(&self) -> Role {
        self.quirks.role(&self.username, privilege::number(self.privilege))
    }

    /// Resolves the secrets, for one log-in.
    pub(super) async fn credentials(&self, source: &Arc<dyn CredentialSource>) -> Result<Credentials> {
        let password = source.resolve(&self.password).await?;
        let kg = match &self.kg {
            Some(reference) => Some(key(&source.resolve(reference).await?)?),
            None => None,
        };
        let password = Zeroizing::new(password.expose().as_bytes().to_vec());
        short_enough("the secret under credentials.bmc", &password)?;
        Ok(Credentials { username: self.username.clone().into_owned(), password, kg })
    }
}

/// Reads K_g: a text, or `0x` and hexadecimal digits.
fn key(secret: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    let text = secret.expose();
    let bytes = match text.strip_prefix("0x") {
        Some(digits) => from_hex(digits.as_bytes()),
        None => Some(Zeroizing::new(text.as_bytes().to_vec())),
    };
    let bytes = bytes.unwrap_or_default();
    short_enough("the secret under settings.ipmi.kg", &bytes)?;
    Ok(bytes)
}

/// Reads pairs of digits into a place that has room for all of them: what grows leaves copies behind.
fn from_hex(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (pairs, odd) = digits.as_chunks::<2>();
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for [high, low] in pairs {
        bytes.push(nibble(*high)? << 4 | nibble(*low)?);
    }
    odd.is_empty().then_some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn short_enough(what: &'static str, bytes: &[u8]) -> Result<()> {
    let why = match bytes.len() {
        0 => "empty or unreadable".to_owned(),
        1..=SECRET_BYTES_MAX => return Ok(()),
        _ => format!("longer than {SECRET_BYTES_MAX} bytes, which no BMC takes"),
    };
    let right = "use 1 to 20 bytes; K_g may also be 0x and hexadecimal digits";
    Err(IpmiError::Invalid { wrong: format!("{what} is {why}"), right }
        .into_error("reading the BMC's secrets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_text_or_hexadecimal_and_never_too_long() {
        assert_eq!(*key(&Secret::new("key-of-the-bmc")).unwrap(), b"key-of-the-bmc".to_vec());
        assert_eq!(*key(&Secret::new("0x00ff10")).unwrap(), [0, 255, 16]);
        assert_eq!(*key(&Secret::new("0x0aBc")).unwrap(), [0x0A, 0xBC]);
        for wrong in ["", "0x", "0x1", "0xzz", "0x0é", "0x+1", "0x123", "more-than-twenty-bytes-"] {
            let error = key(&Secret::new(wrong)).unwrap_err();
            assert!(wrong.is_empty() || !error.message().contains(wrong), "{error}");
        }
    }
}
