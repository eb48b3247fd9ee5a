//! Where a workflow stands and why it waits, in words for people and fields for programs.

use super::lines::{indented, one_line};
use super::summary::sub_state;
use super::{
    Failure, NotUndone, Phase, RunState, Side, StepState, SubState, UndoCause, UndoPhase, UndoState,
    WaitState, WorkflowState,
};
use crate::error::ErrorRecord;
use crate::id::{MachineId, StepName, WorkflowId, WorkflowName};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Answers "where does it stand, and why does it wait?".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowStatus {
    /// Which workflow.
    pub id: WorkflowId,
    /// Its kind.
    pub name: WorkflowName,
    /// Its machine.
    pub machine: Option<MachineId>,
    /// Where it stands.
    pub state: RunState,
    /// More about where it stands.
    pub sub_state: Option<SubState>,
    /// How much is done, in whole percent, rounded down.
    pub percent: u8,
    /// Where it stands, in one line.
    pub headline: String,
    /// What it waits for; absent while one of its steps is called and when it has ended.
    pub waiting: Option<WaitingFor>,
    /// Its steps.
    pub steps: Vec<StepStatus>,
    /// When it was accepted.
    pub submitted_at: Timestamp,
    /// When its first step started.
    pub started_at: Option<Timestamp>,
    /// When forward work must be done.
    pub deadline_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When something was last recorded.
    pub last_at: Timestamp,
    /// What could not be undone.
    pub not_undone: Vec<NotUndone>,
}

/// Says what a workflow waits for, since when, until when, and what happens then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaitingFor {
    /// What for.
    pub what: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; absent when there is no limit.
    pub until: Option<Timestamp>,
    /// What happens then.
    pub then: String,
}

/// Says where a step stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepStatus {
    /// Which step.
    pub name: StepName,
    /// What people read.
    pub title: String,
    /// `pending`, `running`, `waiting`, `retrying`, `failed`, `done` or `skipped`; on the way back `undoing`, `undone`
    /// or `not_undone`.
    pub state: String,
    /// Why it was skipped.
    pub why: Option<String>,
    /// How often it was attempted.
    pub attempts: u32,
    /// What it does now, or did last.
    pub sub_task: Option<String>,
    /// When the first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it was done, skipped or failed for good.
    pub ended_at: Option<Timestamp>,
    /// Every failed attempt, oldest first.
    pub errors: Vec<ErrorRecord>,
}

impl WorkflowState {
    /// Says where the workflow stands.
    #[must_use]
    pub fn status(&self) -> WorkflowStatus {
        WorkflowStatus {
            id: self.id,
            name: self.spec.name.clone(),
            machine: self.spec.machine.clone(),
            state: self.run_state(),
            sub_state: sub_state(self),
            percent: self.percent(),
            headline: one_line(&headline(self)),
            waiting: waiting(self),
            steps: self.steps.iter().map(|step| step_status(self, step)).collect(),
            submitted_at: self.submitted_at,
            started_at: self.started_at,
            deadline_at: self.deadline_at,
            ended_at: self.ended.as_ref().map(|ended| ended.at),
            last_at: self.last_at,
            not_undone: self.ended.as_ref().map(|ended| ended.not_undone.clone()).unwrap_or_default(),
        }
    }
}

impl WorkflowState {
    /// Says until when nobody may begin again what was under a guard when its owner went: it may still be going on.
    pub(crate) fn waits_for_guard(&self, now: Timestamp) -> Option<WaitingFor> {
        let is_begun = |step: &&StepState| match &self.undo {
            Some(undo) => {
                undo.steps.get(&step.spec.name).is_some_and(|known| known.phase == UndoPhase::Running)
            }
            None => step.phase == Phase::Running,
        };
        let mut guarded = self.steps.iter().filter(is_begun).filter_map(|step| Some((step, step.guard?)));
        let (step, guard) = guarded.find(|(_, guard)| now < guard.until)?;
        let what = format!("work of {} that nothing may interrupt and that may still go on", step.spec.name);
        let then = "it goes on".to_owned();
        Some(WaitingFor { what, since: guard.since, until: Some(guard.until), then })
    }
}

