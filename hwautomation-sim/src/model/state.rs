//! The whole rack: what is kept when the process ends.

use super::machine::Machine;
use super::power::{Control, Power};
use super::record::SeenPower;
use super::tag::Tag;
use super::truth::Truth;
use crate::log::{Face, Kind, LogEntry, Note, Outcome};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::net::Ipv4Addr;

/// Is the state of the rack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// What everything that must differ between racks, and not between starts of one, is made from.
    pub(crate) seed: [u8; 32],
    pub(crate) machines: Vec<Machine>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) access: Access,
    /// Nominal addresses that no BMC has yet.
    pub(crate) spare_bmc_addresses: Vec<Ipv4Addr>,
    /// The number of the next script results.
    pub(crate) next_result_id: u64,
    /// The number of the next log entry; the log itself says it after a restart.
    #[serde(skip)]
    pub(crate) next_order: u64,
    /// Log entries that are not written yet.
    #[serde(skip)]
    pub(crate) fresh: Vec<LogEntry>,
    /// The time of this access, in milliseconds since 1970.
    #[serde(skip)]
    pub(crate) now: u64,
}

/// Is how one gets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) maas_consumer: String,
    pub(crate) maas_token: String,
    pub(crate) maas_secret: String,
    pub(crate) ssh_user: String,
    /// In OpenSSH's own form.
    pub(crate) ssh_private_key: String,
    /// As one line of `authorized_keys`.
    pub(crate) ssh_public_key: String,
}

/// Says why MAAS could not control a machine's power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PowerFailure {
    /// Nothing answers at the address of the power parameters.
    NoAnswer,
    NoSuchUser,
    WrongPassword,
}

