//! From the byte of a reading to a number: y = L((M·x + B·10^K1)·10^K2) (IPMI 2.0, section 36.3).

/// Says how the byte of a reading is a number (section 43.1, byte 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    Unsigned,
    OnesComplement,
    TwosComplement,
    /// The sensor gives no number.
    None,
}

/// What a sensor record says about its numbers (section 43.1, bytes 21 to 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Factors {
    pub(crate) format: Format,
    /// L, by its number in section 43.1, byte 24.
    pub(crate) linearisation: u8,
    pub(crate) m: i16,
    pub(crate) b: i16,
    /// K1, the exponent of B.
    pub(crate) b_exponent: i8,
    /// K2, the exponent of the result.
    pub(crate) exponent: i8,
}

impl Format {
    pub(crate) fn of(units: u8) -> Self {
        match units >> 6 {
            0 => Self::Unsigned,
            1 => Self::OnesComplement,
            2 => Self::TwosComplement,
            _ => Self::None,
        }
    }

    fn number(self, raw: u8) -> Option<f64> {
        let signed = i8::from_le_bytes([raw]);
        match self {
            Self::Unsigned => Some(f64::from(raw)),
            Self::TwosComplement => Some(f64::from(signed)),
            // Nothing lies between -0 (FFh) and 0.
            Self::OnesComplement if signed < 0 => Some(f64::from(signed) + 1.0),
            Self::OnesComplement => Some(f64::from(signed)),
            Self::None => None,
        }
    }
}

impl Factors {
    /// Reads the seven bytes from the linearisation on, for numbers in this format.
    pub(crate) fn of(format: Format, bytes: [u8; 7]) -> Self {
        let [linearisation, m, m_high, b, b_high, _accuracy, exponents] = bytes;
        Self {
            format,
            linearisation: linearisation & 0x7F,
            m: ten_bits(m, m_high),
            b: ten_bits(b, b_high),
            b_exponent: four_bits(exponents),
            exponent: four_bits(exponents >> 4),
        }
    }

    /// Converts a reading or a threshold. Nothing when the sensor gives no number, when its formula is not in the
    /// record (non-linear), or when the formula has no answer, such as the logarithm of zero.
    pub(crate) fn value(&self, raw: u8) -> Option<f64> {
        let value = self.function()?(self.linear(self.format.number(raw)?));
        value.is_finite().then_some(value)
    }

    /// Computes in whole numbers as long as it can, so that 63 · 192 · 10⁻³ is 12.096 and nothing else.
    fn linear(&self, x: f64) -> f64 {
        let (m, b, k1) = (f64::from(self.m), f64::from(self.b), i32::from(self.b_exponent));
        let k2 = i32::from(self.exponent);
        if k1 < 0 { scaled(m * x * power(-k1) + b, k1 + k2) } else { scaled(m * x + b * power(k1), k2) }
    }

    fn function(&self) -> Option<fn(f64) -> f64> {
        Some(match self.linearisation {
            0x00 => |x| x,
            0x01 => f64::ln,
            0x02 => f64::log10,
            0x03 => f64::log2,
            0x04 => f64::exp,
            0x05 => |x| 10f64.powf(x),
            0x06 => f64::exp2,
            0x07 => f64::recip,
            0x08 => |x| x * x,
            0x09 => |x| x * x * x,
            0x0A => f64::sqrt,
            0x0B => f64::cbrt,
            _ => return None,
        })
    }
}

/// Ten bits in two's complement: eight, and the upper two at the top of the next byte.
fn ten_bits(low: u8, high: u8) -> i16 {
    i16::from_le_bytes([low, high >> 6]) << 6 >> 6
}

/// Four bits in two's complement.
fn four_bits(byte: u8) -> i8 {
    i8::from_le_bytes([byte << 4]) >> 4
}

/// Dividing by a whole power of ten is rounded once, multiplying by its reciprocal twice.
fn scaled(value: f64, exponent: i32) -> f64 {
    if exponent < 0 { value / power(-exponent) } else { value * power(exponent) }
}

