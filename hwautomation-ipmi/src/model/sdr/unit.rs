//! What a reading is measured in: the three bytes of units in sensor records (IPMI 2.0, section 43.1, bytes 21 to 23,
//! and section 43.17).

use hwautomation_core::plugin::Unit;

/// What a plain unit is called, by its number; the empty ones are not defined.
#[rustfmt::skip] // One on a line would be a hundred lines.
const NAMES: [&str; 93] = [
    "", "°C", "°F", "K", "V", "A", "W", "J", "C", "VA", "nit", "lm", "lx", "cd", "kPa", "psi", "N", "CFM",
    "RPM", "Hz", "µs", "ms", "s", "min", "h", "d", "weeks", "mil", "in", "ft", "in³", "ft³", "mm", "cm", "m",
    "cm³", "m³", "l", "fl oz", "rad", "sr", "revolutions", "cycles", "g", "oz", "lb", "ft·lb", "oz·in", "G",
    "Gb", "H", "mH", "F", "µF", "Ω", "S", "mol", "Bq", "ppm", "", "dB", "dBA", "dBC", "Gy", "Sv",
    "K (colour)", "bit", "kbit", "Mbit", "Gbit", "B", "kB", "MB", "GB", "words", "double words", "quad words",
    "lines", "hits", "misses", "retries", "resets", "overruns", "underruns", "collisions", "packets",
    "messages", "characters", "errors", "correctable errors", "uncorrectable errors", "fatal errors", "grams",
];
/// For each of what a rate counts, by its number.
const RATES: [&str; 8] = ["", "/µs", "/ms", "/s", "/min", "/h", "/d", ""];

/// The units of a sensor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Units {
    /// Format, rate, relation and percentage, as bits.
    pub(crate) first: u8,
    base: u8,
    modifier: u8,
}

impl Units {
    pub(crate) fn of([first, base, modifier]: [u8; 3]) -> Self {
        Self { first, base, modifier }
    }

    /// Tells whether a number in them means something.
    pub(crate) fn are_known(self) -> bool {
        self.is_percent() || self.base != 0
    }

    fn is_percent(self) -> bool {
        self.first & 0x01 != 0
    }

    /// Returns the unit, with its rate and its second unit where it has them, such as "m/s" or "N·m".
    pub(crate) fn unit(self) -> Unit {
        // Core knows the plain ones by the same words, and keeps the others as they are.
        Unit::from(self.text())
    }

    fn text(self) -> String {
        let second = match self.first >> 1 & 0x03 {
            1 => format!("/{}", named(self.modifier)),
            2 => format!("·{}", named(self.modifier)),
            _ => String::new(),
        };
        let rate = RATES.get(usize::from(self.first >> 3 & 0x07)).copied().unwrap_or_default();
        let percent = if self.is_percent() { "% " } else { "" };
        format!("{percent}{}{second}{rate}", named(self.base)).trim().to_owned()
    }
}

fn named(number: u8) -> String {
    match NAMES.get(usize::from(number)) {
        Some(name) if !name.is_empty() => (*name).to_owned(),
        _ if number == 0 => String::new(),
        _ => format!("unit {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(bytes: [u8; 3]) -> Unit {
        Units::of(bytes).unit()
    }

    #[test]
    fn plain_units_are_those_of_core() {
        for (number, expected) in [
            (0, Unit::Unitless),
            (1, Unit::Celsius),
            (4, Unit::Volts),
            (5, Unit::Amperes),
            (6, Unit::Watts),
            (7, Unit::Joules),
            (18, Unit::Rpm),
            (19, Unit::Hertz),
            (22, Unit::Seconds),
        ] {
            assert_eq!(unit([0x80, number, 3]), expected);
        }
        assert_eq!(unit([0x01, 0, 0]), Unit::Percent);
    }

    #[test]
    fn units_are_named_with_their_rate_and_their_second_unit() {
        // Metres for each second, newtons times metres, errors in an hour.
        for (bytes, expected) in
            [([0x02, 34, 22], "m/s"), ([0x04, 16, 34], "N·m"), ([0x28, 88, 0], "errors/h")]
        {
            assert_eq!(unit(bytes), Unit::Other(expected.to_owned()));
        }
    }

    #[test]
    fn the_table_is_in_the_order_of_the_specification() {
        for (number, name) in [(14, "kPa"), (17, "CFM"), (26, "weeks"), (43, "g"), (58, "ppm"), (60, "dB")] {
            assert_eq!(named(number), name);
        }
        for (number, name) in
            [(65, "K (colour)"), (66, "bit"), (77, "lines"), (84, "collisions"), (92, "grams")]
        {
            assert_eq!(named(number), name);
        }
        for (number, name) in [(59, "unit 59"), (93, "unit 93"), (255, "unit 255")] {
            assert_eq!(named(number), name);
        }
    }
}
