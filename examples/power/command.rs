//! What a command of the command line amounts to. Pure.

use crate::power::args::{Ask, Command};
use hwautomation_core::error::Result;
use hwautomation_core::plugin::PowerAction;
use std::time::Duration;

impl Command {
    /// Returns its name, as it is typed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::On(_) => "on",
            Self::Off(_) => "off",
            Self::Soft(_) => "soft",
            Self::Cycle(_) => "cycle",
            Self::Reset(_) => "reset",
            Self::Nmi(_) => "nmi",
            Self::Boot(_) => "boot",
            Self::Sensors(_) => "sensors",
            Self::Sel(_) => "sel",
            Self::Identify(_) => "identify",
        }
    }

    /// Returns what every command takes.
    pub fn ask(&self) -> &Ask {
        match self {
            Self::Status(ask) => ask,
            Self::On(change)
            | Self::Off(change)
            | Self::Soft(change)
            | Self::Cycle(change)
            | Self::Reset(change) => &change.ask,
            Self::Nmi(interrupt) => &interrupt.ask,
            Self::Boot(boot) => &boot.ask,
            Self::Sensors(sensors) => &sensors.ask,
            Self::Sel(sel) => &sel.ask,
            Self::Identify(lamp) => &lamp.ask,
        }
    }

    /// Looks at what clap cannot know to be wrong.
    ///
    /// # Errors
    ///
    /// `Invalid`.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Boot(boot) => boot.check(),
            _ => Ok(()),
        }
    }

    /// Returns the power command that it sends, if it sends one.
    pub fn action(&self) -> Option<PowerAction> {
        match self {
            Self::On(_) => Some(PowerAction::On),
            Self::Off(_) => Some(PowerAction::ForcedOff),
            Self::Soft(_) => Some(PowerAction::GracefulOff),
            Self::Cycle(_) => Some(PowerAction::Cycle),
            Self::Reset(_) => Some(PowerAction::Reset),
            Self::Nmi(_) => Some(PowerAction::Nmi),
            _ => None,
        }
    }

    /// Returns how long it waits until machines are as asked; nothing when it does not.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::On(change)
            | Self::Off(change)
            | Self::Soft(change)
            | Self::Cycle(change)
            | Self::Reset(change) => (!change.no_wait).then_some(change.wait),
            _ => None,
        }
    }

    /// Tells whether nobody needs to be asked before it.
    pub fn is_confirmed(&self) -> bool {
        match self {
            Self::On(change)
            | Self::Off(change)
            | Self::Soft(change)
            | Self::Cycle(change)
            | Self::Reset(change) => change.yes,
            Self::Nmi(interrupt) => interrupt.yes,
            _ => true,
        }
    }

    /// Tells whether it changes anything.
    pub fn changes(&self) -> bool {
        match self {
            Self::Boot(boot) => boot.device.is_some(),
            Self::Identify(_) => true,
            _ => self.action().is_some(),
        }
    }
}
