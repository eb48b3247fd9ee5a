//! Who has the console, and for how long.

use super::*;
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_sim::{Action, Face, Fault, Refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_console_is_told_who_is_in_the_way_and_disturbs_nobody() {
    let fixture = start().await;
    let console = open(&fixture).await;
    let error = fixture.driver.console(&fixture.machine()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains("another session") && error.remedy().unwrap().contains("deactivate"));
    told(&fixture, "close session", 1).await;
    assert_eq!(counted(&fixture, "deactivate payload 1"), 0);
    echoes(&console, b"still here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_console_gives_its_place_back() {
    let fixture = start().await;
    for _ in 0..10 {
        let console = open(&fixture).await;
        echoes(&console, b"mine").await;
    }
    told(&fixture, "close session", 10).await;
    assert_eq!(counted(&fixture, "deactivate payload 1"), 0, "it may be another one's by then");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_console_is_over_when_close_returns() {
    let fixture = start().await;
    let console = open(&fixture).await;
    console.close().await;
    assert_eq!((counted(&fixture, "deactivate payload 1"), counted(&fixture, "close session")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_that_somebody_ends_says_so_behind_what_came() {
    let fixture = start().await;
    let console = open(&fixture).await;
    let mut ends = &console;
    ends.write_all(b"last words").await.unwrap();
    timeout(PATIENCE, ends.flush()).await.unwrap().unwrap();
    fixture.driver.end_console(&fixture.machine()).await.unwrap();
    fixture.driver.end_console(&fixture.machine()).await.expect("nobody has it");
    let mut back = Vec::new();
    let error = timeout(PATIENCE, ends.read_to_end(&mut back)).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted);
    assert_eq!(back, b"last words");
    assert!(error.to_string().contains(NAME), "{error}");
    assert!(ends.write_all(b"x").await.is_err() && console.send_break().is_err());
    told(&fixture, "close session", 1).await;
    assert_eq!(counted(&fixture, "deactivate payload 1"), 2, "whoever has it now keeps it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_stays_while_nobody_types() {
    let config = IpmiConfig { keep_alive: Duration::from_millis(100), ..quick() };
    let fixture = start_as(config).await;
    let console = open(&fixture).await;
    told(&fixture, "get payload instance 1", 3).await;
    echoes(&console, b"awake").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_falls_silent_ends_the_console() {
    let config = IpmiConfig {
        keep_alive: Duration::from_millis(100),
        retransmit: Duration::from_millis(10),
        ..quick()
    };
    let fixture = start_as(config).await;
    let console = open(&fixture).await;
    fixture.inject(Fault::silent_bmc());
    let error = timeout(PATIENCE, (&console).read(&mut [0; 8])).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("did not answer"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_whose_answer_is_lost_is_ours_and_no_others() {
    let fixture = start().await;
    let lost = Fault::new(Action::LoseAnswer).face(Face::Bmc).command("activate payload 1");
    fixture.inject(lost.times(1));
    echoes(&open(&fixture).await, b"ours").await;
    assert!(counted(&fixture, "activate payload 1") >= 3, "lost, in its own way, and at last");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_is_told_as_what_it_is() {
    let fixture = start().await;
    for (code, kind, remedy) in [
        (0x80, ErrorKind::Conflict, "close the other console"),
        (0x81, ErrorKind::Unsupported, "sol set enabled"),
        (0x82, ErrorKind::Conflict, "close the other console"),
        (0x83, ErrorKind::Unsupported, "force-encryption"),
        (0xC0, ErrorKind::Busy, "try again"),
        (0xC1, ErrorKind::Unsupported, "another driver"),
        (0xD4, ErrorKind::Forbidden, "privilege"),
    ] {
        let refused = Fault::new(Action::Refuse(Refusal::Code(code))).face(Face::Bmc);
        fixture.inject(refused.command("activate payload 1").times(1));
        let error = fixture.driver.console(&fixture.machine()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code:#x}: {error}");
        assert!(error.remedy().unwrap().contains(remedy), "{code:#x}: {:?}", error.remedy());
    }
    told(&fixture, "close session", 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ending_is_sent_once_and_unanswered_its_outcome_is_unknown() {
    let fixture = start().await;
    let _console = open(&fixture).await;
    let lost = Fault::new(Action::LoseAnswer).face(Face::Bmc).command("deactivate payload 1");
    fixture.inject(lost);
    let error = fixture.driver.end_console(&fixture.machine()).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Timeout, ErrorClass::UnknownOutcome), "{error}");
    assert_eq!(counted(&fixture, "deactivate payload 1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_giving_back_holds_up_no_opening_and_no_closing() {
    let fixture = start().await;
    for command in ["activate payload 1", "deactivate payload 1"] {
        fixture.inject(Fault::new(Action::LoseAnswer).face(Face::Bmc).command(command).times(1));
    }
    let console = open(&fixture).await;
    echoes(&console, b"opened").await;
    fixture.inject(Fault::new(Action::Drop).face(Face::Bmc).command("deactivate payload 1"));
    console.close().await;
    assert_eq!(counted(&fixture, "close session"), 1);
}
