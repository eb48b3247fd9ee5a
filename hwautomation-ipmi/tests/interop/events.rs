//! The event log of a BMC that others wrote, and of the simulated one, as ipmi-sel and ipmitool read it.

use crate::rack::RackFixture;
use crate::shelf::lab_with_sensors;
use crate::support::presence;
use crate::tool::{JUDGES, Place, after};
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::{Health, HealthReader, LogEvent};
use hwautomation_core::testing::conformance::DeviceFixture;

/// Compares with ipmi-sel: the same entries in the same order, of the same sensors, at the same time.
async fn compare(events: &[LogEvent], place: &Place) {
    let rows = place.table("ipmi-sel", "").await;
    assert_eq!(rows.len(), events.len(), "{rows:?}");
    for (row, event) in rows.iter().zip(events) {
        let id = u16::from_le_bytes([event.raw[0], event.raw[1]]);
        assert_eq!(row[0], id.to_string());
        let named = event.sensor.is_some();
        assert!(!named || row[3] == event.source, "{row:?} {event:?}");
        match &event.at {
            Some(at) => assert!(at.to_string().contains(&row[2]), "{row:?} {event:?}"),
            None => assert_eq!(row[1], "PostInit"),
        }
    }
    let text = place.ipmitool("sel info").await;
    assert_eq!(after(&text, "Entries"), events.len().to_string());
}

async fn all(lab: &impl HealthReader, machine: &hwautomation_core::machine::Machine) -> Vec<LogEvent> {
    let page = lab.events(machine, None, 100).await.unwrap();
    assert!(page.next.is_none() && page.log.entries == Some(page.entries.len() as u64));
    page.entries
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_ipmi_sim_is_read_as_others_read_it() {
    let Some(lab) = lab_with_sensors().await else { return };
    let events = all(&*lab.driver, &lab.machine()).await;
    compare(&events, &Place::of(&lab)).await;
    let [hot, cool, oem] = &events[..] else { panic!("{events:?}") };
    assert_eq!(hot.text, "upper critical, going high: 95 °C, threshold 90 °C");
    assert_eq!((hot.severity, cool.severity, oem.severity), (Health::Critical, Health::Ok, Health::Unknown));
    let rows = Place::of(&lab).table("ipmi-sel", "").await;
    assert!(rows[0][5].contains("Reading = 95.00 C ; Threshold = 90.00 C"), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ipmi_sims_log_is_cleared_when_all_of_it_was_seen_and_else_not() {
    let Some(lab) = lab_with_sensors().await else { return };
    let (driver, machine, place) = (&lab.driver, lab.machine(), Place::of(&lab));
    let events = all(&**driver, &machine).await;
    let error = driver.clear_events(&machine, &events[1].position).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(after(&place.ipmitool("sel info").await, "Entries"), "3");
    driver.clear_events(&machine, &events[2].position).await.unwrap();
    assert_eq!(after(&place.ipmitool("sel info").await, "Entries"), "0");
    assert!(all(&**driver, &machine).await.is_empty());
    let error = driver.events(&machine, Some(&events[2].position), 5).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_the_simulated_bmc_is_read_as_others_read_it() {
    if !presence::programs(&JUDGES) {
        return;
    }
    for (suite, id) in [(3, "3"), (17, "17")] {
        let rack = RackFixture::start(suite).await;
        let home = tempfile::tempdir().unwrap();
        let place = Place::of_rack(&rack, id, home.path().to_owned());
        rack.change(|machine| machine.bmc.sensor_named("CPU1 Temp").unwrap().set_value(92.0));
        rack.change(|machine| machine.bmc.sensor_named("PS1 Status").unwrap().set_states(0b11));
        rack.change(|machine| machine.bmc.sensor_named("CPU1 Temp").unwrap().set_value(42.0));
        let events = all(&*rack.driver, &rack.machine()).await;
        assert!(events.len() >= 3, "{events:?}");
        compare(&events, &place).await;
    }
}
