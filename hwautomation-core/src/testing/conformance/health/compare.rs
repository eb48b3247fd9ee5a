//! When two sensors are the same.

use crate::plugin::{Sensor, SensorReading, Thresholds};
use crate::testing::conformance::check::{Checked, require, same};

/// How far two numbers may lie apart that come from the same bytes, relative to the larger.
const ROUNDING: f64 = 1e-6;

pub(super) fn named<'a>(sensors: &'a [Sensor], name: &str) -> Checked<&'a Sensor> {
    let found = sensors.iter().find(|sensor| sensor.name == name);
    found.ok_or_else(|| format!("expected the sensor {name}, found {sensors:?}"))
}

/// Expects the same sensors, whatever their order and ids.
pub(super) fn alike(found: &[Sensor], truth: &[Sensor]) -> Checked {
    let names = |sensors: &[Sensor]| -> Vec<_> {
        let mut names: Vec<_> = sensors.iter().map(|sensor| sensor.name.clone()).collect();
        names.sort_unstable();
        names
    };
    same("the names of the sensors", names(found), names(truth))?;
    truth.iter().try_for_each(|truth| {
        let found = named(found, &truth.name)?;
        require(is_like(found, truth), || format!("sensors: expected {truth:?}, found {found:?}"))
    })
}

fn is_like(found: &Sensor, truth: &Sensor) -> bool {
    let reading = match (&found.reading, &truth.reading) {
        (SensorReading::Number { value, unit }, SensorReading::Number { value: is, unit: in_unit }) => {
            near(*value, *is) && unit == in_unit
        }
        // Why is said in the driver's own words.
        (SensorReading::Unknown { .. }, SensorReading::Unknown { .. }) => true,
        (found, truth) => found == truth,
    };
    let limits = limits(&found.thresholds).into_iter().zip(limits(&truth.thresholds));
    let limits = limits.into_iter().all(|limits| match limits {
        (Some(found), Some(truth)) => near(found, truth),
        (found, truth) => found == truth,
    });
    reading && limits && found.kind == truth.kind && found.health == truth.health
}

fn limits(thresholds: &Thresholds) -> [Option<f64>; 6] {
    [
        thresholds.lower_non_recoverable,
        thresholds.lower_critical,
        thresholds.lower_non_critical,
        thresholds.upper_non_critical,
        thresholds.upper_critical,
        thresholds.upper_non_recoverable,
    ]
}

fn near(found: f64, truth: f64) -> bool {
    (found - truth).abs() <= ROUNDING * truth.abs().max(1.0)
}
