//! Core's [`BiosBackend`] by SUM on the host.

use super::config::SumConfig;
use super::error::SumError;
use super::model::{BiosCfg, Entry, partial};
use async_trait::async_trait;
use hwautomation_core::bios::Changes;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BiosBackend, BiosReading, Pending, RemoteShell, ShellCommand};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

/// How long a configuration may be: an X11 board's has 240 KB.
const CFG_BYTES_MAX: usize = 8 << 20;
/// How long removing a file may take.
const REMOVE_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads and stages the BIOS settings of Supermicro machines with SUM, run on the host over a shell.
///
/// - What is staged takes effect at the next boot. SUM is never told to boot the machine (`--reboot`).
/// - SUM cannot say what waits, so a reading's `pending` is [`Pending::Unknown`]; nor can it take anything back, so
///   [`discard_bios`](BiosBackend::discard_bios) is `Unsupported`.
/// - Changes are checked against the machine's own list of settings and options before anything is pushed. What is
///   pushed names the changed settings only, in a file of its own that is removed afterwards. A call that is dropped
///   in the middle leaves it there, readable by its owner only.
///
/// How settings are named: by their plain name where it is the only one (`Quiet Boot`), else with their menus
/// (`Boot|Hard Disk Drive BBS Priorities|Boot Option #1`), and where these are the same too, with the order that
/// SUM gives them (`Boot|Boot Option #1 (order 2)`). A check box is a boolean, a numeric setting a whole number.
#[derive(Debug)]
pub struct SumBackend {
    shell: Arc<dyn RemoteShell>,
    config: SumConfig,
}

impl SumBackend {
    /// Makes a backend that runs SUM over this shell.
    ///
    /// # Errors
    ///
    /// `Invalid` when the configuration has values that cannot be.
    pub fn new(shell: Arc<dyn RemoteShell>, config: SumConfig) -> Result<Self> {
        config.validate()?;
        Ok(Self { shell, config })
    }

    async fn current(&self, machine: &Machine) -> Result<BiosCfg> {
        let sum = self.config.on(machine)?;
        let what = format!("reading the BIOS settings of machine {} with {}", machine.id, sum.path);
        // Without --file it prints the configuration, and there is no file to be left behind.
        let command =
            ShellCommand { output_bytes_max: CFG_BYTES_MAX, ..command(&sum, &["-c", "GetCurrentBiosCfg"]) };
        let output = self.shell.run(machine, &command).await?;
        let read = || {
            SumError::of(&output, &sum.path, false)?;
            if output.stdout.len() >= CFG_BYTES_MAX {
                return Err(SumError::TooLong(CFG_BYTES_MAX));
            }
            BiosCfg::read(&output.stdout).map_err(SumError::Unreadable)
        };
        read().map_err(|error| error.into_error(&what))
    }

    async fn push(&self, machine: &Machine, cfg: &BiosCfg, entries: &[Entry]) -> Result<()> {
        let sum = self.config.on(machine)?;
        let file = file();
        self.shell.put(machine, &file, &partial(cfg.encoding, entries)).await?;
        let output = self.shell.run(machine, &command(&sum, &["-c", "ChangeBiosCfg", "--file", &file])).await;
        self.remove(machine, &file).await;
        let what = format!("staging BIOS settings of machine {} with {}", machine.id, sum.path);
        SumError::of(&output?, &sum.path, true).map_err(|error| error.into_error(&what))
    }

    /// Removes the file, also when nobody knows how the push ended. Where that fails, the file stays: it is private,
    /// and its name is not used again.
    async fn remove(&self, machine: &Machine, file: &str) {
        let command = ShellCommand::new("rm").args(["-f", file]).timeout(REMOVE_TIMEOUT);
        match self.shell.run(machine, &command).await {
            Ok(output) if output.succeeded() => {}
            Ok(output) => {
                tracing::warn!(machine = %machine.id, file, status = output.status, "file not removed")
            }
            Err(error) => tracing::warn!(machine = %machine.id, file, error = %error, "file not removed"),
        }
    }
}

#[async_trait]
impl BiosBackend for SumBackend {
    async fn read_bios(&self, machine: &Machine) -> Result<BiosReading> {
        let in_force = self.current(machine).await?.settings();
        Ok(BiosReading { in_force, pending: Pending::Unknown })
    }

    async fn stage_bios(&self, machine: &Machine, changes: &Changes) -> Result<()> {
        let cfg = self.current(machine).await?;
        let what = format!("staging BIOS settings of machine {}", machine.id);
        let entries = cfg.changed(changes).map_err(|bad| SumError::Changes(bad).into_error(&what))?;
        if entries.is_empty() {
            return Ok(());
        }
        self.push(machine, &cfg, &entries).await
    }

    async fn discard_bios(&self, machine: &Machine) -> Result<()> {
        let what = format!("discarding what was staged on machine {}", machine.id);
        Err(SumError::NoDiscard.into_error(&what))
    }
}

fn command(sum: &SumConfig, args: &[&str]) -> ShellCommand {
    let command = match sum.sudo {
        // Without a terminal there is nobody to ask for a password.
        true => ShellCommand::new("sudo").args(["-n", "--", sum.path.as_str()]),
        false => ShellCommand::new(sum.path.as_str()),
    };
    command.args(args.iter().copied()).timeout(sum.timeout)
}

/// Names a file that nobody else uses: a hasher's keys are random and differ with each.
fn file() -> String {
    let random = [RandomState::new().build_hasher().finish(), RandomState::new().build_hasher().finish()];
    format!("/tmp/hwautomation-sum-{:016x}{:016x}.xml", random[0], random[1])
}
