//! What a sensor is about, by the number of its type (IPMI 2.0, table 42-3).

use hwautomation_core::plugin::{SensorKind, Unit};

/// Where makers' own types begin.
const OEM: u8 = 0xC0;

/// Returns the kind of a sensor.
pub(crate) fn of(kind: u8) -> SensorKind {
    match kind {
        0x01 => SensorKind::Temperature,
        0x02 => SensorKind::Voltage,
        0x03 => SensorKind::Current,
        0x04 => SensorKind::Fan,
        0x05 => SensorKind::Intrusion,
        0x07 => SensorKind::Processor,
        0x08 => SensorKind::PowerSupply,
        0x09 => SensorKind::PowerUnit,
        0x0A => SensorKind::Cooling,
        0x0B => SensorKind::Number,
        0x0C | 0x0E => SensorKind::Memory,
        0x0D => SensorKind::Drive,
        0x0F | 0x1E => SensorKind::Firmware,
        0x10 => SensorKind::EventLog,
        0x11 | 0x23 => SensorKind::Watchdog,
        0x13 => SensorKind::Interrupt,
        0x14 => SensorKind::Button,
        0x16 | 0x24 | 0x26 | 0x28 | 0x2A => SensorKind::Management,
        0x1F | 0x20 => SensorKind::OperatingSystem,
        0x25 => SensorKind::Presence,
        0x29 => SensorKind::Battery,
        other => SensorKind::Other(named(other)),
    }
}

/// Returns the kind of a sensor that gives a number: what is measured in watts is power, also where BMCs have no
/// other type for it than "current" (iLO's power meter) or "other units".
pub(crate) fn of_number(kind: u8, unit: &Unit) -> SensorKind {
    match (of(kind), unit) {
        (SensorKind::Current | SensorKind::Number, Unit::Watts) => SensorKind::Power,
        (SensorKind::Current | SensorKind::Number, Unit::Joules) => SensorKind::Energy,
        (kind, _) => kind,
    }
}

fn named(kind: u8) -> String {
    let name = match kind {
        0x06 => "platform security",
        0x12 => "system event",
        0x15 => "module",
        0x17 => "add-in card",
        0x18 => "chassis",
        0x19 => "chip set",
        0x1A => "other part",
        0x1B => "cable",
        0x1C => "terminator",
        0x1D => "system start",
        0x21 => "slot",
        0x22 => "ACPI power state",
        0x27 => "LAN",
        0x2B => "version change",
        0x2C => "part state",
        OEM.. => return format!("maker's own type {kind:02X}h"),
        _ => return format!("type {kind:02X}h"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_their_numbers() {
        for (kind, expected) in [
            (0x01, "temperature"),
            (0x04, "fan"),
            (0x05, "intrusion"),
            (0x08, "power supply"),
            (0x0D, "drive"),
            (0x22, "ACPI power state"),
            (0x29, "battery"),
            (0x2C, "part state"),
            (0x00, "type 00h"),
            (0x2D, "type 2Dh"),
            (0xC1, "maker's own type C1h"),
        ] {
            assert_eq!(of(kind).as_str(), expected);
        }
    }

    #[test]
    fn every_type_of_the_table_has_a_name() {
        for kind in 0x01..=0x2C {
            assert!(!of(kind).as_str().contains("type "), "{kind:#x}");
        }
    }

    #[test]
    fn watts_are_power_whatever_the_type_says() {
        assert_eq!(of_number(0x03, &Unit::Watts), SensorKind::Power);
        assert_eq!(of_number(0x0B, &Unit::Joules), SensorKind::Energy);
        assert_eq!(of_number(0x03, &Unit::Amperes), SensorKind::Current);
        assert_eq!(of_number(0x08, &Unit::Watts), SensorKind::PowerSupply);
    }
}
