//! Looks at one machine until it is as asked.

use crate::power::answer::{Failure, Said};
use crate::power::duration;
use crate::power::goal::{Goal, Seen};
use futures_util::StreamExt;
use hwautomation_core::error::{Error, ErrorClass, ErrorKind, ErrorRecord, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{FleetPower, PowerAction, PowerState};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The first pause between two looks. Each is longer than the one before, so that a fleet that boots is not pestered.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How long the last look may take, which begins when the wait ends.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// Makes an answer of what a BMC said to a command: at once without a wait, else when the machine is as asked.
///
/// A command whose answer was lost is never sent again. For on and off the state tells what came of it.
pub async fn outcome(
    power: &dyn FleetPower,
    machine: &Machine,
    action: PowerAction,
    told: Result<()>,
    wait: Option<Duration>,
) -> Result<Said, Failure> {
    let goal = Goal::of(action);
    match (told, wait) {
        (Ok(()), None) => Ok(Said::accepted()),
        (Ok(()), Some(wait)) => match reached(power, machine, goal, wait).await {
            Ok((power, note)) => Ok(Said::Power { power, note }),
            Err(missed) => Err(missed.after_acceptance()),
        },
        (Err(error), Some(wait)) if is_unclear(&error) && goal.is_proof() => {
            match reached(power, machine, goal, wait).await {
                Ok((power, _)) => Ok(Said::Power { power, note: Some(LOST) }),
                Err(missed) => Err(Failure { power: missed.power, ..ErrorRecord::from(&error).into() }),
            }
        }
        (Err(error), _) => Err(ErrorRecord::from(&error).into()),
    }
}

/// What is said of a machine that is as asked, although its BMC did not say so.
const LOST: &str = "the answer to the command was lost";

fn is_unclear(error: &Error) -> bool {
    error.class() == ErrorClass::UnknownOutcome
}

/// What was seen of a machine that is not as asked.
struct Missed {
    error: Error,
    power: Option<PowerState>,
}

impl Missed {
    fn after_acceptance(self) -> Failure {
        Failure { accepted: true, power: self.power, ..ErrorRecord::from(&self.error).into() }
    }
}

async fn reached(
    power: &dyn FleetPower,
    machine: &Machine,
    mut goal: Goal,
    wait: Duration,
) -> Result<(PowerState, Option<&'static str>), Missed> {
    let mut pause = PAUSE;
    let deadline = Instant::now() + wait;
    loop {
        // A BMC that is dead by now may take longer than the wait to be found so.
        match timeout_at(deadline + LAST_LOOK, read(power, machine)).await {
            Ok(Ok(state)) => {
                if let Seen::Done(note) = goal.look(state.clone()) {
                    return Ok((state, note));
                }
            }
            Ok(Err(error)) if !may_pass(&error) => {
                return Err(Missed { error, power: goal.last().cloned() });
            }
            Ok(Err(_)) | Err(_) => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let error = goal.missed(&duration::text(wait));
            return Err(Missed { error, power: goal.last().cloned() });
        }
        sleep(pause.min(left)).await;
        pause = if goal.is_fleeting() { PAUSE } else { (pause * 3 / 2).min(PAUSE_MAX) };
    }
}

/// BMCs are busy while the power changes, and those that share the host's network port fall silent.
fn may_pass(error: &Error) -> bool {
    matches!(error.class(), ErrorClass::Transient { .. } | ErrorClass::UnknownOutcome)
}

async fn read(power: &dyn FleetPower, machine: &Machine) -> Result<PowerState> {
    let mut answers = power.read_power_of(std::slice::from_ref(machine));
    let answer = answers.next().await.map(|answer| answer.result);
    answer.unwrap_or_else(|| Err(Error::new(ErrorKind::Internal, "the driver gave no answer")))
}

#[expect(clippy::disallowed_methods, reason = "a person waits here, and no engine")]
async fn sleep(pause: Duration) {
    tokio::time::sleep(pause).await;
}
