//! The thresholds of a sensor: Get Sensor Thresholds (IPMI 2.0, section 35.9).

use crate::error::IpmiError;
use crate::model::command::Command;
use crate::model::sdr::Factors;

const READING: &str = "reading a sensor's thresholds";
/// How many thresholds a sensor can have.
const COUNT: usize = 6;

/// Thresholds as bytes, each meant only when its bit says that it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Raw {
    pub(crate) readable: u8,
    /// In the order of the bits: lower non-critical, critical and non-recoverable, then the upper ones.
    pub(crate) values: [u8; COUNT],
}

impl Raw {
    pub(crate) const NONE: Self = Self { readable: 0, values: [0; COUNT] };

    /// Returns those that somebody else does not look after, by their bits.
    pub(crate) fn without(self, others: u8) -> Self {
        Self { readable: self.readable & !others, ..self }
    }

    /// Converts those that can be read, in the same order.
    pub(crate) fn values(&self, factors: &Factors) -> [Option<f64>; COUNT] {
        let mut bit = 1u8;
        self.values.map(|value| {
            let is_readable = self.readable & bit != 0;
            bit <<= 1;
            if is_readable { factors.value(value) } else { None }
        })
    }
}

/// Asks for them.
pub(crate) fn ask(sensor: u8) -> Command {
    Command::reads(READING, [0x04, 0x27], &[sensor])
}

/// Reads the answer.
pub(crate) fn of(data: &[u8]) -> Result<Raw, IpmiError> {
    match data.split_first_chunk::<{ COUNT + 1 }>() {
        Some(([readable, values @ ..], _)) => Ok(Raw { readable: *readable, values: *values }),
        None => Err(IpmiError::malformed(READING, format!("{} bytes, not the 7 of thresholds", data.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sdr::Format;

    const VOLTAGE: Factors =
        Factors { format: Format::Unsigned, linearisation: 0, m: 64, b: 0, b_exponent: 0, exponent: -3 };

    #[test]
    fn only_what_can_be_read_is_a_threshold() {
        let raw = of(&[0b01_1011, 170, 165, 0xFF, 205, 210, 0xFF]).unwrap();
        let expected = [Some(10.88), Some(10.56), None, Some(13.12), Some(13.44), None];
        assert_eq!(raw.values(&VOLTAGE), expected);
        assert_eq!(Raw::NONE.values(&VOLTAGE), [None; 6]);
    }

    #[test]
    fn a_short_answer_is_an_error() {
        for short in [&[][..], &[0x3F], &[0x3F, 1, 2, 3, 4, 5]] {
            assert!(of(short).is_err(), "{short:?}");
        }
    }
}
