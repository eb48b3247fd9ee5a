//! Faults: ordered rules that spoil calls.

use super::FakeCall;
use crate::device::Capability;
use crate::error::ErrorKind;
use crate::id::MachineId;

/// Says which calls go wrong, how, and how often. The first rule that fits a call is the one that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The machine, or any.
    pub machine: Option<MachineId>,
    /// Which calls.
    pub on: FaultOn,
    /// What happens.
    pub action: FaultAction,
    /// How many calls that fit pass before it acts.
    pub skip: u64,
    /// How many more times; at 0 the rule is gone. `u32::MAX` is for ever.
    pub remaining: u32,
}

impl Fault {
    /// Spoils the next such call on any machine.
    pub fn once(on: impl Into<FaultOn>, action: FaultAction) -> Self {
        Self { machine: None, on: on.into(), action, skip: 0, remaining: 1 }
    }

    /// Spoils every such call until the faults are cleared.
    pub fn always(on: impl Into<FaultOn>, action: FaultAction) -> Self {
        Self::once(on, action).times(u32::MAX)
    }

    /// Lets this many calls that fit pass first.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Replaces how often.
    #[must_use]
    pub fn times(mut self, remaining: u32) -> Self {
        self.remaining = remaining;
        self
    }

    /// Limits it to one machine.
    #[must_use]
    pub fn only(mut self, machine: MachineId) -> Self {
        self.machine = Some(machine);
        self
    }

    /// Counts a call that passes.
    fn is_ripe(&mut self) -> bool {
        let ripe = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        ripe
    }

    fn fits(&self, machine: &MachineId, call: FakeCall) -> bool {
        self.machine.as_ref().is_none_or(|only| only == machine) && self.on.fits(call)
    }
}

/// Says which calls a fault spoils.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultOn {
    /// Every call.
    Anything,
    /// Every call that changes something.
    Commands,
    /// Every call of one capability.
    Face(Capability),
    /// Every call of one capability that changes something.
    CommandsOf(Capability),
    /// One call.
    Call(FakeCall),
}

impl FaultOn {
    fn fits(self, call: FakeCall) -> bool {
        match self {
            Self::Anything => true,
            Self::Commands => call.is_command(),
            Self::Face(face) => call.face() == face,
            Self::CommandsOf(face) => call.face() == face && call.is_command(),
            Self::Call(only) => call == only,
        }
    }
}

impl From<FakeCall> for FaultOn {
    fn from(call: FakeCall) -> Self {
        Self::Call(call)
    }
}

impl From<Capability> for FaultOn {
    fn from(face: Capability) -> Self {
        Self::Face(face)
    }
}

/// Says what happens instead of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultAction {
    /// Nobody answers, and nothing arrived.
    Unreachable,
    /// The credentials are not accepted.
    WrongPassword,
    /// It is done, and the answer is lost: a command's outcome is unknown, a read times out.
    LoseAnswer,
    /// It is not done, but that cannot be told from [`LoseAnswer`](Self::LoseAnswer).
    LoseRequest,
    /// A command is accepted and does nothing. Reads are as ever.
    Ignore,
    /// A power reading is `Unknown`. Other calls are as ever.
    UnknownPower,
    /// An error of this kind, with its usual class.
    Fail(ErrorKind),
    /// It is not done, and the call never returns: only dropping it ends it.
    Hang,
    /// It is done, and the call never returns.
    HangAfter,
}

/// Holds the rules in their order.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn left(&self) -> usize {
        self.0.iter().filter(|fault| fault.remaining > 0).count()
    }

    /// Uses up one go of the first rule that fits.
    pub(super) fn take(&mut self, machine: &MachineId, call: FakeCall) -> Option<FaultAction> {
        self.0.retain(|fault| fault.remaining > 0);
        let mut fitting = self.0.iter_mut().filter(|fault| fault.fits(machine, call));
        let fault = fitting.find_map(|fault| fault.is_ripe().then_some(fault))?;
        if fault.remaining != u32::MAX {
            fault.remaining -= 1;
        }
        Some(fault.action)
    }
}
