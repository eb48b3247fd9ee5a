//! The frames around changes: BMCs that lack them say so with many codes, and what counts is what is read back.

use super::rack::RackFixture;
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::plugin::{
    BmcConfigurator, BootController, BootDevice, BootFirmware, BootLasting, BootRequest, LanChange,
};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_sim::{Action, Face, Fault, Refusal};
use std::net::Ipv4Addr;

const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 254);
/// "Unspecified", "no response could be provided", "timeout", and "no such parameter".
const CODES: [u8; 4] = [0xFF, 0xCE, 0xC3, 0x80];

fn refuses(command: &str, code: u8) -> Fault {
    Fault::new(Action::Refuse(Refusal::Code(code))).face(Face::Bmc).command(command)
}

/// Sets the gateway of a BMC that answers frames with a code.
async fn set_gateway(frames: &[&str], code: u8) -> (RackFixture, Result<(), Error>) {
    let fixture = RackFixture::start(17).await;
    frames.iter().for_each(|frame| fixture.inject(refuses(&format!("set lan: {frame}"), code)));
    let machine = fixture.machine();
    let change = LanChange { gateway: Some(GATEWAY), ..LanChange::default() };
    let answer = fixture.driver.set_lan(&machine, machine.addresses.bmc.unwrap(), &change).await;
    (fixture, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_set_on_a_bmc_without_the_frame_whatever_it_says_of_it() {
    for code in CODES {
        let (fixture, answer) = set_gateway(&["begin", "commit", "end"], code).await;
        answer.unwrap_or_else(|error| panic!("{code:02X}h: {error}"));
        assert_eq!(fixture.truth().lan.gateway, GATEWAY, "{code:02X}h");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_not_made_shows_when_it_is_read_back() {
    for code in CODES {
        let (fixture, answer) = set_gateway(&["commit"], code).await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Mismatch, "{code:02X}h");
        assert_ne!(fixture.truth().lan.gateway, GATEWAY);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_still_collects_changes_is_not_believed() {
    for code in [0xFF, 0xCE] {
        let (fixture, answer) = set_gateway(&["commit", "end"], code).await;
        assert_eq!(answer.unwrap_err().class(), ErrorClass::UnknownOutcome, "{code:02X}h");
        assert_ne!(fixture.truth().lan.gateway, GATEWAY);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boot_device_is_set_on_a_bmc_without_the_frames_whatever_it_says_of_them() {
    let request =
        BootRequest { device: BootDevice::Pxe, lasting: BootLasting::Once, firmware: BootFirmware::Uefi };
    for code in CODES {
        let fixture = RackFixture::start(17).await;
        fixture.inject(refuses("set boot option", code));
        let answer = fixture.driver.set_boot(&fixture.machine(), request).await;
        answer.unwrap_or_else(|error| panic!("{code:02X}h: {error}"));
        assert!(fixture.truth().boot_override.is_some_and(|boot| boot.uefi), "{code:02X}h");
    }
}
