//! A sensor and its reading, as core has them.

use super::reading::{self, Reading};
use super::state::State;
use super::{kind, threshold};
use crate::model::sdr::{Analog, Listed, Reads, SensorRecord};
use hwautomation_core::plugin::{Health, Sensor, SensorReading, Thresholds};

/// Tells what a sensor reads, with these thresholds, and how well it is.
pub(crate) fn sensor(listed: &Listed, thresholds: threshold::Raw, reading: Reading) -> Sensor {
    let record = &listed.record;
    let limits = |raw| match &record.reads {
        Reads::Analog(analog) => limits(analog, raw),
        Reads::States | Reads::Nothing => Thresholds::default(),
    };
    let kind = match &record.reads {
        Reads::Analog(_) => kind::of_number(record.kind, &record.units.unit()),
        Reads::States | Reads::Nothing => kind::of(record.kind),
    };
    let (reading, said, unsaid) = match reading {
        Reading::Unknown(reason) => (SensorReading::Unknown { reason }, None, thresholds),
        Reading::Read { raw, states: None } => (value(record, raw, 0), unsaid(record), thresholds),
        // The BMC knows more than the number: a fan that stands is fine in a machine that is off.
        Reading::Read { raw, states: Some(states) } => {
            (value(record, raw, states), said(record, states), thresholds.without(record.compared))
        }
    };
    let health = Health::of(&reading, &limits(unsaid), said);
    let (id, name, thresholds) = (listed.id.clone(), record.name.clone(), limits(thresholds));
    Sensor { id, name, kind, reading, thresholds, health }
}

fn limits(analog: &Analog, thresholds: threshold::Raw) -> Thresholds {
    let [lower_non_critical, lower_critical, lower_non_recoverable, upper_non_critical, upper_critical, last] =
        thresholds.values(&analog.factors);
    Thresholds {
        lower_non_recoverable,
        lower_critical,
        lower_non_critical,
        upper_non_critical,
        upper_critical,
        upper_non_recoverable: last,
    }
}

fn value(record: &SensorRecord, raw: u8, states: u16) -> SensorReading {
    match &record.reads {
        Reads::Analog(analog) => match analog.factors.value(raw) {
            Some(value) => SensorReading::number(value, record.units.unit()),
            None => SensorReading::Unknown {
                reason: format!("the sensor's record has no formula for the byte {raw:02X}h"),
            },
        },
        Reads::States | Reads::Nothing => {
            SensorReading::States { states: held(record, states).map(|state| state.to_string()).collect() }
        }
    }
}

fn held(record: &SensorRecord, states: u16) -> Box<dyn Iterator<Item = State> + '_> {
    if record.has_thresholds() {
        return Box::new(reading::crossed(states).map(State::of_threshold));
    }
    Box::new(reading::offsets(states).map(|offset| State::of(record.reading_type, record.kind, offset)))
}

/// Says how bad the BMC says it is: the worst of the states that hold. No state is nothing bad, if the BMC compares
/// at all and its states are known.
fn said(record: &SensorRecord, states: u16) -> Option<Health> {
    let judged = |state: State| state.health().unwrap_or(Health::Unknown);
    let knows = if record.has_thresholds() {
        record.compares
    } else {
        State::are_known(record.reading_type, record.kind)
    };
    held(record, states).map(judged).max().or(knows.then_some(Health::Ok))
}

