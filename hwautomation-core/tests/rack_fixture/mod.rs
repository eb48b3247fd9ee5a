//! The fake rack as a fixture of every device suite. A test may put a plugin of its own before it.

use async_trait::async_trait;
use hwautomation_core::bios::{Change, Changes, SettingName, Settings};
use hwautomation_core::device::Capability;
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    BiosBackend, BmcConfigurator, BootController, BootDevice, BootFirmware, BootLasting, BootRequest,
    BootSetting, CommissionState, Commissioner, LanSettings, PowerAction, PowerController, PowerState,
    RemoteShell, ShellCommand,
};
use hwautomation_core::testing::conformance::bios::BiosFixture;
use hwautomation_core::testing::conformance::bmc::BmcFixture;
use hwautomation_core::testing::conformance::boot::BootFixture;
use hwautomation_core::testing::conformance::commissioner::CommissionerFixture;
use hwautomation_core::testing::conformance::power::PowerFixture;
use hwautomation_core::testing::conformance::shell::ShellFixture;
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use hwautomation_core::testing::fake::{FakeCall, FakeMachine, FakeRack, Fault, FaultAction, FaultOn};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// How many readings a power command takes to show: accepted is not reached.
const POWER_DELAY_READS: u32 = 2;

/// How often others may run before a call must have arrived.
const YIELDS_MAX: usize = 10_000;

pub(crate) struct RackFixture {
    pub(crate) rack: Arc<FakeRack>,
    pub(crate) power: Arc<dyn PowerController>,
    pub(crate) boot: Arc<dyn BootController>,
    pub(crate) bios: Arc<dyn BiosBackend>,
    pub(crate) bmc: Arc<dyn BmcConfigurator>,
    pub(crate) commissioner: Arc<dyn Commissioner>,
    pub(crate) shell: Arc<dyn RemoteShell>,
}

impl RackFixture {
    /// Racks two machines, with the rack itself as every plugin. The suites use the first.
    pub(crate) fn new() -> Self {
        let rack = FakeRack::new(["srv001", "srv002"]);
        rack.set_power_delay(POWER_DELAY_READS);
        rack.set_supported_power(PowerAction::ALL.into_iter().filter(|action| *action != PowerAction::Nmi));
        Self {
            power: rack.clone(),
            boot: rack.clone(),
            bios: rack.clone(),
            bmc: rack.clone(),
            commissioner: rack.clone(),
            shell: rack.clone(),
            rack,
        }
    }

    /// The same, with the host running and letting us in.
    pub(crate) fn running() -> Self {
        let fixture = Self::new();
        fixture.change(|truth| {
            truth.on = true;
            truth.host = Some(Ipv4Addr::new(198, 51, 100, 1).into());
        });
        fixture
    }

    fn id() -> MachineId {
        MachineId::from_static("srv001")
    }

    fn truth(&self) -> FakeMachine {
        self.rack.truth(&Self::id())
    }

    fn change(&self, change: impl FnOnce(&mut FakeMachine)) {
        self.rack.change(&Self::id(), change);
    }

    fn logged(&self, source: Capability, what: &str) -> u64 {
        let log = self.rack.log().into_iter();
        log.filter(|logged| logged.source == source && logged.what.starts_with(what)).count() as u64
    }

    async fn power_to(&self, action: PowerAction) {
        self.rack.request_power(&self.machine(), action).await.expect("the rack is sound");
        self.settle().await;
    }
}

#[async_trait]
impl DeviceFixture for RackFixture {
    fn machine(&self) -> Machine {
        self.rack.machine(&Self::id())
    }

    fn secrets(&self) -> Vec<String> {
        self.truth().passwords.into_values().collect()
    }

    async fn break_network(&self) {
        self.rack.inject(Fault::always(FaultOn::Anything, FaultAction::Unreachable));
    }

    async fn refuse_credentials(&self) {
        self.rack.inject(Fault::always(FaultOn::Anything, FaultAction::WrongPassword));
    }

    async fn lose_answers(&self) {
        self.rack.inject(Fault::always(FaultOn::Commands, FaultAction::LoseAnswer));
    }

    async fn heal(&self) {
        self.rack.clear_faults();
    }

    async fn refused_logins(&self) -> u64 {
        self.truth().refused_logins
    }

    async fn settle(&self) {
        for _ in 0..=POWER_DELAY_READS {
            self.rack.power_state(&self.machine()).await.expect("the rack is sound");
        }
    }

    async fn host(&self) -> HostTruth {
        let truth = self.truth();
        HostTruth { power: truth.power(), boots: truth.boots, interrupts: truth.interrupts }
    }
}

