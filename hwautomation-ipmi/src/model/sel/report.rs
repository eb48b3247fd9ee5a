//! An entry of the log, as core has it.

use super::entry::{Content, Entry, Event};
use super::position;
use crate::model::sdr::{Inventory, Listed, Reads};
use crate::model::sensor::kind;
use hwautomation_core::plugin::{EventChange, Health, LogEvent, SensorKind};

/// Tells what an entry says, with what is known of the BMC's sensors.
pub(crate) fn event(bytes: &[u8; 16], inventory: &Inventory) -> LogEvent {
    let entry = Entry::of(bytes);
    match &entry.content {
        Content::Event(event) => of_sensor(bytes, &entry, event, inventory),
        Content::Oem { kind } => other(bytes, &entry, format!("maker's own entry of type {kind:02X}h")),
        Content::Other { kind } => other(bytes, &entry, format!("entry of the unknown type {kind:02X}h")),
    }
}

fn of_sensor(bytes: &[u8; 16], entry: &Entry, event: &Event, inventory: &Inventory) -> LogEvent {
    let listed = event.controller().and_then(|from| inventory.find(from, event.number));
    LogEvent {
        position: position::of(bytes),
        at: entry.at,
        source: listed.map_or_else(|| unnamed(event), |listed| listed.record.name.clone()),
        sensor: listed.filter(|listed| listed.is_readable()).map(|listed| listed.id.clone()),
        kind: kind::of(event.kind),
        severity: severity(event),
        change: if event.ended { EventChange::Deasserted } else { EventChange::Asserted },
        text: format!("{}{}{}", event.state(), numbers(event, listed), details(event)),
        raw: bytes.to_vec(),
    }
}

/// Names who tells it where no record does: software, or a sensor by its number.
fn unnamed(event: &Event) -> String {
    let kind = kind::of(event.kind);
    match (event.software(), event.controller()) {
        (Some(software), _) => format!("{software}, {kind} {:02X}h", event.number),
        (None, Some((owner, unit))) if (owner, unit) != (0x20, 0) => {
            format!("{kind} {:02X}h of controller {owner:02X}h, unit {unit}", event.number)
        }
        _ => format!("{kind} {:02X}h", event.number),
    }
}

/// What gets better is no harm; a state that no table has may be anything.
fn severity(event: &Event) -> Health {
    let is_over = if event.is_threshold() { !event.got_worse() } else { event.ended };
    if is_over { Health::Ok } else { event.state().health().unwrap_or(Health::Unknown) }
}

/// The reading and the threshold that it crossed, in the sensor's unit where its record is known.
fn numbers(event: &Event, listed: Option<&Listed>) -> String {
    let shown = |raw: u8| match listed.map(|listed| (&listed.record, &listed.record.reads)) {
        Some((record, Reads::Analog(analog))) => match analog.factors.value(raw) {
            Some(value) => format!("{value} {}", record.units.unit()).trim_end().to_owned(),
            None => format!("{raw:02X}h"),
        },
        _ => format!("{raw:02X}h"),
    };
    match event.reading_and_threshold() {
        (Some(reading), Some(threshold)) => format!(": {}, threshold {}", shown(reading), shown(threshold)),
        (Some(reading), None) => format!(": {}", shown(reading)),
        (None, Some(threshold)) => format!(": threshold {}", shown(threshold)),
        (None, None) => String::new(),
    }
}

fn details(event: &Event) -> String {
    let details: Vec<String> =
        event.details().map(|(number, byte)| format!("data {number}: {byte:02X}h")).collect();
    if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) }
}

