//! Binds the face to the world: where an environment answers, and what a command does to its machine.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::sync::watch;

use super::board::{Board, Deed, Facts, LanChange, Said, Site, Up};
use super::key::host_key;
use crate::fault::Action;
use crate::log::{Face, Note, Outcome};
use crate::model::bios::{Bios, Change};
use crate::model::lan::Lan;
use crate::model::machine::Machine;
use crate::model::power::{Environment, Stage};
use crate::model::users::User;
use crate::world::World;

/// The LAN channel of Supermicro's controllers.
const LAN_CHANNEL: u8 = 1;

/// Is a nominal host address in the world.
#[derive(Clone, Debug)]
pub(super) struct Address {
    world: Arc<World>,
    address: Ipv4Addr,
}

impl Address {
    pub(super) fn new(world: Arc<World>, address: Ipv4Addr) -> Self {
        Self { world, address }
    }
}

impl Site for Address {
    fn up(&self) -> Option<Up> {
        self.world.look(|state| {
            let machine = state.at_host(self.address)?;
            let board = Ours { world: self.world.clone(), name: machine.name.clone() };
            Some(Up {
                machine: machine.name.clone(),
                boot: machine.boots(),
                key: host_key(&state.host_key_seed(machine)),
                login: state.access.ssh_user.clone(),
                authorized: vec![state.access.ssh_public_key.clone()],
                password: None,
                board: Arc::new(board),
            })
        })
    }

    fn runs(&self, machine: &str, boot: u64) -> bool {
        self.world.look(|state| {
            let machine = state.machine(machine).filter(|machine| machine.host_address == self.address);
            machine.is_some_and(|machine| machine.boots() == boot && lasts(machine.stage))
        })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.world.changes()
    }
}

/// Says whether connections to an environment live: also while it ends itself.
fn lasts(stage: Stage) -> bool {
    match stage {
        Stage::Up(environment) => Environment::answers_ssh(environment),
        Stage::Leaving { .. } => true,
        _ => false,
    }
}

/// Is a machine of the world.
#[derive(Debug)]
struct Ours {
    world: Arc<World>,
    name: String,
}

impl Ours {
    fn read<T>(&self, read: impl FnOnce(&Machine) -> T) -> T {
        self.world.look(|state| read(state.machine(&self.name).expect("a rack loses no machine")))
    }

    fn note_of(&self, said: Said) -> Note {
        let Said { source, command, kind, outcome } = said;
        Note { machine: Some(self.name.clone()), face: Face::Ssh, source, command, kind, outcome }
    }
}

impl Board for Ours {
    fn facts(&self) -> Facts {
        self.read(|machine| Facts {
            name: machine.name.clone(),
            hardware: machine.hardware.clone(),
            guid: machine.bmc.guid,
        })
    }

    fn lan_channel(&self) -> u8 {
        LAN_CHANNEL
    }

    fn lan(&self) -> Lan {
        self.read(|machine| machine.bmc.lan.clone())
    }

    fn users(&self) -> Vec<User> {
        self.read(|machine| machine.bmc.users.clone())
    }

    fn bios(&self) -> Bios {
        self.read(|machine| machine.bios.clone())
    }

    fn act(&self, deed: Deed, under: Option<&Action>, said: Said) {
        let mut note = self.note_of(said);
        self.world.with(|state| {
            let machine = state.machine_mut(&self.name).expect("a rack loses no machine");
            let done = under != Some(&Action::AcceptWithoutEffect) && done(machine, deed, under);
            note.outcome = if done { Outcome::TookEffect } else { Outcome::Ignored };
            state.note(note);
        });
    }

    fn judge(&self, command: &str) -> Option<Action> {
        let action = self.world.fault(Face::Ssh, Some(&self.name), command);
        if action == Some(Action::ChangeHostKey) {
            self.world.with(|state| state.machine_mut(&self.name).map(Machine::change_host_key));
        }
        action
    }

    fn note(&self, said: Said) {
        self.world.note(self.note_of(said));
    }
}

fn done(machine: &mut Machine, deed: Deed, under: Option<&Action>) -> bool {
    match deed {
        Deed::Lan(change) => set_lan(&mut machine.bmc.lan, change),
        Deed::Stage(changes) => stage(&mut machine.bios, changes, under),
        Deed::Reboot => return machine.reboot(),
        Deed::PowerOff => return machine.power_off_itself(),
    }
    true
}

fn stage(bios: &mut Bios, changes: Vec<Change>, under: Option<&Action>) {
    let changes = match under {
        Some(action) => action.bend(&changes, |change| bios.setting(change).cloned()),
        None => changes,
    };
    bios.stage(&changes);
}

fn set_lan(lan: &mut Lan, change: LanChange) {
    match change {
        LanChange::Source(source) => lan.source = source,
        LanChange::Address(address) => lan.address = address,
        LanChange::Mask(mask) => lan.mask = mask,
        LanChange::Gateway(gateway) => lan.gateway = gateway,
        LanChange::Vlan(vlan) => lan.vlan = vlan,
    }
}
