//! Records of sensors: full (01h), compact (02h) and event-only (03h) (IPMI 2.0, sections 43.1 to 43.3).

use super::factor::{Factors, Format};
use super::text;
use super::unit::Units;
use crate::model::sensor::threshold::Raw;

/// The address of the BMC itself as the owner of a sensor.
const BMC: u8 = 0x20;
/// The event/reading type of sensors with thresholds (table 42-1).
const THRESHOLD: u8 = 0x01;
/// The bits of a sensor's capabilities that say whether it has thresholds (section 43.1, byte 12).
const THRESHOLD_ACCESS: u8 = 0x0C;
/// The letters that a shared name can count with.
const LETTERS: u8 = 26;

/// What is known about a sensor before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SensorRecord {
    /// The address of the controller that has the sensor, and the logical unit there.
    pub(crate) owner: u8,
    pub(crate) unit_number: u8,
    pub(crate) number: u8,
    pub(crate) name: String,
    /// The type (table 42-3), and how its states are to be read (table 42-1).
    pub(crate) kind: u8,
    pub(crate) reading_type: u8,
    /// Whether the BMC compares it with thresholds.
    pub(crate) compares: bool,
    /// For which thresholds a reading says whether they are crossed, as bits: lower non-critical, critical and
    /// non-recoverable, then the upper ones.
    pub(crate) compared: u8,
    pub(crate) units: Units,
    pub(crate) reads: Reads,
}

/// What reading a sensor gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Reads {
    /// A number, perhaps with thresholds.
    Analog(Analog),
    /// States, which are bits.
    States,
    /// Nothing: it only raises events.
    Nothing,
}

/// How numbers are read, and between what they should lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Analog {
    pub(crate) factors: Factors,
    /// The thresholds that the record gives: those that a BMC reads out replace them.
    pub(crate) thresholds: Raw,
}

impl SensorRecord {
    /// Tells whether the BMC that is asked has the sensor itself.
    pub(crate) fn is_of_the_bmc(&self) -> bool {
        self.owner == BMC && self.unit_number == 0
    }

    /// Tells whether its states are those of thresholds (table 42-2, type 01h).
    pub(crate) fn has_thresholds(&self) -> bool {
        self.reading_type == THRESHOLD
    }
}

/// Takes bytes from the front, or nothing when there are fewer.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (front, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*front)
}

/// What every kind of sensor record begins with: whose sensor, and which.
#[derive(Clone, Copy)]
struct Key {
    owner: u8,
    unit_number: u8,
    number: u8,
}

impl Key {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let [owner, unit, number, _entity, _instance] = take(bytes)?;
        Some(Self { owner, unit_number: unit & 0x03, number })
    }
}

/// What full and compact records say in the same places.
struct Common {
    key: Key,
    kind: u8,
    reading_type: u8,
    compares: bool,
    compared: u8,
    /// The low byte of the third mask: which thresholds can be read.
    readable: u8,
    units: Units,
}

impl Common {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let key = Key::read(bytes)?;
        let [_initialisation, capabilities, kind, reading_type] = take(bytes)?;
        let [_, lower, _, upper, readable, _settable] = take(bytes)?;
        let compares = reading_type == THRESHOLD && capabilities & THRESHOLD_ACCESS != 0;
        let compared = if compares { compared(lower, upper) } else { 0 };
        let units = Units::of(take(bytes)?);
        Some(Self { key, kind, reading_type, compares, compared, readable, units })
    }

    fn sensor(self, name: String, reads: Reads) -> SensorRecord {
        let Self {
            key: Key { owner, unit_number, number },
            kind,
            reading_type,
            compares,
            compared,
            units,
            ..
        } = self;
        SensorRecord {
            owner,
            unit_number,
            number,
            name,
            kind,
            reading_type,
            compares,
            compared,
            units,
            reads,
        }
    }
}

/// Reads for which thresholds readings are compared: bits 4 to 6 of the high bytes of the two masks of events (section
/// 43.1, bytes 16 and 18), non-critical first.
fn compared(lower: u8, upper: u8) -> u8 {
    const THREE: u8 = 0x07;
    lower >> 4 & THREE | (upper >> 4 & THREE) << 3
}

