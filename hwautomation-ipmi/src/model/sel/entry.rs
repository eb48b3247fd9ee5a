//! One entry of the log, by its type (IPMI 2.0, table 32-1 to 32-3).

use super::time;
use crate::model::sensor::state::State;
use hwautomation_core::time::Timestamp;

/// The record types.
const SYSTEM_EVENT: u8 = 0x02;
const OEM_TIMED: std::ops::RangeInclusive<u8> = 0xC0..=0xDF;
/// Says in the first byte of a generator that software made the event.
const SOFTWARE: u8 = 0x01;
/// Says that something ended (table 32-1, byte 13).
const ENDED: u8 = 0x80;
/// A byte of event data that says nothing.
const NOTHING: u8 = 0xFF;

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: u16,
    pub(crate) at: Option<Timestamp>,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Event(Event),
    /// A maker's own, with or without a time.
    Oem {
        kind: u8,
    },
    /// A type that the specification does not have.
    Other {
        kind: u8,
    },
}

/// Something that a sensor saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// Who made it: an address or a software id in the first byte, a channel and a logical unit in the second.
    generator: [u8; 2],
    /// The type of the sensor (table 42-3) and its number.
    pub(crate) kind: u8,
    pub(crate) number: u8,
    /// How the state is to be read (table 42-1).
    reading_type: u8,
    pub(crate) ended: bool,
    data: [u8; 3],
}

impl Entry {
    /// Reads the bytes of an entry: each is one, whatever it says.
    pub(crate) fn of(bytes: &[u8; 16]) -> Self {
        let [low, high, kind, t0, t1, t2, t3, rest @ ..] = *bytes;
        let [from, unit, _revision, sensor_kind, number, event, data @ ..] = rest;
        let has_time = kind == SYSTEM_EVENT || OEM_TIMED.contains(&kind);
        let content = match kind {
            SYSTEM_EVENT => Content::Event(Event {
                generator: [from, unit],
                kind: sensor_kind,
                number,
                reading_type: event & !ENDED,
                ended: event & ENDED != 0,
                data,
            }),
            0xC0.. => Content::Oem { kind },
            _ => Content::Other { kind },
        };
        let at = if has_time { time::of([t0, t1, t2, t3]) } else { None };
        Self { id: u16::from_le_bytes([low, high]), at, content }
    }
}

impl Event {
    /// Returns the address of the controller that made it and the logical unit there, unless it was software.
    pub(crate) fn controller(&self) -> Option<(u8, u8)> {
        let [from, unit] = self.generator;
        (from & SOFTWARE == 0).then_some((from, unit & 0x03))
    }

