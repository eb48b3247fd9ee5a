//! BMCs that go to another address: they are looked for there, and no other BMC is taken for the one that went.

use super::rack::{NAME, NOBODY, RackFixture, SPARE, quick};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BmcConfigurator, LanChange, VlanChange, VlanId};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_sim::{Action, Face, Fault, Refusal};
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
async fn a_bmc_that_went_to_another_vlan_is_found_at_its_address() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(changes_at_once());
    fixture.inject(loses_the_answer_to("set lan: vlan"));
    let change = LanChange { vlan: Some(vlan()), ..LanChange::default() };
    set(&fixture, &fixture.machine(), &change).await.unwrap();
    assert_eq!((fixture.truth().lan.vlan, fixture.done("set lan: vlan")), (Some(42), 1));
}