/// Reads what follows the header of a full record.
pub(super) fn full(mut body: &[u8]) -> Option<Vec<SensorRecord>> {
    let bytes = &mut body;
    let common = Common::read(bytes)?;
    let format = Format::of(common.units.first);
    let factors = Factors::of(format, take(bytes)?);
    let [_flags, _nominal, _normal_max, _normal_min, _max, _min] = take(bytes)?;
    let [unr, uc, unc, lnr, lc, lnc] = take(bytes)?;
    let [_hysteresis_up, _hysteresis_down, _, _, _oem] = take(bytes)?;
    let values = [lnc, lc, lnr, unc, uc, unr];
    let reads = match format {
        Format::None => Reads::States,
        _ if common.reading_type == THRESHOLD => {
            Reads::Analog(Analog { factors, thresholds: Raw { readable: common.readable, values } })
        }
        // A number beside the states, as iLO gives fans in percent: the bytes of thresholds mean nothing.
        _ if common.units.are_known() => Reads::Analog(Analog { factors, thresholds: Raw::NONE }),
        _ => Reads::States,
    };
    Some(vec![common.sensor(text::name(bytes), reads)])
}

/// Reads what follows the header of a compact record.
pub(super) fn compact(mut body: &[u8]) -> Option<Vec<SensorRecord>> {
    let bytes = &mut body;
    let common = Common::read(bytes)?;
    let sharing = Sharing::of(take(bytes)?);
    let [_hysteresis_up, _hysteresis_down, _, _, _, _oem] = take(bytes)?;
    Some(sharing.share(common.sensor(text::name(bytes), Reads::States)))
}

/// Reads what follows the header of an event-only record.
pub(super) fn event_only(mut body: &[u8]) -> Option<Vec<SensorRecord>> {
    let bytes = &mut body;
    let Key { owner, unit_number, number } = Key::read(bytes)?;
    let [kind, reading_type] = take(bytes)?;
    let sharing = Sharing::of(take(bytes)?);
    let [_reserved, _oem] = take(bytes)?;
    let name = text::name(bytes);
    let (compares, compared, units, reads) = (false, 0, Units::default(), Reads::Nothing);
    let sensor = SensorRecord {
        owner,
        unit_number,
        number,
        name,
        kind,
        reading_type,
        compares,
        compared,
        units,
        reads,
    };
    Some(sharing.share(sensor))
}

/// How many sensors share a record, and how their names differ (section 43.2, bytes 24 and 25).
struct Sharing {
    count: u8,
    in_letters: bool,
    offset: u8,
}

impl Sharing {
    fn of([first, second]: [u8; 2]) -> Self {
        Self { count: (first & 0x0F).max(1), in_letters: first >> 4 & 0x03 == 1, offset: second & 0x7F }
    }

    /// Makes one of each: numbers follow each other, and so do the ends of their names.
    fn share(&self, sensor: SensorRecord) -> Vec<SensorRecord> {
        if self.count == 1 {
            return vec![sensor];
        }
        let each = |index| SensorRecord {
            number: sensor.number.wrapping_add(index),
            name: format!("{}{}", sensor.name, self.ending(self.offset.saturating_add(index))),
            ..sensor.clone()
        };
        (0..self.count).map(each).collect()
    }

