//! What a step sees of the world.

use super::handle::PowerLedger;
use super::outcome::{HandedOn, StepOutput, read_output};
use super::port::Port;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{MachineId, SignalName, WorkflowId};
use crate::machine::{Machine, MachineChange};
use crate::record::Side;
use crate::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long a guard may hold off a cancel: longer than any firmware update takes.
const GUARD_MAX: Duration = Duration::from_secs(24 * 3600);

/// Gives a step its machine, its parameters, its plugins and its history. A cheap clone.
#[derive(Clone)]
pub struct WorkflowContext {
    pub(super) port: Arc<dyn Port>,
    pub(super) power: Arc<PowerLedger>,
}

impl WorkflowContext {
    pub(crate) fn new(port: Arc<dyn Port>) -> Self {
        let power = Arc::new(PowerLedger::new(port.power_overridden()));
        Self { port, power }
    }

    /// Returns the machine as the directory knows it now.
    ///
    /// # Errors
    ///
    /// `Invalid` in a workflow without a machine.
    pub fn machine(&self) -> Result<Arc<Machine>> {
        self.port.machine()
    }

    /// Returns the machine whose BMC or host the directory has at this address, or expects there.
    ///
    /// # Errors
    ///
    /// `Conflict` when there are several, or what the directory fails with.
    pub async fn machine_at(&self, address: IpAddr) -> Result<Option<MachineId>> {
        self.port.machine_at(address).await
    }

    /// Reads what was asked for.
    ///
    /// # Errors
    ///
    /// `Invalid` when the request has another shape; a workflow with [`params`](super::Workflow::params) refused
    /// it at submission.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.port.request().clone())
            .map_err(|cause| Error::invalid("reading the request").with_source(cause))
    }

    /// Reads what an earlier step handed on.
    ///
    /// # Errors
    ///
    /// `NotFound` when no step recorded it, `Invalid` when it has another shape. Either names the output and the steps.
    pub async fn output<T: StepOutput>(&self) -> Result<T> {
        let Some(HandedOn { by, output }) = self.port.output(T::NAME) else {
            let step = &self.port.place().step;
            return Err(Error::not_found(format!(
                "step {step} reads the output {}, which no step recorded",
                T::NAME
            ))
            .with_remedy("put the step that hands it on before this one; a skipped step hands on nothing"));
        };
        let value = self.port.load(&output.value).await?;
        read_output(&by, value)
    }

    /// Reads what an earlier step handed on, or nothing if it was skipped.
    ///
    /// # Errors
    ///
    /// `Invalid` when it has another shape.
    pub async fn output_if_any<T: StepOutput>(&self) -> Result<Option<T>> {
        match self.output().await {
            Ok(output) => Ok(Some(output)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.port.now()
    }

    /// Returns which workflow this is.
    #[must_use]
    pub fn workflow(&self) -> WorkflowId {
        self.port.place().workflow
    }

    /// Returns which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.port.place().attempt
    }

    /// Returns how many attempts there were at running the step, this one included; also while it is undone.
    #[must_use]
    pub fn runs(&self) -> u32 {
        self.port.place().runs
    }

    /// Returns the owner's fencing number: a later owner has a higher one.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.port.place().epoch
    }

    /// Returns a key for services that take one: the same for every attempt at this step.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let place = self.port.place();
        format!("{}/{}", place.workflow, place.step)
    }

    /// Says what the step does now. Never fails, never blocks; the text is cut at 1 KiB.
    pub fn report_sub_task(&self, text: impl Into<String>) {
        self.port.sub_task(text.into());
    }

    /// Says how much of the step is done, 0 to 1. Only live listeners see it.
    pub fn progress(&self, fraction: f32) {
        if fraction.is_finite() {
            self.port.progress(fraction.clamp(0.0, 1.0));
        }
    }

    /// Tells whether somebody asked for a stop.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.port.cancelled()
    }

    /// Ends the step here if somebody asked for a stop.
    ///
    /// # Errors
    ///
    /// `Cancelled`; return it.
    pub fn checkpoint(&self) -> Result<()> {
        if self.cancelled() { Err(Error::new(ErrorKind::Cancelled, "the run was cancelled")) } else { Ok(()) }
    }

    /// Records evidence. A payload over 16 KiB is stored apart; over 8 MiB it is refused.
    ///
    /// # Errors
    ///
    /// `Invalid` when it is too large, `LeaseLost`, `Storage`.
    pub async fn record(&self, name: impl Into<String> + Send, payload: impl Serialize + Send) -> Result<()> {
        let name = name.into();
        let value = serde_json::to_value(payload).map_err(|cause| {
            Error::invalid(format!("writing the record {name} as JSON")).with_source(cause)
        })?;
        let stored = self.port.store(value).await?;
        self.port.record(name, stored).await
    }

    /// Records that something about the machine changed; the directory follows.
    ///
    /// # Errors
    ///
    /// `LeaseLost`, `Storage`.
    pub async fn machine_changed(&self, change: MachineChange) -> Result<()> {
        self.port.machine_changed(change).await
    }

    /// Takes a signal of this name, if one arrived. It stays readable until the outcome of this step is recorded.
    ///
    /// # Errors
    ///
    /// `Invalid` when it carries another shape, `LeaseLost`, `Storage`.
    pub async fn signal<T: DeserializeOwned>(&self, name: &SignalName) -> Result<Option<T>> {
        let Some(value) = self.port.signal(name).await? else { return Ok(None) };
        serde_json::from_value(value).map(Some).map_err(|cause| {
            Error::invalid(format!("reading what the signal {name} carries")).with_source(cause)
        })
    }

    /// Opens a recorded guard: until [`interruptible`](Self::interruptible), the step's end or the limit, neither
    /// cancel nor timeout nor shutdown drops the work, also across waits.
    ///
    /// # Errors
    ///
    /// `Invalid` above 24 h, `Cancelled` when somebody asked for a stop before, `LeaseLost`, `Storage`.
    pub async fn uninterruptible(&self, limit: Duration) -> Result<()> {
        if limit > GUARD_MAX {
            return Err(Error::invalid(format!("a guard of {limit:?} is longer than {GUARD_MAX:?}"))
                .with_remedy("guard only what nothing may interrupt, and close the guard when it is over"));
        }
        self.checkpoint()?;
        self.port.guard(limit).await
    }

    /// Closes the guard.
    ///
    /// # Errors
    ///
    /// `LeaseLost`, `Storage`.
    pub async fn interruptible(&self) -> Result<()> {
        self.port.unguard().await
    }

    /// Tells whether the step is being undone.
    #[must_use]
    pub fn is_undoing(&self) -> bool {
        self.port.place().side == Side::Undo
    }
}

impl fmt::Debug for WorkflowContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.port.place();
        f.debug_struct("WorkflowContext")
            .field("workflow", &place.workflow)
            .field("step", &place.step)
            .finish()
    }
}
