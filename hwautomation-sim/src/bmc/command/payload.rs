//! Which payloads travel over a channel, and who listens to the serial port (IPMI 2.0, sections 24.1 to 24.9).

use super::{After, Completion, Reply, Rights, Scene, channel, exactly};
use crate::bmc::privilege::Privilege;
use crate::bmc::sol::CHARACTERS_MAX;

/// Version 1.0 of a payload.
const VERSION: u8 = 0x10;
/// The types that may travel: messages (0), characters (1), and those of the handshake (10h to 15h).
const STANDARD: u8 = 0b11;
const HANDSHAKE: u8 = 0b11_1111;
/// The payload of characters, and its one instance.
const SOL: u8 = 0x01;
const INSTANCE: u8 = 1;
/// In the order to listen: packets are to be encrypted. Others do not travel here.
const ENCRYPTED: u8 = 0x80;
/// How many bytes a packet has in front of its characters.
const HEADER_LENGTH: usize = 4;
/// Means that there is no VLAN.
const NO_VLAN: u16 = 0xFFFF;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    Support,
    Version(u8),
    Activate {
        kind: u8,
        instance: u8,
        how: u8,
    },
    Deactivate {
        kind: u8,
        instance: u8,
    },
    /// Which instances are listened to.
    Status(u8),
    /// Who listens.
    Instance {
        kind: u8,
        instance: u8,
    },
}

impl Payload {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        match code {
            0x48 => {
                exactly::<6>(data).map(|[kind, instance, how, ..]| Self::Activate { kind, instance, how })
            }
            0x49 => exactly::<6>(data).map(|[kind, instance, ..]| Self::Deactivate { kind, instance }),
            0x4A => exactly(data).map(|[kind]| Self::Status(kind)),
            0x4B => exactly(data).map(|[kind, instance]| Self::Instance { kind, instance }),
            0x4E => exactly(data).and_then(|[channel]| channel::lan(channel)).map(|_| Self::Support),
            _ => {
                let [channel, kind] = exactly(data)?;
                channel::lan(channel).map(|_| Self::Version(kind))
            }
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Support => "get payload support".to_owned(),
            Self::Version(kind) => format!("get payload version {kind}"),
            Self::Activate { kind, .. } => format!("activate payload {kind}"),
            Self::Deactivate { kind, .. } => format!("deactivate payload {kind}"),
            Self::Status(kind) => format!("get payload status {kind}"),
            Self::Instance { kind, .. } => format!("get payload instance {kind}"),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        Rights::Read(Privilege::User)
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        match *self {
            // Two bytes for the standard types, two for the handshake, two for those of makers, two reserved.
            Self::Support => Ok(vec![STANDARD, 0, HANDSHAKE, 0, 0, 0, 0, 0]),
            Self::Version(0x00 | SOL | 0x10..=0x15) => Ok(vec![VERSION]),
            Self::Version(_) => Err(Completion::PAYLOAD_NOT_AVAILABLE),
            Self::Activate { kind, instance, how } => activate(scene, kind, instance, how),
            Self::Deactivate { kind, instance } => deactivate(scene, kind, instance),
            Self::Status(SOL) => Ok(vec![INSTANCE, u8::from(listening(scene).is_some()), 0]),
            Self::Status(_) => Err(Completion::INVALID_FIELD),
            Self::Instance { kind: SOL, instance: INSTANCE } => {
                let session = listening(scene).unwrap_or_default();
                // Then the number of the serial port, and what is reserved.
                Ok([&session.to_le_bytes()[..], &[1, 0, 0, 0, 0, 0, 0, 0]].concat())
            }
            Self::Instance { .. } => Err(Completion::INVALID_FIELD),
        }
    }
}

/// The session that listens.
fn listening(scene: &Scene<'_>) -> Option<u32> {
    scene.sessions.iter().find(|seen| seen.listens).map(|seen| seen.id)
}

fn activate(scene: &mut Scene<'_>, kind: u8, instance: u8, how: u8) -> Reply {
    match (kind, instance) {
        (SOL, INSTANCE) => {}
        (SOL, _) => return Err(Completion::TOO_MANY_INSTANCES),
        _ => return Err(Completion::PAYLOAD_DISABLED),
    }
    if listening(scene).is_some() {
        return Err(Completion::PAYLOAD_IS_ACTIVE);
    }
    if how & ENCRYPTED == 0 {
        return Err(Completion::ONLY_ENCRYPTED);
    }
    scene.after = After::Listen(scene.machine.screen.end());
    let size = (CHARACTERS_MAX + HEADER_LENGTH) as u16;
    let mut data = vec![0; 4];
    for number in [size, size, scene.port, NO_VLAN] {
        data.extend(number.to_le_bytes());
    }
    Ok(data)
}

fn deactivate(scene: &mut Scene<'_>, kind: u8, instance: u8) -> Reply {
    if (kind, instance) != (SOL, INSTANCE) {
        return Err(Completion::INVALID_FIELD);
    }
    let session = listening(scene).ok_or(Completion::PAYLOAD_IS_NOT_ACTIVE)?;
    scene.after = After::ListenNoMore(session);
    Ok(Vec::new())
}
