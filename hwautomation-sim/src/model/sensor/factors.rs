//! How the eight bits of a reading become a value: `L((M·x + B·10^K1)·10^K2)` (IPMI 2.0, section 36.3).

use serde::{Deserialize, Serialize};

/// Says how a raw value becomes a value in the sensor's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// M, of ten bits: what the raw value is multiplied by.
    pub m: i16,
    /// B, of ten bits: what is added.
    pub b: i16,
    /// K1, of four bits: the power of ten that B is multiplied by.
    pub b_exponent: i8,
    /// K2, of four bits: the power of ten that the sum is multiplied by.
    pub r_exponent: i8,
    /// What is done to the result.
    pub linearisation: Linearisation,
    /// Whether the raw value is a number in two's complement.
    pub signed: bool,
}

/// Is the function that a sensor's values go through (IPMI 2.0, table 43-1, byte 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are those of the functions")]
pub enum Linearisation {
    Linear,
    NaturalLogarithm,
    Logarithm10,
    Logarithm2,
    PowerOfE,
    PowerOf10,
    PowerOf2,
    Reciprocal,
    Square,
    Cube,
    SquareRoot,
    CubeRoot,
}

impl Linearisation {
    /// Returns the code of the record.
    pub const fn code(self) -> u8 {
        self as u8
    }

    fn of(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::NaturalLogarithm => value.ln(),
            Self::Logarithm10 => value.log10(),
            Self::Logarithm2 => value.log2(),
            Self::PowerOfE => value.exp(),
            Self::PowerOf10 => 10_f64.powf(value),
            Self::PowerOf2 => value.exp2(),
            Self::Reciprocal => value.recip(),
            Self::Square => value.powi(2),
            Self::Cube => value.powi(3),
            Self::SquareRoot => value.sqrt(),
            Self::CubeRoot => value.cbrt(),
        }
    }
}

impl Factors {
    /// Returns factors for values that are the raw ones, multiplied by `m·10^exponent`.
    pub const fn linear(m: i16, exponent: i8) -> Self {
        Self {
            m,
            b: 0,
            b_exponent: 0,
            r_exponent: exponent,
            linearisation: Linearisation::Linear,
            signed: false,
        }
    }

    /// Returns the value of a raw one; where the function has none (the logarithm of zero), nothing.
    pub fn value(&self, raw: u8) -> Option<f64> {
        let offset = f64::from(self.b) * 10_f64.powi(self.b_exponent.into());
        let linear =
            (f64::from(self.m) * f64::from(self.number(raw)) + offset) * 10_f64.powi(self.r_exponent.into());
        Some(self.linearisation.of(linear)).filter(|value| value.is_finite())
    }

    /// Returns the raw value that comes nearest to a value.
    pub fn raw(&self, value: f64) -> u8 {
        let distance = |raw: u8| self.value(raw).map_or(f64::INFINITY, |is| (is - value).abs());
        (0..=u8::MAX).min_by(|one, other| distance(*one).total_cmp(&distance(*other))).unwrap_or_default()
    }

    /// Returns the number that a raw value is: what comparisons are about.
    pub(crate) fn number(&self, raw: u8) -> i16 {
        if self.signed { i16::from(raw.cast_signed()) } else { i16::from(raw) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_from_the_raw_one_that_stands_for_it() {
        let temperature = Factors { b: -5, b_exponent: 1, ..Factors::linear(1, 0) };
        assert_eq!((temperature.raw(25.0), temperature.value(75)), (75, Some(25.0)));
        let signed = Factors { signed: true, ..Factors::linear(1, 0) };
        assert_eq!((signed.raw(-40.0), signed.value(0xD8)), (0xD8, Some(-40.0)));
        let volts = Factors::linear(6, -2);
        assert_eq!(volts.raw(12.0), 200);
        assert_eq!(volts.raw(1000.0), 255, "the greatest that there is");
    }

    #[test]
    fn a_function_is_applied_last_and_may_have_no_value() {
        let with = |linearisation| Factors { linearisation, ..Factors::linear(2, 0) };
        assert_eq!(with(Linearisation::Square).value(5), Some(100.0));
        assert_eq!(with(Linearisation::PowerOf2).value(3), Some(64.0));
        assert_eq!(with(Linearisation::CubeRoot).value(4), Some(2.0));
        assert_eq!(with(Linearisation::Logarithm2).value(0), None);
        assert_eq!(with(Linearisation::Logarithm2).raw(4.0), 8);
    }

    #[test]
    fn the_functions_have_the_codes_of_the_records() {
        assert_eq!((Linearisation::Linear.code(), Linearisation::Logarithm2.code()), (0x00, 0x03));
        assert_eq!((Linearisation::Reciprocal.code(), Linearisation::CubeRoot.code()), (0x07, 0x0B));
    }
}
