//! A BMC in memory: records, sensors and a log, and the ways to break them.

use super::super::talk::Asks;
use crate::error::{Completion, IpmiError};
use crate::model::command::{Command, Repeat};
use std::collections::HashMap;
use std::time::Duration;
use zeroize::Zeroizing;

type Answer = Result<Vec<u8>, u8>;

/// Says no to what is not in the table of this double.
const INVALID: u8 = 0xC1;
const NOT_PRESENT: u8 = 0xCB;
const RESERVATION_LOST: u8 = 0xC5;
const ERASING: u8 = 0x81;
const NO_MORE: u16 = 0xFFFF;

#[derive(Default)]
pub(super) struct Bmc {
    /// The records with their ids, in order, and where the last one leads instead of to the end.
    pub(super) records: Vec<(u16, Vec<u8>)>,
    pub(super) leads_to: Option<u16>,
    /// How many bytes of a record it returns at most, and what it says to who wants more.
    pub(super) bytes_max: Option<(u8, u8)>,
    /// A record whose body it does not return.
    pub(super) damaged: Option<u16>,
    /// After how many more reads of records or looks at the log the reservation is lost, each once.
    pub(super) losses: Vec<u32>,
    /// When its records changed, and how often they still change while they are read.
    pub(super) changed: u8,
    pub(super) changes: u32,
    /// What its sensors say, and their thresholds.
    pub(super) readings: HashMap<u8, Answer>,
    pub(super) thresholds: HashMap<u8, Answer>,
    pub(super) log: Vec<[u8; 16]>,
    /// Entries that come right before it is told to clear.
    pub(super) comes: Vec<[u8; 16]>,
    /// What it says of an entry that is not there, where it says it otherwise than others.
    pub(super) absent: Option<u8>,
    /// How many times it says that it is still erasing, and whether it only says that it erases.
    pub(super) erases: u32,
    pub(super) keeps_log: bool,
    pub(super) is_erasing: bool,
    /// Whether its records are a list of its own instead of a repository.
    pub(super) has_own_list: bool,
    /// Whether it knows no reservations.
    pub(super) has_no_reservations: bool,
    pub(super) asked: Vec<[u8; 2]>,
    /// From which question on it is silent.
    pub(super) silent_from: Option<usize>,
    /// How often it was let alone.
    pub(super) rests: usize,
    pub(super) reservation: u16,
}

impl Bmc {
    pub(super) fn with(records: Vec<Vec<u8>>) -> Self {
        Self { records: (1..).zip(records).collect(), ..Self::default() }
    }

    /// Counts how often it was asked this.
    pub(super) fn count(&self, code: [u8; 2]) -> usize {
        self.asked.iter().filter(|asked| **asked == code).count()
    }

    fn answer(&mut self, code: [u8; 2], data: &[u8]) -> Answer {
        match code {
            [0x06, 0x01] => {
                Ok(vec![0x20, 1, 1, 0, 2, if self.has_own_list { 0x05 } else { 0x07 }, 0, 0, 0, 0, 0])
            }
            [0x04, command @ (0x20..=0x22)] if self.has_own_list => match command {
                0x20 => Ok(vec![u8::try_from(self.records.len()).unwrap(), 0x81, 0, 0, 0, self.changed]),
                0x21 => self.record(data),
                _ => self.reserve(),
            },
            [0x0A, 0x20..=0x23] if self.has_own_list => Err(INVALID),
            [0x0A, 0x20] => {
                let count = u16::try_from(self.records.len()).unwrap().to_le_bytes();
                Ok([&[0x51, count[0], count[1], 0, 0, self.changed], &[0; 8][..]].concat())
            }
            [0x0A, 0x22] | [0x0A, 0x42] => self.reserve(),
            [0x0A, 0x23] => self.record(data),
            [0x04, 0x2D] => self.readings.get(&data[0]).cloned().unwrap_or(Err(NOT_PRESENT)),
            [0x04, 0x27] => self.thresholds.get(&data[0]).cloned().unwrap_or(Err(INVALID)),
            [0x0A, 0x40] => {
                let count = u16::try_from(self.log.len()).unwrap().to_le_bytes();
                Ok([&[0x51, count[0], count[1], 0x20, 0], &[0; 9][..]].concat())
            }
            [0x0A, 0x43] => self.entry(u16::from_le_bytes([data[2], data[3]])),
            [0x0A, 0x47] => self.clear(data),
            _ => Err(INVALID),
        }
    }

    fn reserve(&mut self) -> Answer {
        if self.has_no_reservations {
            return Err(INVALID);
        }
        self.reservation += 1;
        Ok(self.reservation.to_le_bytes().to_vec())
    }

