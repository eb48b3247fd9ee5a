//! Things that happen to hardware, and what must hold before they may.

use super::handle::PowerLedger;
use crate::error::{Error, ErrorKind, Result};
use crate::record::Side;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// How long a plain future may take before its outcome counts as unknown.
const MAY_TAKE: Duration = Duration::from_secs(20);

/// Something that must happen once per intent. Give it to `WorkflowContext::once`.
///
/// Any future of a `Result` is one, and so is every [`Call`] that a handle returns.
#[async_trait]
pub trait Effect: Send {
    /// What it returns.
    type Value: Serialize + DeserializeOwned + Send;

    /// Refuses when it must not be sent now. Asked before the intent is recorded and again before sending.
    ///
    /// # Errors
    ///
    /// Says what is missing and how to get it.
    fn check(&self) -> Result<()>;

    /// Returns what to call it, if it boots the machine.
    fn boots(&self) -> Option<String>;

    /// Returns how long it may take. The lease must last that long.
    fn may_take(&self) -> Duration;

    /// Sends it.
    async fn send(self) -> Result<Self::Value>;
}

#[async_trait]
impl<F, T> Effect for F
where
    F: Future<Output = Result<T>> + Send,
    T: Serialize + DeserializeOwned + Send,
{
    type Value = T;

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn boots(&self) -> Option<String> {
        None
    }

    fn may_take(&self) -> Duration {
        MAY_TAKE
    }

    async fn send(self) -> Result<T> {
        self.await
    }
}

/// A command that a handle prepared and that only `WorkflowContext::once` can send.
#[must_use = "a call is only sent by ctx.once(name, call)"]
pub struct Call<T> {
    what: String,
    future: BoxFuture<'static, Result<T>>,
    power: Option<Arc<PowerLedger>>,
    boots: bool,
    may_take: Duration,
}

impl<T> Call<T> {
    pub(super) fn new(
        what: impl Into<String>,
        future: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Self {
        Self { what: what.into(), future: Box::pin(future), power: None, boots: false, may_take: MAY_TAKE }
    }

    /// Says that it changes the power state, so that it needs a fresh reading.
    pub(super) fn guarded_by(mut self, ledger: Arc<PowerLedger>) -> Self {
        self.power = Some(ledger);
        self
    }

    /// Says that the machine boots anew.
    pub(super) fn boots(mut self, boots: bool) -> Self {
        self.boots = boots;
        self
    }

    /// Replaces how long it may take. Default 20 s.
    pub fn may_take(mut self, limit: Duration) -> Self {
        self.may_take = limit;
        self
    }
}

#[async_trait]
impl<T: Serialize + DeserializeOwned + Send> Effect for Call<T> {
    type Value = T;

    fn check(&self) -> Result<()> {
        self.power.as_ref().map_or(Ok(()), |ledger| ledger.check(&self.what))
    }

    fn boots(&self) -> Option<String> {
        self.boots.then(|| self.what.clone())
    }

    fn may_take(&self) -> Duration {
        self.may_take
    }

    async fn send(self) -> Result<T> {
        if let Some(ledger) = &self.power {
            ledger.sent();
        }
        self.future.await
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("what", &self.what).field("boots", &self.boots).finish_non_exhaustive()
    }
}

/// The error of a call whose time is up: it may have happened.
pub(super) fn overdue(intent: &str, side: Side, limit: Duration) -> Error {
    let doing = if side == Side::Run { "sending" } else { "undoing by" };
    Error::new(ErrorKind::Timeout, format!("{doing} {intent} took longer than {limit:?}"))
        .unknown_outcome()
        .with_remedy("look at the machine; the engine asks the step before it tries again")
}
