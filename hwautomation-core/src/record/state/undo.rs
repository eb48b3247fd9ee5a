//! How far undoing came.

use super::super::{UndoCause, UndoOf, UndoResult};
use super::{Failure, WaitState};
use crate::id::StepName;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Says that a run goes backwards.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoState {
    /// Why.
    pub because: UndoCause,
    /// Since when.
    pub since: Timestamp,
    /// When undoing must be done.
    pub deadline_at: Timestamp,
    /// The steps whose undoing has begun.
    pub steps: BTreeMap<StepName, UndoStep>,
}

/// Says how far the undoing of one step came.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoStep {
    /// What there is to undo.
    pub of: UndoOf,
    /// How often it was attempted.
    pub attempt: u32,
    /// Where it stands.
    pub phase: UndoPhase,
    /// Every failed attempt, oldest first.
    pub failures: Vec<Failure>,
}

/// Says where the undoing of a step stands.
#[derive(Debug, Clone, PartialEq)]
pub enum UndoPhase {
    /// It was begun, and nobody recorded how that ended.
    Running,
    /// It waits.
    Waiting(WaitState),
    /// An attempt failed and another one comes.
    Retrying {
        /// When it comes.
        at: Timestamp,
    },
    /// Nothing is left to undo.
    Undone(UndoResult),
    /// It could not be undone.
    Failed,
}