    fn holds(&mut self, data: &[u8]) -> Result<(), u8> {
        if let Some(left) = self.losses.first_mut() {
            if *left == 0 {
                self.losses.remove(0);
                self.reservation += 1;
            } else {
                *left -= 1;
            }
        }
        (data[..2] == self.reservation.to_le_bytes()).then_some(()).ok_or(RESERVATION_LOST)
    }

    fn record(&mut self, data: &[u8]) -> Answer {
        self.holds(data)?;
        if self.changes > 0 {
            self.changes -= 1;
            self.changed += 1;
        }
        let (id, offset, count) = (u16::from_le_bytes([data[2], data[3]]), usize::from(data[4]), data[5]);
        let index = self.records.iter().position(|(each, _)| *each == id);
        let index = index.or((id == 0 && !self.records.is_empty()).then_some(0)).ok_or(NOT_PRESENT)?;
        let next = self.records.get(index + 1).map(|(id, _)| *id).or(self.leads_to).unwrap_or(NO_MORE);
        let (id, bytes) = &self.records[index];
        if self.damaged == Some(*id) && offset > 0 {
            return Err(0xFF);
        }
        let rest = bytes.get(offset..).ok_or(0xC9)?;
        let count = if count == 0xFF { rest.len() } else { rest.len().min(count.into()) };
        match self.bytes_max {
            Some((most, code)) if count > most.into() => Err(code),
            _ => Ok([&next.to_le_bytes(), &rest[..count]].concat()),
        }
    }

    fn entry(&self, id: u16) -> Answer {
        if self.is_erasing {
            return Err(ERASING);
        }
        let absent = self.absent.unwrap_or(NOT_PRESENT);
        let is_it = |entry: &[u8; 16]| entry[..2] == id.to_le_bytes();
        let index = if id == 0 { 0 } else { self.log.iter().position(is_it).ok_or(absent)? };
        let entry = self.log.get(index).ok_or(absent)?;
        let next = self.log.get(index + 1).map(|next| [next[0], next[1]]);
        let next = next.or(self.leads_to.map(u16::to_le_bytes)).unwrap_or([0xFF, 0xFF]);
        Ok([&next[..], entry].concat())
    }

    fn clear(&mut self, data: &[u8]) -> Answer {
        if data[5] == 0xAA {
            if !self.comes.is_empty() {
                self.log.push(self.comes.remove(0));
                self.reservation += 1;
            }
            if !self.has_no_reservations {
                self.holds(data)?;
            }
            self.is_erasing = true;
        } else {
            self.erases = self.erases.saturating_sub(1);
        }
        if self.erases == 0 {
            self.is_erasing = false;
            self.log.retain(|_| self.keeps_log);
        }
        Ok(vec![u8::from(self.erases == 0)])
    }
}

impl Asks for Bmc {
    async fn ask(&mut self, command: &Command) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
        let code = [command.netfn, command.number];
        if self.silent_from.is_some_and(|from| self.asked.len() >= from) {
            let (what, limit) = (command.name, Duration::ZERO);
            return Err(match command.repeat {
                Repeat::Reads => IpmiError::Unanswered { what, limit },
                Repeat::Harmless | Repeat::Never => IpmiError::Lost { what, limit },
            });
        }
        self.asked.push(code);
        let refused = |code| IpmiError::Refused { what: command.name, completion: Completion(code) };
        self.answer(code, &command.data).map(Zeroizing::new).map_err(refused)
    }

    async fn rest(&mut self) {
        self.rests += 1;
    }
}

/// A full record of a temperature in steps of 1, with an upper critical threshold of 80.
pub(super) fn temperature(number: u8, name: &str) -> Vec<u8> {
    let front = [0x20, 0, number, 3, 1, 0x7F, 0x68, 0x01, 0x01, 0, 0, 0, 0, 0x10, 0, 0, 1, 0];
    let numbers = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    named(0x01, &[&front[..], &numbers].concat(), name)
}

/// A compact record of a power supply.
pub(super) fn supply(number: u8, name: &str) -> Vec<u8> {
    let front = [0x20, 0, number, 10, 1, 0x67, 0x40, 0x08, 0x6F, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0];
    named(0x02, &[&front[..], &[0; 8]].concat(), name)
}

fn named(kind: u8, front: &[u8], name: &str) -> Vec<u8> {
    let body = [front, &[0xC0 | u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
    [&[1, 0, 0x51, kind, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

/// An entry of the log with this id.
pub(super) fn entry(id: u16) -> [u8; 16] {
    let [low, high] = id.to_le_bytes();
    [low, high, 2, 0, 0xF1, 0x53, 0x65, 0x20, 0, 4, 0x01, 0x05, 0x01, 0x59, 95, 80]
}