    /// Names what made it, when that was software (table 5-4).
    pub(crate) fn software(&self) -> Option<&'static str> {
        let [from, _] = self.generator;
        (from & SOFTWARE != 0).then_some(match from >> 1 {
            0x00..=0x0F => "BIOS",
            0x10..=0x1F => "SMI handler",
            0x20..=0x2F => "system management software",
            0x40..=0x47 => "remote console",
            _ => "software",
        })
    }

    pub(crate) fn state(&self) -> State {
        State::of(self.reading_type, self.kind, self.offset())
    }

    /// Tells whether the event is about a threshold.
    pub(crate) fn is_threshold(&self) -> bool {
        self.reading_type == 0x01
    }

    /// Tells whether things got worse, for a threshold: beyond it, in its direction.
    pub(crate) fn got_worse(&self) -> bool {
        let (is_lower, goes_low) = (self.offset() < 6, self.offset().is_multiple_of(2));
        (is_lower == goes_low) != self.ended
    }

    /// Returns the byte of the reading that made it, and that of its threshold, for an event of a threshold
    /// (table 29-6).
    pub(crate) fn reading_and_threshold(&self) -> (Option<u8>, Option<u8>) {
        let [first, reading, threshold] = self.data;
        let given = |bits: u8, byte: u8| (self.is_threshold() && bits & 0x03 == 1).then_some(byte);
        (given(first >> 6, reading), given(first >> 4, threshold))
    }

    /// Returns the other bytes that say something and that only the sensor's maker, or a table for this sensor,
    /// explains; each with its number.
    pub(crate) fn details(&self) -> impl Iterator<Item = (u8, u8)> {
        let [first, second, third] = self.data;
        let explained = if self.is_threshold() { 1 } else { 0 };
        let says = move |bits: u8, byte: u8| bits & 0x03 != 0 && bits & 0x03 != explained && byte != NOTHING;
        [(2, first >> 6, second), (3, first >> 4, third)]
            .into_iter()
            .filter(move |(_, bits, byte)| says(*bits, *byte))
            .map(|(number, _, byte)| (number, byte))
    }

    fn offset(&self) -> u8 {
        self.data[0] & 0x0F
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// CPU1's temperature reached 95 over its upper critical threshold of 90, at 2023-11-14 22:13:20.
    const HOT: [u8; 16] =
        [0x2A, 0x01, 0x02, 0x00, 0xF1, 0x53, 0x65, 0x20, 0x00, 0x04, 0x01, 0x05, 0x01, 0x59, 95, 90];

    fn event_with(change: impl FnOnce(&mut [u8; 16])) -> Event {
        let mut bytes = HOT;
        change(&mut bytes);
        match Entry::of(&bytes).content {
            Content::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_system_event_says_who_when_what_and_by_which_numbers() {
        let entry = Entry::of(&HOT);
        assert_eq!((entry.id, entry.at), (0x012A, Some(Timestamp::from_micros(1_700_000_000_000_000))));
        let event = event_with(|_| ());
        assert_eq!((event.kind, event.number, event.controller()), (0x01, 0x05, Some((0x20, 0))));
        assert_eq!(event.state().to_string(), "upper critical, going high");
        assert_eq!(event.reading_and_threshold(), (Some(95), Some(90)));
        assert!(!event.ended && event.software().is_none());
        assert_eq!(event.details().count(), 0);
    }

    #[test]
    fn bytes_that_are_said_to_mean_nothing_are_not_read() {
        assert_eq!(event_with(|bytes| bytes[13] = 0x09).reading_and_threshold(), (None, None));
        assert_eq!(event_with(|bytes| bytes[12] = 0x6F).reading_and_threshold(), (None, None));
        let discrete = event_with(|bytes| bytes[12..].copy_from_slice(&[0x6F, 0xA0, 0x12, 0x34]));
        assert_eq!(discrete.details().collect::<Vec<_>>(), [(2, 0x12), (3, 0x34)]);
        let discrete = event_with(|bytes| bytes[12..].copy_from_slice(&[0x6F, 0xC0, 0xFF, 0x34]));
        assert_eq!(discrete.details().count(), 0);
    }

    #[test]
    fn a_threshold_is_worse_beyond_it_and_better_when_that_ends() {
        for (offset, ended, worse) in [
            (9, false, true),
            (9, true, false),
            (8, false, false),
            (8, true, true),
            (2, false, true),
            (2, true, false),
            (3, false, false),
            (5, true, true),
        ] {
            let event = event_with(|bytes| {
                bytes[13] = 0x50 | offset;
                bytes[12] = if ended { 0x81 } else { 0x01 };
            });
            assert_eq!(event.got_worse(), worse, "{offset} {ended}");
        }
    }

    #[test]
    fn software_is_named_and_is_no_controller() {
        for (from, name) in [(0x01, "BIOS"), (0x41, "system management software"), (0x81, "remote console")] {
            let event = event_with(|bytes| bytes[7] = from);
            assert_eq!((event.software(), event.controller()), (Some(name), None), "{from:#x}");
        }
    }

    #[test]
    fn makers_entries_have_a_time_only_where_their_type_has_one() {
        let with = |kind| Entry::of(&std::array::from_fn(|at| if at == 2 { kind } else { HOT[at] }));
        assert_eq!((with(0xC0).content, with(0xC0).at), (Content::Oem { kind: 0xC0 }, Entry::of(&HOT).at));
        assert_eq!(with(0xDF).at, Entry::of(&HOT).at);
        assert_eq!((with(0xE0).content, with(0xE0).at), (Content::Oem { kind: 0xE0 }, None));
        assert_eq!((with(0x03).content, with(0x03).at), (Content::Other { kind: 0x03 }, None));
    }

    proptest! {
        #[test]
        fn every_sixteen_bytes_are_an_entry(bytes: [u8; 16]) {
            let entry = Entry::of(&bytes);
            prop_assert_eq!(entry.id, u16::from_le_bytes([bytes[0], bytes[1]]));
            if let Content::Event(event) = entry.content {
                prop_assert!(!event.state().to_string().is_empty());
                prop_assert!(event.details().count() <= 2);
                prop_assert!(event.controller().is_some() != event.software().is_some());
                prop_assert!(event.is_threshold() || event.reading_and_threshold() == (None, None));
            }
        }
    }
}
