//! A machine of a few fields, with rules for its commands.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::fault::Action;
use crate::host::board::{Board, Deed, Facts, LanChange, Said, Site, Up};
use crate::host::files::User;
use crate::host::key::host_key;
use crate::host::machine::{Boot, Host};
use crate::host::shell::{Ended, Input, Output, Shell, Streams};
use crate::log::Outcome;
use crate::model::bios::{Bios, Kind, Menu, Setting};
use crate::model::hardware::Hardware;
use crate::model::lan::{Lan, LanSource};
use crate::model::users::User as BmcUser;

/// A client's key made for these tests; it opens nothing else.
pub(super) const CLIENT_SEED: [u8; 32] = [7; 32];

#[derive(Debug)]
pub(super) struct State {
    pub(super) boot: Option<u64>,
    pub(super) key_change: u64,
    pub(super) password: Option<String>,
    pub(super) lan: Lan,
    pub(super) bios: Bios,
    pub(super) rules: Vec<(&'static str, Action)>,
    pub(super) log: Vec<Said>,
}

#[derive(Debug)]
pub(super) struct Double {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl Double {
    pub(super) fn new() -> Arc<Self> {
        let lan = Lan {
            source: LanSource::Static,
            address: Ipv4Addr::new(10, 1, 0, 1),
            mask: Ipv4Addr::new(255, 255, 255, 0),
            gateway: Ipv4Addr::new(10, 1, 0, 254),
            vlan: None,
            mac: [0x0c, 0xc4, 0x7a, 0, 0, 1],
        };
        let state = State {
            boot: Some(1),
            key_change: 0,
            password: None,
            lan,
            bios: Bios { menus: menus(), pending: Vec::new() },
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

    pub(super) fn rule(&self, command: &'static str, action: Action) {
        self.with(|state| state.rules.push((command, action)));
    }

    /// Starts anew: what was staged comes into force.
    pub(super) fn boot(&self) {
        self.with(|state| {
            state.boot = Some(state.boot.unwrap_or(0) + 1);
            state.bios.come_into_force();
        });
    }

    pub(super) fn log(&self) -> Vec<(String, Outcome)> {
        self.with(|state| state.log.iter().map(|said| (said.command.clone(), said.outcome)).collect())
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

/// Is the double seen as hardware and as a site.
#[derive(Clone, Debug)]
pub(super) struct View(pub(super) Arc<Double>);

impl Board for View {
    fn facts(&self) -> Facts {
        let hardware = Hardware { bmc_firmware: (3, 8), ..Hardware::supermicro(1) };
        Facts { name: "srv001".to_owned(), hardware, guid: [7; 16] }
    }

    fn lan_channel(&self) -> u8 {
        1
    }

    fn lan(&self) -> Lan {
        self.0.with(|state| state.lan.clone())
    }

    fn users(&self) -> Vec<BmcUser> {
        vec![BmcUser::default(), BmcUser::administrator("ADMIN", "secret")]
    }

    fn bios(&self) -> Bios {
        self.0.with(|state| state.bios.clone())
    }

    fn act(&self, deed: Deed, under: Option<&Action>, mut said: Said) {
        if under == Some(&Action::AcceptWithoutEffect) {
            said.outcome = Outcome::Ignored;
            return self.note(said);
        }
        self.note(said);
        match deed {
            Deed::Lan(LanChange::Address(address)) => self.0.with(|state| state.lan.address = address),
            Deed::Lan(_) => {}
            Deed::Stage(changes) => self.0.with(|state| state.bios.stage(&changes)),
            Deed::Reboot => self.0.boot(),
            Deed::PowerOff => self.0.with(|state| state.boot = None),
        }
    }

    fn judge(&self, command: &str) -> Option<Action> {
        self.0.with(|state| {
            let at = state.rules.iter().position(|(text, _)| command.contains(text))?;
            Some(state.rules.remove(at).1)
        })
    }

    fn note(&self, said: Said) {
        self.0.with(|state| state.log.push(said));
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
            key: host_key(&[boot as u8 * 16 + change as u8; 32]),
            login: "ubuntu".to_owned(),
            authorized: vec![client_key().public_key().to_openssh().unwrap()],
            password,
            board: Arc::new(self.clone()),
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
