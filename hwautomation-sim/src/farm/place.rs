//! One BMC of a farm: its controller, its machine, what was counted, what goes wrong.

use super::counts::FarmCounts;
use super::dice::Dice;
use super::fault::{FarmFault, bend, swallow};
use crate::bmc::asked::Asked;
use crate::bmc::controller::{Controller, Outgoing};
use crate::bmc::ground::{Entry, Ground, Which};
use crate::fault::Action;
use crate::log::{Kind, Outcome};
use crate::model::machine::Machine;
use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};

/// One BMC and its machine.
#[derive(Debug)]
pub(super) struct Place {
    controller: Controller,
    machine: Machine,
    /// The address at which it was put; a BMC that is moved away from it is not reached any more.
    address: Ipv4Addr,
    /// How often the BMC had restarted when its sessions began: none of them survives another restart.
    resets: u32,
    counts: FarmCounts,
    faults: Vec<FarmFault>,
    /// What faults fall by; it goes on where it was when they are taken away and come back.
    chance: Dice,
}

/// What a BMC stands on while it looks at one datagram. Nobody else is looking, and nothing is written as text.
struct Footing<'a> {
    now: u64,
    port: u16,
    machine: RefCell<&'a mut Machine>,
    counts: RefCell<&'a mut FarmCounts>,
}

impl Place {
    /// Puts a machine at its address; `dice` makes the numbers that its BMC makes up, and `chance` is what faults fall by.
    pub(super) fn new(machine: Machine, mut dice: Dice, chance: Dice) -> Self {
        let (address, resets) = (machine.bmc.lan.address, machine.bmc.resets);
        let controller = Controller::new(move |bytes| dice.fill(bytes));
        Self {
            controller,
            machine,
            address,
            resets,
            counts: FarmCounts::default(),
            faults: Vec::new(),
            chance,
        }
    }

    /// Takes a datagram and returns the answer, if there is one.
    pub(super) fn receive(
        &mut self,
        datagram: &[u8],
        peer: SocketAddr,
        now: u64,
        port: u16,
    ) -> Option<Outgoing> {
        self.counts.datagrams += 1;
        if swallow(&self.faults, &mut self.chance) {
            self.counts.lost_in += 1;
            return None;
        }
        if !self.is_there(now) {
            return None;
        }
        let footing = Footing {
            now,
            port,
            machine: RefCell::new(&mut self.machine),
            counts: RefCell::new(&mut self.counts),
        };
        let answer = self.controller.receive(datagram, peer, &footing)?;
        let answer = bend(&self.faults, &mut self.chance, &mut self.counts, answer)?;
        self.counts.answers += u64::from(answer.copies);
        Some(answer)
    }

    /// Reads the machine as it is at a time.
    pub(super) fn look<R>(&mut self, now: u64, read: impl FnOnce(&Machine) -> R) -> R {
        self.machine.settle(now);
        read(&self.machine)
    }

    /// Lends the machine as it is at a time.
    pub(super) fn change<R>(&mut self, now: u64, change: impl FnOnce(&mut Machine) -> R) -> R {
        self.machine.settle(now);
        let result = change(&mut self.machine);
        touched(&mut self.machine, now);
        result
    }

    pub(super) fn counts(&mut self, now: u64) -> FarmCounts {
        self.end_sessions_of_a_former_life();
        FarmCounts { sessions: self.controller.sessions_open(&self.machine.bmc, now), ..self.counts }
    }

    pub(super) fn faults(&self) -> &[FarmFault] {
        &self.faults
    }

    pub(super) fn afflict(&mut self, fault: FarmFault) {
        self.faults.push(fault);
    }

    pub(super) fn heal(&mut self) {
        self.faults.clear();
    }

    /// Says whether a BMC answers here now.
    fn is_there(&mut self, now: u64) -> bool {
        self.machine.settle(now);
        self.end_sessions_of_a_former_life();
        self.machine.bmc.answers() && self.machine.bmc.lan.address == self.address
    }

    fn end_sessions_of_a_former_life(&mut self) {
        if self.resets != self.machine.bmc.resets {
            self.resets = self.machine.bmc.resets;
            self.controller.end_sessions();
        }
    }
}

impl Ground for Footing<'_> {
    fn now(&self) -> u64 {
        self.now
    }

    fn fault(&self, _asked: Asked<'_>) -> Option<Action> {
        None
    }

    fn look<R>(&self, read: impl FnOnce(&Machine) -> R) -> R {
        read(&self.machine.borrow())
    }

    fn act<'a, R>(&self, which: Which, act: impl FnOnce(&mut Machine) -> (R, Entry<'a>)) -> R {
        let (result, entry) = match which {
            Which::Real => act(&mut self.machine.borrow_mut()),
            Which::Copy => act(&mut self.machine.borrow().clone()),
        };
        // What only reads leaves nothing behind, and most do.
        if entry.kind == Kind::Command {
            touched(&mut self.machine.borrow_mut(), self.now);
        }
        self.note(entry);
        result
    }

    fn change(&self, change: impl FnOnce(&mut Machine)) {
        let mut machine = self.machine.borrow_mut();
        change(&mut machine);
        touched(&mut machine, self.now);
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn note(&self, entry: Entry<'_>) {
        let mut counts = self.counts.borrow_mut();
        match (entry.outcome, entry.asked) {
            (Outcome::Refused, _) => counts.refused += 1,
            (Outcome::TookEffect, Asked::Rakp3) => counts.log_ins += 1,
            (Outcome::TookEffect, Asked::Command(command)) => {
                counts.commands += 1;
                counts.power_commands += u64::from(command.controls_power());
            }
            _ => {}
        }
    }
}

/// Lets a machine that was changed come to rest: its BMC sees what is different.
fn touched(machine: &mut Machine, now: u64) {
    machine.touched = true;
    machine.settle(now);
    // There is no log that it goes to.
    machine.happened.clear();
}
