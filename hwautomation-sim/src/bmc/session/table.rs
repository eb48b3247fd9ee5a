//! The sessions of one BMC: few places, which free themselves.

use super::{Session, Stage};
use std::time::Duration;

/// How many sessions there may be at a time; small BMCs have as few.
const SLOTS: usize = 4;
/// How long a console may be silent before its session ends (IPMI 2.0, section 6.12.15).
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long a console may take for a step of the handshake: tools wait a second or two before they begin anew.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);

/// The sessions that are open or opening.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Session>);

impl Table {
    /// Ends the sessions whose consoles were silent for too long.
    pub(crate) fn expire(&mut self, now: u64) {
        self.0.retain(|session| {
            let limit = if matches!(session.stage, Stage::Active(_)) { IDLE_MAX } else { HANDSHAKE_MAX };
            Duration::from_millis(now.saturating_sub(session.heard)) < limit
        });
    }

    /// Says whether there is no place for one more.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= SLOTS
    }

    pub(crate) fn insert(&mut self, session: Session) {
        self.0.push(session);
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Session> {
        self.0.iter().find(|session| session.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Session> {
        self.0.iter_mut().find(|session| session.id == id)
    }

    pub(crate) fn remove(&mut self, id: u32) {
        self.0.retain(|session| session.id != id);
    }

    /// Forgets a session that has not begun.
    pub(crate) fn end_handshake(&mut self, id: u32) {
        self.0.retain(|session| session.id != id || matches!(session.stage, Stage::Active(_)));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The sessions whose consoles have proved themselves and not left.
    pub(crate) fn active(&self) -> impl Iterator<Item = u32> {
        let active = self.0.iter().filter(|session| matches!(session.stage, Stage::Active(_)));
        active.map(|session| session.id)
    }
}
