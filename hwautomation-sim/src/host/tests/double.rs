//! A machine of a few fields, with rules for its commands.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use crate::host::files::User;
use crate::host::hardware::{BmcUser, Facts, Hardware, Lan, LanChange, Outcome, Site, Up, Verdict, Which};
use crate::host::key::host_key;
use crate::host::machine::{Boot, Host};
use crate::host::program::config::{Change, Kind, Menu, Setting, Value};
use crate::host::shell::{Ended, Input, Output, Shell, Streams};

/// A client's key made for these tests; it opens nothing else.
pub(super) const CLIENT_SEED: [u8; 32] = [7; 32];

#[derive(Debug)]
pub(super) struct State {
    pub(super) boot: Option<u64>,
    pub(super) key_change: u64,
    pub(super) password: Option<String>,
    pub(super) lan: Lan,
    pub(super) bios: Vec<Menu>,
    pub(super) staged: Vec<Change>,
    pub(super) rules: Vec<(&'static str, Duration, Verdict)>,
    pub(super) log: Vec<(String, String, Outcome)>,
}

#[derive(Debug)]
pub(super) struct Double {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl Double {
    pub(super) fn new() -> Arc<Self> {
        let lan = Lan {
            source: "Static Address",
            address: Ipv4Addr::new(10, 1, 0, 1),
            mask: Ipv4Addr::new(255, 255, 255, 0),
            gateway: Ipv4Addr::new(10, 1, 0, 254),
            vlan: None,
            mac: "0c:c4:7a:00:00:01".to_owned(),
        };
        let state = State {
            boot: Some(1),
            key_change: 0,
            password: None,
            lan,
            bios: menus(),
            staged: Vec::new(),
            rules: Vec::new(),
            log: Vec::new(),
        };
        Arc::new(Self { state: Mutex::new(state), changed: watch::Sender::new(0) })
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.state.lock().unwrap());
        self.changed.send_modify(|count| *count += 1);
        result
    }

    pub(super) fn rule(&self, command: &'static str, verdict: Verdict) {
        self.with(|state| state.rules.push((command, Duration::ZERO, verdict)));
    }

    /// Starts anew: what was staged comes into force.
    pub(super) fn boot(&self) {
        self.with(|state| {
            state.boot = Some(state.boot.unwrap_or(0) + 1);
            for change in std::mem::take(&mut state.staged) {
                put(&mut state.bios, &change);
            }
        });
    }

    pub(super) fn log(&self) -> Vec<(String, Outcome)> {
        self.with(|state| state.log.iter().map(|(_, text, outcome)| (text.clone(), *outcome)).collect())
    }
}

fn menus() -> Vec<Menu> {
    let options =
        |names: &[&str]| names.iter().zip(0..).map(|(name, value)| (value, (*name).to_owned())).collect();
    let boot = Menu {
        name: "Boot Feature".to_owned(),
        settings: vec![
            Setting {
                name: "Quiet Boot".to_owned(),
                order: None,
                help: "Enables or disables".to_owned(),
                kind: Kind::CheckBox { checked: true, default: true },
            },
            Setting {
                name: "Boot Mode".to_owned(),
                order: None,
                help: String::new(),
                kind: Kind::Option {
                    selected: "DUAL".to_owned(),
                    default: "DUAL".to_owned(),
                    options: options(&["LEGACY", "UEFI", "DUAL"]),
                },
            },
        ],
        ..Menu::default()
    };
    vec![Menu { name: "Advanced".to_owned(), menus: vec![boot], ..Menu::default() }]
}

fn put(menus: &mut [Menu], change: &Change) {
    let Some(setting) = menus[0].menus[0].settings.iter_mut().find(|setting| setting.name == change.name)
    else {
        return;
    };
    match (&mut setting.kind, &change.value) {
        (Kind::CheckBox { checked, .. }, Value::CheckBox(value)) => *checked = *value,
        (Kind::Option { selected, .. }, Value::Option(value)) => selected.clone_from(value),
        _ => {}
    }
}

/// Is the double seen as hardware and as a site.
#[derive(Clone, Debug)]
pub(super) struct View(pub(super) Arc<Double>);

impl Hardware for View {
    fn facts(&self) -> Facts {
        Facts {
            name: "srv001".to_owned(),
            vendor: "Supermicro".to_owned(),
            product: "SYS-1".to_owned(),
            board: "X11DPH-T".to_owned(),
            serial: "S1".to_owned(),
            bmc_firmware: (3, 8),
            ..Facts::default()
        }
    }

