//! Every way in which suites, keys, passwords, privileges and users can be right or wrong together: what each log-in
//! says, and how often it tries.

use super::rack::{PASSWORD, RackFixture, patient};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use hwautomation_sim::{Action, Face, Fault, LockOut, Login};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// What a driver may use, and what a BMC offers.
const SUITES: [&[u8]; 3] = [&[17], &[3], &[17, 3]];
const KEY: &str = "key-of-the-bmc";
/// The privileges of a user (IPMI 2.0, section 6.8). An operator's is asked for.
const USER: u8 = 2;
const OPERATOR: u8 = 3;
const ADMINISTRATOR: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kg {
    None,
    Right,
    Wrong,
    /// The BMC has one, and the machine's entry none.
    Missing,
    /// The other way round.
    Needless,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Known,
    Unknown,
    Disabled,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    allowed: &'static [u8],
    offered: &'static [u8],
    kg: Kg,
    has_password: bool,
    privilege: u8,
    who: Who,
}

/// Nothing is wrong in it.
const RIGHT: Cell = Cell {
    allowed: &[17],
    offered: &[17],
    kg: Kg::None,
    has_password: true,
    privilege: OPERATOR,
    who: Who::Known,
};

/// What a log-in comes to, by the words that no other error has.
const LET_IN: &str = "let in";
const WRONG_PASSWORD: &str = "does not have the password";
const UNKNOWN_NAME: &str = "unauthorized name";
const WRONG_KEY: &str = "another key K_g";
const REFUSED_SUITE: &str = "none of the cipher suites";
const PRIVILEGE_CAP: &str = "unauthorized role or privilege level";
const FULL_TABLE: &str = "insufficient resources for a session";
const SILENCE: &str = "nobody answered within";
const ALL: [&str; 7] =
    [WRONG_PASSWORD, UNKNOWN_NAME, WRONG_KEY, REFUSED_SUITE, PRIVILEGE_CAP, FULL_TABLE, SILENCE];

impl Cell {
    /// Returns every cell.
    fn all() -> Vec<Self> {
        let mut cells = Vec::new();
        for (allowed, offered) in SUITES.into_iter().flat_map(|allowed| SUITES.map(|bmc| (allowed, bmc))) {
            for kg in [Kg::None, Kg::Right, Kg::Wrong, Kg::Missing, Kg::Needless] {
                for has_password in [true, false] {
                    for privilege in [USER, OPERATOR, ADMINISTRATOR] {
                        for who in [Who::Known, Who::Unknown, Who::Disabled] {
                            cells.push(Self { allowed, offered, kg, has_password, privilege, who });
                        }
                    }
                }
            }
        }
        cells
    }

    /// Returns what the log-in has to come to, and how often the user's name is said.
    fn expected(&self) -> (&'static str, u64) {
        let suites = self.allowed.iter().filter(|suite| self.offered.contains(suite)).count() as u64;
        match self {
            _ if suites == 0 => (REFUSED_SUITE, 0),
            Self { who: Who::Unknown | Who::Disabled, .. } => (UNKNOWN_NAME, 1),
            // Each suite may have a highest privilege of its own.
            Self { privilege: USER, .. } => (PRIVILEGE_CAP, suites),
            Self { has_password: false, .. } => (WRONG_PASSWORD, 1),
            Self { kg: Kg::Wrong | Kg::Missing | Kg::Needless, .. } => (WRONG_KEY, 1),
            _ => (LET_IN, 1),
        }
    }

    /// Makes the BMC so: with a user who is locked out after two wrong passwords.
    fn prepare(&self, fixture: &RackFixture) {
        let key = if matches!(self.kg, Kg::None | Kg::Needless) { "" } else { KEY };
        fixture.change(|machine| {
            let mut login = Login::default();
            login.key = key.into();
            login.suites = self.offered.to_vec();
            // Sessions with the wrong key cannot be ended.
            login.slots = u8::MAX;
            login.lock_out = Some(LockOut { after: 2, lasts: Duration::from_secs(3_600) });
            machine.bmc.login = login;
            machine.bmc.users[1].privilege = Some(self.privilege);
            machine.bmc.users[1].enabled = self.who != Who::Disabled;
        });
    }

    fn driver(&self, fixture: &RackFixture) -> IpmiController {
        let config = IpmiConfig { cipher_suites: self.allowed.to_vec(), ..patient() };
        let password = if self.has_password { PASSWORD } else { "another-one" };
        let key = if self.kg == Kg::Wrong { "another-key" } else { KEY };
        fixture.driver_with(config, &[("bmc", password), ("kg", key)])
    }

    fn machine(&self, fixture: &RackFixture) -> Machine {
        let name = if self.who == Who::Unknown { "NOBODY" } else { "ADMIN" };
        match self.kg {
            Kg::None | Kg::Missing => fixture.machine_with(json!({"username": name})),
            _ => fixture.machine_with(json!({"username": name, "kg": "static:kg"})),
        }
    }
}

/// Returns kind and class of an error with these words.
fn typed(words: &str) -> (ErrorKind, ErrorClass) {
    let transient = ErrorClass::Transient { after: None };
    match words {
        WRONG_PASSWORD | UNKNOWN_NAME | WRONG_KEY => (ErrorKind::Unauthorized, ErrorClass::Permanent),
        REFUSED_SUITE => (ErrorKind::Unsupported, ErrorClass::Permanent),
        PRIVILEGE_CAP => (ErrorKind::Forbidden, ErrorClass::Permanent),
        FULL_TABLE => (ErrorKind::Busy, transient),
        _ => (ErrorKind::Unreachable, transient),
    }
}

