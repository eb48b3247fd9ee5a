//! All BMCs of a rack: which machine a datagram is for, and its place in the world.

use super::controller::{Controller, Outgoing};
use super::ground::{Entry, Ground, Which};
use crate::fault::Action;
use crate::log::{Face, Note};
use crate::model::machine::Machine;
use crate::world::World;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// The BMCs of a rack.
#[derive(Debug)]
pub(crate) struct Bmcs {
    world: Arc<World>,
    /// A desk for each machine that was ever spoken to.
    desks: Mutex<HashMap<String, Arc<Mutex<Desk>>>>,
}

/// One BMC and the life that its sessions belong to.
#[derive(Debug)]
struct Desk {
    controller: Controller,
    life: Life,
}

/// A BMC's life: sessions do not survive a restart or another address, whoever caused them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Life {
    resets: u32,
    address: Ipv4Addr,
}

/// One machine in its world.
struct Site<'a> {
    world: &'a World,
    machine: &'a str,
}

impl Bmcs {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world, desks: Mutex::default() }
    }

    /// Gives a datagram to the machine whose BMC has that nominal address now, and returns its answer.
    pub(crate) fn receive(&self, address: Ipv4Addr, datagram: &[u8], peer: SocketAddr) -> Option<Outgoing> {
        let (machine, life) = self.world.look(|state| {
            let machine = state.at_bmc(address)?;
            Some((machine.name.clone(), Life { resets: machine.bmc.resets, address }))
        })?;
        let desk = self.desk(&machine, life);
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        if desk.life != life {
            desk.life = life;
            desk.controller.end_sessions();
        }
        desk.controller.receive(datagram, peer, &Site { world: &self.world, machine: &machine })
    }

    fn desk(&self, machine: &str, life: Life) -> Arc<Mutex<Desk>> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = desks.get(machine) {
            return Arc::clone(desk);
        }
        let desk = Arc::new(Mutex::new(Desk { controller: Controller::new(random), life }));
        desks.insert(machine.to_owned(), Arc::clone(&desk));
        desk
    }
}

fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has random numbers, or nothing here is safe");
}

impl Site<'_> {
    fn written(&self, entry: Entry) -> Note {
        let Entry { peer, user, command, kind, outcome } = entry;
        let source = user.map_or_else(|| peer.to_string(), |user| format!("{peer} {user}"));
        Note { machine: Some(self.machine.to_owned()), face: Face::Bmc, source, command, kind, outcome }
    }
}

impl Ground for Site<'_> {
    fn now(&self) -> u64 {
        self.world.look(|state| state.now)
    }

    fn fault(&self, command: &str) -> Option<Action> {
        self.world.fault(Face::Bmc, Some(self.machine), command)
    }

    fn look<R>(&self, read: impl FnOnce(&Machine) -> R) -> R {
        self.world.look(|state| read(state.machine(self.machine).expect("machines do not leave a rack")))
    }

    fn act<R>(&self, which: Which, act: impl FnOnce(&mut Machine) -> (R, Entry)) -> R {
        self.world.with(|state| {
            let machine = state.machine_mut(self.machine).expect("machines do not leave a rack");
            let (result, entry) = match which {
                Which::Real => act(machine),
                Which::Copy => act(&mut machine.clone()),
            };
            state.note(self.written(entry));
            result
        })
    }

    fn note(&self, entry: Entry) {
        self.world.note(self.written(entry));
    }
}
