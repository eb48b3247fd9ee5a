//! Effects that a step sends once, and what became of them.

use super::WorkflowContext;
use super::effect::{Effect, overdue};
use super::port::{Opened, Opening};
use crate::error::{Error, ErrorClass, ErrorRecord, Result};
use crate::id::IntentName;
use crate::record::{Intent, IntentResult, Side};
use crate::secret::contains_secret;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl WorkflowContext {
    /// Sends an effect once per intent.
    ///
    /// The intent is recorded, the effect is sent, its result is recorded. A value that was recorded before is
    /// returned for ever, without sending. A definite error closes the intent, and a later call is a new try.
    /// An unknown outcome leaves it open: the engine asks [`probe`](super::WorkflowStep::probe) before it runs
    /// the step again.
    ///
    /// # Errors
    ///
    /// `Invalid` when the value holds a secret: it is recorded that it happened, and not what it returned. Otherwise
    /// the effect's own, or `Refused` when the effect must not be sent now; then nothing was recorded.
    pub async fn once<E: Effect>(&self, name: impl Into<String> + Send, effect: E) -> Result<E::Value> {
        let intent = IntentName::new(name)?;
        let may_take = effect.may_take();
        let refused = effect.check().err();
        let opening = Opening { intent: intent.clone(), boots: effect.boots(), may_take, refused };
        if let Opened::Before(stored) = self.port.open(opening).await? {
            return read_result(&intent, self.port.load(&stored).await?);
        }
        let sent = match effect.check() {
            Ok(()) => tokio::time::timeout(may_take, effect.send())
                .await
                .unwrap_or_else(|_| Err(overdue(intent.as_str(), self.port.place().side, may_take))),
            Err(refused) => Err(refused),
        };
        self.settle(&intent, sent).await
    }

    /// Returns what an effect of this step returned, if it is recorded as happened. In `undo`, effects of the undo
    /// come first, then those of the run.
    ///
    /// # Errors
    ///
    /// `Invalid` when it has another shape, `Storage`.
    pub async fn result_of<T: DeserializeOwned>(&self, name: impl Into<String> + Send) -> Result<Option<T>> {
        let intent = IntentName::new(name)?;
        for side in self.sides() {
            let known = self.port.effect(side, &intent).await?;
            if let Some(stored) = known.and_then(|known| known.value) {
                return read_result(&intent, self.port.load(&stored).await?).map(Some);
            }
        }
        Ok(None)
    }

    /// Returns what the history knows of an effect of this step: how often it was tried, how the newest try ended and
    /// how that is known. Nothing, if it was never begun. In `undo`, effects of the undo come first, then those of
    /// the run.
    ///
    /// # Errors
    ///
    /// `Invalid` for a name that no effect can have, `LeaseLost`.
    pub async fn effect(&self, name: impl Into<String> + Send) -> Result<Option<Intent>> {
        let intent = IntentName::new(name)?;
        for side in self.sides() {
            if let Some(known) = self.port.effect(side, &intent).await? {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    /// Where an effect of this name may stand: on our own side, or else on the run's.
    fn sides(&self) -> impl Iterator<Item = Side> + use<> {
        let own = self.port.place().side;
        [Some(own), Some(Side::Run).filter(|run| *run != own)].into_iter().flatten()
    }

    /// Records what became of an effect.
    async fn settle<T: Serialize>(&self, intent: &IntentName, sent: Result<T>) -> Result<T> {
        match sent {
            Ok(value) => {
                let json = serde_json::to_value(&value).map_err(|cause| {
                    Error::invalid(format!("writing the result of {intent}")).with_source(cause)
                })?;
                let holds_secret = contains_secret(&json);
                let kept = if holds_secret { serde_json::Value::Null } else { json };
                let value_stored = self.port.store(kept).await?;
                self.port.close(intent, IntentResult::Happened { value: value_stored }).await?;
                if holds_secret { Err(secret_result(intent)) } else { Ok(value) }
            }
            Err(error) if error.class() == ErrorClass::UnknownOutcome => Err(error),
            Err(error) => {
                self.port.close(intent, IntentResult::Failed { error: ErrorRecord::from(&error) }).await?;
                Err(error)
            }
        }
    }
}

/// It happened, but what it returned cannot be kept, and a masked password would be used as one.
fn secret_result(intent: &IntentName) -> Error {
    Error::invalid(format!("{intent} happened and returned a secret, and results are recorded"))
        .with_remedy("let the effect return where the secret lies, such as env:NAME, not the secret")
}

fn read_result<T: DeserializeOwned>(intent: &IntentName, value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value).map_err(|cause| {
        Error::invalid(format!("reading the recorded result of {intent}"))
            .with_remedy("give an effect a new name when its result changes")
            .with_source(cause)
    })
}