fn other(bytes: &[u8; 16], entry: &Entry, text: String) -> LogEvent {
    LogEvent {
        position: position::of(bytes),
        at: entry.at,
        source: "maker's own".to_owned(),
        sensor: None,
        kind: SensorKind::Other("maker's own".to_owned()),
        severity: Health::Unknown,
        change: EventChange::Once,
        text,
        raw: bytes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sdr::Record;
    use proptest::prelude::*;

    /// A temperature, number 05h, with steps of half a degree; and a power supply that only raises events, 60h.
    fn inventory() -> Inventory {
        let full = [
            &[1, 0, 0x51, 0x01, 52][..],
            &[0x20, 0, 0x05, 3, 1, 0x7F, 0x68, 0x01, 0x01, 0, 0, 0, 0, 0x3F, 0x3F, 0, 1, 0],
            &[0, 5, 0, 0, 0, 0, 0xF0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xC9],
            b"CPU1 Temp",
        ];
        let event_only =
            [&[2, 0, 0x51, 0x03, 16][..], &[0x20, 0, 0x60, 10, 1, 0x08, 0x6F, 1, 0, 0, 0, 0xC4], b"PSU1"];
        Inventory::of(
            [full.concat(), event_only.concat()].iter().map(|bytes| Record::read(bytes).unwrap()).collect(),
        )
    }

    fn entry(tail: [u8; 9]) -> LogEvent {
        let front = [0x2A, 0x01, 0x02, 0x00, 0xF1, 0x53, 0x65];
        event(&std::array::from_fn(|at| if at < 7 { front[at] } else { tail[at - 7] }), &inventory())
    }

    #[test]
    fn an_event_of_a_known_sensor_has_its_name_and_its_unit() {
        let event = entry([0x20, 0, 4, 0x01, 0x05, 0x01, 0x59, 190, 180]);
        assert_eq!((event.source.as_str(), event.sensor.as_deref()), ("CPU1 Temp", Some("20.0.05")));
        assert_eq!(event.text, "upper critical, going high: 95 °C, threshold 90 °C");
        assert_eq!((event.severity, event.change), (Health::Critical, EventChange::Asserted));
        assert_eq!((event.kind, event.raw.len()), (SensorKind::Temperature, 16));
        let over = entry([0x20, 0, 4, 0x01, 0x05, 0x81, 0x59, 170, 180]);
        assert_eq!((over.severity, over.change), (Health::Ok, EventChange::Deasserted));
    }

    #[test]
    fn an_event_of_an_unknown_sensor_has_its_number_and_bytes() {
        let event = entry([0x20, 0, 4, 0x04, 0x77, 0x01, 0x52, 3, 9]);
        assert_eq!((event.source.as_str(), event.sensor), ("fan 77h", None));
        assert_eq!(event.text, "lower critical, going low: 03h, threshold 09h");
        let event = entry([0x24, 1, 4, 0x04, 0x77, 0x01, 0x02, 0xFF, 0xFF]);
        assert_eq!(event.source, "fan 77h of controller 24h, unit 1");
        assert_eq!(event.text, "lower critical, going low");
    }

    #[test]
    fn an_event_by_software_is_said_to_be_so_and_its_bytes_are_shown() {
        let event = entry([0x01, 0, 4, 0x0C, 0x05, 0x6F, 0xA1, 0x12, 0x03]);
        assert_eq!((event.source.as_str(), event.sensor), ("BIOS, memory 05h", None));
        assert_eq!(event.text, "uncorrectable error (data 2: 12h, data 3: 03h)");
        assert_eq!(event.severity, Health::Critical);
    }

    #[test]
    fn a_sensor_that_is_not_listed_is_named_and_not_linked() {
        let event = entry([0x20, 0, 4, 0x08, 0x60, 0xEF, 0x01, 0xFF, 0xFF]);
        assert_eq!((event.source.as_str(), event.sensor), ("PSU1", None));
        assert_eq!((event.text.as_str(), event.severity), ("failed", Health::Ok), "its failure is over");
    }

    #[test]
    fn what_nobody_can_read_is_unknown_and_keeps_its_bytes() {
        let event = entry([0x20, 0, 4, 0xC5, 0x01, 0x70, 0x04, 0xFF, 0xFF]);
        assert_eq!((event.text.as_str(), event.severity), ("state 4", Health::Unknown));
        let bytes: [u8; 16] = std::array::from_fn(|at| if at == 2 { 0xE1 } else { at as u8 });
        let event = super::event(&bytes, &inventory());
        assert_eq!(event.text, "maker's own entry of type E1h");
        assert_eq!((event.at, event.severity, event.change), (None, Health::Unknown, EventChange::Once));
        assert_eq!((event.raw.as_slice(), event.position), (&bytes[..], position::of(&bytes)));
    }

    proptest! {
        #[test]
        fn every_entry_has_a_source_a_text_and_its_bytes(bytes: [u8; 16], of_system: bool, known: bool) {
            let bytes = std::array::from_fn(|at| if at == 2 && of_system { 2 } else { bytes[at] });
            let inventory = if known { inventory() } else { Inventory::default() };
            let event = super::event(&bytes, &inventory);
            prop_assert!(!event.source.is_empty() && !event.text.is_empty());
            prop_assert_eq!(event.raw.as_slice(), &bytes[..]);
        }
    }
}
