//! BMCs that go to another address: they are looked for there, and no other BMC is taken for the one that went.

use super::rack::{NAME, NOBODY, PATIENCE, RackFixture, SPARE, quick};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BmcConfigurator, LanChange, VlanChange, VlanId};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_sim::{Action, Face, Fault, Rack, Refusal};
use std::net::Ipv4Addr;

/// The one that goes where the first of the rack is.
const MOVER: &str = "srv002";

fn to(address: Ipv4Addr) -> LanChange {
    LanChange { address: Some(address), ..LanChange::default() }
}

fn vlan() -> VlanChange {
    VlanChange::Id(VlanId::new(42).unwrap())
}

/// A BMC that collects no changes: each is in force at once.
fn changes_at_once() -> Fault {
    let no_parameter = Refusal::Code(0x80);
    Fault::new(Action::Refuse(no_parameter)).face(Face::Bmc).command("set lan: begin")
}

fn loses_the_answer_to(command: &str) -> Fault {
    Fault::new(Action::LoseAnswer).face(Face::Bmc).command(command)
}

async fn set(fixture: &RackFixture, machine: &Machine, change: &LanChange) -> Result<(), Error> {
    fixture.driver.set_lan(machine, machine.addresses.bmc.unwrap(), change).await
}

/// Counts what the BMC that was there before was told, whether it did so or not.
fn writes_to_the_other(fixture: &RackFixture) -> u64 {
    let of_lan = |command: &str| command.starts_with("set lan");
    fixture.count(|entry| entry.machine.as_deref() == Some(NAME) && of_lan(&entry.command))
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bmc_at_the_new_address_is_told_and_nothing_is_written_there() {
    for changes_at_once in [None, Some(changes_at_once())] {
        let fixture = RackFixture::start_as(2, quick()).await;
        changes_at_once.into_iter().for_each(|fault| fixture.inject(fault));
        let (there, mover) = (fixture.truth().lan, fixture.rack.truth(MOVER).lan);
        let change = LanChange { vlan: Some(vlan()), ..to(there.address) };
        let error = set(&fixture, &fixture.machine_of(2), &change).await.unwrap_err();
        assert_eq!((error.kind(), error.class()), (ErrorKind::Conflict, ErrorClass::Permanent), "{error}");
        for told in [there.address.to_string(), there.mac_text(), mover.mac_text()] {
            assert!(error.message().contains(&told), "{told}: {error}");
        }
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("MAC address")), "{error:?}");
        assert_eq!((writes_to_the_other(&fixture), fixture.truth().lan), (0, there));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bmc_is_not_asked_whether_it_is_the_one_that_went_nor_led_back() {
    let fixture = RackFixture::start_as(2, quick()).await;
    let (there, machine) = (fixture.truth().lan, fixture.machine_of(2));
    let (at, from) = (there.address.into(), fixture.rack.truth(MOVER).lan.address);
    set(&fixture, &machine, &to(there.address)).await.unwrap_err();
    let read = fixture.driver.read_lan(&machine, at).await.unwrap_err();
    let back = fixture.driver.set_lan(&machine, at, &to(from)).await.unwrap_err();
    assert_eq!((read.kind(), back.kind()), (ErrorKind::Conflict, ErrorKind::Conflict));
    assert_eq!((writes_to_the_other(&fixture), fixture.truth().lan), (0, there.clone()));
    fixture.driver.read_lan(&fixture.machine(), at).await.unwrap();
    // Somebody takes the other one away from there.
    fixture.change(|machine| machine.bmc.lan.address = SPARE);
    assert_eq!(fixture.driver.read_lan(&machine, at).await.unwrap().address, there.address);
    fixture.driver.set_lan(&machine, at, &to(from)).await.unwrap();
    assert_eq!(fixture.rack.truth(MOVER).lan.address, from);
}

/// The BMC that was there before refuses what the one that went would be asked.
fn the_other_refuses(code: u8, command: &str) -> Fault {
    Fault::new(Action::Refuse(Refusal::Code(code))).machine(NAME).face(Face::Bmc).command(command)
}

/// Makes sure that the BMC there is not taken for the one that was sent there.
async fn is_told_apart(fixture: &RackFixture, what: &str) {
    let (there, machine) = (fixture.truth().lan, fixture.machine_of(2));
    let read = fixture.driver.read_lan(&machine, there.address.into()).await.expect_err(what);
    assert_eq!(read.kind(), ErrorKind::Conflict, "{what}: {read}");
    assert_eq!(writes_to_the_other(fixture), 0, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bmc_that_could_not_be_asked_who_it_is_is_told_apart_later() {
    for (code, command) in [(0x01, "open session"), (0xC0, "get lan 5")] {
        let fixture = RackFixture::start_as(2, quick()).await;
        fixture.inject(the_other_refuses(code, command));
        let change = to(fixture.truth().lan.address);
        let error = set(&fixture, &fixture.machine_of(2), &change).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{command}: {error}");
        fixture.rack.clear_faults();
        is_told_apart(&fixture, command).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bmc_that_never_says_who_it_is_is_told_apart() {
    let fixture = RackFixture::start_as(2, quick()).await;
    fixture.inject(the_other_refuses(0x80, "get lan 5"));
    let change = to(fixture.truth().lan.address);
    let error = set(&fixture, &fixture.machine_of(2), &change).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{error}");
    is_told_apart(&fixture, "no MAC address").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bmc_is_told_apart_after_the_call_was_dropped() {
    let fixture = RackFixture::start_as(2, quick()).await;
    fixture.inject(Fault::new(Action::Drop).machine(NAME).face(Face::Bmc));
    let (machine, change) = (fixture.machine_of(2), to(fixture.truth().lan.address));
    let asks_there = |rack: &Rack| rack.log().iter().any(|entry| entry.machine.as_deref() == Some(NAME));
    tokio::select! {
        biased;
        looked = fixture.rack.wait_until(PATIENCE, asks_there) => assert!(looked),
        result = set(&fixture, &machine, &change) => panic!("it ended: {result:?}"),
    }
    fixture.rack.clear_faults();
    is_told_apart(&fixture, "dropped").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_expected_where_no_bmc_was_sent() {
    let fixture = RackFixture::start_as(2, quick()).await;
    let refuses = Action::Refuse(Refusal::Code(0x82));
    fixture.inject(Fault::new(refuses).machine(MOVER).face(Face::Bmc).command("set lan: ip"));
    let (there, machine) = (fixture.truth().lan.address, fixture.machine_of(2));
    let error = set(&fixture, &machine, &to(there)).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::Permanent));
    fixture.driver.read_lan(&machine, there.into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_does_not_say_who_it_is_is_not_taken_for_itself() {
    let fixture = RackFixture::start(17).await;
    let no_parameter = Action::Refuse(Refusal::Code(0x80));
    fixture.inject(Fault::new(no_parameter).face(Face::Bmc).command("get lan 5"));
    let error = set(&fixture, &fixture.machine(), &to(SPARE)).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{error}");
    assert!(error.message().contains("MAC address"), "{error}");
    let commits = fixture.count(|entry| entry.command == "set lan: commit");
    assert_eq!((fixture.truth().lan.address, commits), (SPARE, 1), "nothing is written where it went");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_went_before_it_answered_is_found_where_it_went() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(changes_at_once());
    fixture.inject(loses_the_answer_to("set lan: ip"));
    set(&fixture, &fixture.machine(), &to(SPARE)).await.unwrap();
    assert_eq!((fixture.truth().lan.address, fixture.done("set lan: ip")), (SPARE, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_said_before_it_went_is_said_where_it_went() {
    for lost in [None, Some(loses_the_answer_to("set lan: ip"))] {
        let fixture = RackFixture::start(17).await;
        fixture.inject(changes_at_once());
        lost.into_iter().for_each(|fault| fixture.inject(fault));
        let change = LanChange { vlan: Some(vlan()), ..to(SPARE) };
        set(&fixture, &fixture.machine(), &change).await.unwrap();
        let lan = fixture.truth().lan;
        assert_eq!((lan.address, lan.vlan, fixture.done("set lan: ip")), (SPARE, Some(42), 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_got_lost_is_not_sent_again_and_its_outcome_is_unknown() {
    let to_vlan = LanChange { vlan: Some(vlan()), ..LanChange::default() };
    for (lost, change) in [("ip", to(NOBODY)), ("commit", to(NOBODY)), ("vlan", to_vlan)] {
        let fixture = RackFixture::start(17).await;
        let before = fixture.truth().lan;
        let command = format!("set lan: {lost}");
        fixture.inject(Fault::new(Action::Drop).face(Face::Bmc).command(&command));
        let error = set(&fixture, &fixture.machine(), &change).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{lost}: {error}");
        assert!(error.remedy().is_some());
        assert_eq!(fixture.truth().lan, before, "{lost}");
        let sent = fixture.count(|entry| entry.command.starts_with(&command));
        assert_eq!(sent, 1, "{lost}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_is_found_with_other_settings_does_not_keep_what_it_took() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(changes_at_once());
    let forgets = Fault::new(Action::AcceptWithoutEffect);
    fixture.inject(forgets.face(Face::Bmc).command("set lan: vlan"));
    let change = LanChange { vlan: Some(vlan()), ..to(SPARE) };
    let error = set(&fixture, &fixture.machine(), &change).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Mismatch, ErrorClass::Permanent), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_went_to_another_vlan_is_found_at_its_address() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(changes_at_once());
    fixture.inject(loses_the_answer_to("set lan: vlan"));
    let change = LanChange { vlan: Some(vlan()), ..LanChange::default() };
    set(&fixture, &fixture.machine(), &change).await.unwrap();
    assert_eq!((fixture.truth().lan.vlan, fixture.done("set lan: vlan")), (Some(42), 1));
}
