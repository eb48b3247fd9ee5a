//! What a BMC and its chassis are and do beside power.

use super::rack::RackFixture;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::{Identify, RestorePolicy};
use hwautomation_sim::{Action, Face, Fault, Identify as Lamp};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_bmc_says_what_it_is() {
    for suite in [3, 17] {
        let fixture = RackFixture::start(suite).await;
        let device = fixture.driver.device_id(&fixture.machine()).await.unwrap();
        assert_eq!((device.ipmi_version.as_str(), device.is_ready), ("2.0", true));
        assert!(device.supports.contains(&"chassis"), "{device:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guid_is_one_and_stays_the_same() {
    let fixture = RackFixture::start(17).await;
    let guid = fixture.driver.system_guid(&fixture.machine()).await.unwrap().unwrap();
    assert_eq!((guid.len(), guid.matches('-').count()), (36, 4), "{guid}");
    assert_eq!(fixture.driver.system_guid(&fixture.machine()).await.unwrap(), Some(guid));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_restore_policy_reads_back() {
    let fixture = RackFixture::start(17).await;
    for policy in [RestorePolicy::PowerUp, RestorePolicy::Previous, RestorePolicy::StayOff] {
        fixture.driver.set_restore_policy(&fixture.machine(), policy).await.unwrap();
        assert_eq!(fixture.driver.restore_policy(&fixture.machine()).await.unwrap(), Some(policy));
    }
    assert_eq!(fixture.done("set restore policy"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_policy_that_is_accepted_and_not_kept_is_a_mismatch() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(Fault::new(Action::AcceptWithoutEffect).face(Face::Bmc).command("set restore policy"));
    let (driver, machine) = (&fixture.driver, fixture.machine());
    let error = driver.set_restore_policy(&machine, RestorePolicy::PowerUp).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    assert!(error.message().contains("stay off"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lamp_is_as_it_was_told_and_a_time_that_does_not_fit_is_refused_before_anything_is_sent() {
    let fixture = RackFixture::start(17).await;
    let identify = Identify::For(Duration::from_secs(256));
    let error = fixture.driver.identify(&fixture.machine(), identify).await.unwrap_err();
    assert_eq!((error.kind(), fixture.count(|_| true)), (ErrorKind::Invalid, 0), "{error}");
    fixture.driver.identify(&fixture.machine(), Identify::Forever).await.unwrap();
    assert_eq!(fixture.truth().identify, Lamp::On);
    fixture.driver.identify(&fixture.machine(), Identify::Off).await.unwrap();
    assert_eq!(fixture.truth().identify, Lamp::Off);
    fixture.driver.identify(&fixture.machine(), Identify::For(Duration::from_secs(200))).await.unwrap();
    assert!(matches!(fixture.truth().identify, Lamp::Until(_)), "{:?}", fixture.truth().identify);
}