fn power(exponent: i32) -> f64 {
    10f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn linear(m: i16, b: i16, b_exponent: i8, exponent: i8) -> Factors {
        Factors { format: Format::Unsigned, linearisation: 0, m, b, b_exponent, exponent }
    }

    fn through(linearisation: u8, raw: u8) -> Option<f64> {
        Factors { linearisation, ..linear(1, 0, 0, 0) }.value(raw)
    }

    #[test]
    fn known_sensors_have_their_known_values() {
        // 12 V in steps of 64 mV, a temperature with an offset, a fan in steps of 75 rpm.
        assert_eq!(linear(64, 0, 0, -3).value(189), Some(12.096));
        assert_eq!(linear(1, -64, 0, 0).value(90), Some(26.0));
        assert_eq!(linear(75, 0, 0, 0).value(100), Some(7500.0));
        // 3.3 V: 17.2 mV a step, as M = 172, K2 = -4; and an offset in tenths.
        assert_eq!(linear(172, 0, 0, -4).value(192), Some(3.3024));
        assert_eq!(linear(5, 15, -1, 0).value(4), Some(21.5));
        assert_eq!(linear(5, 15, 1, -2).value(4), Some(1.7));
    }

    #[test]
    fn signed_readings_are_read_as_the_record_says() {
        let factors = |format| Factors { format, ..linear(1, 0, 0, 0) };
        assert_eq!(factors(Format::Unsigned).value(0xFE), Some(254.0));
        assert_eq!(factors(Format::TwosComplement).value(0xFE), Some(-2.0));
        assert_eq!(factors(Format::OnesComplement).value(0xFE), Some(-1.0));
        assert_eq!(factors(Format::OnesComplement).value(0xFF), Some(0.0));
        assert_eq!(factors(Format::OnesComplement).value(0x7F), Some(127.0));
        assert_eq!(factors(Format::None).value(0x7F), None);
    }

    #[test]
    fn each_function_of_the_table_is_computed() {
        let near = |number: u8, raw: u8, expected: f64| {
            let found = through(number, raw).unwrap();
            assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{number:#x}: {found}");
        };
        near(0x01, 10, std::f64::consts::LN_10);
        near(0x02, 100, 2.0);
        near(0x03, 8, 3.0);
        near(0x04, 1, std::f64::consts::E);
        near(0x05, 3, 1000.0);
        near(0x06, 10, 1024.0);
        near(0x07, 4, 0.25);
        near(0x08, 12, 144.0);
        near(0x09, 3, 27.0);
        near(0x0A, 144, 12.0);
        near(0x0B, 27, 3.0);
    }

    #[test]
    fn what_has_no_answer_or_no_formula_is_nothing() {
        for (number, raw) in [(0x01, 0), (0x07, 0), (0x0C, 5), (0x70, 5), (0x7F, 5)] {
            assert_eq!(through(number, raw), None, "{number:#x}");
        }
        let negative = Factors { linearisation: 0x0A, ..linear(-1, 0, 0, 0) };
        assert_eq!(negative.value(4), None, "the root of -4");
    }

    #[test]
    fn the_bytes_are_those_of_the_specification() {
        // M = -2 (3FEh), B = 0x155 - 0x400 as ten bits, K2 = -3, K1 = 2.
        let factors = Factors::of(Format::Unsigned, [0x80, 0xFE, 0xC0, 0x55, 0x40, 0, 0xD2]);
        assert_eq!(factors, linear(-2, 0x155, 2, -3));
        let factors = Factors::of(Format::Unsigned, [0, 0x00, 0x80, 0xFF, 0xFF, 0, 0x7F]);
        assert_eq!(factors, linear(-512, -1, -1, 7));
    }

    proptest! {
        #[test]
        fn any_factors_and_any_byte_are_a_number_or_nothing(bytes: [u8; 7], units: u8, raw: u8) {
            let value = Factors::of(Format::of(units), bytes).value(raw);
            prop_assert!(value.is_none_or(f64::is_finite));
        }

        #[test]
        fn a_linear_value_is_the_formula_up_to_rounding(
            m in -512i16..512, b in -512i16..512, k1 in -8i8..8, k2 in -8i8..8, raw: u8,
        ) {
            let terms = [f64::from(m) * f64::from(raw), f64::from(b) * 10f64.powi(k1.into())];
            let [first, second] = terms.map(|term| term * 10f64.powi(k2.into()));
            let value = linear(m, b, k1, k2).value(raw).unwrap();
            let near = 1e-12 * (first.abs() + second.abs());
            prop_assert!((value - (first + second)).abs() <= near, "{value}, not {first} + {second}");
        }
    }
}
