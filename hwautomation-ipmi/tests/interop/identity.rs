//! What a BMC and its chassis are, as ipmitool and bmc-info say it of the same one.

use crate::support::lab::Lab;
use crate::support::{PATIENCE, until};
use crate::tool::{Place, after};
use hwautomation_core::error::ErrorKind;
use hwautomation_ipmi::{Identify, RestorePolicy};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_device_id_is_what_ipmitool_says() {
    let Some(lab) = Lab::start().await else { return };
    let device = lab.driver.device_id(&lab.machine()).await.unwrap();
    let text = Place::of(&lab).ipmitool("mc info").await;
    assert_eq!(after(&text, "Device ID"), device.id.to_string());
    assert_eq!(after(&text, "Device Revision"), device.revision.to_string());
    assert_eq!(after(&text, "Firmware Revision"), device.firmware);
    assert_eq!(after(&text, "IPMI Version"), device.ipmi_version);
    assert_eq!(after(&text, "Manufacturer ID"), device.manufacturer_id.to_string());
    assert!(after(&text, "Product ID").starts_with(&device.product_id.to_string()));
    assert_eq!(after(&text, "Device Available"), if device.is_ready { "yes" } else { "no" });
    let (_, supports) = text.split_once("Additional Device Support :").unwrap();
    let (supports, _) = supports.split_once("Aux").unwrap();
    assert_eq!(supports.trim().lines().count(), device.supports.len(), "{device:?} {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guid_is_what_freeipmi_says() {
    let Some(lab) = Lab::start().await else { return };
    let guid = lab.driver.system_guid(&lab.machine()).await.unwrap().unwrap();
    let text = Place::of(&lab).freeipmi("bmc-info", "--get-system-guid").await;
    assert_eq!(text.trim().rsplit(' ').next().unwrap(), guid);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lamp_is_lit_for_as_long_as_it_was_told_to() {
    let Some(lab) = Lab::start().await else { return };
    for (identify, expected) in [
        (Identify::For(Duration::from_secs(7)), "set identify 7 0"),
        (Identify::Forever, "set identify 0 1"),
        (Identify::Off, "set identify 0 0"),
    ] {
        lab.driver.identify(&lab.machine(), identify).await.unwrap();
        until(PATIENCE, || lab.sim.read("chassis.log").lines().last() == Some(expected)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_bmc_does_not_have_is_unsupported_and_what_it_reads_is_what_ipmitool_says() {
    let Some(lab) = Lab::start().await else { return };
    assert_eq!(lab.driver.restore_policy(&lab.machine()).await.unwrap(), Some(RestorePolicy::StayOff));
    let text = Place::of(&lab).ipmitool("chassis status").await;
    assert_eq!(after(&text, "Power Restore Policy"), "always-off");
    let refused = lab.driver.set_restore_policy(&lab.machine(), RestorePolicy::PowerUp).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
    let refused = lab.driver.power_on_hours(&lab.machine()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
}
