//! Commands inside a session.

use super::{Controller, Job, Outgoing, deliver};
use crate::bmc::command::{After, Caller};
use crate::bmc::ground::Ground;
use crate::bmc::session::{Active, Session, Stage};
use crate::bmc::sol::Sol;
use crate::bmc::wire::{Envelope, Payload, Request};
use crate::fault::Action;
use crate::log::Outcome;
use crate::model::quirk::Quirk;
use std::net::SocketAddr;
use std::sync::Arc;

impl Controller {
    /// Answers a packet of a session, if it is one, is signed by its console, and was not seen before.
    pub(super) fn inside(
        &mut self,
        envelope: &Envelope<'_>,
        peer: SocketAddr,
        ground: &impl Ground,
    ) -> Option<Outgoing> {
        let session = self.sessions.get(envelope.session)?;
        let active = active(session)?;
        let message = active.unseal(session.suite, envelope)?;
        match envelope.kind {
            Payload::Message => {}
            Payload::Sol => return self.typed(envelope, &message, ground),
            _ => return None,
        }
        let (caller, account) = (caller(session.id, active), Arc::clone(&active.account));
        // What cannot be read was received all the same.
        let Some(request) = Request::read(&message) else {
            self.heard(envelope, ground.now());
            return None;
        };
        let job = Job::new(request, peer, Some((caller, account)), ground);
        // It never arrived: the same packet may come again.
        if job.fault == Some(Action::Drop) {
            ground.note(job.entry(Outcome::Ignored));
            return None;
        }
        self.heard(envelope, ground.now());
        if self.is_repeated(envelope.session, &job.request) {
            ground.note(job.entry(Outcome::Ignored));
            return None;
        }
        let done = self.perform(&job, ground);
        let bytes = self.seal(
            Payload::Message,
            envelope.session,
            &self.spoil(job.written(&done.reply)),
            job.fault.as_ref(),
        )?;
        self.settle(caller.session, done.after);
        deliver(job.fault.as_ref(), || bytes)
    }

    pub(super) fn heard(&mut self, envelope: &Envelope<'_>, now: u64) {
        let Some(session) = self.sessions.get_mut(envelope.session) else { return };
        session.heard = now;
        if let Stage::Active(active) = &mut session.stage {
            active.received(envelope.sequence);
        }
    }

    /// Says whether a request is the last one again, and the firmware does not answer that. The last one is remembered.
    fn is_repeated(&mut self, id: u32, request: &Request) -> bool {
        if !self.quirks.has(Quirk::IgnoresRepetition) {
            return false;
        }
        match self.sessions.get_mut(id).map(|session| &mut session.stage) {
            Some(Stage::Active(active)) => active.last.replace(request.clone()).as_ref() == Some(request),
            _ => false,
        }
    }

    fn spoil(&self, mut message: Vec<u8>) -> Vec<u8> {
        if self.quirks.has(Quirk::WrongChecksum) {
            message.last_mut().into_iter().for_each(|checksum| *checksum ^= 0x55);
        }
        message
    }

    pub(super) fn seal(
        &mut self,
        kind: Payload,
        id: u32,
        message: &[u8],
        fault: Option<&Action>,
    ) -> Option<Vec<u8>> {
        let mut iv = [0; _];
        (self.random)(&mut iv);
        let session = self.sessions.get_mut(id)?;
        let Stage::Active(active) = &mut session.stage else { return None };
        let console = match fault {
            Some(Action::OtherSession) => !session.console,
            _ if self.quirks.has(Quirk::EmptySessionIds) => 0,
            _ => session.console,
        };
        Some(active.seal(kind, console, iv, message))
    }

    /// Ends listening: the caller's own at once, that of another with a packet that says so.
    fn end_listening(&mut self, caller: u32, listening: u32) {
        let Some(Session { stage: Stage::Active(active), .. }) = self.sessions.get_mut(listening) else {
            return;
        };
        if caller == listening {
            active.sol = None;
        } else if let Some(sol) = &mut active.sol {
            sol.end();
        }
    }

    /// Does to sessions what the command came to, now that its answer is written.
    fn settle(&mut self, id: u32, after: After) {
        match after {
            After::Nothing => {}
            After::Privilege(privilege) => {
                if let Some(Session { stage: Stage::Active(active), .. }) = self.sessions.get_mut(id) {
                    active.privilege = privilege;
                }
            }
            After::Listen(behind) => {
                if let Some(Session { stage: Stage::Active(active), .. }) = self.sessions.get_mut(id) {
                    active.sol = Some(Sol::behind(behind));
                }
            }
            After::ListenNoMore(own) => self.end_listening(id, own),
            After::Close(closed) => self.sessions.remove(closed),
            After::CloseAll => self.end_sessions(),
        }
    }
}

fn active(session: &Session) -> Option<&Active> {
    match &session.stage {
        Stage::Active(active) => Some(active),
        Stage::Opened(..) | Stage::Challenged(_) => None,
    }
}

fn caller(session: u32, active: &Active) -> Caller {
    Caller { session, privilege: active.privilege, limit: active.account.limit }
}
