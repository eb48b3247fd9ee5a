//! Reading sensors: what is remembered, and what one of them may spoil.

use super::PEER;
use super::double::{Bmc, supply, temperature};
use crate::controller::health::cache::Cache;
use crate::controller::health::inventory;
use crate::controller::health::repository::Bite;
use crate::controller::health::sensors::read;
use crate::error::IpmiError;
use hwautomation_core::plugin::{Health, SensorReading, Unit};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

const RECORD: [u8; 2] = [0x0A, 0x23];
const READING: [u8; 2] = [0x04, 0x2D];
const THRESHOLDS: [u8; 2] = [0x04, 0x27];

fn bmc() -> Bmc {
    let mut bmc =
        Bmc::with(vec![temperature(1, "CPU1 Temp"), supply(2, "PSU1"), temperature(3, "CPU2 Temp")]);
    bmc.readings.insert(1, Ok(vec![42, 0xC0, 0xC0]));
    bmc.readings.insert(2, Ok(vec![0, 0xC0, 0x01, 0x80]));
    bmc.readings.insert(3, Ok(vec![81, 0xC0, 0xD0]));
    bmc.thresholds.insert(1, Ok(vec![0x10, 0, 0, 0, 0, 70, 0]));
    bmc
}

#[tokio::test]
async fn values_limits_and_health_are_read() {
    let sensors = read(&mut bmc(), &Cache::default(), PEER).await.unwrap();
    let [first, second, third] = &sensors[..] else { panic!("{sensors:?}") };
    assert_eq!(
        (first.name.as_str(), &first.reading),
        ("CPU1 Temp", &SensorReading::number(42.0, Unit::Celsius))
    );
    assert_eq!((first.thresholds.upper_critical, first.health), (Some(70.0), Health::Ok));
    assert_eq!(second.reading, SensorReading::States { states: vec!["present".to_owned()] });
    assert_eq!(third.thresholds.upper_critical, Some(80.0), "those of its record, since the BMC gives none");
    assert_eq!(third.health, Health::Critical);
}

#[tokio::test]
async fn a_second_call_reads_only_values() {
    let (mut bmc, known) = (bmc(), Cache::default());
    let first = read(&mut bmc, &known, PEER).await.unwrap();
    bmc.asked.clear();
    assert_eq!(read(&mut bmc, &known, PEER).await.unwrap(), first);
    assert_eq!((bmc.count(RECORD), bmc.count(THRESHOLDS), bmc.count(READING)), (0, 0, 3));
    assert_eq!(bmc.asked.len(), 5, "who it is, when its records changed, and three values");
}

#[tokio::test]
async fn records_that_changed_are_read_anew() {
    let (mut bmc, known) = (bmc(), Cache::default());
    read(&mut bmc, &known, PEER).await.unwrap();
    bmc.changed += 1;
    bmc.records[0].1 = temperature(1, "Inlet");
    assert_eq!(read(&mut bmc, &known, PEER).await.unwrap()[0].name, "Inlet");
    assert_eq!(bmc.count(THRESHOLDS), 4, "and their thresholds");
}

#[tokio::test(start_paused = true)]
async fn thresholds_are_not_believed_for_ever() {
    let (mut bmc, known) = (bmc(), Cache::default());
    read(&mut bmc, &known, PEER).await.unwrap();
    bmc.thresholds.insert(1, Ok(vec![0x10, 0, 0, 0, 0, 40, 0]));
    for _ in 0..11 {
        tokio::time::advance(Duration::from_secs(60)).await;
        read(&mut bmc, &known, PEER).await.unwrap();
    }
    let sensors = read(&mut bmc, &known, PEER).await.unwrap();
    assert_eq!((sensors[0].thresholds.upper_critical, bmc.count(RECORD)), (Some(40.0), 3));
}

#[tokio::test]
async fn records_that_change_while_they_are_read_are_read_again_and_not_for_ever() {
    let mut once = Bmc { changes: 1, ..bmc() };
    assert_eq!(read(&mut once, &Cache::default(), PEER).await.unwrap().len(), 3);
    assert_eq!(once.count(RECORD), 6);
    let mut always = Bmc { changes: 1_000, ..bmc() };
    assert!(matches!(read(&mut always, &Cache::default(), PEER).await, Err(IpmiError::Core(_))));
    assert!(always.count(RECORD) <= 9);
}

