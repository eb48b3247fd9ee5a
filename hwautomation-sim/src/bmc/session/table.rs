//! The sessions of one BMC: few places, which free themselves.

use super::{Seen, Session, Stage};
use crate::model::bmc::Bmc;
use crate::model::login::Login;
use crate::model::quirk::Quirk;
use std::time::Duration;

/// How many sessions there may be, and for how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    slots: usize,
    /// How long a console may be silent before its session ends (IPMI 2.0, section 6.12.15).
    idle_max: Option<Duration>,
    handshake_max: Duration,
    /// Whether a session that ends keeps its place.
    leaks: bool,
}

impl Limits {
    pub(crate) fn of(bmc: &Bmc) -> Self {
        let Login { slots, idle_max, handshake_max, .. } = bmc.login;
        Self { slots: slots.into(), idle_max, handshake_max, leaks: bmc.quirks.has(Quirk::LeaksSessions) }
    }
}

/// The sessions that are open or opening.
#[derive(Debug, Default)]
pub(crate) struct Table {
    sessions: Vec<Session>,
    limits: Limits,
    /// How many places are lost until the BMC restarts.
    leaked: usize,
}

impl Table {
    /// Ends the sessions whose consoles were silent for longer than the limits of now allow.
    pub(crate) fn expire(&mut self, limits: Limits, now: u64) {
        self.limits = limits;
        let before = self.active_count();
        self.sessions.retain(|session| {
            let is_active = matches!(session.stage, Stage::Active(_));
            let limit = if is_active { limits.idle_max } else { Some(limits.handshake_max) };
            let silent = Duration::from_millis(now.saturating_sub(session.heard));
            limit.is_none_or(|limit| silent < limit)
        });
        self.leak(before);
    }

    /// Says whether there is no place for one more.
    pub(crate) fn is_full(&self) -> bool {
        self.sessions.len() + self.leaked >= self.limits.slots
    }

    pub(crate) fn insert(&mut self, mut session: Session) {
        // Zero means "no session".
        let is_free = |handle: &u8| self.sessions.iter().all(|other| other.handle != *handle);
        session.handle = (1..u8::MAX).find(is_free).unwrap_or(u8::MAX);
        self.sessions.push(session);
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.sessions.iter_mut()
    }

    pub(crate) fn remove(&mut self, id: u32) {
        let before = self.active_count();
        self.sessions.retain(|session| session.id != id);
        self.leak(before);
    }

    /// Forgets a session that has not begun.
    pub(crate) fn end_handshake(&mut self, id: u32) {
        self.sessions.retain(|session| session.id != id || matches!(session.stage, Stage::Active(_)));
    }

    /// Ends all sessions, and finds the places that were lost.
    pub(crate) fn clear(&mut self) {
        self.sessions.clear();
        self.leaked = 0;
    }

    /// Loses the places of those of so many sessions that have ended, if the firmware does that.
    fn leak(&mut self, before: usize) {
        if self.limits.leaks {
            self.leaked += before - self.active_count();
        }
    }

    fn active_count(&self) -> usize {
        self.sessions.iter().filter(|session| matches!(session.stage, Stage::Active(_))).count()
    }

    /// The sessions whose consoles have proved themselves and not left.
    pub(crate) fn active(&self) -> impl Iterator<Item = Seen> {
        let seen = |session: &Session| {
            let Stage::Active(active) = &session.stage else { return None };
            let (user, privilege) = (active.account.number, active.privilege);
            let listens = active.sol.as_ref().is_some_and(|sol| !sol.is_ended());
            Some(Seen {
                id: session.id,
                handle: session.handle,
                user,
                privilege,
                peer: session.peer,
                listens,
            })
        };
        self.sessions.iter().filter_map(seen)
    }
}