    fn lan_channel(&self) -> u8 {
        1
    }

    fn lan(&self) -> Lan {
        self.0.with(|state| state.lan.clone())
    }

    fn set_lan(&self, change: LanChange) -> Result<(), String> {
        self.0.with(|state| match change {
            LanChange::Address(address) => state.lan.address = address,
            LanChange::Mask(mask) => state.lan.mask = mask,
            LanChange::Gateway(gateway) => state.lan.gateway = gateway,
            LanChange::Vlan(vlan) => state.lan.vlan = vlan,
            LanChange::Static => state.lan.source = "Static Address",
            LanChange::Dhcp => state.lan.source = "DHCP Address",
        });
        Ok(())
    }

    fn bmc_users(&self) -> Vec<BmcUser> {
        vec![BmcUser { id: 2, name: "ADMIN".to_owned(), privilege: 4, enabled: true }]
    }

    fn bios(&self, _: Which) -> Vec<Menu> {
        self.0.with(|state| state.bios.clone())
    }

    fn stage(&self, changes: &[Change]) {
        self.0.with(|state| state.staged.extend_from_slice(changes));
    }

    fn reboot(&self) {
        self.0.boot();
    }

    fn power_off(&self) {
        self.0.with(|state| state.boot = None);
    }

    fn judge(&self, command: &str) -> (Duration, Verdict) {
        self.0.with(|state| {
            let at = state.rules.iter().position(|(text, ..)| command.contains(text));
            at.map_or((Duration::ZERO, Verdict::Run), |at| {
                let (_, delay, verdict) = state.rules.remove(at);
                (delay, verdict)
            })
        })
    }

    fn note(&self, source: &str, command: &str, outcome: Outcome) {
        self.0.with(|state| state.log.push((source.to_owned(), command.to_owned(), outcome)));
    }
}

impl Site for View {
    fn up(&self) -> Option<Up> {
        let (boot, change, password) =
            self.0.with_quietly(|state| (state.boot, state.key_change, state.password.clone()));
        let boot = boot?;
        Some(Up {
            machine: "srv001".to_owned(),
            boot,
            key: host_key(b"double", "srv001", boot, change),
            login: "ubuntu".to_owned(),
            authorized: vec![client_key().public_key().to_openssh().unwrap()],
            password,
            hardware: Arc::new(self.clone()),
        })
    }

    fn runs(&self, _: &str, boot: u64) -> bool {
        self.0.with_quietly(|state| state.boot == Some(boot))
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }
}

impl Double {
    fn with_quietly<T>(&self, act: impl FnOnce(&State) -> T) -> T {
        act(&self.state.lock().unwrap())
    }
}

pub(super) fn client_key() -> russh::keys::PrivateKey {
    use russh::keys::ssh_key::private::Ed25519Keypair;
    russh::keys::PrivateKey::from(Ed25519Keypair::from_seed(&CLIENT_SEED))
}

/// Is what a line came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) status: Result<u8, Ended>,
    pub(super) output: String,
    pub(super) error: String,
}

/// Is a login without a network.
pub(super) struct Login {
    pub(super) double: Arc<Double>,
    host: Arc<Host>,
    user: User,
}

impl Login {
    pub(super) fn new() -> Self {
        Self::on(Double::new())
    }

    pub(super) fn on(double: Arc<Double>) -> Self {
        let view = View(double.clone());
        let up = view.up().unwrap();
        let boot = Arc::new(Boot::new(Arc::new(view), &up));
        Self { double, host: Arc::new(Host::new(boot, &up, "peer ubuntu".to_owned())), user: User::LOGIN }
    }

    pub(super) async fn run(&self, line: &str) -> Ran {
        self.feed(line, b"").await
    }

    pub(super) async fn feed(&self, line: &str, input: &[u8]) -> Ran {
        let ((output, out), (error, err)) = (Output::kept(), Output::kept());
        let streams = Streams { input: Input::bytes(input.to_vec()), output, error };
        let status = Shell::login(self.host.clone(), self.user).line(line, &streams).await;
        let text = |bytes: &Mutex<Vec<u8>>| String::from_utf8_lossy(&bytes.lock().unwrap()).into_owned();
        Ran { status, output: text(&out), error: text(&err) }
    }

    /// Runs a line that must end with 0, and returns what it printed.
    pub(super) async fn ok(&self, line: &str) -> String {
        let ran = self.run(line).await;
        assert_eq!(ran.status, Ok(0), "{line}: {ran:?}");
        ran.output
    }
}
