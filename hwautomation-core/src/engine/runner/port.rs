//! The engine's side of a step's context: what is at hand is answered here, what must be recorded is asked of
//! the runner, which alone writes.

use crate::engine::shared::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{IntentName, MachineId, SignalName, WorkflowId};
use crate::machine::{Machine, MachineChange};
use crate::plugin::Plugins;
use crate::record::{Blob, Intent, IntentResult, RunState, Side, Stored, WorkflowSummary};
use crate::secret::scrub_json;
use crate::time::Timestamp;
use crate::workflow::port::{ChildCommand, Opened, Opening, Place, Port};
use crate::workflow::{HandedOn, Submission};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};

/// How many sub-tasks may wait to be recorded; more are dropped.
const SUB_TASKS_WAITING_MAX: usize = 1000;

type Reply<T> = oneshot::Sender<Result<T>>;

/// Asks the runner for something that must be recorded.
#[derive(Debug)]
pub(super) enum PortCall {
    Open { opening: Opening, reply: Reply<Opened> },
    Close { intent: IntentName, result: IntentResult, reply: Reply<()> },
    Effect { side: Side, intent: IntentName, reply: Reply<Option<Intent>> },
    Record { name: String, payload: Stored, reply: Reply<()> },
    MachineChanged { change: MachineChange, reply: Reply<()> },
    StartChild { key: String, submission: Box<Submission>, reply: Reply<WorkflowId> },
    Signal { name: SignalName, reply: Reply<Option<Value>> },
    Guard { limit: Duration, reply: Reply<()> },
    Unguard { reply: Reply<()> },
}

/// What a context and the runner both see during one call of a step.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) cancelled: AtomicBool,
    pub(super) sub_task_added: Notify,
    sub_tasks: Mutex<VecDeque<(Timestamp, String)>>,
    blobs: Mutex<Vec<Blob>>,
    machine: Mutex<Option<Arc<Machine>>>,
}

impl Desk {
    pub(super) fn new(machine: Option<Arc<Machine>>) -> Self {
        Self { machine: Mutex::new(machine), ..Self::default() }
    }

    pub(super) fn take_sub_tasks(&self) -> VecDeque<(Timestamp, String)> {
        std::mem::take(&mut self.sub_tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn take_blobs(&self) -> Vec<Blob> {
        std::mem::take(&mut self.blobs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_machine(&self, machine: Option<Arc<Machine>>) {
        *self.machine.lock().unwrap_or_else(PoisonError::into_inner) = machine;
    }
}

#[derive(Debug)]
pub(super) struct EnginePort {
    pub(super) place: Place,
    pub(super) request: Arc<Value>,
    pub(super) outputs: Arc<BTreeMap<String, HandedOn>>,
    /// The whole engine, of which a step asks for machines, blobs and children.
    pub(super) engine: Arc<Shared>,
    pub(super) handle: Arc<crate::engine::running::RunHandle>,
    pub(super) desk: Arc<Desk>,
    pub(super) calls: mpsc::Sender<PortCall>,
    pub(super) power_overridden: bool,
}

impl EnginePort {
    async fn ask<T>(&self, call: impl FnOnce(Reply<T>) -> PortCall) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let gone = || Error::new(ErrorKind::LeaseLost, "the run this context belongs to is over");
        self.calls.send(call(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

#[async_trait]
impl Port for EnginePort {
    fn place(&self) -> &Place {
        &self.place
    }

    fn request(&self) -> &Value {
        &self.request
    }

    fn machine(&self) -> Result<Arc<Machine>> {
        let machine = self.desk.machine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        machine.ok_or_else(|| {
            Error::invalid(format!("workflow {} has no machine", self.place.workflow))
                .with_remedy("submit it with a machine")
        })
    }

    fn plugins(&self) -> &Plugins {
        &self.engine.plugins
    }

    fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    fn cancelled(&self) -> bool {
        self.desk.cancelled.load(Ordering::Acquire)
    }

    fn power_overridden(&self) -> bool {
        self.power_overridden
    }

    fn output(&self, name: &str) -> Option<HandedOn> {
        self.outputs.get(name).cloned()
    }

    fn sub_task(&self, text: String) {
        let mut waiting = self.desk.sub_tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < SUB_TASKS_WAITING_MAX {
            waiting.push_back((self.engine.clock.now(), text));
            self.desk.sub_task_added.notify_one();
        }
    }

    fn progress(&self, fraction: f32) {
        self.handle.set_progress(Some(fraction));
    }

    async fn machine_at(&self, address: IpAddr) -> Result<Option<MachineId>> {
        self.engine.machine_at(address).await
    }

    async fn load(&self, stored: &Stored) -> Result<Value> {
        self.engine.value(stored).await
    }

    async fn store(&self, mut value: Value) -> Result<Stored> {
        scrub_json(&mut value);
        let (stored, blob) = Stored::new(value)?;
        self.desk.blobs.lock().unwrap_or_else(PoisonError::into_inner).extend(blob);
        Ok(stored)
    }

    async fn effect(&self, side: Side, intent: &IntentName) -> Result<Option<Intent>> {
        self.ask(|reply| PortCall::Effect { side, intent: intent.clone(), reply }).await
    }

    async fn open(&self, opening: Opening) -> Result<Opened> {
        self.ask(|reply| PortCall::Open { opening, reply }).await
    }

    async fn close(&self, intent: &IntentName, result: IntentResult) -> Result<()> {
        self.ask(|reply| PortCall::Close { intent: intent.clone(), result, reply }).await
    }

    async fn record(&self, name: String, payload: Stored) -> Result<()> {
        self.ask(|reply| PortCall::Record { name, payload, reply }).await
    }

    async fn machine_changed(&self, change: MachineChange) -> Result<()> {
        self.ask(|reply| PortCall::MachineChanged { change, reply }).await
    }

    async fn signal(&self, name: &SignalName) -> Result<Option<Value>> {
        self.ask(|reply| PortCall::Signal { name: name.clone(), reply }).await
    }

    async fn guard(&self, limit: Duration) -> Result<()> {
        self.ask(|reply| PortCall::Guard { limit, reply }).await
    }

    async fn unguard(&self) -> Result<()> {
        self.ask(|reply| PortCall::Unguard { reply }).await
    }

    async fn start_child(&self, key: String, submission: Submission) -> Result<WorkflowId> {
        let submission = Box::new(submission);
        self.ask(|reply| PortCall::StartChild { key, submission, reply }).await
    }

    async fn check_child(&self, submission: &Submission) -> Result<Option<MachineId>> {
        self.engine.check_child(submission).await
    }

    async fn child(&self, id: WorkflowId) -> Result<Option<WorkflowSummary>> {
        self.engine.child(self.place.workflow, id).await
    }

    async fn children(
        &self,
        states: &[RunState],
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        self.engine.children(self.place.workflow, states, before, limit).await
    }

    async fn command_child(&self, id: WorkflowId, command: ChildCommand, why: String) -> Result<()> {
        self.engine.command_child(self.place.workflow, id, command, why).await
    }
}
