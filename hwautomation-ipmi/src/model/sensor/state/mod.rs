//! What the states of sensors and events mean, and how bad each is (IPMI 2.0, tables 42-2 and 42-3). The table says
//! what a state is; how bad it is, is our judgement: what still works is a warning, what has failed is critical.

mod generic;
mod hardware;
mod host;
mod management;
mod power;

use hwautomation_core::plugin::Health;
use std::fmt;

/// The event/reading types of table 42-1.
const THRESHOLD: u8 = 0x01;
const GENERIC: std::ops::RangeInclusive<u8> = 0x02..=0x0C;
const SENSOR_SPECIFIC: u8 = 0x6F;

/// One state of a table: what it is and how bad.
type Row = (&'static str, Health);

/// How bad a state is, in the words of the tables.
const FINE: Health = Health::Ok;
const WARNING: Health = Health::Warning;
const CRITICAL: Health = Health::Critical;
const FINAL: Health = Health::NonRecoverable;

/// A place of a table that the specification leaves empty.
const EMPTY: Row = ("", FINE);

/// A state that a sensor is in, or that an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Known(Row),
    /// It is in no table, as those of makers' own sensors are: only its number is known.
    Number(u8),
}

impl State {
    /// Looks up what an offset means for an event/reading type, and for a sensor type where that decides.
    pub(crate) fn of(reading_type: u8, kind: u8, offset: u8) -> Self {
        match table(reading_type, kind).get(usize::from(offset)) {
            Some(row) if *row != EMPTY => Self::Known(*row),
            _ => Self::Number(offset),
        }
    }

    /// Tells whether the states of a sensor are in a table.
    pub(crate) fn are_known(reading_type: u8, kind: u8) -> bool {
        !table(reading_type, kind).is_empty()
    }

    /// Looks up what a crossed threshold means, as a reading tells it.
    pub(crate) fn of_threshold(offset: u8) -> Self {
        generic::CROSSED.get(usize::from(offset)).map_or(Self::Number(offset), |row| Self::Known(*row))
    }

    /// Returns how bad it is, where that is known.
    pub(crate) fn health(self) -> Option<Health> {
        match self {
            Self::Known((_, health)) => Some(health),
            Self::Number(_) => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known((text, _)) => f.write_str(text),
            Self::Number(offset) => write!(f, "state {offset}"),
        }
    }
}

/// The table of an event/reading type; empty where there is none.
fn table(reading_type: u8, kind: u8) -> &'static [Row] {
    match reading_type {
        THRESHOLD => &generic::THRESHOLD_EVENTS,
        reading_type if GENERIC.contains(&reading_type) => generic::table(reading_type),
        SENSOR_SPECIFIC => specific(kind),
        _ => &[],
    }
}

/// The table of a sensor type; empty where there is none.
fn specific(kind: u8) -> &'static [Row] {
    [hardware::table, power::table, host::table, management::table]
        .into_iter()
        .map(|table| table(kind))
        .find(|table| !table.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specific_state(kind: u8, offset: u8) -> String {
        State::of(SENSOR_SPECIFIC, kind, offset).to_string()
    }

    #[test]
    fn states_are_at_the_offsets_of_the_specification() {
        for (kind, offset, expected) in [
            (0x05, 4, "network cable pulled"),
            (0x07, 1, "thermal trip"),
            (0x07, 7, "present"),
            (0x08, 3, "input lost"),
            (0x09, 4, "input lost"),
            (0x0C, 1, "uncorrectable error"),
            (0x0C, 10, "too hot"),
            (0x0D, 7, "rebuild in progress"),
            (0x10, 4, "log full"),
            (0x12, 5, "clock set"),
            (0x13, 9, "fatal non-maskable interrupt"),
            (0x14, 0, "power button pressed"),
            (0x1D, 0, "started by power-up"),
            (0x21, 9, "holds a spare device"),
            (0x22, 14, "unknown"),
            (0x23, 3, "timer expired, power cycled"),
            (0x23, 8, "timer interrupt"),
            (0x28, 5, "part failed"),
            (0x29, 1, "battery failed"),
            (0x2B, 7, "firmware changed successfully"),
            (0x2C, 7, "communication lost"),
        ] {
            assert_eq!(specific_state(kind, offset), expected, "{kind:#x} {offset}");
        }
        assert_eq!(State::of(0x0B, 0, 5).to_string(), "not redundant, too few resources");
        assert_eq!(State::of(0x01, 1, 9).to_string(), "upper critical, going high");
    }

    #[test]
    fn what_is_in_no_table_is_a_number_without_a_judgement() {
        for (reading_type, kind, offset) in [
            (SENSOR_SPECIFIC, 0xC0, 3),
            (SENSOR_SPECIFIC, 0x23, 4),
            (0x70, 0x07, 3),
            (0x00, 0x07, 3),
            (0x0D, 0x07, 3),
            (0x03, 0x01, 3),
            (SENSOR_SPECIFIC, 0x0B, 3),
            (SENSOR_SPECIFIC, 0x07, 200),
        ] {
            let state = State::of(reading_type, kind, offset);
            assert_eq!((state, state.health()), (State::Number(offset), None));
            assert_eq!(state.to_string(), format!("state {offset}"));
        }
    }

    #[test]
    fn presence_is_fine_and_failure_is_not() {
        let health = |kind, offset| State::of(SENSOR_SPECIFIC, kind, offset).health();
        assert_eq!(health(0x08, 0), Some(FINE));
        assert_eq!(health(0x08, 2), Some(WARNING));
        assert_eq!(health(0x08, 1), Some(CRITICAL));
        assert_eq!(State::of(0x07, 0, 6).health(), Some(FINAL));
        assert_eq!(State::of_threshold(5).health(), Some(FINAL));
        assert_eq!(State::of_threshold(6).health(), None);
    }

    #[test]
    fn every_type_that_has_states_has_one_table_and_no_two_have_the_same_place() {
        for kind in 0..=u8::MAX {
            let tables =
                [hardware::table(kind), power::table(kind), host::table(kind), management::table(kind)];
            assert!(tables.iter().filter(|table| !table.is_empty()).count() <= 1, "{kind:#x}");
            assert!(specific(kind).len() <= 15, "{kind:#x}");
        }
        let without = [0x01, 0x02, 0x03, 0x04, 0x0A, 0x0B, 0x0E, 0x15, 0x16, 0x17, 0x18, 0x1A, 0x1C, 0x26];
        for kind in 0x01..=0x2C {
            assert_eq!(specific(kind).is_empty(), without.contains(&kind), "{kind:#x}");
        }
    }
}
