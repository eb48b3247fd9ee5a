//! The system event log (IPMI 2.0, chapter 31).

use super::{Completion, Reply, Rights, Scene, exactly};
use crate::bmc::privilege::Privilege;
use crate::model::sel::{self, SEL_ENTRY_LENGTH};
use crate::model::tempo::later;

/// The version of the commands.
const VERSION: u8 = 0x51;
/// In the operations: something was lost.
const OVERFLOW: u8 = 0x80;
/// Entries can be deleted, and the log be reserved.
const OPERATIONS: u8 = 0x0A;
/// Means the first entry; as a reservation, none.
const FIRST: u16 = 0x0000;
/// Means the last entry; behind it there is none.
const LAST: u16 = 0xFFFF;
/// Asks for the whole entry.
const WHOLE: u8 = 0xFF;
/// What an order to clear must say.
const CLEAR: [u8; 3] = *b"CLR";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sel {
    Info,
    Reserve,
    Get {
        reservation: u16,
        id: u16,
        offset: u8,
        count: u8,
    },
    Add([u8; SEL_ENTRY_LENGTH]),
    Delete {
        reservation: u16,
        id: u16,
    },
    Clear {
        reservation: u16,
    },
    /// Asks how far a clearing has come.
    ClearStatus,
    Time,
    SetTime(u32),
}

impl Sel {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        match code {
            0x40 => exactly(data).map(|[]| Self::Info),
            0x42 => exactly(data).map(|[]| Self::Reserve),
            0x43 => exactly(data).map(|[a, b, c, d, offset, count]| Self::Get {
                reservation: u16::from_le_bytes([a, b]),
                id: u16::from_le_bytes([c, d]),
                offset,
                count,
            }),
            0x44 => exactly(data).map(Self::Add),
            0x46 => exactly(data).map(|[a, b, c, d]| Self::Delete {
                reservation: u16::from_le_bytes([a, b]),
                id: u16::from_le_bytes([c, d]),
            }),
            0x47 => exactly(data).and_then(clear),
            0x48 => exactly(data).map(|[]| Self::Time),
            _ => exactly(data).map(|time| Self::SetTime(u32::from_le_bytes(time))),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Info => "get sel info".to_owned(),
            Self::Reserve => "reserve sel".to_owned(),
            Self::Get { id, .. } => format!("get sel entry {id}"),
            Self::Add(_) => "add sel entry".to_owned(),
            Self::Delete { id, .. } => format!("delete sel entry {id}"),
            Self::Clear { .. } => "clear sel".to_owned(),
            Self::ClearStatus => "get sel clear status".to_owned(),
            Self::Time => "get sel time".to_owned(),
            Self::SetTime(_) => "set sel time".to_owned(),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::Add(_) | Self::Delete { .. } | Self::Clear { .. } | Self::SetTime(_) => {
                Rights::Write(Privilege::Operator)
            }
            Self::ClearStatus => Rights::Read(Privilege::Operator),
            _ => Rights::Read(Privilege::User),
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        let (now, erase) = (scene.machine.now, scene.machine.tempo.sel_erase);
        let sel = &mut scene.machine.bmc.sel;
        match *self {
            Self::Info => Ok(info(sel)),
            Self::Reserve => idle(sel).map(|()| sel.reserve().to_le_bytes().to_vec()),
            Self::Get { reservation, id, offset, count } => {
                idle(sel)?;
                if offset != 0 || reservation != FIRST {
                    reserved(sel, reservation)?;
                }
                get(sel, id, offset, count)
            }
            Self::Add(entry) => {
                idle(sel)?;
                let id = sel.add(entry, now).map_err(|_| Completion::OUT_OF_SPACE)?;
                Ok(id.to_le_bytes().to_vec())
            }
            Self::Delete { reservation, id } => {
                idle(sel)?;
                reserved(sel, reservation)?;
                let id = find(sel, id).ok_or(Completion::NOT_PRESENT)?.id();
                sel.delete(id, now);
                Ok(id.to_le_bytes().to_vec())
            }
            Self::Clear { reservation } => {
                reserved(sel, reservation)?;
                sel.clear(now, later(now, erase));
                Ok(vec![0x00])
            }
            // The clearing has cancelled the reservation that comes with it.
            Self::ClearStatus => Ok(vec![u8::from(!sel.is_erasing())]),
            Self::Time => Ok(sel.time(now).to_le_bytes().to_vec()),
            Self::SetTime(time) => {
                sel.set_time(time, now);
                Ok(Vec::new())
            }
        }
    }
}

fn clear([low, high, c, l, r, what]: [u8; 6]) -> Result<Sel, Completion> {
    let reservation = u16::from_le_bytes([low, high]);
    match what {
        _ if [c, l, r] != CLEAR => Err(Completion::INVALID_FIELD),
        0xAA => Ok(Sel::Clear { reservation }),
        0x00 => Ok(Sel::ClearStatus),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn idle(sel: &sel::Sel) -> Result<(), Completion> {
    if sel.is_erasing() { Err(Completion::ERASE_IN_PROGRESS) } else { Ok(()) }
}

fn reserved(sel: &sel::Sel, reservation: u16) -> Result<(), Completion> {
    if sel.is_reserved(reservation) { Ok(()) } else { Err(Completion::RESERVATION_LOST) }
}

fn info(sel: &sel::Sel) -> Vec<u8> {
    let count = u16::try_from(sel.entries.len()).unwrap_or(u16::MAX);
    let free = usize::from(sel.capacity.saturating_sub(count)) * SEL_ENTRY_LENGTH;
    let mut data = vec![VERSION];
    data.extend(count.to_le_bytes());
    // FFFFh would mean "as much or more".
    data.extend(u16::try_from(free).unwrap_or(u16::MAX).to_le_bytes());
    data.extend(sel.added_at.to_le_bytes());
    data.extend(sel.erased_at.to_le_bytes());
    data.push(OPERATIONS | if sel.overflow { OVERFLOW } else { 0 });
    data
}

fn find(sel: &sel::Sel, id: u16) -> Option<&sel::SelEntry> {
    match id {
        FIRST => sel.entries.first(),
        LAST => sel.entries.last(),
        id => sel.entries.iter().find(|entry| entry.id() == id),
    }
}

/// The number of the next entry, and a part of this one.
fn get(sel: &sel::Sel, id: u16, offset: u8, count: u8) -> Reply {
    let entry = find(sel, id).ok_or(Completion::NOT_PRESENT)?;
    let rest = entry.0.get(usize::from(offset)..).ok_or(Completion::OUT_OF_RANGE)?;
    let part = match count {
        WHOLE => rest,
        count => rest.get(..usize::from(count)).ok_or(Completion::OUT_OF_RANGE)?,
    };
    let mut behind = sel.entries.iter().skip_while(|other| other.id() != entry.id()).skip(1);
    let next = behind.next().map_or(LAST, sel::SelEntry::id);
    Ok([&next.to_le_bytes(), part].concat())
}
