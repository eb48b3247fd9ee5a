//! Clearing the log.

use super::double::{Bmc, entry};
use crate::controller::health::clear::log;
use crate::error::IpmiError;
use crate::model::sel::position;
use hwautomation_core::error::{ErrorClass, ErrorKind};

const CLEAR: [u8; 2] = [0x0A, 0x47];

fn bmc() -> Bmc {
    Bmc { log: vec![entry(1), entry(2), entry(3)], ..Bmc::default() }
}

async fn clear(bmc: &mut Bmc, seen: u16) -> Result<(), IpmiError> {
    log(bmc, &position::of(&entry(seen)), "clearing the log").await
}

#[tokio::test]
async fn what_was_seen_to_its_end_is_erased() {
    for mut bmc in [bmc(), Bmc { has_no_reservations: true, ..bmc() }, Bmc { erases: 50, ..bmc() }] {
        let looks = bmc.erases.saturating_sub(1);
        clear(&mut bmc, 3).await.unwrap();
        assert_eq!(bmc.log, [[0; 16]; 0]);
        assert_eq!(bmc.rests, looks as usize, "it is let alone between two looks");
    }
}

#[tokio::test]
async fn an_entry_is_gone_however_the_bmc_says_so() {
    for code in [0xC9, 0xCB, 0xCC] {
        let mut bmc = Bmc { absent: Some(code), ..bmc() };
        clear(&mut bmc, 3).await.unwrap();
        assert!(bmc.log.is_empty(), "{code:#x}");
    }
}

#[tokio::test]
async fn with_more_than_was_seen_nothing_is_sent() {
    let mut bmc = bmc();
    let error = clear(&mut bmc, 2).await.unwrap_err().into_error("");
    assert_eq!((error.kind(), bmc.log.len(), bmc.count(CLEAR)), (ErrorKind::Conflict, 3, 0));
}

#[tokio::test]
async fn an_entry_that_comes_at_the_last_moment_is_spared() {
    let mut bmc = Bmc { comes: vec![entry(4)], ..bmc() };
    let error = clear(&mut bmc, 3).await.unwrap_err().into_error("");
    assert_eq!((error.kind(), bmc.log.len()), (ErrorKind::Conflict, 4));
}

#[tokio::test]
async fn a_reservation_that_is_lost_without_a_new_entry_is_taken_anew_and_not_for_ever() {
    let mut once = Bmc { losses: vec![0], ..bmc() };
    clear(&mut once, 3).await.unwrap();
    assert!(once.log.is_empty());
    let mut always = Bmc { losses: vec![0; 100], ..bmc() };
    assert_eq!(clear(&mut always, 3).await.unwrap_err().into_error("").kind(), ErrorKind::Conflict);
    assert!(always.count(CLEAR) < 10 && always.log.len() == 3);
}

#[tokio::test]
async fn a_log_that_stays_is_a_mismatch() {
    let mut bmc = Bmc { keeps_log: true, ..bmc() };
    assert!(matches!(clear(&mut bmc, 3).await, Err(IpmiError::Mismatch { .. })));
}

#[tokio::test]
async fn one_that_is_still_erasing_after_many_looks_is_an_unknown_outcome() {
    let mut bmc = Bmc { erases: 100_000, ..bmc() };
    let error = clear(&mut bmc, 3).await.unwrap_err().into_error("");
    assert_eq!((error.kind(), error.class()), (ErrorKind::Timeout, ErrorClass::UnknownOutcome));
    assert!(bmc.count(CLEAR) < 200);
}

#[tokio::test]
async fn once_it_was_told_to_erase_silence_is_an_unknown_outcome() {
    let mut whole = bmc();
    clear(&mut whole, 3).await.unwrap();
    let told = whole.asked.iter().position(|asked| *asked == CLEAR).unwrap();
    for from in 0..whole.asked.len() {
        let mut bmc = Bmc { silent_from: Some(from), ..bmc() };
        let error = clear(&mut bmc, 3).await.unwrap_err().into_error("");
        assert_eq!(error.class() == ErrorClass::UnknownOutcome, from >= told, "{from}: {error:?}");
        assert_eq!((error.kind(), bmc.log.is_empty()), (ErrorKind::Timeout, from > told), "{from}");
    }
}

#[tokio::test]
async fn an_empty_log_and_a_position_that_is_gone_are_a_conflict() {
    let error = clear(&mut Bmc::default(), 3).await.unwrap_err().into_error("");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(clear(&mut bmc(), 9).await.unwrap_err().into_error("").kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn while_somebody_else_erases_it_the_bmc_is_busy() {
    let mut bmc = Bmc { is_erasing: true, ..bmc() };
    let error = clear(&mut bmc, 3).await.unwrap_err().into_error("");
    assert_eq!((error.kind(), error.class()), (ErrorKind::Busy, ErrorClass::Transient { after: None }));
}
