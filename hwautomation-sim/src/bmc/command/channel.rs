//! Channels: which there are, and how one may log in (IPMI 2.0, sections 22.13, 22.15 and 22.22 to 22.25).

use super::{Completion, Reply, Rights, Scene, exactly};
use crate::bmc::crypto::Suite;
use crate::bmc::privilege::Privilege;
use crate::model::bmc::Bmc;
use crate::model::login::{BMC_KEY_MAX, ChannelAccess, Login};
use crate::model::quirk::Quirk;

/// The channel that is the LAN.
pub(super) const LAN: u8 = 0x01;
/// The channel to the machine's own operating system.
const SYSTEM: u8 = 0x0F;
/// Means the channel that the request came through.
const THIS: u8 = 0x0E;
/// How many bytes of suite records one answer holds.
const RECORDS_MAX: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    AuthCapabilities {
        extended: bool,
    },
    Access {
        channel: u8,
        which: Which,
    },
    /// Sets what the LAN allows; nothing stays as it is.
    SetAccess {
        mode: Option<(Which, u8)>,
        limit: Option<(Which, Privilege)>,
    },
    Key,
    SetKey([u8; BMC_KEY_MAX]),
    Info {
        channel: u8,
    },
    CipherSuites {
        index: u8,
        listing: Listing,
    },
}

/// Hides the key.
impl std::fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.text())
    }
}

/// What is in force now, or what is after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Kept,
    InForce,
}

/// How suites are listed: each with its algorithms, or only the algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Suites,
    Algorithms,
}

/// Returns the LAN channel's number for a number that means it.
pub(super) fn lan(channel: u8) -> Result<u8, Completion> {
    match channel & 0x0F {
        LAN | THIS => Ok(LAN),
        _ => Err(Completion::INVALID_FIELD),
    }
}

impl Channel {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        match code {
            0x40 => exactly(data).and_then(set_access),
            0x38 => exactly(data).and_then(|[channel, privilege]| auth_capabilities(channel, privilege)),
            0x41 => exactly(data).and_then(|[channel, which]| access(channel, which)),
            0x42 => exactly(data).and_then(|[channel]| known(channel)).map(|channel| Self::Info { channel }),
            0x56 => key(data),
            _ => exactly(data).and_then(|[channel, payload, index]| cipher_suites(channel, payload, index)),
        }
    }

    pub(super) fn text(&self) -> &'static str {
        match self {
            Self::AuthCapabilities { .. } => "get channel auth capabilities",
            Self::Access { .. } => "get channel access",
            Self::SetAccess { .. } => "set channel access",
            Self::Key => "get bmc key",
            Self::SetKey(_) => "set bmc key",
            Self::Info { .. } => "get channel info",
            Self::CipherSuites { .. } => "get channel cipher suites",
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::AuthCapabilities { .. } | Self::CipherSuites { .. } => Rights::Anybody,
            Self::SetAccess { .. } | Self::SetKey(_) => Rights::Write(Privilege::Administrator),
            Self::Key => Rights::Read(Privilege::Administrator),
            Self::Access { .. } | Self::Info { .. } => Rights::Read(Privilege::User),
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        let bmc = &mut scene.machine.bmc;
        match *self {
            Self::AuthCapabilities { extended } => Ok(capabilities(bmc, extended)),
            Self::Access { channel: LAN, which } => {
                let ChannelAccess { mode, privilege_max } = *access_of(&mut bmc.login, which);
                Ok(vec![mode, privilege_max])
            }
            Self::Access { .. } => Err(Completion::SESSIONLESS_CHANNEL),
            Self::SetAccess { mode, limit } => {
                if let Some((which, mode)) = mode {
                    access_of(&mut bmc.login, which).mode = mode;
                }
                if let Some((which, limit)) = limit {
                    access_of(&mut bmc.login, which).privilege_max = limit.code();
                }
                Ok(Vec::new())
            }
            // Not locked, and not to be locked; then the key.
            Self::Key => {
                let key = bmc.login.key.iter().copied().chain(std::iter::repeat(0)).take(BMC_KEY_MAX);
                Ok(std::iter::once(0).chain(key).collect())
            }
            Self::SetKey(key) => {
                let length = key.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                bmc.login.key = key.into_iter().take(length).collect();
                Ok(vec![0])
            }
            Self::Info { channel } => Ok(info(channel, scene.sessions.len())),
            Self::CipherSuites { index, listing } => Ok(suites(&Suite::offered(&bmc.login), index, listing)),
        }
    }
}

fn auth_capabilities(channel: u8, privilege: u8) -> Result<Channel, Completion> {
    lan(channel)?;
    Privilege::read(privilege & 0x0F).ok_or(Completion::INVALID_FIELD)?;
    Ok(Channel::AuthCapabilities { extended: channel & 0x80 != 0 })
}

fn access(channel: u8, which: u8) -> Result<Channel, Completion> {
    // Settings that last, or those in force: the same here.
    match which & 0xC0 {
        0x40 => known(channel).map(|channel| Channel::Access { channel, which: Which::Kept }),
        0x80 => known(channel).map(|channel| Channel::Access { channel, which: Which::InForce }),
        _ => Err(Completion::INVALID_FIELD),
    }
}