impl State {
    pub(crate) fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.name == name)
    }

    pub(crate) fn machine_mut(&mut self, name: &str) -> Option<&mut Machine> {
        let machine = self.machines.iter_mut().find(|machine| machine.name == name)?;
        machine.touched = true;
        Some(machine)
    }

    /// Lends the machine whose BMC holds a nominal address now and answers there.
    pub(crate) fn at_bmc(&self, address: Ipv4Addr) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.bmc.lan.address == address && machine.bmc.answers())
    }

    /// Lends the machine with a nominal host address whose environment answers SSH there.
    pub(crate) fn at_host(&self, address: Ipv4Addr) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.host_address == address && machine.answers_ssh())
    }

    pub(crate) fn in_maas(&self, system_id: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.record.system_id == system_id)
    }

    pub(crate) fn in_maas_mut(&mut self, system_id: &str) -> Option<&mut Machine> {
        let machine = self.machines.iter_mut().find(|machine| machine.record.system_id == system_id)?;
        machine.touched = true;
        Some(machine)
    }

    pub(crate) fn truth(&self, name: &str) -> Option<Truth> {
        self.machine(name).map(Truth::of)
    }

    /// Returns what the SSH host key of a machine's running environment is made from: another one at each boot.
    pub(crate) fn host_key_seed(&self, machine: &Machine) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(machine.name.as_bytes());
        hash.update(machine.boots.to_be_bytes());
        hash.update(machine.key_changes.to_be_bytes());
        hash.finalize().into()
    }

    /// Returns a number for new script results.
    pub(crate) fn result_id(&mut self) -> u64 {
        self.next_result_id += 1;
        self.next_result_id
    }

    /// Puts an entry into the log. Within the same access as the effect, both are kept or neither is.
    pub(crate) fn note(&mut self, note: Note) {
        self.note_at(self.now, note);
    }

    fn note_at(&mut self, at: u64, note: Note) {
        let entry = LogEntry::new(self.next_order, at, note);
        self.next_order += 1;
        self.fresh.push(entry);
    }

    /// Does what has become due. Says whether anything has.
    pub(crate) fn settle(&mut self, now: u64) -> bool {
        self.now = now;
        let mut settled = false;
        for place in 0..self.machines.len() {
            settled |= self.machines.get_mut(place).is_some_and(|machine| machine.settle(now));
        }
        self.note_what_happened();
        settled
    }

    /// Returns when the next transition is due.
    pub(crate) fn due(&self) -> Option<u64> {
        self.machines.iter().filter_map(Machine::due).min()
    }

    /// Asks the power of a machine as MAAS does: through the BMC that its power parameters name.
    pub(crate) fn maas_power_query(&mut self, system_id: &str) -> Result<Power, PowerFailure> {
        let answer =
            self.maas_bmc(system_id).map(|name| self.machine(&name).map_or(Power::Off, Machine::power));
        let seen = match answer {
            Ok(Power::On) => SeenPower::On,
            Ok(Power::Off) => SeenPower::Off,
            Err(_) => SeenPower::Error,
        };
        self.sees(system_id, seen);
        answer
    }

    /// Switches a machine as MAAS does. On means: boot from the network, with a cycle when it is on already.
    pub(crate) fn maas_power(&mut self, system_id: &str, wanted: Power) -> Result<(), PowerFailure> {
        let result = self.maas_bmc(system_id).map(|name| self.maas_control(&name, wanted));
        let seen = match (&result, wanted) {
            (Err(_), _) => SeenPower::Error,
            (Ok(()), Power::On) => SeenPower::On,
            (Ok(()), Power::Off) => SeenPower::Off,
        };
        self.sees(system_id, seen);
        result
    }

    fn sees(&mut self, system_id: &str, seen: SeenPower) {
        if let Some(machine) = self.in_maas_mut(system_id) {
            machine.record.power_state = seen;
        }
    }

    fn maas_control(&mut self, name: &str, wanted: Power) {
        let Some(machine) = self.machine_mut(name) else { return };
        let control = match (wanted, machine.power()) {
            (Power::Off, _) => Control::PowerOff,
            (Power::On, Power::Off) => Control::PowerOn,
            (Power::On, Power::On) => Control::PowerCycle,
        };
        if wanted == Power::On {
            machine.bmc.boot_flags = super::boot::BootFlags::pxe_once();
        }
        let outcome = match machine.control(control) {
            Ok(()) => Outcome::TookEffect,
            Err(_) => Outcome::Refused,
        };
        let command = format!("chassis control: {}", control.text());
        self.note(Note {
            machine: Some(name.to_owned()),
            face: Face::MaasPower,
            source: "MAAS".to_owned(),
            command,
            kind: Kind::Command,
            outcome,
        });
    }

    /// Returns the machine that the power parameters of a record reach. It need not be the record's own.
    fn maas_bmc(&self, system_id: &str) -> Result<String, PowerFailure> {
        let record = &self.in_maas(system_id).ok_or(PowerFailure::NoAnswer)?.record;
        let address = record.power_parameter("power_address").and_then(|text| text.parse().ok());
        let machine = address.and_then(|address| self.at_bmc(address)).ok_or(PowerFailure::NoAnswer)?;
        let name = record.power_parameter("power_user").unwrap_or_default();
        let user = machine.bmc.users.iter().find(|user| user.enabled && user.name == name);
        let user = user.ok_or(PowerFailure::NoSuchUser)?;
        let password = record.power_parameter("power_pass").unwrap_or_default();
        if user.has_password(password) { Ok(machine.name.clone()) } else { Err(PowerFailure::WrongPassword) }
    }

    fn note_what_happened(&mut self) {
        let mut happened: Vec<_> = self
            .machines
            .iter_mut()
            .flat_map(|machine| {
                let name = machine.name.clone();
                std::mem::take(&mut machine.happened).into_iter().map(move |event| (event, name.clone()))
            })
            .collect();
        happened.sort_by_key(|(event, _)| event.at);
        for (event, name) in happened {
            let note = Note {
                machine: Some(name),
                face: Face::Host,
                source: "itself".to_owned(),
                command: event.text,
                kind: Kind::Command,
                outcome: Outcome::TookEffect,
            };
            self.note_at(event.at, note);
        }
    }
}
