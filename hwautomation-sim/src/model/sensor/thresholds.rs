//! From where on a reading is an alarm.

use super::Factors;
use serde::{Deserialize, Serialize};

/// Holds the thresholds of a sensor, as raw values; what is nothing does not exist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Thresholds {
    pub lower_non_critical: Option<u8>,
    pub lower_critical: Option<u8>,
    pub lower_non_recoverable: Option<u8>,
    pub upper_non_critical: Option<u8>,
    pub upper_critical: Option<u8>,
    pub upper_non_recoverable: Option<u8>,
}

/// Names a threshold; the number is its place in masks and in answers (IPMI 2.0, table 35-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Threshold {
    LowerNonCritical,
    LowerCritical,
    LowerNonRecoverable,
    UpperNonCritical,
    UpperCritical,
    UpperNonRecoverable,
}

impl Threshold {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::LowerNonCritical,
        Self::LowerCritical,
        Self::LowerNonRecoverable,
        Self::UpperNonCritical,
        Self::UpperCritical,
        Self::UpperNonRecoverable,
    ];

    /// Returns its bit in masks.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Returns the number of the event that it is crossed: going low for a lower one, going high for an upper one (table 42-2).
    pub(crate) const fn event(self) -> u8 {
        let place = self as u8;
        if self.is_upper() { 7 + (place - 3) * 2 } else { place * 2 }
    }

    const fn is_upper(self) -> bool {
        self as u8 >= 3
    }
}

impl Thresholds {
    /// Returns one of them.
    pub const fn get(&self, threshold: Threshold) -> Option<u8> {
        match threshold {
            Threshold::LowerNonCritical => self.lower_non_critical,
            Threshold::LowerCritical => self.lower_critical,
            Threshold::LowerNonRecoverable => self.lower_non_recoverable,
            Threshold::UpperNonCritical => self.upper_non_critical,
            Threshold::UpperCritical => self.upper_critical,
            Threshold::UpperNonRecoverable => self.upper_non_recoverable,
        }
    }

    /// Changes one of them.
    pub const fn set(&mut self, threshold: Threshold, raw: u8) {
        let place = match threshold {
            Threshold::LowerNonCritical => &mut self.lower_non_critical,
            Threshold::LowerCritical => &mut self.lower_critical,
            Threshold::LowerNonRecoverable => &mut self.lower_non_recoverable,
            Threshold::UpperNonCritical => &mut self.upper_non_critical,
            Threshold::UpperCritical => &mut self.upper_critical,
            Threshold::UpperNonRecoverable => &mut self.upper_non_recoverable,
        };
        *place = Some(raw);
    }

    /// Returns the bits of those that exist.
    pub fn mask(&self) -> u8 {
        Threshold::ALL
            .into_iter()
            .filter(|threshold| self.get(*threshold).is_some())
            .fold(0, |mask, threshold| mask | threshold.bit())
    }

    /// Returns the bits of those that a raw value has reached. One whose bit is in `before` counts as reached until the value is further away than
    /// the hysteresis.
    pub(crate) fn reached(&self, raw: u8, factors: &Factors, hysteresis: u8, before: u8) -> u8 {
        let is = factors.number(raw);
        Threshold::ALL.into_iter().fold(0, |reached, threshold| {
            let Some(limit) = self.get(threshold) else { return reached };
            let slack = if before & threshold.bit() == 0 { 0 } else { i16::from(hysteresis) };
            let limit = factors.number(limit);
            let beyond = if threshold.is_upper() { is >= limit - slack } else { is <= limit + slack };
            reached | if beyond { threshold.bit() } else { 0 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Thresholds = Thresholds {
        lower_non_critical: Some(10),
        lower_critical: Some(5),
        lower_non_recoverable: None,
        upper_non_critical: Some(80),
        upper_critical: Some(90),
        upper_non_recoverable: Some(95),
    };

    fn reached(raw: u8, before: u8) -> u8 {
        LIMITS.reached(raw, &Factors::linear(1, 0), 2, before)
    }

    #[test]
    fn a_value_reaches_the_thresholds_that_it_is_at_or_beyond() {
        assert_eq!(LIMITS.mask(), 0b11_1011);
        for (raw, wanted) in
            [(50, 0), (79, 0), (80, 0b00_1000), (90, 0b01_1000), (255, 0b11_1000), (10, 1), (0, 0b11)]
        {
            assert_eq!(reached(raw, 0), wanted, "{raw}");
        }
    }

    #[test]
    fn an_alarm_ends_only_beyond_the_hysteresis() {
        assert_eq!(reached(79, 0b00_1000), 0b00_1000);
        assert_eq!(reached(78, 0b00_1000), 0b00_1000);
        assert_eq!(reached(77, 0b00_1000), 0);
        assert_eq!(reached(12, 1), 1);
        assert_eq!(reached(13, 1), 0);
    }

    #[test]
    fn a_signed_value_is_compared_as_a_number() {
        let signed = Factors { signed: true, ..Factors::linear(1, 0) };
        let limits = Thresholds { upper_critical: Some(60), ..Thresholds::default() };
        assert_eq!(limits.reached(0xF6, &signed, 0, 0), 0, "minus ten is less than sixty");
    }

    #[test]
    fn the_events_are_those_of_the_direction_that_is_an_alarm() {
        assert_eq!(Threshold::ALL.map(Threshold::event), [0, 2, 4, 7, 9, 11]);
    }
}
