//! How late a waiting workflow is woken: from when it is due to its step's body.

use crate::lab::{Bell, Kind, Lab, Outcome, runtime};
use hwautomation_core::engine::EngineOptions;
use hwautomation_core::record::Resume;
use hwautomation_core::time::{Clock, Timestamp};
use hwautomation_core::workflow::{StepOutcome, Workflow, WorkflowStep, step_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// How long it may take until one waits; all are due later than that.
const EACH: Duration = Duration::from_micros(1500);
const LEAD: Duration = Duration::from_millis(700);

/// How late the middle one was, and the latest but one in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Late {
    pub p99: Duration,
    pub p50: Duration,
}

type Lateness = Arc<Mutex<Vec<Duration>>>;

/// Lets so many wait, and wakes them spread evenly over this time.
pub fn run(kind: Kind, count: usize, over: Duration) -> Outcome<Late> {
    runtime()?.block_on(async {
        let (waiting, woken, lateness) = (Bell::default(), Bell::default(), Lateness::default());
        let step = wait_until_due(&waiting, &woken, &lateness);
        let in_flight = EngineOptions::default().running_max;
        let lab = Lab::start(kind, in_flight, Workflow::new("wait").step(step)).await?;
        let clock = Clock::system();
        let first = clock.now() + LEAD + EACH * u32::try_from(count)?;
        let apart = over / u32::try_from(count)?;
        let due = |number: usize| first + apart * u32::try_from(number).unwrap_or(u32::MAX);
        lab.submit_each("wait", count, |number| due(number).as_micros()).await?;
        waiting.until(count).await?;
        assert!(clock.now() < first, "all wait before the first is due: the machine is too slow for this");
        woken.until(count).await?;
        lab.manager.shutdown().await;
        let mut late = std::mem::take(&mut *lateness.lock().unwrap_or_else(PoisonError::into_inner));
        late.sort();
        Ok(Late { p50: late[count / 2], p99: late[count * 99 / 100] })
    })
}

fn wait_until_due(waiting: &Bell, woken: &Bell, lateness: &Lateness) -> impl WorkflowStep + use<> {
    let (waiting, woken, lateness) = (waiting.clone(), woken.clone(), Arc::clone(lateness));
    step_fn("wait", Resume::Rerun, move |ctx| {
        let (waiting, woken, lateness) = (waiting.clone(), woken.clone(), Arc::clone(&lateness));
        async move {
            let (now, due) = (ctx.now(), Timestamp::from_micros(ctx.params()?));
            if now < due {
                waiting.ring();
                return StepOutcome::wait("its turn", due.since(now), HOUR);
            }
            lateness.lock().unwrap_or_else(PoisonError::into_inner).push(now.since(due));
            woken.ring();
            StepOutcome::finished()
        }
    })
}