    fn ending(&self, index: u8) -> String {
        let letter = |index: u8| char::from(b'A' + index % LETTERS);
        match index.checked_div(LETTERS) {
            Some(rounds) if self.in_letters && rounds > 0 => {
                [letter(rounds - 1), letter(index)].iter().collect()
            }
            _ if self.in_letters => letter(index).to_string(),
            _ => index.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::plugin::Unit;

    /// A 12 V sensor: number 30h, lower non-critical 10.88 V to upper non-recoverable 14.08 V, steps of 64 mV.
    const FULL: [u8; 43] = [
        0x20, 0x00, 0x30, 0x07, 0x01, 0x7F, 0x68, 0x02,
        0x01, // whose, which, entity, capabilities, types
        0x15, 0x7A, 0x15, 0x7A, 0x3F, 0x3F, // masks: all six thresholds can be read and set
        0x00, 0x04, 0x00, // unsigned, volts
        0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0xD0, // linear, M = 64, B = 0, K2 = -3
        0x07, 0xBC, 0xCA, 0xB0, 0xFF, 0x00, // nominal, normal, most, least
        0xDC, 0xD2, 0xCD, 0xA0, 0xA5, 0xAA, // upper 14.08, 13.44, 13.12, lower 10.24, 10.56, 10.88
        0x01, 0x01, 0x00, 0x00, 0x00, 0xC0, // hysteresis, and no name
    ];
    /// Two power supplies in one record: numbers 60h and 61h, counted from 1.
    const COMPACT: [u8; 30] = [
        0x20, 0x01, 0x60, 0x0A, 0x01, 0x67, 0x40, 0x08,
        0x6F, // sensor-specific states of a power supply
        0x0B, 0x00, 0x0B, 0x00, 0x0B, 0x00, 0xC0, 0x00, 0x00, // masks and units
        0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // shared by two
        0xC3, b'P', b'S', b'U',
    ];

    fn full_with(change: impl FnOnce(&mut [u8; 43])) -> SensorRecord {
        let mut body = FULL;
        change(&mut body);
        full(&body).unwrap().remove(0)
    }

    #[test]
    fn a_full_record_says_what_it_measures_and_between_what() {
        let body = [&FULL[..42], b"\xC3P12"].concat();
        let sensor = full(&body).unwrap().remove(0);
        assert_eq!((sensor.name.as_str(), sensor.number, sensor.kind), ("P12", 0x30, 0x02));
        assert!(sensor.is_of_the_bmc() && sensor.has_thresholds());
        assert_eq!(sensor.units.unit(), Unit::Volts);
        let Reads::Analog(analog) = sensor.reads else { panic!("it measures") };
        assert_eq!(analog.factors.value(188), Some(12.032));
        let thresholds = [10.88, 10.56, 10.24, 13.12, 13.44, 14.08].map(Some);
        assert_eq!(analog.thresholds.values(&analog.factors), thresholds);
    }

    #[test]
    fn a_record_says_for_which_thresholds_readings_are_compared() {
        assert_eq!(full_with(|_| {}).compared, 0b11_1111);
        assert_eq!(full_with(|body| (body[10], body[12]) = (0x2A, 0x1A)).compared, 0b00_1010);
        assert_eq!(full_with(|body| body[6] = 0x60).compared, 0, "it has no thresholds");
        assert_eq!(compact(&COMPACT).unwrap()[0].compared, 0, "nor have states");
    }

    #[test]
    fn a_number_beside_states_has_no_thresholds_and_without_a_unit_it_is_none() {
        let percent = full_with(|body| (body[8], body[15], body[16]) = (0x0A, 0x01, 0));
        let Reads::Analog(analog) = percent.reads else { panic!("it measures") };
        assert_eq!(analog.thresholds, Raw::NONE);
        assert_eq!(full_with(|body| (body[8], body[16]) = (0x6F, 0)).reads, Reads::States);
        assert_eq!(full_with(|body| body[15] = 0xC0).reads, Reads::States);
    }

    #[test]
    fn what_another_controller_or_unit_has_is_not_the_bmcs() {
        assert!(!full_with(|body| body[0] = 0x24).is_of_the_bmc());
        assert!(!full_with(|body| body[1] = 0x01).is_of_the_bmc());
        assert!(full_with(|body| body[1] = 0x10).is_of_the_bmc(), "its channel does not matter");
    }

    #[test]
    fn sensors_that_share_a_record_have_numbers_and_names_of_their_own() {
        let both = compact(&COMPACT).unwrap();
        let names: Vec<_> = both.iter().map(|sensor| (sensor.number, sensor.name.as_str())).collect();
        assert_eq!(names, [(0x60, "PSU1"), (0x61, "PSU2")]);
        assert!(both.iter().all(|sensor| sensor.reads == Reads::States && sensor.reading_type == 0x6F));
        let mut letters = COMPACT;
        (letters[18], letters[19]) = (0x13, 25);
        let names: Vec<_> = compact(&letters).unwrap().into_iter().map(|sensor| sensor.name).collect();
        assert_eq!(names, ["PSUZ", "PSUAA", "PSUAB"]);
        (letters[18], letters[19]) = (0x01, 5);
        assert_eq!(compact(&letters).unwrap()[0].name, "PSU", "one alone shares nothing");
    }

    #[test]
    fn an_event_only_sensor_has_a_name_and_no_reading() {
        let body = b"\x20\x00\x83\x22\x01\x12\x6F\x01\x00\x00\x00\xC3SEL";
        let sensor = event_only(body).unwrap().remove(0);
        assert_eq!((sensor.name.as_str(), sensor.number, sensor.reads), ("SEL", 0x83, Reads::Nothing));
    }

    #[test]
    fn a_body_that_is_cut_before_its_name_is_nothing() {
        for at in 0..42 {
            assert!(full(&FULL[..at]).is_none(), "{at}");
        }
        assert!((0..26).all(|at| compact(&COMPACT[..at]).is_none()));
        assert!((0..11).all(|at| event_only(&COMPACT[..at]).is_none()));
        assert!(full(&FULL[..42]).is_some(), "without a name it is still a sensor");
    }
}
