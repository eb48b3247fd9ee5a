//! The gate that every call goes through: who is meant, which fault acts, what is logged.

use super::rack::Inside;
use super::{FakeCall, FakeMachine, FakeRack, FaultAction};
use crate::error::{Error, ErrorKind, Result};
use crate::id::MachineId;
use crate::machine::Machine;
use std::net::IpAddr;

/// Says whom a call is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum To<'a> {
    /// The BMC at this address.
    Bmc(&'a Machine, IpAddr),
    /// The host at this address.
    Host(&'a Machine, IpAddr),
    /// The commissioning service, about this machine.
    Service(&'a Machine),
}

/// What became of a call.
enum Passed<T> {
    Answered(Result<T>),
    Hung,
}

impl FakeRack {
    /// Sends a read through the gate.
    pub(super) async fn read<T>(
        &self,
        call: FakeCall,
        to: To<'_>,
        act: impl FnOnce(&mut FakeMachine, Option<FaultAction>) -> Result<T>,
    ) -> Result<T> {
        self.look(call, to, |inside, id, fault| act(inside.of(id), fault)).await
    }

    /// Sends a read that needs more than the machine through the gate.
    pub(super) async fn look<T>(
        &self,
        call: FakeCall,
        to: To<'_>,
        act: impl FnOnce(&mut Inside, &MachineId, Option<FaultAction>) -> Result<T>,
    ) -> Result<T> {
        let passed = self.lock().pass(call, to, act);
        passed.arrive().await
    }

    /// Sends a command through the gate and, if it is taken, into the log.
    pub(super) async fn command<T>(
        &self,
        call: FakeCall,
        to: To<'_>,
        what: String,
        act: impl FnOnce(&mut Inside, &MachineId, Heed) -> Result<T>,
    ) -> Result<T> {
        let passed = self.lock().pass(call, to, |inside, id, fault| {
            let heed = if fault == Some(FaultAction::Ignore) { Heed::No } else { Heed::Yes };
            let taken = act(inside, id, heed)?;
            inside.note(id, call.face(), what);
            Ok(taken)
        });
        passed.arrive().await
    }
}

/// Says whether an accepted command is to do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heed {
    Yes,
    No,
}

impl<T> Passed<T> {
    async fn arrive(self) -> Result<T> {
        match self {
            Self::Answered(answer) => answer,
            Self::Hung => std::future::pending().await,
        }
    }
}

impl Inside {
    pub(super) fn of(&mut self, id: &MachineId) -> &mut FakeMachine {
        self.machines.get_mut(id).expect("the gate found it")
    }

    fn pass<T>(
        &mut self,
        call: FakeCall,
        to: To<'_>,
        act: impl FnOnce(&mut Self, &MachineId, Option<FaultAction>) -> Result<T>,
    ) -> Passed<T> {
        let id = match self.find(call, to) {
            Ok(id) => id,
            Err(error) => return Passed::Answered(Err(error)),
        };
        self.calls += 1;
        let fault = self.faults.take(&id, call);
        match fault {
            None | Some(FaultAction::Ignore | FaultAction::UnknownPower) => {
                Passed::Answered(act(self, &id, fault))
            }
            Some(FaultAction::Hang) => self.hang(),
            Some(FaultAction::HangAfter) => {
                let _lost = act(self, &id, None);
                self.hang()
            }
            Some(FaultAction::LoseAnswer) => {
                let _lost = act(self, &id, None);
                Passed::Answered(Err(lost(call, &id)))
            }
            Some(FaultAction::LoseRequest) => Passed::Answered(Err(lost(call, &id))),
            Some(FaultAction::Unreachable) => Passed::Answered(Err(silent(call, id.as_str()))),
            Some(FaultAction::Fail(kind)) => Passed::Answered(Err(failed(call, &id, kind))),
            Some(FaultAction::WrongPassword) => {
                self.of(&id).refused_logins += 1;
                Passed::Answered(Err(locked_out(call, &id)))
            }
        }
    }

    fn hang<T>(&mut self) -> Passed<T> {
        self.hung += 1;
        Passed::Hung
    }

    fn find(&self, call: FakeCall, to: To<'_>) -> Result<MachineId> {
        match to {
            To::Bmc(machine, at) => self
                .find_by(machine, |truth| IpAddr::from(truth.lan.address) == at)
                .ok_or_else(|| silent(call, &at.to_string())),
            To::Host(machine, at) => self
                .find_by(machine, |truth| truth.host_answers_at(at))
                .ok_or_else(|| silent(call, &at.to_string())),
            To::Service(machine) if self.machines.contains_key(&machine.id) => Ok(machine.id.clone()),
            To::Service(machine) => Err(unknown(call, machine)),
        }
    }

    /// Looks at the meant machine first, so that large racks stay fast, and then at the others.
    fn find_by(&self, meant: &Machine, fits: impl Fn(&FakeMachine) -> bool) -> Option<MachineId> {
        if self.machines.get(&meant.id).is_some_and(&fits) {
            return Some(meant.id.clone());
        }
        self.machines.iter().find(|(_, truth)| fits(truth)).map(|(id, _)| id.clone())
    }
}

fn silent(call: FakeCall, whom: &str) -> Error {
    Error::new(ErrorKind::Unreachable, format!("{call} on {whom}: nobody answered"))
        .with_remedy("check the address and the network")
}

fn lost(call: FakeCall, id: &MachineId) -> Error {
    let error = Error::new(ErrorKind::Timeout, format!("{call} on {id}: no answer came"))
        .with_remedy("read the state before trying again");
    if call.is_command() { error.unknown_outcome() } else { error }
}

fn failed(call: FakeCall, id: &MachineId, kind: ErrorKind) -> Error {
    Error::new(kind, format!("{call} on {id}: {kind}")).with_remedy("remove the fault from the fake rack")
}

fn locked_out(call: FakeCall, id: &MachineId) -> Error {
    Error::new(ErrorKind::Unauthorized, format!("{call} on {id}: the log-in was refused"))
        .with_remedy("correct the password where the machine's secret reference points")
}

fn unknown(call: FakeCall, machine: &Machine) -> Error {
    Error::not_found(format!("{call}: the service knows no machine {}", machine.id))
        .with_remedy("enlist the machine with the service first")
}
