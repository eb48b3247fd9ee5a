//! A machine of the simulated rack, in MAAS's rescue mode, where SSH answers and SUM is installed.

use async_trait::async_trait;
use hwautomation_bios::{MemoryPins, SshConfig, SshShell, SumBackend, SumConfig};
use hwautomation_core::bios::{Change, Changes, SettingName, SettingValue, Settings};
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{BiosBackend, PowerState, RemoteShell, ShellCommand, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::bios::BiosFixture;
use hwautomation_core::testing::conformance::shell::ShellFixture;
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use hwautomation_sim::{
    Action, Control, Face, Fault, Menu, Outcome, Power, Rack, RackPlan, Setting, Status, Tempo, Value,
};
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SERVER: &str = "srv001";
/// Bounds every wait of a test.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection or a run of SUM may take here: what is silent, stays so.
const SILENCE: Duration = Duration::from_secs(2);

/// One machine of a rack, and the plugins under test.
pub(crate) struct Sim {
    pub(crate) rack: Rack,
    shell: Mutex<Arc<SshShell>>,
    pins: Arc<MemoryPins>,
    stranger: AtomicBool,
}

impl Sim {
    pub(crate) async fn start() -> Self {
        let rack = RackPlan::servers(1).tempo(Tempo::quick()).start().await.unwrap();
        rack.change(SERVER, |machine| {
            machine.record.status = Status::RescueMode;
            machine.set_power(Power::On);
        });
        let pins = Arc::new(MemoryPins::default());
        let shell = Mutex::new(shell(&rack, &pins));
        let sim = Self { rack, shell, pins, stranger: AtomicBool::new(false) };
        sim.wait_for_boot(1).await;
        sim
    }

    async fn wait_for_boot(&self, number: u64) {
        let is_so = |rack: &Rack| rack.truth(SERVER).boots == number && rack.truth(SERVER).ssh;
        assert!(self.rack.wait_until(PATIENCE, is_so).await, "{:?}", self.rack.truth(SERVER));
    }

    fn shell(&self) -> Arc<SshShell> {
        self.shell.lock().unwrap().clone()
    }

    pub(crate) fn bios(&self) -> SumBackend {
        SumBackend::new(self.shell(), SumConfig { timeout: SILENCE, ..SumConfig::default() }).unwrap()
    }
}

fn shell(rack: &Rack, pins: &Arc<MemoryPins>) -> Arc<SshShell> {
    let sheet = rack.sheet();
    let pairs = sheet.connect.iter();
    let connect: ConnectMap =
        pairs.map(|(nominal, socket)| (nominal.parse().unwrap(), socket.parse().unwrap())).collect();
    let key = Secret::new(sheet.servers[0].host.private_key.clone());
    let credentials = Arc::new(StaticCredentials::default().with("key", key));
    let config =
        SshConfig { connect, connect_timeout: SILENCE, file_timeout: SILENCE, ..SshConfig::default() };
    Arc::new(SshShell::new(config, credentials, pins.clone()).unwrap())
}

#[async_trait]
impl DeviceFixture for Sim {
    fn machine(&self) -> Machine {
        let host = self.rack.sheet().servers[0].host.clone();
        let mut machine = Machine::new(MachineId::from_static(SERVER));
        machine.addresses.host = Some(host.address.into());
        machine.boot_generation = self.rack.truth(SERVER).boots;
        machine.credentials.insert("ssh".to_owned(), SecretRef::new("static:key").unwrap());
        let stranger = self.stranger.load(Ordering::SeqCst);
        let username = if stranger { "stranger".to_owned() } else { host.username };
        machine.settings.insert(PluginName::from_static("ssh"), json!({"username": username}));
        machine
    }

    fn secrets(&self) -> Vec<String> {
        let key = self.rack.sheet().servers[0].host.private_key.clone();
        key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect()
    }

    async fn break_network(&self) {
        self.rack.inject(Fault::new(Action::Drop).face(Face::Ssh));
    }

    async fn refuse_credentials(&self) {
        self.stranger.store(true, Ordering::SeqCst);
    }

    async fn lose_answers(&self) {
        self.rack.inject(Fault::new(Action::LoseAnswer).face(Face::Ssh));
    }

    async fn heal(&self) {
        self.rack.clear_faults();
        self.stranger.store(false, Ordering::SeqCst);
    }

    async fn refused_logins(&self) -> u64 {
        let log = self.rack.log();
        let refused = log.iter().filter(|entry| entry.outcome == Outcome::Refused);
        refused.filter(|entry| entry.command.starts_with("login")).count() as u64
    }

    async fn settle(&self) {}

    async fn host(&self) -> HostTruth {
        let truth = self.rack.truth(SERVER);
        let power = if truth.power == Power::On { PowerState::On } else { PowerState::Off };
        HostTruth { power, boots: truth.boots, interrupts: 0 }
    }
}

#[async_trait]
impl ShellFixture for Sim {
    fn plugin(&self) -> Arc<dyn RemoteShell> {
        self.shell()
    }

    fn print_args(&self, args: &[&str]) -> ShellCommand {
        ShellCommand::new("printf").args([r"%s\0"]).args(args.iter().copied())
    }

    fn printed_args(&self, stdout: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    fn failing(&self) -> (ShellCommand, u32) {
        (ShellCommand::new("sh").args(["-c", "exit 37"]), 37)
    }

    fn copy_input(&self) -> ShellCommand {
        // The simulated host has no /dev/stderr.
        let script = "f=$(mktemp); tee \"$f\"; cat \"$f\" >&2; rm -f \"$f\"";
        ShellCommand::new("sh").args(["-c", script]).timeout(SILENCE)
    }

    fn slow(&self) -> ShellCommand {
        ShellCommand::new("sleep").args(["3600"])
    }

    fn path(&self) -> String {
        "/tmp/a file; it's $HOME".to_owned()
    }

    /// Has the host print it, by a connection of its own: a simulated file has no other window.
    async fn true_file(&self, path: &str) -> Option<Vec<u8>> {
        let command = ShellCommand::new("cat").args([path]);
        let output = shell(&self.rack, &self.pins).run(&self.machine(), &command).await.unwrap();
        output.succeeded().then_some(output.stdout)
    }

    async fn host_calls(&self) -> u64 {
        let log = self.rack.log();
        let calls = log.iter().filter(|entry| entry.face == Face::Ssh);
        calls.filter(|entry| !entry.command.starts_with("login")).count() as u64
    }

    /// The connections of before the change go with it, as when the host's sshd was replaced.
    async fn change_host_key(&self) {
        self.rack.change(SERVER, |machine| machine.change_host_key());
        *self.shell.lock().unwrap() = shell(&self.rack, &self.pins);
    }
}

#[async_trait]
impl BiosFixture for Sim {
    fn plugin(&self) -> Arc<dyn BiosBackend> {
        Arc::new(self.bios())
    }

    fn good_changes(&self) -> Changes {
        let change = |(name, to): (&str, SettingValue)| {
            let name = SettingName::new(name).unwrap();
            Change { name, from: None, to }
        };
        let changes: [(&str, SettingValue); 5] = [
            ("Quiet Boot", false.into()),
            ("Cores Enabled", 4.into()),
            ("Intel\u{ae} VT for Directed I/O (VT-d)", "Disable".into()),
            ("Advanced|PCIe/PCI/PnP Configuration|RSC-R1UW SLOT2|OPROM", "Disabled".into()),
            ("Boot|Boot Option #1 (order 2)", "UEFI Hard Disk".into()),
        ];
        changes.map(change).into_iter().collect()
    }

    fn refused_change(&self) -> Change {
        Change { name: SettingName::from_static("Password Check"), from: None, to: "Never".into() }
    }

    fn unknown_setting(&self) -> SettingName {
        SettingName::from_static("No Such Setting")
    }

    async fn true_bios(&self) -> Settings {
        let (bios, mut all) = (self.rack.truth(SERVER).bios, Vec::new());
        bios.menus.iter().for_each(|menu| collect(menu, "", &mut all));
        name_all(&all)
    }

    async fn reset_host(&self) {
        let boots = self.rack.truth(SERVER).boots;
        self.rack.change(SERVER, |machine| machine.control(Control::HardReset)).unwrap();
        self.wait_for_boot(boots + 1).await;
    }
}

/// Lists settings with the path to each.
fn collect<'m>(menu: &'m Menu, above: &str, all: &mut Vec<(String, &'m Setting)>) {
    let path = format!("{above}{}|", menu.name);
    all.extend(menu.settings.iter().map(|setting| (format!("{path}{}", setting.name), setting)));
    menu.menus.iter().for_each(|menu| collect(menu, &path, all));
}

/// Names settings as the crate's documentation says.
fn name_all(all: &[(String, &Setting)]) -> Settings {
    let (mut names, mut paths) = (HashMap::new(), HashMap::new());
    for (path, setting) in all {
        *names.entry(setting.name.as_str()).or_insert(0) += 1;
        *paths.entry(path.as_str()).or_insert(0) += 1;
    }
    let name =
        |(path, setting): &(String, &Setting)| match (names[setting.name.as_str()], paths[path.as_str()]) {
            (1, _) => setting.name.clone(),
            (_, 1) => path.clone(),
            _ => format!("{path} (order {})", setting.order.unwrap_or(1)),
        };
    let value = |setting: &Setting| match setting.value() {
        Value::Option(text) | Value::Text(text) => SettingValue::from(text),
        Value::CheckBox(checked) => checked.into(),
        Value::Numeric(number) => number.into(),
    };
    all.iter().map(|entry| (SettingName::new(name(entry)).unwrap(), value(entry.1))).collect()
}
