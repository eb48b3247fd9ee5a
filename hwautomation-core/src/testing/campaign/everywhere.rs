//! The campaign itself.

use super::{Side, StopAppend, StoppingStore, Stores, World};
use crate::actor::Actor;
use crate::engine::WorkflowManager;
use crate::error::{Error, ErrorKind};
use crate::id::WorkflowId;
use crate::record::{RunState, SubState, WorkflowState, WorkflowSummary};
use crate::store::{HistoryStore, WorkflowFilter};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked whether a call hangs.
const LOOK: Duration = Duration::from_millis(1);
/// No history of a campaign is longer.
const EVENTS_MAX: usize = 10_000;

/// Says where the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// At an append.
    Append(StopAppend),
    /// At a plugin call: which, from 0, and whether it takes effect.
    Call(u64, Side),
}

/// Says how a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ending {
    pub(crate) state: RunState,
    pub(crate) sub_state: Option<SubState>,
    pub(crate) truth: Value,
    pub(crate) commands: Vec<String>,
}

/// Says how much a campaign did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// How many appends the run in peace made.
    pub appends: u64,
    /// How many plugin calls the run in peace made.
    pub calls: u64,
    /// How many runs were stopped.
    pub stops: u64,
}

/// Stops a workflow before and after every append and every plugin call.
///
/// `make` makes a new world for each run; all must be alike.
///
/// # Errors
///
/// Says where it was stopped, and what was otherwise than in peace.
pub async fn stop_everywhere<W: World>(make: impl Fn() -> W, stores: &dyn Stores) -> Result<Report, String> {
    stop_where(&make, stores, |_| Ok(()), |_| true).await.map(|(_, report)| report)
}

/// Stops a workflow at the chosen places, if it ends in peace as expected, and returns how that is.
pub(crate) async fn stop_where<W: World>(
    make: &(impl Fn() -> W + ?Sized),
    stores: &dyn Stores,
    expected: impl Fn(&Ending) -> Result<(), String>,
    chosen: impl Fn(Stop) -> bool,
) -> Result<(Ending, Report), String> {
    let world = make();
    let store = Arc::new(StoppingStore::new(stores.fresh().await, None));
    let peace = first_process(&world, stores, Arc::clone(&store), None).await?;
    let Some(peace) = peace else { return Err("the run in peace did not end".to_owned()) };
    expected(&peace)?;
    let mut report = Report { appends: store.appends(), calls: world.calls(), stops: 0 };
    drop(store);
    for stop in places(&report).filter(|stop| chosen(*stop)) {
        let (ending, was_stopped) =
            stopped(&make(), stores, stop).await.map_err(|why| format!("stopped at {stop:?}: {why}"))?;
        if ending != peace {
            return Err(format!("stopped at {stop:?}: expected {peace:#?}, found {ending:#?}"));
        }
        report.stops += u64::from(was_stopped);
    }
    Ok((peace, report))
}

/// Lists both sides of every append and every call.
fn places(report: &Report) -> impl Iterator<Item = Stop> + use<> {
    let sides = [Side::Before, Side::After];
    let append = move |number| sides.map(|side| Stop::Append(StopAppend { number, side }));
    let call = move |call| sides.map(|side| Stop::Call(call, side));
    (0..report.appends).flat_map(append).chain((0..report.calls).flat_map(call))
}

/// Runs until the stop, and then on with another manager. Tells whether it came to the stop.
async fn stopped(world: &dyn World, stores: &dyn Stores, stop: Stop) -> Result<(Ending, bool), String> {
    let at = match stop {
        Stop::Append(at) => Some(at),
        Stop::Call(skip, side) => {
            world.hang(skip, side);
            None
        }
    };
    let store = Arc::new(StoppingStore::new(stores.fresh().await, at));
    match first_process(world, stores, store, at).await? {
        Some(ended) if world.is_concurrent() => return Ok((ended, false)),
        Some(ended) => return Err(format!("the stop was never reached; it ended {ended:?}")),
        None => {}
    }
    world.heal();
    let store = stores.reopen().await;
    let manager = start(world, stores, Arc::clone(&store)).await?;
    let id = match first(&*store).await? {
        Some(row) => row.id,
        // It was stopped before it was accepted: whoever asked got no answer, and asks again.
        None => submit(&manager, world).await?,
    };
    let ending = rest(&manager, world, id).await?;
    manager.shutdown().await;
    for row in rows(&*store).await? {
        check_history(&*store, row).await?;
    }
    Ok((ending, true))
}

