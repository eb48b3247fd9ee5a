//! Sensors and the event log.

use crate::model::sdr::{self, Inventory, Listed, Record};
use crate::model::sel;
use crate::model::sensor::{reading, report, threshold};
use hwautomation_core::plugin::Health;

/// How long an entry is, and what stands before it in an answer: the id of the next.
const ENTRY_BYTES: usize = 16;
const NEXT_BYTES: usize = 2;
/// How many answers are taken from the end of the input for a sensor: its thresholds, then its reading.
const LIMITS_BYTES: usize = 7;
const READING_BYTES: usize = 5;

/// Reads a record, and what its sensors say when their answers are the last bytes of the same input.
pub(super) fn sensor_record(data: &[u8]) {
    let Ok(Record::Sensors(sensors)) = Record::read(data) else { return };
    assert!((1..=15).contains(&sensors.len()), "{data:02x?}");
    let end = |bytes: usize| &data[data.len().saturating_sub(bytes)..];
    let limits = threshold::of(&end(LIMITS_BYTES + READING_BYTES)[..LIMITS_BYTES.min(data.len())]);
    let (Ok(limits), Ok(reading)) = (limits, reading::of(end(READING_BYTES))) else { return };
    for record in sensors {
        let listed = Listed { id: String::new(), record };
        let sensor = report::sensor(&listed, limits, reading.clone());
        assert!(sensor.reading.value().is_none_or(f64::is_finite), "{data:02x?}");
        assert!(!sensor.reading.is_unknown() || sensor.health != Health::Ok, "{data:02x?}");
    }
}

/// Reads the answers by which records are fetched.
pub(super) fn sensor_repository(data: &[u8]) {
    assert_eq!(sdr::reservation(data).ok().as_ref(), data.first_chunk(), "{data:02x?}");
    assert_eq!(sdr::piece(data).is_ok(), data.len() > NEXT_BYTES, "{data:02x?}");
    let length = sdr::length(data);
    assert!(length.is_none_or(|length| length <= sdr::HEADER_BYTES + usize::from(u8::MAX)), "{data:02x?}");
    drop(sdr::Source::of(data).map(|source| source.stamp(data, data)));
}

/// Reads the answers by which entries are fetched and erased.
pub(super) fn event_log(data: &[u8]) {
    assert_eq!(sel::reservation(data).ok().as_ref(), data.first_chunk(), "{data:02x?}");
    assert_eq!(sel::is_erased(data).ok(), data.first().map(|byte| byte & 0x0F == 1), "{data:02x?}");
    drop(sel::Info::of(data));
    let expected = data
        .split_first_chunk()
        .and_then(|(next, entry)| Some((u16::from_le_bytes(*next), *entry.first_chunk::<ENTRY_BYTES>()?)));
    assert_eq!(sel::entry(data).ok(), expected, "{data:02x?}");
}

/// Says what an entry means on a BMC whose sensors are not known.
pub(super) fn event_log_entry(data: &[u8]) {
    let Some(bytes) = data.first_chunk::<ENTRY_BYTES>() else { return };
    let event = sel::event(bytes, &Inventory::default());
    assert!(!event.source.is_empty() && !event.text.is_empty(), "{data:02x?}");
    assert_eq!(event.raw.as_slice(), bytes);
    assert_eq!(sel::position::bytes(&event.position).ok().as_ref(), Some(bytes));
}
