//! One BMC: takes datagrams, returns answers. No socket and no clock are here.

mod console;
mod guest;
mod inside;
mod opening;

use super::asked::Asked;
use super::command::{After, Caller};
use super::command::{Command, Completion, Memory, Reply, Scene, make_opposite, make_unclear};
use super::ground::{Entry, Ground, Which};
use super::session::{Account, Limits, Seen, Table};
use super::wire::{Datagram, Payload, Request, pong, wrap, wrap_lan15};
use crate::fault::{Action, Refusal};
use crate::log::{Kind, Outcome};
#[cfg(target_os = "linux")]
use crate::model::bmc::Bmc;
use crate::model::quirk::Quirks;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Looks like RMCP+ and ends in the middle of its header.
const GARBAGE: [u8; 9] = [0x06, 0x00, 0xFF, 0x07, 0x06, 0xC0, 0xDE, 0xAD, 0xBE];
/// How long a datagram is that is too long.
const OVERSIZE: usize = 4096;

/// Fills bytes with random ones; tests say which.
type Random = Box<dyn FnMut(&mut [u8]) + Send>;

/// What a BMC remembers until it restarts.
pub(crate) struct Controller {
    sessions: Table,
    /// The sessions that are open while a command runs. It is kept for its room.
    open: Vec<Seen>,
    memory: Memory,
    random: Random,
    /// What is wrong with the firmware, as of the datagram that is being answered.
    quirks: Quirks,
    /// An answer that goes out behind the next to the same peer.
    held: Option<(SocketAddr, Vec<u8>)>,
}

/// What leaves the BMC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) bytes: Vec<u8>,
    pub(crate) delay: Duration,
    /// How often it is sent; zero means that it is held back.
    pub(crate) copies: u8,
    /// What is sent first.
    pub(crate) before: Option<Vec<u8>>,
    /// What is sent last.
    pub(crate) after: Option<Vec<u8>>,
}

/// What a command came to, before it is wrapped.
struct Done {
    reply: Reply,
    after: After,
}

impl Controller {
    pub(crate) fn new(random: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        Self {
            sessions: Table::default(),
            open: Vec::new(),
            memory: Memory::default(),
            random: Box::new(random),
            quirks: Quirks::default(),
            held: None,
        }
    }

    /// Takes a datagram and returns the answer, if there is one: what is malformed, forged or repeated has none.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        peer: SocketAddr,
        ground: &impl Ground,
    ) -> Option<Outgoing> {
        let (now, limits, quirks) =
            ground.look(|machine| (machine.now, Limits::of(&machine.bmc), machine.bmc.quirks.clone()));
        self.quirks = quirks;
        self.sessions.expire(limits, now);
        let sessions = &self.sessions;
        self.memory.session_ended(|id| sessions.get(id).is_some());
        let answer = self.answer(bytes, peer, ground)?;
        self.hold_back(answer, peer)
    }

    fn answer(&mut self, bytes: &[u8], peer: SocketAddr, ground: &impl Ground) -> Option<Outgoing> {
        match Datagram::read(bytes)? {
            Datagram::Ping { tag } => deliver(ground.fault(Asked::Ping).as_ref(), || pong(tag)),
            Datagram::Lan15(message) => self.outside(message, peer, ground, wrap_lan15),
            Datagram::Lan20(envelope) if envelope.protected => self.inside(&envelope, peer, ground),
            Datagram::Lan20(envelope) if envelope.session != 0 => None,
            Datagram::Lan20(envelope) => match envelope.kind {
                Payload::Message => {
                    self.outside(envelope.payload, peer, ground, |message| wrap(Payload::Message, message))
                }
                kind => self.opening(kind, envelope.payload, peer, ground),
            },
        }
    }

    /// Returns how many sessions are open.
    #[cfg(target_os = "linux")]
    pub(crate) fn sessions_open(&mut self, bmc: &Bmc, now: u64) -> u64 {
        self.sessions.expire(Limits::of(bmc), now);
        self.sessions.active().count() as u64
    }

    /// Keeps an answer that is held back; another to the same peer takes it along.
    fn hold_back(&mut self, mut answer: Outgoing, peer: SocketAddr) -> Option<Outgoing> {
        let held = self.held.take_if(|(to, _)| *to == peer).map(|(_, bytes)| bytes);
        if answer.copies == 0 {
            self.held = Some((peer, answer.bytes));
            return held.map(|bytes| Outgoing { bytes, copies: 1, ..Outgoing::default() });
        }
        answer.after = held;
        Some(answer)
    }

    /// Ends all sessions, as a restart does, or a new address.
    pub(crate) fn end_sessions(&mut self) {
        self.sessions.clear();
    }

    /// Answers a command outside of any session.
    fn outside(
        &mut self,
        message: &[u8],
        peer: SocketAddr,
        ground: &impl Ground,
        wrap: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Option<Outgoing> {
        let job = Job::new(Request::read(message)?, peer, None, ground);
        if job.fault == Some(Action::Drop) {
            ground.note(job.entry(Outcome::Ignored));
            return None;
        }
        let done = self.perform(&job, ground);
        deliver(job.fault.as_ref(), || wrap(&job.written(&done.reply)))
    }

    /// Runs a command on the machine, or on a copy, or not at all, as the fault has it.
    fn perform(&mut self, job: &Job, ground: &impl Ground) -> Done {
        let command = match (&job.command, &job.fault) {
            (_, Some(Action::Refuse(refusal))) => return refuse(job, Completion(code(refusal)), ground),
            (Err(completion), _) => return refuse(job, *completion, ground),
            (Ok(command), _) => command,
        };
        self.open.clear();
        self.open.extend(self.sessions.active());
        if job.fault == Some(Action::AcceptWithoutEffect) {
            let memory = &mut self.memory.clone();
            let done = act(job, command, &self.open, memory, Which::Copy, ground);
            return Done { after: After::Nothing, ..done };
        }
        let mut done = act(job, command, &self.open, &mut self.memory, Which::Real, ground);
        if job.fault == Some(Action::Unclear) {
            done.reply = unclear(command, done.reply);
        }
        if job.fault == Some(Action::OppositePower) && command.is_power_reading() {
            done.reply = done.reply.map(opposite);
        }
        done
    }
}

