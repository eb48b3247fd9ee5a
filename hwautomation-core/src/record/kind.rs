//! Every kind of event.

use super::{ClosedBy, IntentResult, NotUndone, Stored, Submitted, UndoCause, UndoOf, UndoResult};
use crate::error::ErrorRecord;
use crate::id::{IntentName, MachineId, PermitName, SignalName, StepName};
use crate::machine::MachineChange;
use crate::time::{Timestamp, millis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Says what happened. In JSON an object whose `type` is the variant's name in snake case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A run was accepted. Always and only event 0.
    WorkflowSubmitted(Box<Submitted>),
    /// The first step is about to start; the deadline counts from here.
    WorkflowStarted {
        /// Until when forward work must be done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_at: Option<Timestamp>,
    },
    /// An attempt at a step begins.
    StepStarted {
        /// Which step.
        step: StepName,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// The process died while the step ran, and another one goes on with it. No new attempt.
    StepResumed {
        /// Which step.
        step: StepName,
    },
    /// The step said what it is doing now; ends the sub-task before.
    SubTaskStarted {
        /// Which step.
        step: StepName,
        /// What it does, at most 1 KiB.
        text: String,
    },
    /// An effect is about to be sent.
    IntentOpened {
        /// Which step.
        step: StepName,
        /// Whether the step runs or is undone.
        side: Side,
        /// Which effect.
        intent: IntentName,
        /// Which try of this effect, from 1.
        number: u32,
    },
    /// It is known what became of an effect.
    IntentClosed {
        /// Which step.
        step: StepName,
        /// Whether the step runs or is undone.
        side: Side,
        /// Which effect.
        intent: IntentName,
        /// What became of it.
        #[serde(flatten)]
        result: IntentResult,
        /// How it is known.
        by: ClosedBy,
    },
    /// It is too early to tell what became of an effect. Recorded once for each reason.
    EffectAwaited {
        /// Which step.
        step: StepName,
        /// Whether the step runs or is undone.
        side: Side,
        /// Which effect.
        intent: IntentName,
        /// What its probe waits for.
        reason: String,
        /// How often it looks.
        #[serde(rename = "poll_ms", with = "millis")]
        poll: Duration,
        /// When its outcome counts as unknown.
        deadline_at: Timestamp,
    },
    /// The step recorded evidence.
    Recorded {
        /// Which step.
        step: StepName,
        /// What the evidence is called.
        name: String,
        /// The evidence.
        payload: Stored,
    },
    /// Work began that nothing may interrupt.
    GuardOpened {
        /// Which step.
        step: StepName,
        /// When the guard ends by itself.
        until: Timestamp,
    },
    /// The work that nothing may interrupt is over.
    GuardClosed {
        /// Which step.
        step: StepName,
    },
    /// The step waits. Recorded once for each reason.
    StepWaiting {
        /// Which step.
        step: StepName,
        /// Whether the step runs or is undone.
        side: Side,
        /// What it waits for.
        reason: String,
        /// How often it looks.
        #[serde(rename = "poll_ms", with = "millis")]
        poll: Duration,
        /// When it gives up.
        deadline_at: Timestamp,
    },
    /// The step needs permits that others hold, and queues. Recorded once, not at each look.
    PermitsAwaited {
        /// Which step.
        step: StepName,
        /// Whether the step runs or is undone.
        side: Side,
        /// All that it needs.
        permits: Vec<PermitName>,
    },
    /// The step succeeded and never runs again.
    StepDone {
        /// Which step.
        step: StepName,
        /// What it hands on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputRecord>,
        /// The events whose signals it read; they are used up.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signals_read: Vec<u64>,
    },
    /// The step is left out, by itself or by a person.
    StepSkipped {
        /// Which step.
        step: StepName,
        /// Why.
        why: String,
        /// The events whose signals it read; they are used up.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signals_read: Vec<u64>,
    },
    /// An attempt failed.
    StepFailed {
        /// Which step.
        step: StepName,
        /// Which attempt.
        attempt: u32,
        /// Why.
        error: ErrorRecord,
        /// When the next attempt comes; absent when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
        /// The events whose signals it read; they are used up when no attempt comes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signals_read: Vec<u64>,
    },
    /// A signal arrived.
    SignalReceived {
        /// Which signal.
        name: SignalName,
        /// What it carries.
        payload: Value,
        /// The sender's key; a second signal with the same key is the same signal.
        key: String,
    },
    /// Somebody asked for a stop.
    CancelRequested {
        /// Why.
        why: String,
    },
    /// The run cannot go on by itself; a person decides.
    Halted {
        /// At which step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<StepName>,
        /// Why.
        reason: String,
        /// When it fails if nobody decides.
        until: Timestamp,
    },
    /// A person said: try again. Ends the halt and gives the step all its attempts anew.
    RetryRequested {
        /// Why.
        why: String,
    },
    /// A person said: end it as failed and leave everything as it is.
    AbortRequested {
        /// Why.
        why: String,
    },
    /// A person said that a power command may be sent though the power state is unknown.
    PowerOverridden {
        /// Why.
        why: String,
    },
    /// From here on the run goes backwards.
    UndoStarted {
        /// Why.
        because: UndoCause,
        /// When undoing must be done.
        deadline_at: Timestamp,
    },
    /// An attempt at undoing a step begins, or goes on after the process died.
    StepUndoStarted {
        /// Which step.
        step: StepName,
        /// What there is to undo.
        of: UndoOf,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// Nothing of the step is left to undo.
    StepUndone {
        /// Which step.
        step: StepName,
        /// Whether there was anything to do.
        result: UndoResult,
    },
    /// An attempt at undoing failed.
    StepUndoFailed {
        /// Which step.
        step: StepName,
        /// Which attempt.
        attempt: u32,
        /// Why.
        error: ErrorRecord,
        /// When the next attempt comes; absent when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// Something about the machine changed; the directory follows.
    MachineChanged {
        /// Which machine.
        machine: MachineId,
        /// What changed.
        #[serde(flatten)]
        change: MachineChange,
    },
    /// The run is over. Always the last event.
    WorkflowEnded {
        /// How.
        verdict: Verdict,
        /// Why, in one sentence.
        reason: String,
        /// What could not be undone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        not_undone: Vec<NotUndone>,
    },
    /// What is stored here cannot be read as an event. Never written: a store says so when it reads, and the run halts.
    Unreadable {
        /// Why not.
        why: String,
    },
    /// A kind that this version does not know. It is kept, and halts its workflow.
    #[serde(untagged)]
    Foreign(Value),
}

impl EventKind {
    /// Returns the type's name, as JSON has it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::WorkflowSubmitted(_) => "workflow_submitted",
            Self::WorkflowStarted { .. } => "workflow_started",
            Self::StepStarted { .. } => "step_started",
            Self::StepResumed { .. } => "step_resumed",
            Self::SubTaskStarted { .. } => "sub_task_started",
            Self::IntentOpened { .. } => "intent_opened",
            Self::IntentClosed { .. } => "intent_closed",
            Self::EffectAwaited { .. } => "effect_awaited",
            Self::Recorded { .. } => "recorded",
            Self::GuardOpened { .. } => "guard_opened",
            Self::GuardClosed { .. } => "guard_closed",
            Self::StepWaiting { .. } => "step_waiting",
            Self::PermitsAwaited { .. } => "permits_awaited",
            Self::StepDone { .. } => "step_done",
            Self::StepSkipped { .. } => "step_skipped",
            Self::StepFailed { .. } => "step_failed",
            Self::SignalReceived { .. } => "signal_received",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::Halted { .. } => "halted",
            Self::RetryRequested { .. } => "retry_requested",
            Self::AbortRequested { .. } => "abort_requested",
            Self::PowerOverridden { .. } => "power_overridden",
            Self::UndoStarted { .. } => "undo_started",
            Self::StepUndoStarted { .. } => "step_undo_started",
            Self::StepUndone { .. } => "step_undone",
            Self::StepUndoFailed { .. } => "step_undo_failed",
            Self::MachineChanged { .. } => "machine_changed",
            Self::WorkflowEnded { .. } => "workflow_ended",
            Self::Unreadable { .. } => "unreadable",
            Self::Foreign(value) => value.get("type").and_then(Value::as_str).unwrap_or("without a type"),
        }
    }
}

/// Tells forward work from undoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The step runs.
    Run,
    /// The step is undone.
    Undo,
}

/// Holds what a step handed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputRecord {
    /// The type's name.
    pub name: String,
    /// The value.
    #[serde(flatten)]
    pub value: Stored,
}

/// Says how a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every step is done or skipped.
    Completed,
    /// It could not be done.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}
