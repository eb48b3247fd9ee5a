//! The system event log of a BMC.

use serde::{Deserialize, Serialize};

/// How long an entry is, in bytes (IPMI 2.0, section 32.1).
pub const SEL_ENTRY_LENGTH: usize = 16;
/// The type of an entry about an event of this system.
const SYSTEM_EVENT: u8 = 0x02;
/// Entries of this type and above have no time.
const FIRST_WITHOUT_TIME: u8 = 0xE0;
/// Who says it: the BMC, its logical unit 0.
const GENERATOR: [u8; 2] = [0x20, 0x00];
/// The version of an event message (IPMI 2.0, table 29-5).
const EVENT_REVISION: u8 = 0x04;
/// In the event's type: it ended.
const ENDED: u8 = 0x80;

/// Is the system event log: plain, and all of it may be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sel {
    /// The entries, the oldest first.
    pub entries: Vec<SelEntry>,
    /// How many entries there may be; what comes on top is lost. The default is 512.
    pub capacity: u16,
    /// Whether something was lost since it was cleared.
    pub overflow: bool,
    /// How far the BMC's clock is ahead of the world's, in seconds.
    pub clock_ahead: i64,
    /// When an entry was last added, by the BMC's clock, in seconds since 1970.
    pub added_at: u32,
    /// When entries were last erased, by the BMC's clock, in seconds since 1970.
    pub erased_at: u32,
    /// The number of the next entry.
    next_id: u16,
    /// The reservation that counts; nothing after it was lost.
    #[serde(skip)]
    reservation: Option<u16>,
    #[serde(skip)]
    last_reservation: u16,
    /// Until when it is being erased, in milliseconds of the world.
    pub(crate) erasing_until: Option<u64>,
}

/// Is one entry as it is sent: number, type, time, generator, version, and what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelEntry(pub [u8; SEL_ENTRY_LENGTH]);

/// Is what happened to a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) sensor_type: u8,
    pub(crate) sensor: u8,
    pub(crate) event_type: u8,
    pub(crate) ended: bool,
    pub(crate) data: [u8; 3],
}

/// Says that there is no room for one more entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event log is full")]
pub(crate) struct Full;

impl Default for Sel {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            capacity: 512,
            overflow: false,
            clock_ahead: 0,
            added_at: 0,
            erased_at: 0,
            next_id: 1,
            reservation: None,
            last_reservation: 0,
            erasing_until: None,
        }
    }
}

impl SelEntry {
    /// Returns its number.
    pub const fn id(&self) -> u16 {
        u16::from_le_bytes([self.0[0], self.0[1]])
    }

    /// Returns when it was, in seconds since 1970; entries of some makers have no time.
    pub fn time(&self) -> Option<u32> {
        let [_, _, kind, a, b, c, d, ..] = self.0;
        (kind < FIRST_WITHOUT_TIME).then_some(u32::from_le_bytes([a, b, c, d]))
    }
}

impl Sel {
    /// Says whether it is being erased.
    pub const fn is_erasing(&self) -> bool {
        self.erasing_until.is_some()
    }

    /// Returns the time of the BMC's clock in seconds since 1970.
    pub(crate) fn time(&self, now: u64) -> u32 {
        let world = i64::try_from(now / 1000).unwrap_or(i64::MAX);
        u32::try_from(world.saturating_add(self.clock_ahead).max(0)).unwrap_or(u32::MAX)
    }

    pub(crate) fn set_time(&mut self, time: u32, now: u64) {
        self.clock_ahead = i64::from(time) - i64::try_from(now / 1000).unwrap_or(i64::MAX);
    }

    /// Notes an event; one that finds no room is lost.
    pub(crate) fn note(&mut self, event: Event, now: u64) {
        let Event { sensor_type, sensor, event_type, ended, data } = event;
        let kind = if ended { event_type | ENDED } else { event_type };
        let head = [0, 0, SYSTEM_EVENT, 0, 0, 0, 0];
        let what = [GENERATOR[0], GENERATOR[1], EVENT_REVISION, sensor_type, sensor, kind];
        let mut entry = [0; SEL_ENTRY_LENGTH];
        entry.iter_mut().zip(head.into_iter().chain(what).chain(data)).for_each(|(to, byte)| *to = byte);
        // That it was lost, the log itself says.
        let _ = self.add(entry, now);
    }

