//! Words of the way back.

use crate::id::StepName;
use serde::{Deserialize, Serialize};

/// Says why a run goes backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoCause {
    /// Somebody cancelled it.
    Cancelled,
    /// A step failed for good.
    Failed,
    /// Its deadline passed.
    Deadline,
}

/// Says what there is to undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoOf {
    /// The step began and did not finish.
    Partial,
    /// The step succeeded.
    Done,
}

/// Says whether there was anything to undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoResult {
    /// It was undone.
    Undone,
    /// There was nothing to undo.
    Nothing,
}

/// Names a step that could not be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotUndone {
    /// Which step.
    pub step: StepName,
    /// Why not.
    pub why: String,
}
