//! One BMC: takes datagrams, returns answers. No socket and no clock are here.

mod inside;
mod opening;

use super::command::{After, Caller};
use super::command::{Command, Completion, Memory, Reply, Scene, make_unclear};
use super::ground::{Entry, Fault, Ground, Outcome, Which};
use super::session::Table;
use super::wire::{Datagram, Payload, Request, pong, wrap, wrap_lan15};
use std::net::SocketAddr;
use std::time::Duration;

/// Fills bytes with random ones; tests say which.
type Random = Box<dyn FnMut(&mut [u8]) + Send>;

/// What a BMC remembers until it restarts.
pub(crate) struct Controller {
    sessions: Table,
    memory: Memory,
    random: Random,
}

/// What leaves the BMC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) bytes: Vec<u8>,
    pub(crate) delay: Duration,
    /// How often it is sent.
    pub(crate) copies: u8,
}

/// What a command came to, before it is wrapped.
struct Done {
    reply: Reply,
    after: After,
}

impl Controller {
    pub(crate) fn new(random: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        Self { sessions: Table::default(), memory: Memory::default(), random: Box::new(random) }
    }

    /// Takes a datagram and returns the answer, if there is one: what is malformed, forged or repeated has none.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        peer: SocketAddr,
        ground: &impl Ground,
    ) -> Option<Outgoing> {
        self.sessions.expire(ground.now());
        let sessions = &self.sessions;
        self.memory.session_ended(|id| sessions.get(id).is_some());
        match Datagram::read(bytes)? {
            Datagram::Ping { tag } => deliver(ground.fault("ping"), || pong(tag)),
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
        let request = Request::read(message)?;
        let command = Command::read(&request);
        let text = text(&request, &command);
        let fault = ground.fault(&text);
        let log = |outcome| note(ground, peer, None, text.clone(), &command, outcome);
        if fault == Some(Fault::Drop) {
            log(Outcome::Ignored);
            return None;
        }
        let done = self.run(&command, None, fault, ground);
        log(outcome(fault, &done.reply));
        deliver(fault, || wrap(&written(&request, &done.reply)))
    }

    /// Runs a command on the machine, or on a copy, or not at all, as the fault has it.
    fn run(
        &mut self,
        command: &Result<Command, Completion>,
        caller: Option<Caller>,
        fault: Option<Fault>,
        ground: &impl Ground,
    ) -> Done {
        let nothing = |reply| Done { reply, after: After::Nothing };
        match (command, fault) {
            (_, Some(Fault::Refuse(code))) => nothing(Err(Completion(code))),
            (Err(completion), _) => nothing(Err(*completion)),
            (Ok(command), Some(Fault::Pretend)) => {
                let mut memory = self.memory.clone();
                nothing(self.act(command, caller, &mut memory, Which::Copy, ground).reply)
            }
            (Ok(command), _) => {
                let mut memory = std::mem::take(&mut self.memory);
                let mut done = self.act(command, caller, &mut memory, Which::Real, ground);
                self.memory = memory;
                if fault == Some(Fault::Unclear) {
                    done.reply = unclear(command, done.reply);
                }
                done
            }
        }
    }

    fn act(
        &self,
        command: &Command,
        caller: Option<Caller>,
        memory: &mut Memory,
        which: Which,
        ground: &impl Ground,
    ) -> Done {
        let sessions = self.sessions.active();
        ground.board(which, |board| {
            let mut scene = Scene { board, memory, caller, sessions: &sessions, after: After::Nothing };
            let reply = command.run(&mut scene);
            Done { reply, after: scene.after }
        })
    }
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Controller").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

/// Sends what was written as the fault has it.
fn deliver(fault: Option<Fault>, write: impl FnOnce() -> Vec<u8>) -> Option<Outgoing> {
    let (delay, copies) = match fault {
        Some(Fault::Drop | Fault::LoseAnswer) => return None,
        Some(Fault::Delay(delay)) => (delay, 1),
        Some(Fault::Duplicate) => (Duration::ZERO, 2),
        _ => (Duration::ZERO, 1),
    };
    Some(Outgoing { bytes: write(), delay, copies })
}

fn written(request: &Request, reply: &Reply) -> Vec<u8> {
    match reply {
        Ok(data) => request.answer(0x00, data),
        Err(completion) => request.answer(completion.0, &[]),
    }
}

/// Names a command for the log and for fault rules, also one that is not known here.
fn text(request: &Request, command: &Result<Command, Completion>) -> String {
    match command {
        Ok(command) => command.text(),
        Err(_) => format!("command {:02X}/{:02X}", request.net_fn, request.command),
    }
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

fn outcome(fault: Option<Fault>, reply: &Reply) -> Outcome {
    match (fault, reply) {
        (_, Err(completion)) => Outcome::Refused(completion.0),
        (Some(Fault::Pretend), Ok(_)) => Outcome::Ignored,
        (_, Ok(_)) => Outcome::Done,
    }
}

fn note(
    ground: &impl Ground,
    peer: SocketAddr,
    user: Option<&str>,
    text: String,
    command: &Result<Command, Completion>,
    outcome: Outcome,
) {
    // What is not understood changes nothing.
    let reads = command.as_ref().map_or(true, Command::reads);
    ground.note(Entry { peer, user: user.map(str::to_owned), command: text, reads, outcome });
}
