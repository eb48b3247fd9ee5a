//! Accepted is not done: where what was written cannot be read back, it may have happened, and nobody says otherwise.

use super::rack::RackFixture;
use hwautomation_core::error::{Error, ErrorClass};
use hwautomation_core::plugin::{
    BmcConfigurator, BmcUser, BootController, BootDevice, BootFirmware, BootLasting, BootRequest, LanChange,
    Privilege,
};
use hwautomation_core::secret::Secret;
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::RestorePolicy;
use hwautomation_sim::{Action, Face, Fault, Refusal};
use std::net::Ipv4Addr;

/// What becomes of the questions after the write: so many come before it.
fn troubles(question: &str, before: u32) -> [Fault; 2] {
    let busy = Action::Refuse(Refusal::Code(0xC0));
    [Action::Drop, busy].map(|action| Fault::new(action).face(Face::Bmc).command(question).skip(before))
}

fn may_have_happened(what: &str, answer: Result<(), Error>) {
    let error = answer.expect_err(what);
    assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{what}: {error:?}");
    assert!(error.message().contains("accepted") && error.remedy().is_some(), "{what}: {error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_cannot_be_read_back_may_be_in_force() {
    for trouble in troubles("get lan", 5) {
        let fixture = RackFixture::start(17).await;
        fixture.inject(trouble.clone());
        let (machine, gateway) = (fixture.machine(), Ipv4Addr::new(192, 168, 1, 254));
        let change = LanChange { gateway: Some(gateway), ..LanChange::default() };
        let answer = fixture.driver.set_lan(&machine, machine.addresses.bmc.unwrap(), &change).await;
        may_have_happened(&format!("{trouble:?}"), answer);
        assert_eq!(fixture.truth().lan.gateway, gateway);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_cannot_be_read_back_may_be_written() {
    let user = BmcUser { id: 5, name: "conform".to_owned(), privilege: Privilege::User, enabled: true };
    let password = Secret::new("Conform-4711-Lan");
    for trouble in [troubles("get user", 2), troubles("test user", 0)].as_flattened() {
        let fixture = RackFixture::start(17).await;
        fixture.inject(trouble.clone());
        let machine = fixture.machine();
        let at = machine.addresses.bmc.unwrap();
        let answer = fixture.driver.set_user(&machine, at, &user, Some(&password)).await;
        may_have_happened(&format!("{trouble:?}"), answer);
        let written = fixture.truth().users.into_iter().any(|user| user.has_password(password.expose()));
        assert!(written, "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_believed_of_a_bmc_that_cannot_test_it_and_of_no_other() {
    let user = BmcUser { id: 5, name: "conform".to_owned(), privilege: Privilege::User, enabled: true };
    let password = Secret::new("Conform-4711-Lan");
    for code in [0xC1, 0xCC, 0xC0, 0xC3, 0xCE, 0xD2, 0xD4] {
        let fixture = RackFixture::start(17).await;
        fixture.inject(Fault::new(Action::Refuse(Refusal::Code(code))).face(Face::Bmc).command("test user"));
        let machine = fixture.machine();
        let at = machine.addresses.bmc.unwrap();
        let answer = fixture.driver.set_user(&machine, at, &user, Some(&password)).await;
        if matches!(code, 0xC1 | 0xCC) {
            answer.unwrap();
        } else {
            assert_eq!(answer.unwrap_err().class(), ErrorClass::UnknownOutcome, "{code:#x}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boot_device_that_was_forgotten_is_told_in_words() {
    let request =
        BootRequest { device: BootDevice::Pxe, lasting: BootLasting::Once, firmware: BootFirmware::Uefi };
    let fixture = RackFixture::start(17).await;
    fixture.inject(Fault::forgets_boot_device());
    let error = fixture.driver.set_boot(&fixture.machine(), request).await.unwrap_err();
    let told = "reads back otherwise: boot order, expected pxe for the next boot, by UEFI";
    assert!(error.message().ends_with(told), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boot_device_that_cannot_be_read_back_may_be_set() {
    let request =
        BootRequest { device: BootDevice::Pxe, lasting: BootLasting::Once, firmware: BootFirmware::Uefi };
    for trouble in troubles("get boot option", 0) {
        let fixture = RackFixture::start(17).await;
        fixture.inject(trouble.clone());
        may_have_happened("set_boot", fixture.driver.set_boot(&fixture.machine(), request).await);
        assert!(fixture.truth().boot_override.is_some());
        may_have_happened("clear_boot", fixture.driver.clear_boot(&fixture.machine()).await);
        assert!(fixture.truth().boot_override.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_policy_that_cannot_be_read_back_may_be_set() {
    for trouble in troubles("get chassis status", 0) {
        let fixture = RackFixture::start(17).await;
        fixture.inject(trouble);
        let answer = fixture.driver.set_restore_policy(&fixture.machine(), RestorePolicy::PowerUp).await;
        may_have_happened("set_restore_policy", answer);
        assert_eq!(fixture.done("set restore policy"), 1);
    }
}
