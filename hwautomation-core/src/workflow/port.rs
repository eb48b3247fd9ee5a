//! What a context needs from whoever runs the step: the engine, a plan, or a test.

use super::Submission;
use crate::error::{Error, Result};
use crate::id::{IntentName, MachineId, SignalName, StepName, WorkflowId};
use crate::machine::{Machine, MachineChange};
use crate::plugin::Plugins;
use crate::record::{Intent, IntentResult, RunState, Side, Stored, WorkflowSummary};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde_json::Value;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Says for which step, and in which attempt, a context was made.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) workflow: WorkflowId,
    pub(crate) step: StepName,
    pub(crate) side: Side,
    pub(crate) attempt: u32,
    pub(crate) runs: u32,
    pub(crate) epoch: u64,
}

/// Says what was known of an effect when it was to be sent.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    /// It is recorded as begun: send it.
    Now,
    /// It happened before: this is its value.
    Before(Stored),
}

/// Describes an effect that is to be recorded as begun, unless it happened before.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) intent: IntentName,
    pub(crate) boots: Option<String>,
    pub(crate) may_take: Duration,
    /// Why it must not be sent now.
    pub(crate) refused: Option<Error>,
}

/// Says what a parent asks of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChildCommand {
    /// Stop, undo, end as cancelled. One that has ended needs none.
    Cancel,
    /// Halted: try again.
    Retry,
}

#[async_trait]
pub(crate) trait Port: fmt::Debug + Send + Sync {
    fn place(&self) -> &Place;
    fn request(&self) -> &Value;
    fn machine(&self) -> Result<Arc<Machine>>;
    fn plugins(&self) -> &Plugins;
    fn now(&self) -> Timestamp;
    fn cancelled(&self) -> bool;
    fn power_overridden(&self) -> bool;
    fn output(&self, name: &str) -> Option<super::HandedOn>;
    fn sub_task(&self, text: String);
    fn progress(&self, fraction: f32);
    async fn machine_at(&self, address: IpAddr) -> Result<Option<MachineId>>;
    async fn load(&self, stored: &Stored) -> Result<Value>;
    async fn effect(&self, side: Side, intent: &IntentName) -> Result<Option<Intent>>;
    async fn open(&self, opening: Opening) -> Result<Opened>;
    async fn close(&self, intent: &IntentName, result: IntentResult) -> Result<()>;
    async fn store(&self, value: Value) -> Result<Stored>;
    async fn record(&self, name: String, payload: Stored) -> Result<()>;
    async fn machine_changed(&self, change: MachineChange) -> Result<()>;
    async fn signal(&self, name: &SignalName) -> Result<Option<Value>>;
    async fn guard(&self, limit: Duration) -> Result<()>;
    async fn unguard(&self) -> Result<()>;
    async fn start_child(&self, key: String, submission: Submission) -> Result<WorkflowId>;
    async fn check_child(&self, submission: &Submission) -> Result<Option<MachineId>>;
    async fn child(&self, id: WorkflowId) -> Result<Option<WorkflowSummary>>;
    async fn children(
        &self,
        states: &[RunState],
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>>;
    async fn command_child(&self, id: WorkflowId, command: ChildCommand, why: String) -> Result<()>;
}
