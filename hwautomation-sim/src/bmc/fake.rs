//! A world of one machine, for the tests of this face's rooms.

use super::asked::Asked;
use super::ground::{Entry, Ground, Which};
use crate::fault::{Action, Fault, Rules};
use crate::log::{Face, Kind, Outcome};
use crate::model::bmc::Bmc;
use crate::model::hardware::Hardware;
use crate::model::lan::{Lan, LanSource};
use crate::model::machine::Machine;
use crate::model::power::Stage;
use crate::model::record::Record;
use crate::model::tempo::Tempo;
use crate::model::users::User;
use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};

/// A machine that does at once what it is told, and its BMC's one user.
pub(crate) fn machine(user: &str, password: &str) -> Machine {
    let hardware = Hardware::supermicro(1);
    let lan = Lan {
        source: LanSource::Static,
        address: Ipv4Addr::new(10, 0, 0, 1),
        mask: Ipv4Addr::new(255, 255, 255, 0),
        gateway: Ipv4Addr::new(10, 0, 0, 254),
        mac: hardware.mac,
        vlan: None,
    };
    Machine {
        name: "srv001".to_owned(),
        device_type: "a1.c5.large".to_owned(),
        bmc: Bmc::new(lan, [9; 16], User::administrator(user, password)),
        hardware,
        bios: Default::default(),
        bmc_address_racked: Ipv4Addr::new(10, 0, 0, 1),
        host_address: Ipv4Addr::new(10, 1, 0, 1),
        record: Record::new("abc123".to_owned(), Default::default()),
        tempo: Tempo::instant(),
        boots: 0,
        key_changes: 0,
        stage: Stage::Off,
        edge: None,
        touched: true,
        screen: Default::default(),
        now: 0,
        happened: Vec::new(),
    }
}

/// A world that holds still until a test moves it.
pub(crate) struct FakeGround {
    pub(crate) now: Cell<u64>,
    pub(crate) machine: RefCell<Machine>,
    pub(crate) rules: RefCell<Rules>,
    pub(crate) log: RefCell<Vec<Noted>>,
}

/// An entry of the log, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) peer: SocketAddr,
    pub(crate) user: Option<String>,
    pub(crate) command: String,
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
}

impl FakeGround {
    pub(crate) fn new(machine: Machine) -> Self {
        Self {
            now: Cell::new(0),
            machine: machine.into(),
            rules: RefCell::default(),
            log: RefCell::default(),
        }
    }

    /// Lets the next command with that text go wrong.
    pub(crate) fn once(&self, command: &str, action: Action) {
        self.rules.borrow_mut().add(Fault::new(action).command(command).times(1));
    }
}

impl Ground for FakeGround {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn fault(&self, asked: Asked<'_>) -> Option<Action> {
        self.rules.borrow_mut().take(Face::Bmc, None, &asked.to_string())
    }

    fn look<R>(&self, read: impl FnOnce(&Machine) -> R) -> R {
        self.machine.borrow_mut().settle(self.now.get());
        read(&self.machine.borrow())
    }

    fn act<'a, R>(&self, which: Which, act: impl FnOnce(&mut Machine) -> (R, Entry<'a>)) -> R {
        self.machine.borrow_mut().settle(self.now.get());
        self.machine.borrow_mut().touched = true;
        let (result, entry) = match which {
            Which::Real => act(&mut self.machine.borrow_mut()),
            Which::Copy => act(&mut self.machine.borrow().clone()),
        };
        self.note(entry);
        result
    }

    fn change(&self, change: impl FnOnce(&mut Machine)) {
        let mut machine = self.machine.borrow_mut();
        machine.settle(self.now.get());
        change(&mut machine);
    }

    fn port(&self) -> u16 {
        623
    }

    fn note(&self, entry: Entry<'_>) {
        let Entry { peer, user, asked, kind, outcome } = entry;
        let user = user.map(str::to_owned);
        self.log.borrow_mut().push(Noted { peer, user, command: asked.to_string(), kind, outcome });
    }
}
