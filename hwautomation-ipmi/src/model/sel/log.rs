//! Asking for the log, and clearing it (IPMI 2.0, sections 31.2 to 31.9).

use crate::error::IpmiError;
use crate::model::command::{Command, Repeat};

const ASKING: &str = "asking about the event log";
const RESERVING: &str = "reserving the event log";
const READING: &str = "reading an entry of the event log";
const CLEARING: &str = "clearing the event log";

/// The bytes of every entry.
const ENTRY_BYTES: usize = 16;
/// The bytes of what is said about the log.
const INFO_BYTES: usize = 14;
/// Says that entries were lost since there was no room.
const OVERFLOWED: u8 = 0x80;
/// "No room known": the field is full.
const ROOM_MAX: u16 = 0xFFFF;

/// The ids that stand for the first entry, and for "no more".
pub(crate) const FIRST: u16 = 0x0000;
pub(crate) const NO_MORE: u16 = 0xFFFF;

const BEGIN: u8 = 0xAA;
const STATUS: u8 = 0x00;

/// What is said about the log as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) entries: u16,
    /// How many more entries have room; unknown where the BMC cannot count that far.
    pub(crate) free: Option<u16>,
    pub(crate) overflowed: bool,
}

impl Info {
    pub(crate) fn ask() -> Command {
        Command::reads(ASKING, [0x0A, 0x40], &[])
    }

    pub(crate) fn of(data: &[u8]) -> Result<Self, IpmiError> {
        match data {
            [_version, low, high, free_low, free_high, ..] if data.len() >= INFO_BYTES => {
                let free = u16::from_le_bytes([*free_low, *free_high]);
                Ok(Self {
                    entries: u16::from_le_bytes([*low, *high]),
                    free: (free != ROOM_MAX).then_some(free / ENTRY_BYTES as u16),
                    overflowed: data.get(INFO_BYTES - 1).is_some_and(|support| support & OVERFLOWED != 0),
                })
            }
            _ => Err(IpmiError::malformed(ASKING, format!("{} bytes, not {INFO_BYTES}", data.len()))),
        }
    }
}

/// Asks for a whole entry, for which no reservation is needed.
pub(crate) fn ask(id: u16) -> Command {
    Command::reads(READING, [0x0A, 0x43], &[0, 0]).with(&id.to_le_bytes()).with(&[0, 0xFF])
}

/// Reads the answer: the id of the next entry, and the bytes of this one.
pub(crate) fn entry(data: &[u8]) -> Result<(u16, [u8; ENTRY_BYTES]), IpmiError> {
    let parts = data.split_first_chunk().and_then(|(next, rest)| Some((next, rest.first_chunk()?)));
    match parts {
        Some((next, bytes)) => Ok((u16::from_le_bytes(*next), *bytes)),
        None => Err(IpmiError::malformed(READING, format!("{} bytes, not 18", data.len()))),
    }
}

/// Asks for a reservation: it ends when an entry is added or erased (section 31.4).
pub(crate) fn reserve() -> Command {
    Command::reads(RESERVING, [0x0A, 0x42], &[])
}

pub(crate) fn reservation(data: &[u8]) -> Result<[u8; 2], IpmiError> {
    let id = data.first_chunk().copied();
    id.ok_or_else(|| IpmiError::malformed(RESERVING, format!("{} bytes, not 2", data.len())))
}

/// Erases everything, as long as the reservation holds.
pub(crate) fn clear(reservation: [u8; 2]) -> Command {
    clearing(reservation, BEGIN, Repeat::Never)
}

/// Asks how far the erasing is.
pub(crate) fn progress(reservation: [u8; 2]) -> Command {
    clearing(reservation, STATUS, Repeat::Reads)
}

fn clearing(reservation: [u8; 2], what: u8, repeat: Repeat) -> Command {
    Command::new(CLEARING, [0x0A, 0x47], repeat).with(&reservation).with(b"CLR").with(&[what])
}

/// Reads the answer to both.
pub(crate) fn is_erased(data: &[u8]) -> Result<bool, IpmiError> {
    match data {
        [progress, ..] => Ok(progress & 0x0F == 1),
        [] => Err(IpmiError::malformed(CLEARING, "no byte that says how far it is")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_have_the_bytes_of_the_specification() {
        assert_eq!(*ask(0x1234).data, [0, 0, 0x34, 0x12, 0, 0xFF]);
        let command = clear([0xAB, 0xCD]);
        assert_eq!((command.netfn, command.number, command.repeat), (0x0A, 0x47, Repeat::Never));
        assert_eq!(*command.data, [0xAB, 0xCD, b'C', b'L', b'R', 0xAA]);
        assert_eq!(progress([0xAB, 0xCD]).data.last(), Some(&0));
    }

    #[test]
    fn the_state_of_the_log_is_read() {
        let data = [0x51, 3, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x82];
        assert_eq!(Info::of(&data).unwrap(), Info { entries: 259, free: Some(2), overflowed: true });
        let data = [0x51, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x02];
        assert_eq!(Info::of(&data).unwrap(), Info { entries: 0, free: None, overflowed: false });
        assert!(Info::of(&data[..13]).is_err());
    }

    #[test]
    fn an_entry_names_the_next_one_and_a_short_one_is_an_error() {
        let data: Vec<u8> = (0..18).collect();
        assert_eq!(entry(&data).unwrap(), (0x0100, data[2..].try_into().unwrap()));
        assert!(entry(&data[..17]).is_err());
        assert!(is_erased(&[0x01]).unwrap() && !is_erased(&[0x00]).unwrap() && is_erased(&[]).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_is_a_panic(data in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (Info::of(&data).is_ok(), entry(&data).is_ok(), reservation(&data).is_ok(), is_erased(&data).is_ok());
        }
    }
}
