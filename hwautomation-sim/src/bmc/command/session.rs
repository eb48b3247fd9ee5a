//! Who is logged in (IPMI 2.0, section 22.20).

use super::{Completion, Reply, Rights, Scene, channel};
use crate::bmc::privilege::Privilege;
use crate::bmc::session::Seen;
use std::net::IpAddr;

/// In the byte of the channel: the session is one of RMCP+.
const RMCP_PLUS: u8 = 0x10;
const BY_HANDLE: u8 = 0xFE;
const BY_NUMBER: u8 = 0xFF;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    /// That of the caller.
    Own,
    /// The one at a place of the list, from 1.
    At(u8),
    Handle(u8),
    Number(u32),
}

impl Session {
    pub(super) fn read(data: &[u8]) -> Result<Self, Completion> {
        match *data {
            [0] => Ok(Self::Own),
            [BY_HANDLE, handle] => Ok(Self::Handle(handle)),
            [BY_NUMBER, a, b, c, d] => Ok(Self::Number(u32::from_le_bytes([a, b, c, d]))),
            [place] if place < BY_HANDLE => Ok(Self::At(place)),
            _ => Err(Completion::INVALID_LENGTH),
        }
    }

    pub(super) fn text(&self) -> &'static str {
        "get session info"
    }

    pub(super) fn rights(&self) -> Rights {
        Rights::Read(Privilege::User)
    }

    pub(super) fn run(&self, scene: &Scene<'_>) -> Reply {
        let seen = scene.sessions;
        let found = match *self {
            Self::Own => {
                seen.iter().find(|seen| scene.caller.is_some_and(|caller| caller.session == seen.id))
            }
            Self::At(place) => seen.get(usize::from(place) - 1),
            Self::Handle(handle) => seen.iter().find(|seen| seen.handle == handle),
            Self::Number(id) => seen.iter().find(|seen| seen.id == id),
        };
        let count = u8::try_from(seen.len()).unwrap_or(u8::MAX);
        let mut data = vec![found.map_or(0, |found| found.handle), scene.machine.bmc.login.slots, count];
        data.extend(found.into_iter().flat_map(about));
        Ok(data)
    }
}

/// User, privilege, channel; the console's address, its hardware address, which nobody here knows, and its port.
fn about(seen: &Seen) -> Vec<u8> {
    let address = match seen.peer.ip() {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(_) => [0; 4],
    };
    let mut data = vec![seen.user, seen.privilege.code(), RMCP_PLUS | channel::LAN];
    data.extend(address);
    data.extend([0; 6]);
    data.extend(seen.peer.port().to_le_bytes());
    data
}
