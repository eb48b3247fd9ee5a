//! What a case is made of: workflows, people, and a hostile world. Plain data; times are seconds.

use hwautomation_core::record::Hold;

/// Some workflows in one store, and what happens to them.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) runs: Vec<RunPlan>,
    /// How many managers share the store.
    pub(crate) managers: usize,
    /// How many workflows each of them runs at once.
    pub(crate) places: usize,
    /// What people and the world do, by the second in which they do it.
    pub(crate) acts: Vec<(u64, Act)>,
}

/// One workflow.
#[derive(Debug, Clone)]
pub(crate) struct RunPlan {
    /// The machine that it holds.
    pub(crate) machine: Option<usize>,
    /// Whether it undoes what it did when it fails; otherwise it halts.
    pub(crate) undoes: bool,
    pub(crate) deadline: Option<u64>,
    pub(crate) steps: Vec<StepPlan>,
}

/// One step: what each call of it does, in order. A call beyond the last one succeeds at once.
#[derive(Debug, Clone)]
pub(crate) struct StepPlan {
    pub(crate) rule: Rule,
    pub(crate) attempts: u32,
    pub(crate) backoff: u64,
    pub(crate) timeout: u64,
    pub(crate) deadline: u64,
    /// How it keeps the one permit that there is, if it needs it.
    pub(crate) permit: Option<Hold>,
    pub(crate) calls: Vec<Call>,
    pub(crate) undo: Vec<Undoing>,
}

/// What the step says of an effect whose outcome nobody recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Rerun,
    Halt,
    /// It can tell: after this many looks, or never.
    Probe {
        looks: Option<u32>,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) ops: Vec<Op>,
    pub(crate) end: End,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Effect { name: u8, outcome: Outcome, takes: u64 },
    Record,
    SubTask,
    Guard { limit: u64 },
    Unguard,
    Take { seconds: u64 },
    Checkpoint,
}

/// What becomes of a command in the world, and what the step hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Happens,
    /// It happens some seconds after it was accepted, and nobody hears that it was.
    HappensLateUnheard(u64),
    HappensUnheard,
    FailsForNow,
    FailsForGood,
    FailsUnheard,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Done,
    DoneWithOutput,
    Skip,
    /// Waits, for one of two reasons.
    Wait {
        reason: u8,
        poll: u64,
        limit: u64,
    },
    /// Is done when this signal is there, and waits otherwise; a look again does the same.
    Await {
        signal: u8,
        limit: u64,
    },
    FailForNow,
    FailForGood,
    FailUnknown,
    Panic,
    Hang,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Undoing {
    pub(crate) effect: Option<(Outcome, u64)>,
    pub(crate) end: UndoEnd,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum UndoEnd {
    Undone,
    Nothing,
    Wait { poll: u64, limit: u64 },
    FailForNow,
    FailForGood,
    Panic,
    Hang,
}

/// What people and the world do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Cancel {
        run: usize,
    },
    Signal {
        run: usize,
        signal: u8,
        key: u8,
    },
    Decide {
        run: usize,
        decision: Decision,
    },
    /// The process of every manager ends; others start so much later.
    CrashAll {
        down: u64,
    },
    /// One process ends; another one starts so much later.
    CrashOne {
        manager: usize,
        down: u64,
    },
    /// One manager is shut down in order; another one starts.
    Restart {
        manager: usize,
    },
    Pause {
        manager: usize,
        seconds: u64,
    },
    /// One manager cannot reach the store.
    Cut {
        manager: usize,
        seconds: u64,
    },
    /// Nobody can reach the store.
    StoreFails {
        seconds: u64,
    },
    /// The store does this append, and its answer is lost.
    LoseAnswer,
    /// The next answer of the store comes so much later.
    AnswerLate {
        seconds: u64,
    },
    /// For a while every answer of the store comes so much later.
    Slow {
        delay: u64,
        seconds: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Retry,
    Skip,
    Abort,
}
