//! Channels: which there are, and how one may log in (IPMI 2.0, sections 22.13, 22.15, 22.23 and 22.24).

use super::{Completion, Reply, Rights, Scene, exactly};
use crate::bmc::crypto::Suite;
use crate::bmc::privilege::Privilege;

/// The channel that is the LAN.
pub(super) const LAN: u8 = 0x01;
/// The channel to the machine's own operating system.
const SYSTEM: u8 = 0x0F;
/// Means the channel that the request came through.
const THIS: u8 = 0x0E;
/// How many bytes of suite records one answer holds.
const RECORDS_MAX: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    AuthCapabilities { extended: bool },
    Access { channel: u8 },
    Info { channel: u8 },
    CipherSuites { index: u8, listing: Listing },
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
            0x38 => exactly(data).and_then(|[channel, privilege]| auth_capabilities(channel, privilege)),
            0x41 => exactly(data).and_then(|[channel, which]| access(channel, which)),
            0x42 => exactly(data).and_then(|[channel]| known(channel)).map(|channel| Self::Info { channel }),
            _ => exactly(data).and_then(|[channel, payload, index]| cipher_suites(channel, payload, index)),
        }
    }

    pub(super) fn text(&self) -> &'static str {
        match self {
            Self::AuthCapabilities { .. } => "get channel auth capabilities",
            Self::Access { .. } => "get channel access",
            Self::Info { .. } => "get channel info",
            Self::CipherSuites { .. } => "get channel cipher suites",
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::AuthCapabilities { .. } | Self::CipherSuites { .. } => Rights::Anybody,
            Self::Access { .. } | Self::Info { .. } => Rights::Read(Privilege::User),
        }
    }

    pub(super) fn run(&self, scene: &Scene<'_>) -> Reply {
        match *self {
            Self::AuthCapabilities { extended } => Ok(capabilities(extended)),
            Self::Access { channel: LAN } => Ok(vec![0x02, Privilege::Administrator.code()]),
            Self::Access { .. } => Err(Completion::SESSIONLESS_CHANNEL),
            Self::Info { channel } => Ok(info(channel, scene.sessions.len())),
            Self::CipherSuites { index, listing } => Ok(suites(index, listing)),
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
        0x40 | 0x80 => known(channel).map(|channel| Channel::Access { channel }),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn cipher_suites(channel: u8, payload: u8, index: u8) -> Result<Channel, Completion> {
    lan(channel)?;
    let listing = if index & 0x80 == 0 { Listing::Algorithms } else { Listing::Suites };
    // Only messages travel here, no console and nothing of a maker's own.
    match payload & 0x3F {
        0 => Ok(Channel::CipherSuites { index: index & 0x3F, listing }),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn known(channel: u8) -> Result<u8, Completion> {
    if channel & 0x0F == SYSTEM { Ok(SYSTEM) } else { lan(channel) }
}

fn capabilities(extended: bool) -> Vec<u8> {
    // No authentication type of IPMI 1.5; users have names, and none comes in without one.
    let (types, users) = (if extended { 0x80 } else { 0x00 }, 0x04);
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

fn suites(index: u8, listing: Listing) -> Vec<u8> {
    let records: Vec<u8> = match listing {
        Listing::Suites => Suite::ALL.into_iter().flat_map(record).collect(),
        Listing::Algorithms => algorithms(),
    };
    let page = records.chunks(RECORDS_MAX).nth(index.into()).unwrap_or_default();
    [&[LAN], page].concat()
}

/// A standard suite: a mark, its number, and its algorithms, tagged by kind (IPMI 2.0, table 22-19).
fn record(suite: Suite) -> [u8; 5] {
    let [authentication, integrity, confidentiality] = suite.algorithms();
    [0xC0, suite.id(), authentication, 0x40 | integrity, 0x80 | confidentiality]
}

fn algorithms() -> Vec<u8> {
    let mut found: Vec<u8> =
        Suite::ALL.into_iter().flat_map(|suite| record(suite).into_iter().skip(2)).collect();
    found.sort_unstable();
    found.dedup();
    found
}
