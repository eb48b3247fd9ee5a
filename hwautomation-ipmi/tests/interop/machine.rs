//! A whole machine: what the driver asks of the BMC happens to a computer that boots, and what that computer tells its
//! BMC the driver reads.

use crate::support::machine::{QemuMachine, lives};
use crate::support::{PATIENCE, until};
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::{
    BmcConfigurator, BootController, BootDevice, BootFirmware, BootLasting, BootRequest, PowerAction,
    PowerController, PowerState,
};
use std::net::Ipv4Addr;

const NETWORK: BootRequest =
    BootRequest { device: BootDevice::Pxe, lasting: BootLasting::Once, firmware: BootFirmware::Legacy };

impl QemuMachine {
    async fn request(&self, action: PowerAction) {
        self.lab.driver.request_power(&self.lab.machine(), action).await.unwrap();
    }

    /// Asks until it is so: what was accepted has not happened yet.
    async fn until_power(&self, power: PowerState) {
        let machine = self.lab.machine();
        let asks = async { while self.lab.driver.power_state(&machine).await.unwrap() != power {} };
        tokio::time::timeout(PATIENCE, asks).await.unwrap();
    }
}

// One test for the whole way, since each boot takes ten seconds and more.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_boots_over_the_network_moves_its_bmc_from_inside_and_is_shut_down() {
    let Some(machine) = QemuMachine::start().await else { return };
    let lab = &machine.lab;

    // The device reaches the hardware. This BMC forgets that it is valid, and the driver, which reads it back, says so.
    let told = lab.driver.set_boot(&lab.machine(), NETWORK).await.unwrap_err();
    assert_eq!((told.kind(), lab.sim.read("boot").as_str()), (ErrorKind::Mismatch, "pxe"), "{told}");

    machine.request(PowerAction::On).await;
    machine.until_power(PowerState::On).await;
    machine.boots().await;
    assert_eq!(lab.sim.read("boot"), "default", "once means once");

    let before = lab.driver.read_lan(&lab.machine(), lab.at()).await.unwrap();
    assert_eq!(before.address, Ipv4Addr::new(10, 0, 0, 5));
    machine.exec("ipmitool lan set 1 ipaddr 10.9.9.9");
    let after = lab.driver.read_lan(&lab.machine(), lab.at()).await.unwrap();
    assert_eq!(after.address, Ipv4Addr::new(10, 9, 9, 9));

    machine.request(PowerAction::GracefulOff).await;
    machine.until_power(PowerState::Off).await;
    let console = lab.sim.read("console.log");
    assert!(console.contains("POWER BUTTON PRESSED"), "the system itself ended: {console}");
    assert!(!lives(&machine.process()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_boot_device_it_finds_nothing_to_boot_and_can_be_forced_off() {
    let Some(machine) = QemuMachine::start().await else { return };
    machine.request(PowerAction::On).await;
    until(PATIENCE, || machine.lab.sim.read("firmware.log").contains("No bootable device.")).await;
    assert_eq!(machine.lab.sim.read("console.log"), "");
    machine.request(PowerAction::ForcedOff).await;
    machine.until_power(PowerState::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_is_left_when_a_test_ends_in_a_panic() {
    let Some(machine) = QemuMachine::start().await else { return };
    machine.request(PowerAction::On).await;
    until(PATIENCE, || !machine.lab.sim.read("firmware.log").is_empty()).await;
    let processes = [machine.process(), machine.lab.sim.process().to_string()];
    assert!(processes.iter().all(|process| lives(process)));
    let test = tokio::spawn(async move {
        let _machine = machine;
        panic!("this panic is meant");
    });
    assert!(test.await.unwrap_err().is_panic());
    until(PATIENCE, || !processes.iter().any(|process| lives(process))).await;
}
