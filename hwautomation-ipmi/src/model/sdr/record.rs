//! One record, whatever its type (IPMI 2.0, section 43).

use super::sensor::{self, SensorRecord};
use super::text;
use crate::error::IpmiError;

/// The bytes of every record's header: id, version, type and length of the rest.
pub(crate) const HEADER_BYTES: usize = 5;
const READING: &str = "reading a sensor record";

/// Record types (section 43, table 43-1 and the ones behind it).
const FULL: u8 = 0x01;
const COMPACT: u8 = 0x02;
const EVENT_ONLY: u8 = 0x03;
const GENERIC_LOCATOR: u8 = 0x10;
const FRU_LOCATOR: u8 = 0x11;
const CONTROLLER_LOCATOR: u8 = 0x12;

/// Where the name of a device locator begins, from the end of its header (sections 43.7 to 43.9).
const LOCATOR_NAME: usize = 10;

/// What a record says, as far as it is about sensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// One sensor, or several that share what is said about them.
    Sensors(Vec<SensorRecord>),
    /// A device that has no reading of its own: only its name is kept.
    Device(String),
    /// A type of a maker's own, or one without a name.
    Other(u8),
}

impl Record {
    /// Reads a whole record, header and all.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, IpmiError> {
        let short = || IpmiError::malformed(READING, format!("{} bytes, fewer than it says", bytes.len()));
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or_else(short)?;
        let [.., kind, length] = *header;
        let body = rest.get(..usize::from(length)).ok_or_else(short)?;
        let sensors = |sensors: Option<Vec<_>>| sensors.map(Self::Sensors).ok_or_else(short);
        match kind {
            FULL => sensors(sensor::full(body)),
            COMPACT => sensors(sensor::compact(body)),
            EVENT_ONLY => sensors(sensor::event_only(body)),
            GENERIC_LOCATOR | FRU_LOCATOR | CONTROLLER_LOCATOR => {
                Ok(Self::Device(body.get(LOCATOR_NAME..).map(text::name).unwrap_or_default()))
            }
            other => Ok(Self::Other(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[1, 0, 0x51, kind, u8::try_from(body.len()).unwrap()], body].concat()
    }

    #[test]
    fn a_device_is_named_and_a_makers_own_record_is_not_read() {
        let fru = record(FRU_LOCATOR, b"\x20\x00\x80\x00\x00\x10\x00\x07\x01\x00\xC5Board");
        assert_eq!(Record::read(&fru).unwrap(), Record::Device("Board".to_owned()));
        let bmc = record(CONTROLLER_LOCATOR, b"\x20\x00\x00\xBF\x00\x00\x00\x2E\x01\x00\xC3BMC");
        assert_eq!(Record::read(&bmc).unwrap(), Record::Device("BMC".to_owned()));
        assert_eq!(Record::read(&record(0xC0, &[1, 2, 3])).unwrap(), Record::Other(0xC0));
        assert_eq!(Record::read(&record(FRU_LOCATOR, &[0x20])).unwrap(), Record::Device(String::new()));
    }

    #[test]
    fn a_record_that_is_shorter_than_it_says_is_an_error() {
        for short in [&[][..], &[1, 0, 0x51, 1], &[1, 0, 0x51, 0xC0, 1], &[1, 0, 0x51, 1, 3, 0, 0, 0]] {
            assert!(Record::read(short).is_err(), "{short:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..90)) {
            drop(Record::read(&bytes));
        }

        #[test]
        fn no_body_of_a_known_type_is_a_panic(kind in 0u8..0x14, body in prop::collection::vec(any::<u8>(), 0..90)) {
            if let Ok(Record::Sensors(sensors)) = Record::read(&record(kind, &body)) {
                prop_assert!((1..=15).contains(&sensors.len()));
            }
        }
    }
}