#[async_trait]
impl PowerFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn PowerController> {
        self.power.clone()
    }

    async fn set_power(&self, power: PowerState) {
        self.change(|truth| truth.on = power == PowerState::On);
    }

    async fn blur_state(&self) {
        self.rack.inject(Fault::always(Capability::Power, FaultAction::UnknownPower));
    }

    async fn stall(&self) {
        self.rack.inject(Fault::once(Capability::Power, FaultAction::Hang));
    }

    async fn stalled(&self) {
        // The rule is used up when it has caught a call.
        for _ in 0..YIELDS_MAX {
            if self.rack.faults_left() == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no call arrived");
    }

    async fn commands(&self) -> u64 {
        self.logged(Capability::Power, "")
    }
}

#[async_trait]
impl BootFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BootController> {
        self.boot.clone()
    }

    fn requests(&self) -> Vec<BootRequest> {
        let (once, persistent) = (BootLasting::Once, BootLasting::Persistent);
        vec![
            BootRequest { device: BootDevice::Pxe, lasting: once, firmware: BootFirmware::Uefi },
            BootRequest { device: BootDevice::Disk, lasting: persistent, firmware: BootFirmware::Legacy },
        ]
    }

    async fn true_boot(&self) -> BootSetting {
        self.truth().boot
    }

    async fn forget_requests(&self) {
        self.rack.inject(Fault::always(FakeCall::BootSet, FaultAction::Ignore));
    }
}

#[async_trait]
impl BiosFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BiosBackend> {
        self.bios.clone()
    }

    fn good_changes(&self) -> Changes {
        let wanted: Settings = [
            (SettingName::from_static("BootMode"), "UEFI".into()),
            (SettingName::from_static("NumaNodes"), 2.into()),
        ]
        .into_iter()
        .collect();
        Changes::diff(&self.truth().bios, &wanted)
    }

    fn refused_change(&self) -> Change {
        Change { name: SettingName::from_static("SystemSerial"), from: None, to: "another".into() }
    }

    fn unknown_setting(&self) -> SettingName {
        SettingName::from_static("NoSuchSetting")
    }

    async fn true_bios(&self) -> Settings {
        self.truth().bios
    }

    async fn reset_host(&self) {
        self.power_to(PowerAction::On).await;
        self.power_to(PowerAction::Reset).await;
    }
}

#[async_trait]
impl BmcFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BmcConfigurator> {
        self.bmc.clone()
    }

    fn new_address(&self) -> Ipv4Addr {
        Ipv4Addr::new(192, 0, 2, 200)
    }

    fn new_gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(192, 0, 2, 253)
    }

    fn nobody(&self) -> IpAddr {
        Ipv4Addr::new(203, 0, 113, 1).into()
    }

    fn free_user(&self) -> u8 {
        5
    }

    async fn true_lan(&self) -> LanSettings {
        self.truth().lan
    }

    async fn lan_writes(&self) -> u64 {
        self.logged(Capability::Bmc, "set the LAN")
    }

    async fn bmc_restarts(&self) -> u64 {
        self.logged(Capability::Bmc, "cold reset")
    }

    async fn logs_in(&self, name: &str, password: &str) -> bool {
        self.truth().logs_in(name, password)
    }
}

#[async_trait]
impl CommissionerFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn Commissioner> {
        self.commissioner.clone()
    }

    fn unknown_machine(&self) -> Machine {
        Machine::new(MachineId::from_static("srv999"))
    }

    async fn going_on(&self) -> bool {
        self.truth().state == CommissionState::Commissioning
    }

    async fn advance(&self) {
        // The rack gets on with each reading.
    }

    async fn fail_next(&self) {
        self.change(|truth| truth.commissioning_fails = true);
    }

    async fn host_answers(&self, at: IpAddr) -> bool {
        let truth = self.truth();
        truth.on && truth.host == Some(at)
    }

    async fn true_tags(&self) -> Vec<String> {
        self.truth().tags.into_iter().collect()
    }
}

#[async_trait]
impl ShellFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn RemoteShell> {
        self.shell.clone()
    }

    fn print_args(&self, args: &[&str]) -> ShellCommand {
        ShellCommand::new("args").args(args.iter().copied())
    }

    fn printed_args(&self, stdout: &[u8]) -> Vec<String> {
        stdout.split_inclusive(|byte| *byte == b'\n').flat_map(serde_json::from_slice).collect()
    }

    fn failing(&self) -> (ShellCommand, u32) {
        (ShellCommand::new("false"), 1)
    }

    fn copy_input(&self) -> ShellCommand {
        ShellCommand::new("tee").args(["/dev/stderr"])
    }

    fn slow(&self) -> ShellCommand {
        ShellCommand::new("sleep").args(["3600"])
    }

    fn path(&self) -> String {
        "/tmp/conformance".to_owned()
    }

    async fn true_file(&self, path: &str) -> Option<Vec<u8>> {
        self.truth().files.get(path).cloned()
    }

    async fn host_calls(&self) -> u64 {
        self.truth().host_calls
    }

    async fn change_host_key(&self) {
        self.change(|truth| truth.host_key += 1);
    }
}