/// A command, who gives it, and what goes wrong with it.
struct Job {
    request: Request,
    command: Result<Command, Completion>,
    peer: SocketAddr,
    /// The session and its user; nobody, outside of one.
    caller: Option<(Caller, Arc<Account>)>,
    fault: Option<Action>,
}

impl Job {
    fn new(
        request: Request,
        peer: SocketAddr,
        caller: Option<(Caller, Arc<Account>)>,
        ground: &impl Ground,
    ) -> Self {
        let command = Command::read(&request);
        let mut job = Self { request, command, peer, caller, fault: None };
        job.fault = ground.fault(job.asked());
        job
    }

    fn asked(&self) -> Asked<'_> {
        match &self.command {
            Ok(command) => Asked::Command(command),
            Err(_) => Asked::Unknown { net_fn: self.request.net_fn, command: self.request.command },
        }
    }

    fn entry(&self, outcome: Outcome) -> Entry<'_> {
        // What is not understood changes nothing.
        let reads = self.command.as_ref().map_or(true, Command::reads);
        let kind = if reads { Kind::Read } else { Kind::Command };
        let user = self.caller.as_ref().map(|(_, account)| account.name.as_str());
        Entry { peer: self.peer, user, asked: self.asked(), kind, outcome }
    }

    fn written(&self, reply: &Reply) -> Vec<u8> {
        match reply {
            Ok(data) => self.request.answer(0x00, data),
            Err(completion) => self.request.answer(completion.0, &[]),
        }
    }
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Controller").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

fn act(
    job: &Job,
    command: &Command,
    sessions: &[Seen],
    memory: &mut Memory,
    which: Which,
    ground: &impl Ground,
) -> Done {
    let caller = job.caller.as_ref().map(|(caller, _)| *caller);
    let port = ground.port();
    ground.act(which, |machine| {
        let edge = machine.tempo.power_edge;
        if let Some(Action::LateEffect(late)) = &job.fault {
            machine.tempo.power_edge = *late;
        }
        let mut scene = Scene { machine, memory, caller, port, sessions, after: After::Nothing };
        let reply = command.run(&mut scene);
        let after = scene.after;
        machine.tempo.power_edge = edge;
        let outcome = outcome(which, &reply);
        (Done { reply, after }, job.entry(outcome))
    })
}

/// Changes one byte.
fn corrupt(bytes: &mut [u8], number: u64) {
    let (place, change) = (number as usize % bytes.len().max(1), (number >> 32) as u8 | 1);
    bytes.get_mut(place).into_iter().for_each(|byte| *byte ^= change);
}

/// Sends what was written as the fault has it.
fn deliver(fault: Option<&Action>, write: impl FnOnce() -> Vec<u8>) -> Option<Outgoing> {
    let mut answer = Outgoing { copies: 1, ..Outgoing::default() };
    match fault {
        Some(Action::Drop | Action::LoseAnswer) => return None,
        Some(Action::Delay(delay)) => answer.delay = *delay,
        Some(Action::Duplicate) => answer.copies = 2,
        Some(Action::HoldBack) => answer.copies = 0,
        Some(Action::Garbage) => answer.before = Some(GARBAGE.to_vec()),
        Some(Action::Oversize) => answer.before = Some(vec![GARBAGE[0]; OVERSIZE]),
        _ => {}
    }
    answer.bytes = write();
    if let Some(Action::Corrupt(number)) = fault {
        corrupt(&mut answer.bytes, *number);
    }
    Some(answer)
}

/// Returns the code of a refusal; one in the terms of another face is "something is wrong" here.
fn code(refusal: &Refusal) -> u8 {
    match refusal {
        Refusal::Code(code) => *code,
        _ => Completion::UNSPECIFIED.0,
    }
}

fn refuse(job: &Job, completion: Completion, ground: &impl Ground) -> Done {
    ground.note(job.entry(Outcome::Refused));
    Done { reply: Err(completion), after: After::Nothing }
}

fn opposite(mut status: Vec<u8>) -> Vec<u8> {
    make_opposite(&mut status);
    status
}

/// A power status with faults, or an answer that only says that something is wrong.
fn unclear(command: &Command, reply: Reply) -> Reply {
    let mut data = reply?;
    if !command.is_power_reading() {
        return Err(Completion::UNSPECIFIED);
    }
    make_unclear(&mut data);
    Ok(data)
}

fn outcome(which: Which, reply: &Reply) -> Outcome {
    match (which, reply) {
        (_, Err(_)) => Outcome::Refused,
        (Which::Copy, Ok(_)) => Outcome::Ignored,
        (Which::Real, Ok(_)) => Outcome::TookEffect,
    }
}