/// Two bits say whether something is set, and for how long.
fn which(byte: u8) -> Result<Option<Which>, Completion> {
    match byte & 0xC0 {
        0x00 => Ok(None),
        0x40 => Ok(Some(Which::Kept)),
        0x80 => Ok(Some(Which::InForce)),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn set_access([channel, mode, limit]: [u8; 3]) -> Result<Channel, Completion> {
    if known(channel)? == SYSTEM {
        return Err(Completion::SESSIONLESS_CHANNEL);
    }
    // Always available, or shared; a LAN that is switched off could not be switched on again over it.
    let mode = match (which(mode)?, mode & 0x07) {
        (None, _) => None,
        (Some(which), 2 | 3) => Some((which, mode & 0x3F)),
        _ => return Err(Completion::ACCESS_MODE_NOT_SUPPORTED),
    };
    let level = || Privilege::read(limit & 0x0F).ok_or(Completion::INVALID_FIELD);
    let limit = match which(limit)? {
        None => None,
        Some(which) => Some((which, level()?)),
    };
    Ok(Channel::SetAccess { mode, limit })
}

fn access_of(login: &mut Login, which: Which) -> &mut ChannelAccess {
    match which {
        Which::Kept => &mut login.channel_kept,
        Which::InForce => &mut login.channel,
    }
}

/// The BMC's own key, K_g (IPMI 2.0, section 22.25). The other, K_r, is not used.
fn key(data: &[u8]) -> Result<Channel, Completion> {
    const READ: u8 = 0;
    const SET: u8 = 1;
    let (&[channel, operation, id], key) = data.split_first_chunk().ok_or(Completion::INVALID_LENGTH)?;
    lan(channel)?;
    match (id, operation & 0x03) {
        (0, _) => Err(Completion::KEY_NOT_USED),
        (1, READ) if key.is_empty() => Ok(Channel::Key),
        (1, SET) => exactly(key).map(Channel::SetKey),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn cipher_suites(channel: u8, payload: u8, index: u8) -> Result<Channel, Completion> {
    lan(channel)?;
    let listing = if index & 0x80 == 0 { Listing::Algorithms } else { Listing::Suites };
    // Messages and characters travel here, and nothing of a maker's own.
    match payload & 0x3F {
        0 | 1 => Ok(Channel::CipherSuites { index: index & 0x3F, listing }),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn known(channel: u8) -> Result<u8, Completion> {
    if channel & 0x0F == SYSTEM { Ok(SYSTEM) } else { lan(channel) }
}

fn capabilities(bmc: &Bmc, extended: bool) -> Vec<u8> {
    let extended = extended && !bmc.quirks.has(Quirk::HidesVersionTwo);
    const HAS_KEY: u8 = 0x20;
    const NAMED: u8 = 0x04;
    const NAMELESS: u8 = 0x02;
    // No authentication type of IPMI 1.5.
    let types = if extended { 0x80 } else { 0x00 };
    let is_nameless = bmc.users.first().is_some_and(|user| user.enabled);
    let users =
        NAMED | if bmc.login.key.is_empty() { 0 } else { HAS_KEY } | if is_nameless { NAMELESS } else { 0 };
    let users = if bmc.quirks.has(Quirk::HidesUsers) { 0 } else { users };
    // Sessions of IPMI 2.0 only; no maker's own data.
    vec![LAN, types, users, if extended { 0x02 } else { 0x00 }, 0, 0, 0, 0]
}

fn info(channel: u8, sessions: usize) -> Vec<u8> {
    // The medium (802.3, or the system interface), the protocol (IPMB, or KCS), and whether there are sessions.
    let (medium, protocol, support) = match channel {
        SYSTEM => (0x0C, 0x05, 0x00),
        _ => (0x04, 0x01, 0x80 | (sessions as u8 & 0x3F)),
    };
    // Whose protocol it is: the IPMI forum's number.
    vec![channel, medium, protocol, support, 0xF2, 0x1B, 0x00, 0, 0]
}

fn suites(offered: &[Suite], index: u8, listing: Listing) -> Vec<u8> {
    let records: Vec<u8> = match listing {
        Listing::Suites => offered.iter().copied().flat_map(record).collect(),
        Listing::Algorithms => algorithms(offered),
    };
    let page = records.chunks(RECORDS_MAX).nth(index.into()).unwrap_or_default();
    [&[LAN], page].concat()
}

/// A standard suite: a mark, its number, and its algorithms, tagged by kind (IPMI 2.0, table 22-19).
fn record(suite: Suite) -> [u8; 5] {
    let [authentication, integrity, confidentiality] = suite.algorithms();
    [0xC0, suite.id(), authentication, 0x40 | integrity, 0x80 | confidentiality]
}

fn algorithms(offered: &[Suite]) -> Vec<u8> {
    let mut found: Vec<u8> = offered.iter().flat_map(|suite| record(*suite).into_iter().skip(2)).collect();
    found.sort_unstable();
    found.dedup();
    found
}
