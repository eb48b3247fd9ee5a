//! The repository of sensor records (IPMI 2.0, chapter 33).

mod record;

use super::{Completion, Reply, Rights, Scene, exactly};
use crate::bmc::privilege::Privilege;
use crate::model::machine::Machine;
use record::record;

/// The version of records and of the commands that read them.
pub(super) const VERSION: u8 = 0x51;
/// Means the first record; as a reservation, none.
const FIRST: u16 = 0x0000;
/// Means the last record; behind it there is none.
const LAST: u16 = 0xFFFF;
/// Asks for the whole record.
const WHOLE: u8 = 0xFF;
/// In the operations: records can be reserved. Nothing can be written.
const RESERVES: u8 = 0x02;
/// How much room there is: as much as can be said.
const FREE: u16 = 0xFFFE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sdr {
    Info,
    Reserve,
    Get { reservation: u16, id: u16, offset: u8, count: u8 },
}

/// What the BMC remembers of its repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    last_reservation: u16,
    /// The reservation that counts; it is lost when the BMC restarts.
    reservation: Option<Reservation>,
    /// The records as they were last seen, and since when.
    seen: Option<(Vec<u8>, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reservation {
    number: u16,
    /// How often the BMC had restarted.
    resets: u32,
}

impl Sdr {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        match code {
            0x20 => exactly(data).map(|[]| Self::Info),
            0x22 => exactly(data).map(|[]| Self::Reserve),
            _ => exactly(data).map(|[a, b, c, d, offset, count]| Self::Get {
                reservation: u16::from_le_bytes([a, b]),
                id: u16::from_le_bytes([c, d]),
                offset,
                count,
            }),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Info => "get sdr repository info".to_owned(),
            Self::Reserve => "reserve sdr repository".to_owned(),
            Self::Get { id, .. } => format!("get sdr {id}"),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        Rights::Read(Privilege::User)
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        let since = look(scene);
        match *self {
            Self::Info => Ok(info(scene.machine, since)),
            Self::Reserve => Ok(reserve(scene).to_le_bytes().to_vec()),
            Self::Get { reservation, id, offset, count } => {
                let needed = offset != 0 || reservation != FIRST;
                if needed && !is_reserved(scene, reservation) {
                    return Err(Completion::RESERVATION_LOST);
                }
                get(scene.machine, id, offset, count)
            }
        }
    }
}

/// Looks whether the records have changed: then reservations are lost. Returns since when they are as they are.
fn look(scene: &mut Scene<'_>) -> u32 {
    let records: Vec<u8> =
        (0..count(scene.machine)).filter_map(|id| record(scene.machine, id)).flatten().collect();
    let now = scene.machine.bmc.sel.time(scene.machine.now);
    let memory = &mut scene.memory.sdr;
    match &memory.seen {
        Some((seen, since)) if *seen == records => *since,
        _ => {
            memory.seen = Some((records, now));
            memory.reservation = None;
            now
        }
    }
}

/// One for each sensor, one for what can be replaced, one for the BMC.
fn count(machine: &Machine) -> u16 {
    u16::try_from(machine.bmc.sensors.len() + 2).unwrap_or(u16::MAX)
}

fn info(machine: &Machine, since: u32) -> Vec<u8> {
    let mut data = vec![VERSION];
    data.extend(count(machine).to_le_bytes());
    data.extend(FREE.to_le_bytes());
    data.extend(since.to_le_bytes());
    // Nothing was ever erased.
    data.extend([0; 4]);
    data.push(RESERVES);
    data
}

fn reserve(scene: &mut Scene<'_>) -> u16 {
    let memory = &mut scene.memory.sdr;
    memory.last_reservation = memory.last_reservation.checked_add(1).unwrap_or(1);
    let (number, resets) = (memory.last_reservation, scene.machine.bmc.resets);
    memory.reservation = Some(Reservation { number, resets });
    number
}

fn is_reserved(scene: &Scene<'_>, number: u16) -> bool {
    scene.memory.sdr.reservation == Some(Reservation { number, resets: scene.machine.bmc.resets })
}

/// The number of the next record, and a part of this one; the numbers are the places.
fn get(machine: &Machine, id: u16, offset: u8, asked: u8) -> Reply {
    let last = count(machine) - 1;
    let id = if id == LAST { last } else { id };
    let record = record(machine, id).ok_or(Completion::NOT_PRESENT)?;
    let rest = record.get(usize::from(offset)..).ok_or(Completion::OUT_OF_RANGE)?;
    let part = match asked {
        WHOLE => rest,
        asked => rest.get(..usize::from(asked)).unwrap_or(rest),
    };
    let reads = machine.bmc.sdr_reads;
    if part.len().max(if asked == WHOLE { 0 } else { asked.into() }) > usize::from(reads.bytes_max) {
        return Err(Completion(reads.refusal));
    }
    let next = if id == last { LAST } else { id + 1 };
    Ok([&next.to_le_bytes(), part].concat())
}