impl WaitingFor {
    /// Tells whether its time has come, so that something else must be what is waited for.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

fn headline(state: &WorkflowState) -> String {
    if let Some(ended) = &state.ended {
        return ended.reason.clone();
    }
    let total = state.steps.len();
    if let Some(undo) = &state.undo {
        return on_the_way_back(state, undo);
    }
    let cancel = if state.cancel.is_some() { "cancel requested, " } else { "" };
    if let Some(halt) = &state.halt {
        return format!("{cancel}halted: {}", halt.reason);
    }
    match state.current_index() {
        Some(index) => format!("{cancel}step {} of {total}: {}", index + 1, state.steps[index].spec.title),
        None => format!("{cancel}all {total} steps are done"),
    }
}

/// Says which step is being undone, by its place in the workflow: they come in reverse.
fn on_the_way_back(state: &WorkflowState, undo: &UndoState) -> String {
    let why = if undo.because == UndoCause::Cancelled { "cancelled, " } else { "failed, " };
    let is_undone = |step: &&StepState| {
        let known = undo.steps.get(&step.spec.name).map(|known| &known.phase);
        known.is_some_and(|phase| !matches!(phase, UndoPhase::Undone(_) | UndoPhase::Failed))
    };
    let total = state.steps.len();
    match state.steps.iter().position(|step| is_undone(&step)) {
        Some(index) => {
            format!("{why}undoing step {} of {total}: {}", index + 1, state.steps[index].spec.title)
        }
        None => format!("{why}going back"),
    }
}

fn waiting(state: &WorkflowState) -> Option<WaitingFor> {
    if state.ended.is_some() {
        return None;
    }
    if let Some(waiting) = state.waits_for_permits() {
        return Some(waiting);
    }
    if let Some(undo) = &state.undo {
        return state.steps.iter().find_map(|step| on_undo(state, undo, step));
    }
    if let Some(halt) = &state.halt {
        let what = "a person: retry, skip the step, abort or cancel".to_owned();
        return Some(WaitingFor {
            what,
            since: halt.since,
            until: Some(halt.until),
            then: "it fails".to_owned(),
        });
    }
    if state.started_at.is_none() {
        let what = "a worker".to_owned();
        return Some(WaitingFor {
            what,
            since: state.submitted_at,
            until: state.presses_at(),
            then: "it fails".to_owned(),
        });
    }
    on_step(state, state.current_step()?)
}

fn on_step(state: &WorkflowState, step: &StepState) -> Option<WaitingFor> {
    let name = &step.spec.name;
    if let Some(waiting) = on_effect(step, &[Side::Run], "a person decides") {
        return Some(waiting);
    }
    match &step.phase {
        Phase::Waiting(wait) => {
            let of = step.spec.policy.attempts;
            let mut waiting = on_wait(wait, format!("attempt {} of {of} at {name} fails", step.attempt));
            let until = waiting.until.into_iter().chain(step.attempt_deadline_at()).min();
            // A guard holds every limit off.
            waiting.until = until.max(step.guard.map(|guard| guard.until));
            Some(waiting)
        }
        Phase::Retrying { at } => Some(on_retry(&step.failures, *at, name.as_str(), state.submitted_at)),
        _ => None,
    }
}

fn on_undo(state: &WorkflowState, undo: &UndoState, step: &StepState) -> Option<WaitingFor> {
    let name = &step.spec.name;
    let known = undo.steps.get(name)?;
    match &known.phase {
        UndoPhase::Undone(_) | UndoPhase::Failed => None,
        UndoPhase::Retrying { at } => {
            Some(on_retry(&known.failures, *at, &format!("undoing {name}"), state.submitted_at))
        }
        phase => {
            on_effect(step, &[Side::Run, Side::Undo], "it is named as not undone").or_else(|| match phase {
                UndoPhase::Waiting(wait) => {
                    Some(on_wait(wait, format!("this attempt at undoing {name} fails")))
                }
                _ => None,
            })
        }
    }
}

/// It is too early to tell what became of an effect.
fn on_effect(step: &StepState, sides: &[Side], then: &str) -> Option<WaitingFor> {
    let mut open = sides.iter().flat_map(|side| step.open_intents(*side));
    let (intent, wait) = open.find_map(|(name, known)| Some((name, known.awaited.as_ref()?)))?;
    let mut waiting = on_wait(wait, then.to_owned());
    waiting.what = format!("{}, to know whether {intent} of {} happened", wait.reason, step.spec.name);
    Some(waiting)
}

fn on_wait(wait: &WaitState, then: String) -> WaitingFor {
    WaitingFor { what: wait.reason.clone(), since: wait.since, until: Some(wait.deadline_at), then }
}

fn on_retry(failures: &[Failure], at: Timestamp, what: &str, otherwise: Timestamp) -> WaitingFor {
    WaitingFor {
        what: format!("the next attempt at {what}"),
        since: failures.last().map_or(otherwise, |failure| failure.at),
        until: Some(at),
        then: "it is tried again".to_owned(),
    }
}

fn step_status(state: &WorkflowState, step: &StepState) -> StepStatus {
    let undo = state.undo.as_ref().and_then(|undo| undo.steps.get(&step.spec.name)).map(|undo| &undo.phase);
    let (state, why) = match &step.phase {
        _ if matches!(undo, Some(UndoPhase::Undone(_))) => ("undone", None),
        _ if matches!(undo, Some(UndoPhase::Failed)) => ("not_undone", None),
        _ if undo.is_some() => ("undoing", None),
        Phase::Pending => ("pending", None),
        Phase::Running => ("running", None),
        Phase::Waiting(_) => ("waiting", None),
        Phase::Retrying { .. } => ("retrying", None),
        Phase::Failed => ("failed", None),
        Phase::Done => ("done", None),
        Phase::Skipped { why } => ("skipped", Some(why.clone())),
    };
    StepStatus {
        name: step.spec.name.clone(),
        title: step.spec.title.clone(),
        state: state.to_owned(),
        why,
        attempts: step.attempt,
        sub_task: step.sub_task.as_ref().map(|sub_task| sub_task.text.clone()),
        started_at: step.started_at,
        ended_at: step.ended_at,
        errors: step.failures.iter().map(|failure| failure.error.clone()).collect(),
    }
}

impl fmt::Display for WorkflowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.name, self.id)?;
        if let Some(machine) = &self.machine {
            write!(f, "on {machine} ")?;
        }
        writeln!(f, "is {} ({} %): {}", self.state, self.percent, self.headline)?;
        if let Some(waiting) = &self.waiting {
            writeln!(f, "  {waiting}")?;
        }
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        for left in &self.not_undone {
            writeln!(f, "  not undone: {}: {}", left.step, one_line(&left.why))?;
        }
        Ok(())
    }
}

impl fmt::Display for WaitingFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "waits for {} since {}", one_line(&self.what), self.since)?;
        if let Some(until) = self.until {
            write!(f, ", until {until}; then {}", self.then)?;
        }
        Ok(())
    }
}

impl fmt::Display for StepStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10} {}", self.state, self.title)?;
        if self.attempts > 1 {
            write!(f, " (attempt {})", self.attempts)?;
        }
        match (&self.why, &self.sub_task) {
            (Some(text), _) | (None, Some(text)) => write!(f, ": {}", one_line(text))?,
            (None, None) => {}
        }
        for error in &self.errors {
            write!(f, "\n            {}", indented(&error.to_string(), 12))?;
        }
        Ok(())
    }
}
