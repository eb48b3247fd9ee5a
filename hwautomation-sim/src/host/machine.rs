//! The running environment: its files, its jobs, and its machine as one connection sees it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::files::Files;
use super::hardware::{
    BmcUser, Facts, Hardware, Lan, LanChange, Outcome, Site, Up, Verdict, Which, until_gone,
};
use super::program::SUM;
use super::program::config::{Change, Menu};

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
        let facts = up.hardware.facts();
        let dmi = "/sys/class/dmi/id";
        let boot_id = format!("00000000-0000-4000-8000-{:012x}\n", up.boot);
        for (path, text) in [
            (format!("{dmi}/sys_vendor"), format!("{}\n", facts.vendor)),
            (format!("{dmi}/product_name"), format!("{}\n", facts.product)),
            (format!("{dmi}/board_name"), format!("{}\n", facts.board)),
            (format!("{dmi}/bios_version"), format!("{}\n", facts.bios_version)),
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
    hardware: Arc<dyn Hardware>,
    login: String,
    /// Peer and user, for the log.
    source: String,
    pretending: bool,
}

impl Host {
    pub(crate) fn new(boot: Arc<Boot>, up: &Up, source: String) -> Self {
        Self { boot, hardware: up.hardware.clone(), login: up.login.clone(), source, pretending: false }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.boot.files
    }

    pub(crate) fn login(&self) -> &str {
        &self.login
    }

    pub(crate) fn facts(&self) -> Facts {
        self.hardware.facts()
    }

    pub(crate) fn lan_channel(&self) -> u8 {
        self.hardware.lan_channel()
    }

    pub(crate) fn lan(&self) -> Lan {
        self.hardware.lan()
    }

    pub(crate) fn bmc_users(&self) -> Vec<BmcUser> {
        self.hardware.bmc_users()
    }

    pub(crate) fn bios(&self, which: Which) -> Vec<Menu> {
        self.hardware.bios(which)
    }

    /// Returns this host for a command that is to say yes and do nothing.
    pub(crate) fn pretending(&self) -> Arc<Self> {
        Arc::new(Self { pretending: true, ..self.clone() })
    }

    pub(crate) fn set_lan(&self, change: LanChange) -> Result<(), String> {
        self.act(&lan_text(change), || self.hardware.set_lan(change))
    }

    pub(crate) fn stage(&self, changes: &[Change], text: &str) {
        let _ = self.act(text, || {
            self.hardware.stage(changes);
            Ok(())
        });
    }

    pub(crate) fn reboot(&self) {
        let _ = self.act("reboot", || {
            self.hardware.reboot();
            Ok(())
        });
    }

    pub(crate) fn power_off(&self) {
        let _ = self.act("poweroff", || {
            self.hardware.power_off();
            Ok(())
        });
    }

    fn act(&self, text: &str, act: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        let done = if self.pretending { Ok(()) } else { act() };
        let outcome = match (&done, self.pretending) {
            (Ok(()), false) => Outcome::TookEffect,
            (Ok(()), true) => Outcome::Ignored,
            (Err(_), _) => Outcome::Refused,
        };
        self.note(text, outcome);
        done
    }

    pub(crate) fn note(&self, text: &str, outcome: Outcome) {
        self.hardware.note(&self.source, text, outcome);
    }

    /// Asks the faults about a command, and waits as long as they say.
    pub(crate) async fn judge(&self, text: &str) -> Verdict {
        let (delay, verdict) = self.hardware.judge(text);
        if !delay.is_zero() {
            super::program::pause(delay).await;
        }
        verdict
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
        LanChange::Static => "set lan: source static".to_owned(),
        LanChange::Dhcp => "set lan: source dhcp".to_owned(),
        LanChange::Address(address) => format!("set lan: ip {address}"),
        LanChange::Mask(mask) => format!("set lan: mask {mask}"),
        LanChange::Gateway(gateway) => format!("set lan: gateway {gateway}"),
        LanChange::Vlan(None) => "set lan: vlan off".to_owned(),
        LanChange::Vlan(Some(vlan)) => format!("set lan: vlan {vlan}"),
    }
}