    /// Adds an entry, gives it a number and, if its type has one, the time.
    pub(crate) fn add(&mut self, mut entry: [u8; SEL_ENTRY_LENGTH], now: u64) -> Result<u16, Full> {
        if self.entries.len() >= usize::from(self.capacity) {
            self.overflow = true;
            return Err(Full);
        }
        let (id, time) = (self.next_id, self.time(now));
        // 0000h means the first and FFFFh the last; neither is the number of one.
        self.next_id = if id == 0xFFFE { 1 } else { id + 1 };
        entry[..2].copy_from_slice(&id.to_le_bytes());
        if entry[2] < FIRST_WITHOUT_TIME {
            entry[3..7].copy_from_slice(&time.to_le_bytes());
        }
        self.entries.push(SelEntry(entry));
        self.added_at = time;
        self.lose_reservation();
        Ok(id)
    }

    /// Takes an entry away.
    pub(crate) fn delete(&mut self, id: u16, now: u64) {
        self.entries.retain(|entry| entry.id() != id);
        self.erased_at = self.time(now);
        self.lose_reservation();
    }

    /// Takes all entries away; until the given time the BMC is busy with that.
    pub(crate) fn clear(&mut self, now: u64, until: u64) {
        self.entries.clear();
        self.overflow = false;
        self.erased_at = self.time(now);
        self.erasing_until = Some(until);
        self.lose_reservation();
    }

    /// Gives out a reservation; earlier ones are lost.
    pub(crate) fn reserve(&mut self) -> u16 {
        // Zero means "no reservation".
        self.last_reservation = self.last_reservation.checked_add(1).unwrap_or(1);
        self.reservation = Some(self.last_reservation);
        self.last_reservation
    }

    /// Says whether a reservation is the one that counts.
    pub(crate) fn is_reserved(&self, reservation: u16) -> bool {
        self.reservation == Some(reservation)
    }

    /// Loses the reservation: something was added, deleted or cleared, or the BMC restarted (IPMI 2.0, section 31.4.1).
    pub(crate) fn lose_reservation(&mut self) {
        self.reservation = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: Event =
        Event { sensor_type: 1, sensor: 2, event_type: 1, ended: true, data: [0x59, 91, 90] };

    #[test]
    fn an_event_is_an_entry_with_a_number_and_the_time_of_the_clock() {
        let mut sel = Sel { clock_ahead: -10, ..Sel::default() };
        sel.note(EVENT, 70_999);
        assert_eq!(sel.entries, [SelEntry([1, 0, 2, 60, 0, 0, 0, 0x20, 0, 4, 1, 2, 0x81, 0x59, 91, 90])]);
        assert_eq!((sel.entries[0].id(), sel.entries[0].time(), sel.added_at), (1, Some(60), 60));
    }

    #[test]
    fn a_full_log_keeps_what_it_has_and_says_that_something_was_lost() {
        let mut sel = Sel { capacity: 1, ..Sel::default() };
        sel.note(EVENT, 0);
        assert!(!sel.overflow);
        sel.note(EVENT, 0);
        assert!(sel.overflow && sel.entries.len() == 1);
        sel.clear(0, 0);
        assert!(!sel.overflow && sel.entries.is_empty());
        sel.note(EVENT, 0);
        assert_eq!(sel.entries[0].id(), 2, "a number is not given twice");
    }

    #[test]
    fn numbers_begin_anew_before_those_that_mean_something_else() {
        let mut sel = Sel { next_id: 0xFFFE, ..Sel::default() };
        assert_eq!((sel.add([0; 16], 0), sel.add([0; 16], 0)), (Ok(0xFFFE), Ok(1)));
    }

    #[test]
    fn an_entry_without_a_time_keeps_its_bytes() {
        let mut sel = Sel::default();
        sel.add([0xE1; 16], 5_000).unwrap();
        assert_eq!((sel.entries[0].0[3], sel.entries[0].time()), (0xE1, None));
    }

    #[test]
    fn a_reservation_is_lost_by_every_change_and_by_the_next_one() {
        let mut sel = Sel::default();
        let first = sel.reserve();
        let second = sel.reserve();
        assert!(!sel.is_reserved(first) && sel.is_reserved(second) && !sel.is_reserved(0));
        sel.note(EVENT, 0);
        assert!(!sel.is_reserved(second));
        let third = sel.reserve();
        sel.delete(1, 0);
        assert!(!sel.is_reserved(third));
    }
}
