//! The running environment: its files, its jobs, and its machine as one connection sees it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::board::{Board, Deed, Facts, LanChange, Said, Site, Up, until_gone};
use super::files::Files;
use super::program::SUM;
use crate::fault::Action;
use crate::log::{Kind, Outcome};
use crate::model::bios::{Bios, Change};
use crate::model::lan::{Lan, LanSource};
use crate::model::users::User;

/// How many jobs one boot may have in the background; nobody needs more than two.
const JOBS_MAX: usize = 16;

/// Is what lasts from one start of an environment to its end.
#[derive(Debug)]
pub(crate) struct Boot {
    pub(crate) machine: String,
    pub(crate) number: u64,
    pub(crate) files: Files,
    site: Arc<dyn Site>,
    jobs: Mutex<JoinSet<()>>,
}

impl Boot {
    pub(crate) fn new(site: Arc<dyn Site>, up: &Up) -> Self {
        let files = Files::new(&up.login);
        let facts = up.board.facts();
        let dmi = "/sys/class/dmi/id";
        let boot_id = format!("00000000-0000-4000-8000-{:012x}\n", up.boot);
        for (path, text) in [
            (format!("{dmi}/sys_vendor"), format!("{}\n", facts.hardware.vendor)),
            (format!("{dmi}/product_name"), format!("{}\n", facts.hardware.product)),
            (format!("{dmi}/board_name"), format!("{}\n", facts.hardware.board)),
            (format!("{dmi}/bios_version"), format!("{}\n", facts.hardware.bios_version)),
            ("/etc/hostname".to_owned(), format!("{}\n", facts.name)),
            ("/etc/os-release".to_owned(), "NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\n".to_owned()),
            ("/proc/sys/kernel/random/boot_id".to_owned(), boot_id),
        ] {
            files.install(&path, text.as_bytes(), 0o444);
        }
        files.install(SUM, b"\x7FELF", 0o755);
        Self { machine: up.machine.clone(), number: up.boot, files, site, jobs: Mutex::new(JoinSet::new()) }
    }

    /// Ends what runs in the background.
    pub(crate) fn end(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

/// Is the running environment as one connection sees it.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    boot: Arc<Boot>,
    board: Arc<dyn Board>,
    login: String,
    /// Peer and user, for the log.
    source: String,
    /// What goes wrong with the command that runs.
    under: Option<Action>,
}

impl Host {
    pub(crate) fn new(boot: Arc<Boot>, up: &Up, source: String) -> Self {
        Self { boot, board: up.board.clone(), login: up.login.clone(), source, under: None }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.boot.files
    }

    pub(crate) fn login(&self) -> &str {
        &self.login
    }

    pub(crate) fn facts(&self) -> Facts {
        self.board.facts()
    }

    pub(crate) fn lan_channel(&self) -> u8 {
        self.board.lan_channel()
    }

    pub(crate) fn lan(&self) -> Lan {
        self.board.lan()
    }

    pub(crate) fn users(&self) -> Vec<User> {
        self.board.users()
    }

    pub(crate) fn bios(&self) -> Bios {
        self.board.bios()
    }

    /// Returns this host for a command that a fault bends.
    pub(crate) fn under(&self, action: Action) -> Arc<Self> {
        Arc::new(Self { under: Some(action), ..self.clone() })
    }

    pub(crate) fn set_lan(&self, change: LanChange) {
        self.act(Deed::Lan(change), &lan_text(change));
    }

    pub(crate) fn stage(&self, changes: Vec<Change>, text: &str) {
        self.act(Deed::Stage(changes), text);
    }

    pub(crate) fn reboot(&self) {
        self.act(Deed::Reboot, "reboot");
    }

    pub(crate) fn power_off(&self) {
        self.act(Deed::PowerOff, "poweroff");
    }

    fn act(&self, deed: Deed, text: &str) {
        self.board.act(deed, self.under.as_ref(), self.said(text, Kind::Command, Outcome::TookEffect));
    }

    fn said(&self, text: &str, kind: Kind, outcome: Outcome) -> Said {
        Said { source: self.source.clone(), command: text.to_owned(), kind, outcome }
    }

    /// Puts a command into the log that changes nothing.
    pub(crate) fn note_read(&self, text: &str, outcome: Outcome) {
        self.board.note(self.said(text, Kind::Read, outcome));
    }

    /// Puts a command into the log that would have changed something and was refused.
    pub(crate) fn note_refused(&self, text: &str) {
        self.board.note(self.said(text, Kind::Command, Outcome::Refused));
    }

    /// Asks the faults about a command, and waits as long as they say.
    pub(crate) async fn judge(&self, text: &str) -> Option<Action> {
        match self.board.judge(text) {
            Some(Action::Delay(delay)) => {
                super::program::pause(delay).await;
                None
            }
            action => action,
        }
    }

    /// Runs a job that ends with the boot at the latest. One too many is not run.
    pub(crate) fn background(self: Arc<Self>, job: impl Future<Output = ()> + Send + 'static) {
        let boot = self.boot.clone();
        let job: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(job);
        let mut jobs = self.boot.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        while jobs.try_join_next().is_some() {}
        if jobs.len() >= JOBS_MAX {
            return;
        }
        jobs.spawn(async move {
            tokio::select! {
                () = job => {}
                () = until_gone(boot.site.as_ref(), &boot.machine, boot.number) => {}
            }
        });
    }
}

fn lan_text(change: LanChange) -> String {
    match change {
        LanChange::Source(LanSource::Dhcp) => "set lan: source dhcp".to_owned(),
        LanChange::Source(_) => "set lan: source static".to_owned(),
        LanChange::Address(address) => format!("set lan: ip {address}"),
        LanChange::Mask(mask) => format!("set lan: mask {mask}"),
        LanChange::Gateway(gateway) => format!("set lan: gateway {gateway}"),
        LanChange::Vlan(None) => "set lan: vlan off".to_owned(),
        LanChange::Vlan(Some(vlan)) => format!("set lan: vlan {vlan}"),
    }
}
