//! A world of one machine, for the tests of this face's rooms.

use super::board::{Board, Lan, Product, User};
use super::command::{Completion, Control};
use super::ground::{Entry, Fault, Ground, Which};
use super::privilege::Privilege;
use std::cell::{Cell, RefCell};
use std::net::Ipv4Addr;

/// A machine that does what it is told.
#[derive(Clone)]
pub(crate) struct FakeBoard {
    pub(crate) on: bool,
    pub(crate) controls: Vec<Control>,
    pub(crate) guid: [u8; 16],
    pub(crate) policy: u8,
    pub(crate) flags: [u8; 5],
    pub(crate) lan: Lan,
    pub(crate) users: Vec<User>,
    pub(crate) resets: u32,
}

impl FakeBoard {
    pub(crate) fn with_user(name: &str, password: &str) -> Self {
        let nobody = || User { name: String::new(), password: Vec::new(), privilege: None, enabled: false };
        let mut users: Vec<User> = std::iter::repeat_with(nobody).take(10).collect();
        users[1] = User {
            name: name.to_owned(),
            password: password.into(),
            privilege: Some(Privilege::Administrator),
            enabled: true,
        };
        let lan = Lan {
            source: 1,
            address: Ipv4Addr::new(10, 0, 0, 1),
            mask: Ipv4Addr::new(255, 255, 255, 0),
            gateway: Ipv4Addr::new(10, 0, 0, 254),
            mac: [2, 0, 0, 0, 0, 1],
            vlan: None,
        };
        Self { on: false, controls: vec![], guid: [9; 16], policy: 0, flags: [0; 5], lan, users, resets: 0 }
    }
}

impl Board for FakeBoard {
    fn is_on(&self) -> bool {
        self.on
    }

    fn control(&mut self, control: Control) -> Result<(), Completion> {
        match control {
            Control::PowerOn => self.on = true,
            _ if !self.on => return Err(Completion::NOT_IN_THIS_STATE),
            Control::PowerOff | Control::SoftOff => self.on = false,
            _ => {}
        }
        self.controls.push(control);
        Ok(())
    }

    fn restore_policy(&self) -> u8 {
        self.policy
    }

    fn set_restore_policy(&mut self, policy: u8) {
        self.policy = policy;
    }

    fn guid(&self) -> [u8; 16] {
        self.guid
    }

    fn product(&self) -> Product {
        Product { manufacturer: 10876, product: 0x1234, firmware: (1, 74) }
    }

    fn reset_bmc(&mut self) {
        self.resets += 1;
    }

    fn boot_flags(&self) -> [u8; 5] {
        self.flags
    }

    fn set_boot_flags(&mut self, flags: [u8; 5]) {
        self.flags = flags;
    }

    fn lan(&self) -> Lan {
        self.lan.clone()
    }

    fn set_lan(&mut self, lan: Lan) {
        self.lan = lan;
    }

    fn user(&self, number: u8) -> User {
        self.users[usize::from(number) - 1].clone()
    }

    fn set_user(&mut self, number: u8, user: User) {
        self.users[usize::from(number) - 1] = user;
    }
}

/// A world that holds still until a test moves it.
pub(crate) struct FakeGround {
    pub(crate) now: Cell<u64>,
    pub(crate) board: RefCell<FakeBoard>,
    pub(crate) faults: RefCell<Vec<(&'static str, Fault)>>,
    pub(crate) log: RefCell<Vec<Entry>>,
}

impl FakeGround {
    pub(crate) fn new(board: FakeBoard) -> Self {
        Self { now: Cell::new(0), board: board.into(), faults: RefCell::default(), log: RefCell::default() }
    }
}

impl Ground for FakeGround {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn fault(&self, command: &str) -> Option<Fault> {
        let mut faults = self.faults.borrow_mut();
        let place = faults.iter().position(|(text, _)| command.contains(text))?;
        Some(faults.remove(place).1)
    }

    fn board<R>(&self, which: Which, act: impl FnOnce(&mut dyn Board) -> R) -> R {
        match which {
            Which::Real => act(&mut *self.board.borrow_mut()),
            Which::Copy => act(&mut self.board.borrow().clone()),
        }
    }

    fn note(&self, entry: Entry) {
        self.log.borrow_mut().push(entry);
    }
}
