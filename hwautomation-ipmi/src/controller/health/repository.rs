//! Reads all sensor records of a BMC, from the first to the last (IPMI 2.0, section 33.11 and 33.12). Everything is
//! bounded: a BMC that leads in a circle, or without end, is refused.

use super::talk::Asks;
use super::{NOT_PRESENT, RESERVATION_LOST};
use crate::error::{Completion, IpmiError};
use crate::model::command::Command;
use crate::model::sdr::{self, HEADER_BYTES, Part, Record, Source};
use hwautomation_core::error::ErrorKind;
use std::collections::HashSet;
use zeroize::Zeroizing;

/// The ids that stand for the first record, and for "no more".
const FIRST: u16 = 0x0000;
const NO_MORE: u16 = 0xFFFF;
/// How many records there can be: the ids but those two, and one.
const RECORDS_MAX: usize = 65_535;
/// How many bytes of records are read. The largest servers have a few hundred records of 60 bytes.
const BYTES_MAX: usize = 1 << 20;
/// How many questions are asked: sixteen thousand records of four pieces, or fewer of smaller ones.
const QUESTIONS_MAX: u32 = 65_536;
/// How often a reservation is taken anew: each time, somebody changed the records under our hands.
const RESERVATIONS_MAX: u32 = 8;

/// How many bytes to ask for at a time.
///
/// First a whole record in one answer. BMCs that cannot do that say so with one of several codes; IPMB passes 22
/// bytes of a record, and some BMCs fewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Bite {
    #[default]
    Whole,
    Bytes(u8),
}

/// The bites that are tried one after the other.
const BITES: [Bite; 5] = [Bite::Whole, Bite::Bytes(32), Bite::Bytes(22), Bite::Bytes(16), Bite::Bytes(8)];

impl Bite {
    fn smaller(self) -> Option<Self> {
        BITES.into_iter().skip_while(|bite| *bite != self).nth(1)
    }

    /// How many bytes to ask for of so many that are left.
    fn of(self, left: usize) -> Option<u8> {
        let most = if let Self::Bytes(most) = self { most } else { u8::MAX - 1 };
        Some(u8::try_from(left).map_or(most, |left| left.min(most)))
    }
}

/// Reads them all. What is learnt about the size of answers stays in `bite`, also when it fails.
pub(super) async fn read(
    bmc: &mut impl Asks,
    source: Source,
    bite: &mut Bite,
) -> Result<Vec<Record>, IpmiError> {
    let mut reader = Reader { bmc, source, bite, reservation: [0; 2], reservations: 0, questions: 0 };
    reader.reserve().await?;
    reader.all().await
}

struct Reader<'a, A> {
    bmc: &'a mut A,
    source: Source,
    bite: &'a mut Bite,
    reservation: [u8; 2],
    reservations: u32,
    questions: u32,
}

/// What came of one record: the id of the next, and its bytes unless the BMC would not give them.
struct Read {
    next: u16,
    bytes: Option<Vec<u8>>,
}