#[tokio::test]
async fn one_sensor_that_does_not_answer_is_unknown_and_spoils_no_other() {
    for answer in [Err(0xCB), Err(0xC3), Err(0xD5), Ok(vec![]), Ok(vec![0, 0xE0]), Ok(vec![0, 0x80])] {
        let mut bmc = bmc();
        bmc.readings.insert(1, answer.clone());
        let sensors = read(&mut bmc, &Cache::default(), PEER).await.unwrap();
        assert!(sensors[0].reading.is_unknown() && sensors[0].health == Health::Unknown, "{answer:?}");
        assert_eq!(sensors[2].health, Health::Critical);
    }
}

#[tokio::test]
async fn a_user_who_may_not_read_is_told_so() {
    let mut bmc = bmc();
    bmc.readings.insert(1, Err(0xD4));
    assert!(matches!(read(&mut bmc, &Cache::default(), PEER).await, Err(IpmiError::Refused { .. })));
}

#[tokio::test]
async fn a_sensor_of_another_controller_is_listed_and_not_asked() {
    let mut bmc = bmc();
    bmc.records[2].1[5] = 0x24;
    let sensors = read(&mut bmc, &Cache::default(), PEER).await.unwrap();
    assert!(sensors[2].reading.to_string().contains("controller 24h"), "{}", sensors[2].reading);
    assert_eq!((sensors[2].id.as_str(), bmc.count(READING)), ("24.0.03", 2));
}

#[tokio::test]
async fn what_one_bmc_taught_about_its_answers_is_remembered_for_that_one() {
    let known = Cache::default();
    let mut small = Bmc { bytes_max: Some((16, 0xCA)), ..bmc() };
    read(&mut small, &known, PEER).await.unwrap();
    let first = small.count(RECORD);
    small.changed += 1;
    read(&mut small, &known, PEER).await.unwrap();
    assert!(small.count(RECORD) - first < first);
    let mut large = bmc();
    read(&mut large, &known, "127.0.0.2:623".parse().unwrap()).await.unwrap();
    assert_eq!(large.count(RECORD), 3);
}

#[tokio::test]
async fn a_bmc_without_a_repository_has_a_list_of_its_own() {
    let (mut bmc, known) = (Bmc { has_own_list: true, ..bmc() }, Cache::default());
    let sensors = read(&mut bmc, &known, PEER).await.unwrap();
    assert_eq!(sensors, read(&mut super::sensors::bmc(), &Cache::default(), PEER).await.unwrap());
    assert_eq!(bmc.count([0x04, 0x21]), 3);
    bmc.changed += 1;
    read(&mut bmc, &known, PEER).await.unwrap();
    assert_eq!(bmc.count([0x04, 0x21]), 6);
}

#[tokio::test]
async fn bmcs_with_the_same_records_share_what_is_known_of_them() {
    let known = Cache::default();
    let other = "127.0.0.2:623".parse().unwrap();
    let first = inventory::of(&mut bmc(), &known, PEER).await.unwrap();
    let second = inventory::of(&mut bmc(), &known, other).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    let mut different = bmc();
    different.records[0].1 = temperature(1, "Inlet");
    let third = inventory::of(&mut different, &known, "127.0.0.3:623".parse().unwrap()).await.unwrap();
    assert!(!Arc::ptr_eq(&first, &third));
}

#[tokio::test]
async fn so_many_bmcs_are_remembered_and_no_more() {
    let known = Cache::default();
    let place = |count: u32| SocketAddr::from((Ipv4Addr::from_bits(0x7F00_0000 + count), 623));
    for count in 0..=16_384 {
        known.keep_bite(place(count), Bite::Bytes(16));
    }
    assert_eq!((known.bite(place(0)), known.bite(place(1))), (Bite::Whole, Bite::Bytes(16)));
}
