//! All BMCs of a rack: which machine a datagram is for, and its place in the world.

use super::asked::Asked;
use super::controller::{Controller, Outgoing};
use super::ground::{Entry, Ground, Which};
use crate::fault::Action;
use crate::log::{Face, Note};
use crate::model::machine::Machine;
use crate::world::World;
use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The BMCs of a rack.
#[derive(Debug)]
pub(crate) struct Bmcs {
    world: Arc<World>,
    /// A desk for each machine that was ever spoken to.
    desks: Mutex<HashMap<String, Arc<Mutex<Desk>>>>,
    /// The port that stands for each nominal address.
    ports: BTreeMap<Ipv4Addr, u16>,
    /// The machines to whose serial ports somebody listens, and where their BMCs are.
    consoles: Mutex<BTreeMap<String, Ipv4Addr>>,
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
    /// The port at which its BMC is reached.
    port: u16,
}

impl Bmcs {
    pub(crate) fn new(world: Arc<World>, ports: BTreeMap<Ipv4Addr, u16>) -> Self {
        Self { world, desks: Mutex::default(), ports, consoles: Mutex::default() }
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
        let answer = desk.controller.receive(datagram, peer, &self.site(&machine, address));
        if desk.controller.has_console() {
            self.consoles().insert(machine, address);
        }
        answer
    }

    /// Returns what goes out although nobody asked for it: from which nominal address, to whom, and what.
    pub(crate) fn push(&self) -> Vec<(Ipv4Addr, SocketAddr, Vec<u8>)> {
        let listened: Vec<_> = self.consoles().iter().map(|(name, at)| (name.clone(), *at)).collect();
        listened.into_iter().flat_map(|(machine, address)| self.push_of(&machine, address)).collect()
    }

    /// Says whether somebody listens to a serial port.
    pub(crate) fn has_consoles(&self) -> bool {
        !self.consoles().is_empty()
    }

    fn push_of(&self, machine: &str, address: Ipv4Addr) -> Vec<(Ipv4Addr, SocketAddr, Vec<u8>)> {
        let known = self.desks.lock().unwrap_or_else(PoisonError::into_inner).get(machine).cloned();
        let Some(desk) = known else { return Vec::new() };
        let is_there = self.world.look(|state| state.at_bmc(address).is_some_and(|at| at.name == machine));
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let packets = if is_there { desk.controller.push(&self.site(machine, address)) } else { Vec::new() };
        if !is_there || !desk.controller.has_console() {
            self.consoles().remove(machine);
        }
        packets.into_iter().map(|(peer, bytes)| (address, peer, bytes)).collect()
    }

    fn consoles(&self) -> MutexGuard<'_, BTreeMap<String, Ipv4Addr>> {
        self.consoles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn site<'a>(&'a self, machine: &'a str, address: Ipv4Addr) -> Site<'a> {
        let port = self.ports.get(&address).copied().unwrap_or_default();
        Site { world: &self.world, machine, port }
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
    fn written(&self, entry: Entry<'_>) -> Note {
        let Entry { peer, user, asked, kind, outcome } = entry;
        let source = user.map_or_else(|| peer.to_string(), |user| format!("{peer} {user}"));
        let command = asked.to_string();
        Note { machine: Some(self.machine.to_owned()), face: Face::Bmc, source, command, kind, outcome }
    }
}

impl Ground for Site<'_> {
    fn now(&self) -> u64 {
        self.world.look(|state| state.now)
    }

    fn fault(&self, asked: Asked<'_>) -> Option<Action> {
        self.world.fault(Face::Bmc, Some(self.machine), &asked)
    }

    fn look<R>(&self, read: impl FnOnce(&Machine) -> R) -> R {
        self.world.look(|state| read(state.machine(self.machine).expect("machines do not leave a rack")))
    }

