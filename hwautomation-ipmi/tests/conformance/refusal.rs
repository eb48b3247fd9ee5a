//! What a BMC says instead of doing what it was told.

use super::rack::RackFixture;
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::{
    BmcConfigurator, BmcUser, BootController, BootDevice, BootFirmware, BootLasting, BootRequest, LanChange,
    PowerAction, PowerController, Privilege, VlanChange,
};
use hwautomation_core::secret::Secret;
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_core::testing::conformance::bmc::BmcFixture;
use hwautomation_sim::{Action, Face, Fault, Power, Refusal};

/// How many network settings the driver reads.
const SETTINGS: u32 = 5;

fn refuse(code: u8, command: &str) -> Fault {
    Fault::new(Action::Refuse(Refusal::Code(code))).face(Face::Bmc).command(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_bmc_is_busy_and_the_machine_is_not_off() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(Fault::busy_bmc(1));
    let error = fixture.driver.power_state(&fixture.machine()).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Busy, ErrorClass::Transient { after: None }));
}

#[tokio::test(flavor = "multi_thread")]
async fn not_in_this_state_is_judged_by_the_state() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(refuse(0xD5, "chassis control"));
    let (driver, machine) = (&fixture.driver, fixture.machine());
    driver.request_power(&machine, PowerAction::On).await.unwrap();
    let error = driver.request_power(&machine, PowerAction::ForcedOff).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::Permanent));
    fixture.set_on(Power::Off);
    driver.request_power(&machine, PowerAction::ForcedOff).await.unwrap();
    let error = driver.request_power(&machine, PowerAction::Cycle).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::Permanent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_the_bmc_could_not_answer_may_have_happened() {
    for code in [0xC3, 0xCE, 0xCF, 0xFF] {
        let fixture = RackFixture::start(17).await;
        fixture.inject(refuse(code, "chassis control"));
        let error = fixture.driver.request_power(&fixture.machine(), PowerAction::Cycle).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{code:#x}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_privilege_is_forbidden() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(refuse(0xD4, "chassis control"));
    let error = fixture.driver.request_power(&fixture.machine(), PowerAction::On).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Forbidden, ErrorClass::Permanent));
}

#[tokio::test(flavor = "multi_thread")]
async fn network_settings_that_a_bmc_forgets_are_a_mismatch() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(Fault::forgets_lan_settings());
    let change = LanChange { gateway: Some(fixture.new_gateway()), ..LanChange::default() };
    let at = fixture.truth().lan.address.into();
    let error = fixture.driver.set_lan(&fixture.machine(), at, &change).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Mismatch, ErrorClass::Permanent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_a_bmc_forgets_is_a_mismatch() {
    let fixture = RackFixture::start(17).await;
    let command = format!("set user {}: password", fixture.free_user());
    fixture.inject(Fault::new(Action::AcceptWithoutEffect).face(Face::Bmc).command(command));
    let user = BmcUser {
        id: fixture.free_user(),
        name: "forgotten".to_owned(),
        privilege: Privilege::Operator,
        enabled: true,
    };
    let at = fixture.truth().lan.address.into();
    let password = Secret::new("Forgotten-4711-Word");
    let answer = fixture.driver.set_user(&fixture.machine(), at, &user, Some(&password)).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Mismatch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_address_is_definite_and_leaves_nothing_half_done() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(refuse(0x82, "set lan: ip").times(1));
    let before = fixture.truth().lan;
    let change = LanChange {
        address: Some(fixture.new_address()),
        gateway: Some(fixture.new_gateway()),
        ..LanChange::default()
    };
    let at = before.address.into();
    let error = fixture.driver.set_lan(&fixture.machine(), at, &change).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::Permanent));
    assert_eq!(fixture.truth().lan, before);
    let change = LanChange { gateway: Some(fixture.new_gateway()), ..LanChange::default() };
    fixture.driver.set_lan(&fixture.machine(), at, &change).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_write_that_is_in_force_is_an_unknown_outcome() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(refuse(0x80, "set lan: begin"));
    fixture.inject(refuse(0x82, "set lan: ip"));
    let (gateway, at) = (fixture.new_gateway(), fixture.truth().lan.address.into());
    let change =
        LanChange { address: Some(fixture.new_address()), gateway: Some(gateway), ..LanChange::default() };
    let error = fixture.driver.set_lan(&fixture.machine(), at, &change).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::UnknownOutcome), "{error}");
    assert_eq!(fixture.truth().lan.gateway, gateway, "it was in force at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn boot_options_are_left_complete_after_a_refusal() {
    let request =
        BootRequest { device: BootDevice::Pxe, lasting: BootLasting::Once, firmware: BootFirmware::Uefi };
    for (code, command) in [(0xCC, "set boot: "), (0xC3, "set boot: "), (0xC0, "set boot option acknowledge")]
    {
        let fixture = RackFixture::start(17).await;
        fixture.inject(refuse(code, command));
        fixture.driver.set_boot(&fixture.machine(), request).await.unwrap_err();
        let told = |state| fixture.done(&format!("set boot option in progress: {state}"));
        assert_eq!((told(1), told(2), told(0)), (1, 0, 1), "{code:#x} to {command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_falls_silent_after_its_vlan_was_written_may_be_there() {
    let fixture = RackFixture::start(17).await;
    // The settings and the MAC address are read before anything is written; the second reading finds nobody.
    fixture.inject(Fault::new(Action::Drop).face(Face::Bmc).command("get lan").skip(SETTINGS + 1));
    let change = LanChange { vlan: fixture.new_vlan().map(VlanChange::Id), ..LanChange::default() };
    let at = fixture.truth().lan.address.into();
    let error = fixture.driver.set_lan(&fixture.machine(), at, &change).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::UnknownOutcome);
    assert_eq!(fixture.truth().lan.vlan, change.vlan.and_then(VlanChange::number));
}
