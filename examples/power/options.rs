//! What single commands take beside hosts.

use crate::power::args::Ask;
use crate::power::duration;
use crate::power::fleet::PORT;
use clap::{Args as Group, ValueEnum};
use hwautomation_core::error::{Error, Result};
use std::time::Duration;

/// A command that changes the power.
#[derive(Debug, Group)]
pub struct Change {
    #[command(flatten)]
    pub ask: Ask,
    /// How long each machine may take until it is as asked
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse_some)]
    pub wait: Duration,
    /// Ends when the BMCs have accepted it: accepted is not done
    #[arg(long, conflicts_with = "wait")]
    pub no_wait: bool,
    /// Does not ask before several machines lose what they are doing
    #[arg(long, short)]
    pub yes: bool,
}

/// A command whose effect nobody can read back.
#[derive(Debug, Group)]
pub struct Interrupt {
    #[command(flatten)]
    pub ask: Ask,
    /// Does not ask before several machines are interrupted
    #[arg(long, short)]
    pub yes: bool,
}

/// The boot device.
#[derive(Debug, Group)]
pub struct Boot {
    #[command(flatten)]
    pub ask: Ask,
    /// What to boot from; it is read back. `none` is the BIOS boot order
    #[arg(long, value_name = "pxe|disk|cd|bios|none", hide_possible_values = true)]
    pub device: Option<Device>,
    /// Until it is changed, and not for the next boot only
    #[arg(long, requires = "device")]
    pub persistent: bool,
    /// By the legacy BIOS and not by UEFI
    #[arg(long, requires = "device")]
    pub legacy: bool,
}

impl Boot {
    /// Refuses hosts that are called as a boot device: the option was forgotten before it.
    ///
    /// # Errors
    ///
    /// `Invalid` for the first of them.
    pub fn check(&self) -> Result<()> {
        let device = |host: &&String| Device::from_str(host, false).is_ok();
        let Some(device) = self.ask.hosts.iter().find(device) else { return Ok(()) };
        Err(Error::invalid(format!("{device} is taken for a host"))
            .with_remedy(format!("write --device {device}; a BMC of this name is {device}:{PORT}")))
    }
}

/// The sensors.
#[derive(Debug, Group)]
pub struct Sensors {
    #[command(flatten)]
    pub ask: Ask,
    /// Only what is a warning or worse, which is then exit status 1
    #[arg(long)]
    pub problems: bool,
}

/// The event logs.
#[derive(Debug, Group)]
pub struct Sel {
    #[command(flatten)]
    pub ask: Ask,
    /// Only the last entries of each log
    #[arg(long, value_name = "N", conflicts_with = "clear", value_parser = parse_count)]
    pub tail: Option<usize>,
    /// Erases each log after it was shown, if nothing came since
    #[arg(long)]
    pub clear: bool,
}

/// The lamp.
#[derive(Debug, Group)]
pub struct Lamp {
    #[command(flatten)]
    pub ask: Ask,
    /// How long it is lit, at most 255s
    #[arg(long = "for", value_name = "TIME", default_value = "15s", value_parser = duration::parse_lit)]
    pub lit: Duration,
    /// Lights it until it is told otherwise
    #[arg(long, conflicts_with_all = ["lit", "off"])]
    pub forever: bool,
    /// Puts it out
    #[arg(long, conflicts_with = "lit")]
    pub off: bool,
}

fn parse_count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "write a number from 1 on".to_owned())
}

/// Where to boot from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// The network
    Pxe,
    /// The first disk
    Disk,
    /// The optical or virtual drive
    Cd,
    /// The BIOS setup screen
    Bios,
    /// What the BIOS boot order says: takes an override away
    None,
}