    fn act<'a, R>(&self, which: Which, act: impl FnOnce(&mut Machine) -> (R, Entry<'a>)) -> R {
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

    fn change(&self, change: impl FnOnce(&mut Machine)) {
        self.world.with(|state| {
            change(state.machine_mut(self.machine).expect("machines do not leave a rack"));
        });
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn note(&self, entry: Entry<'_>) {
        self.world.note(self.written(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Bmcs, World};
    use crate::bmc::crypto::Suite;
    use crate::bmc::wire::{Payload, wrap};
    use crate::fault::Fault;
    use crate::model::machine::Machine;
    use crate::plan::{RackPlan, ServerPlan};
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;

    const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const SECOND: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const SPARE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
    const PING: [u8; 12] = [6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 1, 0, 0];

    /// Two machines whose BMCs take a minute to restart.
    fn bmcs() -> Bmcs {
        let mut tempo = crate::model::tempo::Tempo::instant();
        tempo.bmc_reset = std::time::Duration::from_secs(60);
        let plan = RackPlan::new().tempo(tempo);
        let plan = plan.server(ServerPlan::new("one").bmc_address(FIRST));
        let plan = plan.server(ServerPlan::new("two").bmc_address(SECOND));
        let world = World::new(plan.state().unwrap(), Vec::new(), None).unwrap();
        Bmcs::new(Arc::new(world), BTreeMap::new())
    }

    impl Bmcs {
        fn send(&self, address: Ipv4Addr, datagram: &[u8]) -> Option<Vec<u8>> {
            let peer = SocketAddr::from(([127, 0, 0, 1], 9));
            self.receive(address, datagram, peer).map(|answer| answer.bytes)
        }

        fn answers(&self, address: Ipv4Addr) -> bool {
            self.send(address, &PING).is_some()
        }

        fn change<R>(&self, change: impl FnOnce(&mut Machine) -> R) -> R {
            self.world.with(|state| change(state.machine_mut("one").unwrap()))
        }

        /// Asks for a session and returns the status of the answer.
        fn open(&self) -> u8 {
            let [authentication, integrity, confidentiality] = Suite::Three.algorithms();
            let mut payload = vec![1, 4, 0, 0, 1, 2, 3, 4];
            for (kind, algorithm) in [(0, authentication), (1, integrity), (2, confidentiality)] {
                payload.extend([kind, 0, 0, 8, algorithm, 0, 0, 0]);
            }
            self.send(FIRST, &wrap(Payload::OpenRequest, &payload)).unwrap()[17]
        }
    }

    #[test]
    fn a_bmc_answers_at_the_address_that_it_has_now() {
        let bmcs = bmcs();
        assert!(bmcs.answers(FIRST) && bmcs.answers(SECOND) && !bmcs.answers(SPARE));
        bmcs.change(|machine| machine.bmc.lan.address = SPARE);
        assert!(!bmcs.answers(FIRST) && bmcs.answers(SECOND) && bmcs.answers(SPARE));
    }

    #[test]
    fn a_bmc_that_restarts_says_nothing() {
        let bmcs = bmcs();
        bmcs.change(Machine::reset_bmc);
        assert!(!bmcs.answers(FIRST) && bmcs.answers(SECOND));
    }

    #[test]
    fn sessions_end_with_a_restart_or_another_address_whoever_caused_it() {
        let bmcs = bmcs();
        let fill = || (0..5).map(|_| bmcs.open()).collect::<Vec<_>>();
        assert_eq!(fill(), [0, 0, 0, 0, 1]);
        bmcs.change(|machine| machine.bmc.resets += 1);
        assert_eq!(fill(), [0, 0, 0, 0, 1]);
        bmcs.change(|machine| machine.bmc.lan.address = SPARE);
        assert!(bmcs.answers(SPARE));
        bmcs.change(|machine| machine.bmc.lan.address = FIRST);
        assert_eq!(fill(), [0, 0, 0, 0, 1]);
    }

    #[test]
    fn a_fault_of_one_machine_is_not_anothers() {
        let bmcs = bmcs();
        bmcs.world.inject(Fault::silent_bmc().machine("one"));
        assert!(!bmcs.answers(FIRST) && bmcs.answers(SECOND));
    }

    #[test]
    fn the_log_says_where_a_command_came_from() {
        let bmcs = bmcs();
        bmcs.open();
        let log = bmcs.world.log();
        let entry = log.last().unwrap();
        assert_eq!((entry.machine.as_deref(), entry.command.as_str()), (Some("one"), "open session"));
        assert_eq!(entry.source, "127.0.0.1:9");
    }
}
