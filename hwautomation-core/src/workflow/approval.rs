//! A step that waits until a person says go.

use super::{StepOutcome, StepOutput, StepPlan, WorkflowContext, WorkflowStep};
use crate::actor::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{SignalName, StepName};
use crate::record::{Policy, Resume};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often the gate looks without being woken; an answer wakes it.
const LOOK: Duration = Duration::from_secs(3600);

/// Waits for an answer: `WorkflowManager::approve` opens it, `WorkflowManager::deny` fails the step for good.
///
/// Of several answers that came before the gate looked, a no counts.
/// A denied gate halts or undoes the run like any failed step. A person's retry asks again. The answer stands in the
/// history as the output [`Approval`], with who gave it and why.
#[derive(Debug, Clone)]
pub struct ApprovalGate {
    name: StepName,
    signal: SignalName,
    question: String,
    limit: Duration,
}

impl ApprovalGate {
    /// Asks this question under a name that is both the step's and the signal's. An answer is waited for for 24 h.
    ///
    /// # Panics
    ///
    /// When the name is not lower case letters, digits, `_`, `-` and `.`.
    #[must_use]
    pub fn new(name: &'static str, question: impl Into<String>) -> Self {
        let (step, signal) = (StepName::from_static(name), SignalName::from_static(name));
        Self { name: step, signal, question: question.into(), limit: Duration::from_secs(24 * 3600) }
    }

    /// Replaces how long an answer is waited for; without one in time, the step fails.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

/// Says how somebody answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whether the answer was yes.
    pub approved: bool,
    /// Who answered.
    pub by: Actor,
    /// Why.
    #[serde(default)]
    pub why: String,
}

impl StepOutput for Approval {
    const NAME: &'static str = "approval";
}

#[async_trait]
impl WorkflowStep for ApprovalGate {
    fn name(&self) -> StepName {
        self.name.clone()
    }

    fn title(&self) -> String {
        self.question.clone()
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        Policy { attempts: 1, deadline: None, ..Policy::default() }
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let mut found = ctx.signal::<Approval>(&self.signal).await?;
        // Of several answers to one question a no counts, and none is left for the next question.
        while let Some(other) = ctx.signal::<Approval>(&self.signal).await? {
            found = found.filter(|known| !known.approved).or(Some(other));
        }
        match found {
            None => StepOutcome::wait(format!("an answer to: {}", self.question), LOOK, self.limit),
            Some(answer) if answer.approved => StepOutcome::done(answer),
            Some(answer) => {
                let message = format!("{} said no to: {}: {}", answer.by, self.question, answer.why);
                Err(Error::new(ErrorKind::Refused, message)
                    .with_remedy("settle it with who said no; a retry asks again, a skip goes on without"))
            }
        }
    }

    async fn plan(&self, _ctx: &WorkflowContext) -> Result<StepPlan> {
        Ok(StepPlan::Changes { changes: vec![format!("asks a person: {}", self.question)] })
    }
}