impl<A: Asks> Reader<'_, A> {
    async fn all(&mut self) -> Result<Vec<Record>, IpmiError> {
        let (mut records, mut asked, mut bytes) = (Vec::new(), HashSet::new(), 0);
        let mut id = FIRST;
        while id != NO_MORE {
            let is_too_much =
                asked.len() > RECORDS_MAX || bytes > BYTES_MAX || self.questions > QUESTIONS_MAX;
            if !asked.insert(id) || is_too_much {
                let found = format!("record {id:04X}h after {} records and {bytes} bytes", records.len());
                return Err(IpmiError::malformed("reading the sensor records to their end", found));
            }
            let read = match self.record(id).await {
                Err(IpmiError::Refused { completion: NOT_PRESENT, .. }) if id == FIRST => break,
                read => read?,
            };
            bytes += read.bytes.as_ref().map_or(0, Vec::len);
            records.extend(read.bytes.and_then(|bytes| parsed(id, &bytes)));
            id = read.next;
        }
        Ok(records)
    }

    /// Reads one record, with smaller bites or a new reservation where the BMC wants it.
    async fn record(&mut self, id: u16) -> Result<Read, IpmiError> {
        loop {
            let (what, completion) = match self.pieces(id).await {
                Err(IpmiError::Refused { what, completion }) => (what, completion),
                other => return other,
            };
            let goes_on = match completion {
                RESERVATION_LOST => self.reserve_again().await?,
                completion if is_too_much(completion) => self.bite_less(),
                _ => false,
            };
            if !goes_on {
                return Err(IpmiError::Refused { what, completion });
            }
        }
    }

    async fn pieces(&mut self, id: u16) -> Result<Read, IpmiError> {
        let first = match self.bite {
            Bite::Whole => None,
            Bite::Bytes(_) => Some(HEADER),
        };
        let (next, mut bytes) = self.piece(id, Part { offset: 0, count: first }).await?;
        loop {
            let length = sdr::length(&bytes).unwrap_or(HEADER_BYTES);
            let (Some(left @ 1..), Ok(offset)) = (length.checked_sub(bytes.len()), u8::try_from(bytes.len()))
            else {
                bytes.truncate(length);
                return Ok(Read { next, bytes: Some(bytes) });
            };
            match self.piece(id, Part { offset, count: self.bite.of(left) }).await {
                Ok((_, more)) => bytes.extend(more),
                Err(error) if self.is_hopeless(&error) => {
                    tracing::warn!(record = id, error = %error, "a sensor record cannot be read");
                    return Ok(Read { next, bytes: None });
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn piece(&mut self, id: u16, part: Part) -> Result<(u16, Vec<u8>), IpmiError> {
        let data = self.ask(&self.source.read(self.reservation, id, part)).await?;
        let piece = sdr::piece(&data)?;
        Ok((piece.next, piece.bytes.to_vec()))
    }

    /// Tells whether nothing helps to read the rest of a record whose successor is known: the others are not lost
    /// with it.
    fn is_hopeless(&self, error: &IpmiError) -> bool {
        match error {
            IpmiError::Refused { completion: RESERVATION_LOST, .. } => false,
            IpmiError::Refused { completion, .. } if is_too_much(*completion) => {
                self.bite.smaller().is_none()
            }
            IpmiError::Refused { completion, .. } => completion.kind() == ErrorKind::Refused,
            IpmiError::Malformed { .. } => true,
            _ => false,
        }
    }

    fn bite_less(&mut self) -> bool {
        let smaller = self.bite.smaller();
        *self.bite = smaller.unwrap_or(*self.bite);
        smaller.is_some()
    }

    async fn reserve_again(&mut self) -> Result<bool, IpmiError> {
        let may = self.reservations < RESERVATIONS_MAX;
        if may {
            self.reserve().await?;
        }
        Ok(may)
    }

    /// Takes a reservation. BMCs whose records never change do without.
    async fn reserve(&mut self) -> Result<(), IpmiError> {
        self.reservations += 1;
        self.reservation = match self.ask(&self.source.reserve()).await {
            Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => [0; 2],
            answer => sdr::reservation(&answer?)?,
        };
        Ok(())
    }

    async fn ask(&mut self, command: &Command) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
        self.questions += 1;
        self.bmc.ask(command).await
    }
}

/// Tells whether the BMC says that it cannot return that many bytes, as codes of different BMCs say it.
fn is_too_much(completion: Completion) -> bool {
    matches!(completion.0, 0xC7 | 0xC8 | 0xCA | 0xFF)
}

/// The bytes of a header, which says how long the record is.
const HEADER: u8 = HEADER_BYTES as u8;

fn parsed(id: u16, bytes: &[u8]) -> Option<Record> {
    let record = Record::read(bytes);
    record.inspect_err(|error| tracing::warn!(record = id, error = %error, "a sensor record is damaged")).ok()
}