/// Checks that an error says this, and is of its kind.
fn check(error: &Error, words: &str, what: &str) {
    let said: Vec<_> = ALL.into_iter().filter(|words| error.message().contains(words)).collect();
    assert_eq!(said, [words], "{what}: {error}");
    assert_eq!((error.kind(), error.class()), typed(words), "{what}: {error}");
    assert!(error.remedy().is_some(), "{what}: {error}");
}

fn counted(fixture: &RackFixture, command: &str) -> u64 {
    fixture.count(|entry| entry.command == command)
}

async fn try_cell(fixture: &RackFixture, cell: &Cell) {
    cell.prepare(fixture);
    let before = (counted(fixture, "open session"), counted(fixture, "rakp 1"));
    let answer = cell.driver(fixture).power_state(&cell.machine(fixture)).await;
    let opened = counted(fixture, "open session") - before.0;
    let named = counted(fixture, "rakp 1") - before.1;
    let (words, names) = cell.expected();
    match &answer {
        Ok(state) => assert_eq!((state, words), (&PowerState::On, LET_IN), "{cell:?}"),
        Err(error) => check(error, words, &format!("{cell:?}")),
    }
    assert_eq!(named, names, "{cell:?}: {answer:?}");
    assert!(opened <= cell.allowed.len() as u64, "{cell:?}: {opened} sessions were asked for");
    if matches!(words, WRONG_PASSWORD | WRONG_KEY) {
        still_gets_in(fixture, cell).await;
    }
}

/// Checks that the account was not locked.
async fn still_gets_in(fixture: &RackFixture, cell: &Cell) {
    let kg = if matches!(cell.kg, Kg::None | Kg::Needless) { Kg::None } else { Kg::Right };
    let right = Cell { kg, has_password: true, ..*cell };
    let answer = right.driver(fixture).power_state(&right.machine(fixture)).await;
    assert_eq!(answer.unwrap(), PowerState::On, "{cell:?}: it was locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_log_in_says_what_is_wrong_and_tries_no_more_often_than_it_must() {
    let cells = Cell::all();
    assert_eq!(cells.len(), 810);
    for chunk in cells.chunks(90) {
        let fixture = RackFixture::start(17).await;
        for cell in chunk {
            try_cell(&fixture, cell).await;
        }
    }
}

/// Returns the error of a log-in into a cell.
async fn error_of(cell: Cell, fault: Option<Fault>) -> Error {
    let fixture = RackFixture::start(17).await;
    cell.prepare(&fixture);
    fault.into_iter().for_each(|fault| fixture.inject(fault));
    cell.driver(&fixture).power_state(&cell.machine(&fixture)).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_wrong_with_a_log_in_has_an_error_and_a_remedy_of_its_own() {
    let mut errors = Vec::new();
    for (words, cell, fault) in [
        (WRONG_PASSWORD, Cell { has_password: false, ..RIGHT }, None),
        (UNKNOWN_NAME, Cell { who: Who::Unknown, ..RIGHT }, None),
        (WRONG_KEY, Cell { kg: Kg::Missing, ..RIGHT }, None),
        (REFUSED_SUITE, Cell { offered: &[3], ..RIGHT }, None),
        (PRIVILEGE_CAP, Cell { privilege: USER, ..RIGHT }, None),
        (FULL_TABLE, RIGHT, Some(Fault::bmc_slots_full())),
        (SILENCE, RIGHT, Some(Fault::silent_bmc())),
    ] {
        let error = error_of(cell, fault).await;
        check(&error, words, words);
        errors.push(error);
    }
    for (at, error) in errors.iter().enumerate() {
        for other in errors.iter().skip(at + 1) {
            assert_ne!(error.message(), other.message());
            assert_ne!(error.remedy(), other.remedy(), "{error} and {other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_wait_behind_a_refused_log_in_get_its_answer_and_lock_no_account() {
    for (kg, words) in [(Kg::None, WRONG_PASSWORD), (Kg::Missing, WRONG_KEY)] {
        let fixture = RackFixture::start_as(1, patient()).await;
        let cell = Cell { has_password: kg == Kg::Missing, kg, ..RIGHT };
        cell.prepare(&fixture);
        // All ten are there when the first is refused.
        let late = Action::Delay(Duration::from_millis(300));
        fixture.inject(Fault::new(late).face(Face::Bmc).command("rakp 1").times(1));
        let (driver, mut calls) = (Arc::new(cell.driver(&fixture)), JoinSet::new());
        for _ in 0..10 {
            let (driver, machine) = (Arc::clone(&driver), cell.machine(&fixture));
            calls.spawn(async move { driver.power_state(&machine).await.unwrap_err() });
        }
        for error in calls.join_all().await {
            check(&error, words, words);
        }
        assert_eq!(counted(&fixture, "rakp 1"), 1, "{words}");
        still_gets_in(&fixture, &cell).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_after_a_refused_log_in_tries_and_gets_in_once_the_bmc_is_corrected() {
    let fixture = RackFixture::start_as(1, patient()).await;
    fixture.refuse_credentials().await;
    check(&fixture.driver.power_state(&fixture.machine()).await.unwrap_err(), WRONG_PASSWORD, "at first");
    fixture.heal().await;
    assert_eq!(fixture.driver.power_state(&fixture.machine()).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_a_row_with_a_wrong_password_are_one_try_each() {
    let fixture = RackFixture::start_as(1, IpmiConfig { session_idle: Duration::ZERO, ..patient() }).await;
    fixture.refuse_credentials().await;
    for tries in 1..=3 {
        let error = fixture.driver.power_state(&fixture.machine()).await.unwrap_err();
        check(&error, WRONG_PASSWORD, "a wrong password");
        assert_eq!(counted(&fixture, "rakp 1"), tries);
    }
}