/// Runs until the end or the stop; then everything of this process is gone.
async fn first_process(
    world: &dyn World,
    stores: &dyn Stores,
    store: Arc<StoppingStore>,
    at: Option<StopAppend>,
) -> Result<Option<Ending>, String> {
    let manager = start(world, stores, Arc::clone(&store) as Arc<dyn HistoryStore>).await?;
    let whole = async {
        let id = submit(&manager, world).await?;
        rest(&manager, world, id).await
    };
    let ended = tokio::select! {
        biased;
        ended = whole => Some(ended?),
        () = store.stopped(), if at.is_some() => None,
        () = hangs(world) => None,
    };
    drop(manager);
    // Tasks that are aborted are gone when the runtime has seen them once more.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    Ok(ended)
}

#[expect(clippy::disallowed_methods, reason = "a campaign looks at its world from outside, in any time")]
pub(crate) async fn hangs(world: &dyn World) {
    while !world.hangs() {
        tokio::time::sleep(LOOK).await;
    }
}

pub(crate) async fn start(
    world: &dyn World,
    stores: &dyn Stores,
    store: Arc<dyn HistoryStore>,
) -> Result<WorkflowManager, String> {
    world.builder().store(store).clock(stores.clock()).start().await.map_err(|error| told(&error))
}

pub(crate) async fn submit(manager: &WorkflowManager, world: &dyn World) -> Result<WorkflowId, String> {
    manager.submit(world.submission(), &Actor::service("campaign")).await.map_err(|error| told(&error))
}

pub(crate) async fn rest(
    manager: &WorkflowManager,
    world: &dyn World,
    id: WorkflowId,
) -> Result<Ending, String> {
    open_gate(manager, world, id).await?;
    let status = manager.wait_or_halt(id).await.map_err(|error| told(&error))?;
    let (truth, commands) = (world.truth(), world.commands());
    Ok(Ending { state: status.state, sub_state: status.sub_state, truth, commands })
}

/// The workflow that was submitted, and not its children.
async fn first(store: &dyn HistoryStore) -> Result<Option<WorkflowSummary>, String> {
    Ok(rows(store).await?.into_iter().find(|row| row.parent.is_none()))
}

async fn rows(store: &dyn HistoryStore) -> Result<Vec<WorkflowSummary>, String> {
    store.list(&WorkflowFilter::default(), None, EVENTS_MAX).await.map_err(|error| told(&error))
}

/// Says yes as soon as the gate asks, and not before, so that each run makes the same appends. A second yes to the same
/// question is the first.
#[expect(clippy::disallowed_methods, reason = "a campaign looks at its world from outside, in any time")]
pub(super) async fn open_gate(
    manager: &WorkflowManager,
    world: &dyn World,
    id: WorkflowId,
) -> Result<(), String> {
    let Some(gate) = world.gate() else { return Ok(()) };
    loop {
        let row = manager.summary(id).await.map_err(|error| told(&error))?;
        if row.state.is_terminal() || row.sub_state == Some(SubState::Halted) {
            return Ok(());
        }
        let asks = row.step.is_some_and(|step| step.as_str() == gate.as_str());
        if asks && row.sub_state == Some(SubState::Waiting) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    say_yes(manager, world, id).await
}

/// Says yes, whether anybody asks already or not.
pub(super) async fn say_yes(
    manager: &WorkflowManager,
    world: &dyn World,
    id: WorkflowId,
) -> Result<(), String> {
    let Some(gate) = world.gate() else { return Ok(()) };
    match manager.approve(id, gate, "the campaign says so", &Actor::person("campaign")).await {
        Err(error) if error.kind() != ErrorKind::Conflict => Err(told(&error)),
        _ => Ok(()),
    }
}

/// The history folds, nothing of it is missing, and the row says what the events add up to.
async fn check_history(store: &dyn HistoryStore, row: WorkflowSummary) -> Result<(), String> {
    let events = store.events(row.id, 0, EVENTS_MAX).await.map_err(|error| told(&error))?;
    let state = WorkflowState::fold(&events).map_err(|error| told(&error))?;
    let position = events.last().map_or(0, |event| event.position);
    let folded = WorkflowSummary { position, ..WorkflowSummary::of(&state) };
    if row != folded {
        return Err(format!("the row is {row:?}, the events say {folded:?}"));
    }
    let held = store.permits(None, 10).await.map_err(|error| told(&error))?;
    if held.is_empty() { Ok(()) } else { Err(format!("permits are still in use: {held:?}")) }
}

pub(crate) fn told(error: &Error) -> String {
    crate::error::ErrorRecord::from(error).to_string()
}