/// The same where the BMC leaves out what it compares: nobody says that it is well. No states are none.
fn unsaid(record: &SensorRecord) -> Option<Health> {
    if record.has_thresholds() { None } else { said(record, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sdr::Record;
    use crate::model::sensor::threshold::Raw;
    use hwautomation_core::plugin::{SensorKind, Unit};
    use proptest::prelude::*;

    /// The front of records: kind, event/reading type, and units behind the masks.
    fn record(record: u8, [kind, reading_type]: [u8; 2], units: [u8; 3], rest: &[u8]) -> Listed {
        let front = [0x20, 0, 0x05, 3, 1, 0x7F, 0x68, kind, reading_type, 0, 0, 0, 0, 0x3F, 0x3F];
        let body = [&front[..], &units, rest].concat();
        let header = [1, 0, 0x51, record, u8::try_from(body.len()).unwrap()];
        let record = Record::read(&[&header[..], &body].concat()).unwrap();
        let Record::Sensors(mut sensors) = record else { panic!("a sensor") };
        Listed { id: "20.0.05".to_owned(), record: sensors.remove(0) }
    }

    /// A number with this function, in steps of 1.
    fn number(types: [u8; 2], units: [u8; 3], function: u8) -> Listed {
        record(0x01, types, units, &[&[function, 1][..], &[0; 23]].concat())
    }

    fn states(types: [u8; 2]) -> Listed {
        record(0x02, types, [0xC0, 0, 0], &[0; 9])
    }

    fn read(raw: u8, states: u16) -> Reading {
        Reading::Read { raw, states: Some(states) }
    }

    const CELSIUS: [u8; 3] = [0, 1, 0];
    /// Upper critical at 80.
    const HOT: Raw = Raw { readable: 0b01_0000, values: [0, 0, 0, 0, 80, 0] };

    #[test]
    fn a_number_has_its_unit_its_limits_and_the_health_that_follows() {
        let listed = number([0x01, 0x01], CELSIUS, 0);
        let cool = sensor(&listed, HOT, read(42, 0xC0));
        assert_eq!((cool.id.as_str(), cool.kind), ("20.0.05", SensorKind::Temperature));
        assert_eq!((cool.reading, cool.health), (SensorReading::number(42.0, Unit::Celsius), Health::Ok));
        assert_eq!(cool.thresholds, Thresholds { upper_critical: Some(80.0), ..Thresholds::default() });
        assert_eq!(sensor(&listed, HOT, read(80, 0)).health, Health::Critical);
        assert_eq!(sensor(&listed, HOT, read(42, 0b10_0000)).health, Health::NonRecoverable);
    }

    #[test]
    fn where_the_bmc_compares_its_word_counts_and_else_the_number() {
        let mut fan = number([0x04, 0x01], [0, 18, 0], 0);
        // Lower non-critical at 9, critical at 6.
        let slow = Raw { readable: 0b00_0011, values: [9, 6, 0, 0, 0, 0] };
        let health = |fan: &Listed, reading| sensor(fan, slow, reading).health;
        assert_eq!(health(&fan, read(0, 0xC0)), Health::Critical, "it compares nothing that it tells");
        fan.record.compared = 0b00_0011;
        assert_eq!(health(&fan, read(0, 0xC0)), Health::Ok, "it stands since the machine is off");
        assert_eq!(health(&fan, read(0, 0xC3)), Health::Critical, "it stands");
        assert_eq!(health(&fan, Reading::Read { raw: 0, states: None }), Health::Critical, "left out");
        assert!(sensor(&fan, slow, read(0, 0xC0)).thresholds.lower_critical.is_some());
        fan.record.compared = 0b00_0001;
        assert_eq!(health(&fan, read(0, 0xC0)), Health::Critical, "only the other one is compared");
    }

    #[test]
    fn a_comparison_that_is_left_out_is_not_said_to_be_well() {
        let listed = number([0x01, 0x01], CELSIUS, 0);
        let reading = || Reading::Read { raw: 42, states: None };
        assert_eq!(sensor(&listed, Raw::NONE, reading()).health, Health::Unknown);
        assert_eq!(sensor(&listed, HOT, reading()).health, Health::Ok, "its number is");
    }

    #[test]
    fn a_sensor_without_thresholds_is_not_said_to_be_well() {
        let mut listed = number([0x01, 0x01], CELSIUS, 0);
        listed.record.compares = false;
        assert_eq!(sensor(&listed, Raw::NONE, read(42, 0)).health, Health::Unknown);
    }

    #[test]
    fn a_formula_that_is_not_in_the_record_is_unknown_and_no_number() {
        let sensor = sensor(&number([0x01, 0x01], CELSIUS, 0x70), HOT, read(42, 0));
        assert!(sensor.reading.is_unknown() && sensor.health == Health::Unknown, "{sensor:?}");
        assert!(sensor.thresholds.is_empty());
    }

    #[test]
    fn states_are_told_and_the_worst_counts() {
        let supply = states([0x08, 0x6F]);
        let failed = sensor(&supply, Raw::NONE, read(0, 0b0011));
        let texts = vec!["present".to_owned(), "failed".to_owned()];
        assert_eq!(
            (failed.reading, failed.health),
            (SensorReading::States { states: texts }, Health::Critical)
        );
        assert_eq!(sensor(&supply, Raw::NONE, read(0, 0b0001)).health, Health::Ok);
        assert_eq!(sensor(&supply, Raw::NONE, read(0, 0)).health, Health::Ok, "nothing bad holds");
        assert_eq!(sensor(&supply, Raw::NONE, read(0, 1 << 9)).health, Health::Unknown, "no table has it");
        assert_eq!(sensor(&states([0xC5, 0x70]), Raw::NONE, read(0, 0)).health, Health::Unknown);
    }

    #[test]
    fn thresholds_without_a_number_are_states() {
        let sensor = sensor(&states([0x04, 0x01]), Raw::NONE, read(0, 0b10));
        let states = vec!["at or below lower critical".to_owned()];
        assert_eq!((sensor.reading, sensor.health), (SensorReading::States { states }, Health::Critical));
    }

    #[test]
    fn a_number_beside_states_is_read_and_judged_by_them() {
        let listed = number([0x04, 0x0A], [0x01, 0, 0], 0);
        let running = sensor(&listed, Raw::NONE, read(29, 1));
        assert_eq!(
            (running.reading, running.health),
            (SensorReading::number(29.0, Unit::Percent), Health::Ok)
        );
        assert_eq!(sensor(&listed, Raw::NONE, read(29, 1 << 6)).health, Health::Warning, "degraded");
    }

    #[test]
    fn no_reading_is_unknown_and_never_fine() {
        let sensor = sensor(&states([0x08, 0x6F]), Raw::NONE, Reading::Unknown("not scanned".to_owned()));
        let reading = SensorReading::Unknown { reason: "not scanned".to_owned() };
        assert_eq!((sensor.reading, sensor.health), (reading, Health::Unknown));
    }

    proptest! {
        #[test]
        fn every_reading_of_every_record_is_a_finite_number_states_or_unknown(
            kind in 1u8..4,
            body in prop::collection::vec(any::<u8>(), 30..60),
            limits: [u8; 7],
            answer in prop::collection::vec(any::<u8>(), 2..6),
        ) {
            let header = [1, 0, 0x51, kind, u8::try_from(body.len()).unwrap()];
            let Ok(Record::Sensors(sensors)) = Record::read(&[&header[..], &body].concat()) else {
                return Ok(());
            };
            for record in sensors {
                let listed = Listed { id: String::new(), record };
                let thresholds = threshold::of(&limits).unwrap();
                let sensor = sensor(&listed, thresholds, reading::of(&answer).unwrap());
                prop_assert!(sensor.reading.value().is_none_or(f64::is_finite));
                prop_assert!(!sensor.reading.is_unknown() || sensor.health != Health::Ok);
            }
        }
    }
}
