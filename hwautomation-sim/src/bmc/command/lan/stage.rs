//! Changes that are collected and come into force together (parameter 0).

use super::parameter::{Extra, Settings};
use crate::bmc::command::Completion;
use crate::model::bmc::Bmc;

/// What the BMC itself remembers of its network.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    extra: Extra,
    collecting: Option<Collecting>,
}

#[derive(Debug, Clone)]
struct Collecting {
    /// The session that began; what it collected goes with it.
    session: u32,
    settings: Settings,
}

impl Memory {
    /// Adds what the machine does not know of to what it knows.
    pub(super) fn in_force(&self, bmc: &Bmc) -> Settings {
        let (lan, suites) = (bmc.lan.clone(), bmc.login.suites.clone());
        Settings { lan, suites, suite_privileges: bmc.login.suite_privileges, extra: self.extra.clone() }
    }

    /// Keeps what the machine does not know of.
    pub(super) fn keep(&mut self, extra: Extra) {
        self.extra = extra;
    }

    pub(super) fn is_collecting(&self) -> bool {
        self.collecting.is_some()
    }

    pub(super) fn collected(&self) -> Option<&Settings> {
        self.collecting.as_ref().map(|collecting| &collecting.settings)
    }

    pub(super) fn collected_mut(&mut self) -> Option<&mut Settings> {
        self.collecting.as_mut().map(|collecting| &mut collecting.settings)
    }

    pub(super) fn begin(&mut self, session: u32, bmc: &Bmc) -> Result<(), Completion> {
        if self.collecting.is_some() {
            return Err(Completion::SET_IN_PROGRESS);
        }
        let settings = self.in_force(bmc);
        self.collecting = Some(Collecting { session, settings });
        Ok(())
    }

    pub(super) fn end(&mut self) {
        self.collecting = None;
    }

    /// Drops what was collected by a session that is no longer there.
    pub(in crate::bmc::command) fn session_ended(&mut self, is_there: impl Fn(u32) -> bool) {
        self.collecting.take_if(|collecting| !is_there(collecting.session));
    }
}
