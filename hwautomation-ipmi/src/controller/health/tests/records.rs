//! Reading records: in bites, under reservations, and never without end.

use super::double::{Bmc, supply, temperature};
use crate::controller::health::repository::{self, Bite};
use crate::error::IpmiError;
use crate::model::sdr::{Inventory, Record, Source};

const READ: [u8; 2] = [0x0A, 0x23];
const RESERVE: [u8; 2] = [0x0A, 0x22];

async fn read(bmc: &mut Bmc) -> Result<Vec<Record>, IpmiError> {
    repository::read(bmc, Source::Repository, &mut Bite::default()).await
}

fn names(records: Vec<Record>) -> Vec<String> {
    Inventory::of(records).readable().map(|listed| listed.record.name.clone()).collect()
}

fn three() -> Bmc {
    Bmc::with(vec![temperature(1, "CPU1 Temp"), supply(2, "PSU1"), temperature(3, "A name of sixteen")])
}

#[tokio::test]
async fn each_record_is_one_question_where_the_bmc_can_do_that() {
    let mut bmc = three();
    assert_eq!(names(read(&mut bmc).await.unwrap()), ["CPU1 Temp", "PSU1", "A name of sixteen"]);
    assert_eq!((bmc.count(READ), bmc.count(RESERVE)), (3, 1));
}

#[tokio::test]
async fn bites_get_smaller_until_they_fit_and_stay_so() {
    for code in [0xC7, 0xC8, 0xCA, 0xFF] {
        for most in [8, 16, 20, 22, 30, 40] {
            let mut bmc = Bmc { bytes_max: Some((most, code)), ..three() };
            let mut bite = Bite::default();
            let first = repository::read(&mut bmc, Source::Repository, &mut bite).await.unwrap();
            assert_eq!(names(first).len(), 3, "{code:#x} {most}");
            let Bite::Bytes(learnt) = bite else { panic!("{bite:?}") };
            assert!(learnt <= most, "{learnt} of {most}");
            let before = bmc.asked.len();
            let second = repository::read(&mut bmc, Source::Repository, &mut bite).await.unwrap();
            assert_eq!(names(second).len(), 3);
            assert!(bmc.asked.len() - before < before, "what was learnt saves questions");
        }
    }
}

#[tokio::test]
async fn a_bmc_that_gives_no_byte_at_all_is_an_error() {
    let mut bmc = Bmc { bytes_max: Some((3, 0xCA)), ..three() };
    assert!(matches!(read(&mut bmc).await, Err(IpmiError::Refused { .. })));
    assert!(bmc.count(READ) < 10);
}

#[tokio::test]
async fn a_lost_reservation_is_taken_anew_and_nothing_is_read_twice() {
    for at in 0..6 {
        let mut bmc = Bmc { losses: vec![at], bytes_max: Some((22, 0xCA)), ..three() };
        assert_eq!(names(read(&mut bmc).await.unwrap()), ["CPU1 Temp", "PSU1", "A name of sixteen"]);
        assert_eq!(bmc.count(RESERVE), 2, "lost after {at} reads");
    }
}

#[tokio::test]
async fn a_reservation_that_is_always_lost_is_an_error_after_a_while() {
    let mut bmc = Bmc { losses: vec![0; 1_000], ..three() };
    assert!(matches!(read(&mut bmc).await, Err(IpmiError::Refused { .. })));
    assert!(bmc.asked.len() < 40, "{}", bmc.asked.len());
}

#[tokio::test]
async fn records_in_a_circle_are_refused() {
    for back in [0, 1, 2, 3] {
        let mut bmc = Bmc { leads_to: Some(back), ..three() };
        assert!(matches!(read(&mut bmc).await, Err(IpmiError::Malformed { .. })), "{back}");
        assert!(bmc.count(READ) <= 5, "{}", bmc.count(READ));
    }
}

#[tokio::test]
async fn records_without_end_are_refused() {
    let records = (0..=65_000).map(|_| temperature(1, "CPU1 Temp")).collect();
    let mut bmc = Bmc::with(records);
    assert!(matches!(read(&mut bmc).await, Err(IpmiError::Malformed { .. })));
    assert!(bmc.count(READ) < 30_000, "a limit of bytes comes first: {}", bmc.count(READ));
}

#[tokio::test]
async fn one_record_that_cannot_be_read_spoils_no_other() {
    let mut bmc = Bmc { damaged: Some(2), bytes_max: Some((40, 0xCA)), ..three() };
    assert_eq!(names(read(&mut bmc).await.unwrap()), ["CPU1 Temp", "A name of sixteen"]);
    let mut bmc = three();
    bmc.records[1].1.truncate(12);
    bmc.records[1].1[4] = 7;
    assert_eq!(
        names(read(&mut bmc).await.unwrap()),
        ["CPU1 Temp", "A name of sixteen"],
        "too short for its type"
    );
}

#[tokio::test]
async fn no_records_are_none() {
    assert_eq!(read(&mut Bmc::with(Vec::new())).await.unwrap(), []);
}
