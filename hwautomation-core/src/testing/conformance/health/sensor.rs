//! Clauses about sensors.

use super::compare::{alike, named};
use super::{HealthFixture, sensors};
use crate::plugin::{Health, Sensor, SensorReading};
use crate::testing::conformance::check::{require, same};
use std::collections::{BTreeMap, BTreeSet};

/// Checks that every sensor is read as it is, before and after one of them changes.
pub async fn sensors_read_as_they_are(fixture: &dyn HealthFixture) -> Result<(), String> {
    let truth = fixture.true_sensors().await;
    require(!truth.is_empty(), || "expected a sensor of the fixture".to_owned())?;
    alike(&sensors(fixture).await?, &truth)?;
    fixture.cross_a_limit().await;
    alike(&sensors(fixture).await?, &fixture.true_sensors().await)
}

/// Checks that ids differ between sensors and not between calls.
pub async fn a_sensor_is_told_from_all_others(fixture: &dyn HealthFixture) -> Result<(), String> {
    let first = sensors(fixture).await?;
    let ids: BTreeSet<_> = first.iter().map(|sensor| &sensor.id).collect();
    require(ids.len() == first.len(), || {
        let all: Vec<_> = first.iter().map(|sensor| &sensor.id).collect();
        format!("expected an id of its own for each sensor, found {all:?}")
    })?;
    let by_name = |sensors: Vec<Sensor>| -> BTreeMap<_, _> {
        sensors.into_iter().map(|sensor| (sensor.name, sensor.id)).collect()
    };
    same("the ids in a second call", by_name(sensors(fixture).await?), by_name(first))
}

/// Checks that a sensor is `Ok` within its limits and bad beyond one.
pub async fn a_crossed_limit_shows(fixture: &dyn HealthFixture) -> Result<(), String> {
    let before = sensors(fixture).await?;
    let name = fixture.cross_a_limit().await;
    same("the health within the limits", named(&before, &name)?.health, Health::Ok)?;
    let after = sensors(fixture).await?;
    let sensor = named(&after, &name)?;
    let judged = sensor.reading.value().and_then(|value| sensor.thresholds.judge(value));
    let judged = judged.filter(|judged| *judged > Health::Unknown);
    let judged = judged.ok_or_else(|| format!("expected {name} beyond a limit, found {sensor:?}"))?;
    require(sensor.health >= judged, || format!("expected {name} at least {judged}, found {}", sensor.health))
}

/// Checks that a sensor without a reading is listed as such, and that all others read as before.
pub async fn an_unknown_reading_is_no_number(fixture: &dyn HealthFixture) -> Result<(), String> {
    let name = fixture.blind_a_sensor().await;
    let (found, truth) = (sensors(fixture).await?, fixture.true_sensors().await);
    let sensor = named(&found, &name)?;
    let says_why = matches!(&sensor.reading, SensorReading::Unknown { reason } if !reason.trim().is_empty());
    require(says_why, || format!("{name}: expected unknown with a reason, found {:?}", sensor.reading))?;
    require(sensor.health != Health::Ok, || format!("{name}: expected not ok without a reading, found ok"))?;
    let others = |sensors: Vec<Sensor>| -> Vec<_> {
        sensors.into_iter().filter(|sensor| sensor.name != name).collect()
    };
    alike(&others(found), &others(truth))
}
