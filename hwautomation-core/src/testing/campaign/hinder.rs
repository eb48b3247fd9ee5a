//! Each step fails once, each undo too, each wait is disturbed: the end is that of the run in peace.

use super::everywhere::{Ending, rest, say_yes, submit, told};
use super::hindered::{Around, Fall, Trap};
use super::{Side, Stores, World};
use crate::actor::Actor;
use crate::engine::WorkflowManager;
use crate::id::{SignalName, StepName, WorkflowId};
use crate::record::{Side as Way, SubState, WorkflowStatus};
use crate::time::Timestamp;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How many runs go on beside each other: each spends its time in the pause before the next attempt.
const AT_ONCE: usize = 8;
/// How often each wait is woken before it is due.
const WAKES: u32 = 5;
/// How long a woken step has to look.
const LOOK: Duration = Duration::from_millis(1);

/// Says how much a campaign did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hindered {
    /// How many runs had a step that failed once, before or after it acted.
    pub runs: u64,
    /// How many runs had an undo that failed once.
    pub undos: u64,
    /// How often a step that waited was woken.
    pub wakes: u64,
}

/// Lets each step of a workflow fail once before and once after it acted, each undo too, and wakes every wait.
///
/// `make` makes a new world for each run; all must be alike. A step with one attempt halts, and is tried again as a
/// person would; where the run is undone instead, submit it with more
/// [`attempts`](crate::engine::Submission::attempts).
///
/// # Errors
///
/// Says what was hindered, and what was otherwise than in peace.
pub async fn hinder_everywhere<W: World>(
    make: impl Fn() -> W,
    stores: &dyn Stores,
) -> Result<Hindered, String> {
    let calm = Trap::new(None);
    let peace = run(&make(), stores, &calm, false).await?.0;
    let falls = calm.called().into_iter().flat_map(|(step, way)| {
        [Side::Before, Side::After].map(|side| Fall { step: step.clone(), way, side })
    });
    let tried = falls.map(|fall| tried(&make, stores, &peace, fall));
    let counts: Vec<Hindered> = stream::iter(tried).buffer_unordered(AT_ONCE).try_collect().await?;
    let (found, wakes) = run(&make(), stores, &calm, true).await?;
    same(&peace, &found).map_err(|why| format!("woken early: {why}"))?;
    let sum = |count: fn(&Hindered) -> u64| counts.iter().map(count).sum();
    Ok(Hindered { runs: sum(|count| count.runs), undos: sum(|count| count.undos), wakes })
}

/// Runs with one fall.
async fn tried<W: World>(
    make: &impl Fn() -> W,
    stores: &dyn Stores,
    peace: &Ending,
    fall: Fall,
) -> Result<Hindered, String> {
    let said = |why: String| format!("{fall:?}: {why}");
    let trap = Trap::new(Some(fall.clone()));
    let found = run(&make(), stores, &trap, false).await.map_err(said)?.0;
    // A step that never ends well has no end to lose.
    if trap.is_set() {
        return Ok(Hindered::default());
    }
    same(peace, &found).map_err(said)?;
    Ok(match fall.way {
        Way::Run => Hindered { runs: 1, ..Hindered::default() },
        Way::Undo => Hindered { undos: 1, ..Hindered::default() },
    })
}

fn same(peace: &Ending, found: &Ending) -> Result<(), String> {
    if found == peace { Ok(()) } else { Err(format!("expected {peace:#?}, found {found:#?}")) }
}

async fn run(
    world: &dyn World,
    stores: &dyn Stores,
    trap: &Arc<Trap>,
    wakes: bool,
) -> Result<(Ending, u64), String> {
    let set = trap.is_set();
    let around = |inner: &Arc<dyn crate::workflow::WorkflowStep>| {
        Arc::new(Around { inner: Arc::clone(inner), trap: Arc::clone(trap) }) as _
    };
    let builder = world.builder().store(stores.fresh().await).clock(stores.clock()).around_steps(around);
    let manager = builder.start().await.map_err(|error| told(&error))?;
    let id = submit(&manager, world).await?;
    let mut woken = 0;
    let mut ending = tokio::select! {
        biased;
        ending = rest(&manager, world, id) => ending?,
        never = wake(&manager, id, &mut woken), if wakes => never?,
    };
    // A step with one attempt halts; a person says: try again.
    if ending.sub_state == Some(SubState::Halted) && set && !trap.is_set() {
        manager.retry(id, "once more", &Actor::person("campaign")).await.map_err(|error| told(&error))?;
        say_yes(&manager, world, id).await?;
        ending = rest(&manager, world, id).await?;
    }
    manager.shutdown().await;
    Ok((ending, woken))
}

/// Wakes whatever waits, again and again, with a signal that nobody reads.
#[expect(clippy::disallowed_methods, reason = "a campaign looks at its world from outside, in any time")]
async fn wake(manager: &WorkflowManager, id: WorkflowId, woken: &mut u64) -> Result<Ending, String> {
    let mut times: BTreeMap<(StepName, Timestamp), u32> = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK).await;
        let status = manager.status(id).await.map_err(|error| told(&error))?;
        let Some(wait) = wait_of(&status) else { continue };
        let count = times.entry(wait).or_default();
        if *count < WAKES {
            *count += 1;
            *woken += 1;
            let (name, key) = (SignalName::from_static("woken"), format!("wake {woken}"));
            let posted = manager.signal(id, name, (), &key, &Actor::service("campaign")).await;
            // It may have ended meanwhile.
            let _late = posted.is_err();
        }
    }
}

fn wait_of(status: &WorkflowStatus) -> Option<(StepName, Timestamp)> {
    let waits = status.sub_state == Some(SubState::Waiting) || status.sub_state == Some(SubState::Undoing);
    let step = status.steps.iter().find(|step| step.state == "waiting" || step.state == "undoing")?;
    let since = status.waiting.as_ref()?.since;
    waits.then(|| (step.name.clone(), since))
}
