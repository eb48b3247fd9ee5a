//! One machine: hardware, BMC, BIOS, what runs on it, and what MAAS knows of it.

use super::bios::Bios;
use super::bmc::Bmc;
use super::hardware::Hardware;
use super::power::{Control, Edge, Environment, NotInThisState, Power, Stage, Then};
use super::quirk::{Quirk, Stale};
use super::record::Record;
use super::screen::Screen;
use super::tempo::{Tempo, later};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// Is one machine of the rack.
///
/// What is plain data is a public field; what has rules is a method. The machine knows the time of the access (`World::with` settles it before it
/// lends it), so no method takes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The name of the server.
    pub name: String,
    /// Which kind of device a catalogue would call it.
    pub device_type: String,
    /// What it is made of.
    pub hardware: Hardware,
    /// Its management controller.
    pub bmc: Bmc,
    /// Its firmware settings.
    pub bios: Bios,
    /// Where its BMC was when it was racked, as somebody wrote it down then.
    pub bmc_address_racked: Ipv4Addr,
    /// The nominal address that its environments get by DHCP.
    pub host_address: Ipv4Addr,
    /// What MAAS knows of it.
    pub record: Record,
    /// How long its transitions take.
    pub tempo: Tempo,
    pub(crate) boots: u64,
    /// How often the SSH host key was changed inside one boot.
    pub(crate) key_changes: u64,
    pub(crate) stage: Stage,
    pub(crate) edge: Option<Edge>,
    /// What it wrote to its serial port.
    #[serde(default)]
    pub(crate) screen: Screen,
    /// Whether it was lent to be changed since the BMC last looked at it.
    #[serde(skip)]
    pub(crate) touched: bool,
    /// The time of this access, in milliseconds since 1970.
    #[serde(skip)]
    pub(crate) now: u64,
    #[serde(skip)]
    pub(crate) happened: Vec<Happened>,
}

/// Is something that the machine or MAAS did by itself, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) at: u64,
    pub(crate) text: String,
}

impl Machine {
    /// Says whether it has power. An accepted command shows here only after `tempo.power_edge`.
    pub const fn power(&self) -> Power {
        self.stage.power()
    }

    /// Returns what runs on it, if anything does.
    pub const fn environment(&self) -> Option<Environment> {
        self.stage.environment()
    }

    /// Says whether SSH answers at its host address.
    pub fn answers_ssh(&self) -> bool {
        self.environment().is_some_and(Environment::answers_ssh)
    }

    /// Says whether something on it reads what is typed at the serial port.
    pub(crate) fn takes_typing(&self) -> bool {
        self.answers_ssh()
    }

    /// Types at the serial port: a log-in that only echoes.
    pub(crate) fn type_in(&mut self, characters: &[u8]) {
        for character in characters {
            match character {
                b'\r' | b'\n' => self.screen.write(format!("\r\n{} login: ", self.name).as_bytes()),
                character => self.screen.write(&[*character]),
            }
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        self.screen.write(format!("{text}\r\n").as_bytes());
    }

    /// Returns how often it booted: the number of this boot.
    pub const fn boots(&self) -> u64 {
        self.boots
    }

    /// Does what a chassis control asks for; the power shows it after `tempo.power_edge`.
    ///
    /// # Errors
    /// A cycle, reset, interrupt or soft off of a machine without power.
    pub fn control(&mut self, control: Control) -> Result<(), NotInThisState> {
        self.remember_power();
        match (control, self.power()) {
            (Control::PowerOn, Power::On) if self.edge.is_none() => {}
            (Control::PowerOn | Control::PowerOff, _) => self.schedule(control),
            (Control::PowerCycle, Power::Off) if self.bmc.quirks.has(Quirk::CycleWhenOffSwitchesOn) => {
                self.schedule(Control::PowerOn);
            }
            (_, Power::Off) => return Err(NotInThisState),
            (Control::PowerCycle | Control::HardReset, Power::On) => self.schedule(control),
            (Control::SoftOff, Power::On) => drop(self.end_itself(Then::StayOff)),
            (Control::DiagnosticInterrupt, Power::On) => {}
        }
        self.settle(self.now);
        Ok(())
    }

    /// Reboots from inside, as the environment's `reboot` does. Says whether an environment was there to do it.
    pub fn reboot(&mut self) -> bool {
        self.end_itself(Then::Boot)
    }

    /// Switches off from inside, as the environment's `poweroff` does. Says whether an environment was there to do it.
    pub fn power_off_itself(&mut self) -> bool {
        self.end_itself(Then::StayOff)
    }

    /// Takes the power away or gives it at once, as a hand at the plug does.
    pub fn set_power(&mut self, power: Power) {
        self.edge = None;
        match (power, self.power()) {
            (Power::Off, _) => self.lose_power(self.now),
            (Power::On, Power::Off) => self.begin_post(self.now),
            (Power::On, Power::On) => {}
        }
        self.settle(self.now);
    }

    /// Restarts the BMC: it says nothing for `tempo.bmc_reset`, forgets its sessions and keeps its settings.
    pub fn reset_bmc(&mut self) {
        self.bmc.resets += 1;
        self.bmc.sel.lose_reservation();
        self.bmc.login.channel = self.bmc.login.channel_kept;
        if self.bmc.quirks.has(Quirk::ResetBootsHost) {
            self.begin_post(self.now);
        }
        self.bmc.silent_until = Some(later(self.now, self.tempo.bmc_reset));
        self.settle(self.now);
    }

    /// Gives the running environment another SSH host key, which must not happen inside one boot.
    pub fn change_host_key(&mut self) {
        self.key_changes += 1;
    }

    /// Returns the power as the BMC tells it, which may be that of before the last command.
    pub(crate) fn power_told(&self) -> Power {
        let stale = self.bmc.stale.filter(|stale| self.now < stale.until);
        stale.map_or(self.power(), |stale| stale.power)
    }

    fn remember_power(&mut self) {
        let Some(duration) = self.bmc.quirks.tells_stale_power_for() else { return };
        let power = self.power_told();
        self.bmc.stale = Some(Stale { power, until: later(self.now, duration) });
    }

    fn schedule(&mut self, control: Control) {
        self.edge = Some(Edge { at: later(self.now, self.tempo.power_edge), control });
    }

    fn end_itself(&mut self, then: Then) -> bool {
        if !self.environment().is_some_and(Environment::can_end_itself) {
            return false;
        }
        self.leave(self.now, then);
        self.settle(self.now);
        true
    }
}
