//! The world outside: what was really sent and what really happened, whatever the history says.

use crate::case::Outcome;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{IntentName, StepName, WorkflowId};
use hwautomation_core::record::{Event, EventKind, Seq, Side};
use hwautomation_core::time::Timestamp;
use hwautomation_core::workflow::{ProbedIntent, WorkflowContext};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Names what is done to one step.
pub(crate) type Place = (WorkflowId, StepName);

/// Says what a step was called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Job {
    Run,
    Undo,
    Probe,
}

/// One line of the world's log.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) place: Place,
    /// How many events the run's history had.
    pub(crate) seq: Seq,
    /// Whose call it is, and who is the newest owner.
    pub(crate) epoch: u64,
    pub(crate) newest_epoch: u64,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Called {
        call: usize,
        job: Job,
    },
    Left {
        call: usize,
        dropped: bool,
    },
    /// A command was sent, under the intent that the history had open then.
    Sent {
        side: Side,
        name: IntentName,
        number: Option<u32>,
        happens: bool,
    },
}

/// What the store really holds, for the log.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) events: BTreeMap<WorkflowId, Vec<Event>>,
    pub(crate) epochs: BTreeMap<WorkflowId, u64>,
}

#[derive(Debug)]
struct Command {
    name: IntentName,
    side: Side,
    happens_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    state: Mutex<State>,
    pub(crate) ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct State {
    log: Vec<Entry>,
    /// How often each step was called, by what for.
    calls: BTreeMap<(Place, Job), usize>,
    commands: BTreeMap<Place, Vec<Command>>,
    looks: BTreeMap<(Place, IntentName), u32>,
    numbered: usize,
    /// The calls that are going on, each by its run.
    open: BTreeSet<(WorkflowId, usize)>,
}

/// Closes the line that a call opened, also when the call is dropped.
pub(crate) struct Called<'a> {
    world: &'a World,
    place: Place,
    epoch: u64,
    at: Box<dyn Fn() -> Timestamp + Send + Sync + 'a>,
    call: usize,
    dropped: bool,
}

impl Called<'_> {
    pub(crate) fn returns(mut self) {
        self.dropped = false;
    }
}

impl Drop for Called<'_> {
    fn drop(&mut self) {
        // A panic ends the call as a return does.
        let dropped = self.dropped && !std::thread::panicking();
        let what = What::Left { call: self.call, dropped };
        self.world.state().open.remove(&(self.place.0, self.call));
        self.world.write((self.at)(), self.place.clone(), self.epoch, what);
    }
}

impl World {
    /// Notes a call, and returns how many there were before.
    pub(crate) fn called<'a>(
        &'a self,
        ctx: &'a WorkflowContext,
        place: Place,
        job: Job,
    ) -> (Called<'a>, usize) {
        let (call, before) = {
            let mut state = self.state();
            state.numbered += 1;
            let number = state.numbered;
            state.open.insert((place.0, number));
            let count = state.calls.entry((place.clone(), job)).or_default();
            *count += 1;
            (number, *count - 1)
        };
        self.write(ctx.now(), place.clone(), ctx.epoch(), What::Called { call, job });
        let at = Box::new(|| ctx.now());
        (Called { world: self, place, epoch: ctx.epoch(), at, call, dropped: true }, before)
    }

    /// Lets the next call do what this one did.
    pub(crate) fn again(&self, place: &Place) {
        self.state().calls.entry((place.clone(), Job::Run)).and_modify(|count| *count -= 1);
    }

    /// Sends a command. What becomes of it is decided before anything is awaited, as in a machine that got it.
    pub(crate) async fn send(
        &self,
        ctx: WorkflowContext,
        place: Place,
        name: IntentName,
        outcome: Outcome,
        takes: u64,
    ) -> Result<u64> {
        let side = if ctx.is_undoing() { Side::Undo } else { Side::Run };
        let number = self.open_intent(&place, side, &name);
        let after = |seconds| Some(ctx.now() + Duration::from_secs(seconds));
        let happens_at = match outcome {
            Outcome::Happens | Outcome::HappensUnheard => after(takes),
            Outcome::HappensLateUnheard(late) => after(takes + late),
            Outcome::FailsForNow | Outcome::FailsForGood | Outcome::FailsUnheard => None,
        };
        let what = What::Sent { side, name: name.clone(), number, happens: happens_at.is_some() };
        self.write(ctx.now(), place.clone(), ctx.epoch(), what);
        self.state().commands.entry(place).or_default().push(Command { name, side, happens_at });
        nap(takes).await;
        match outcome {
            Outcome::Happens => Ok(7),
            Outcome::FailsForNow => Err(Error::new(ErrorKind::Busy, "the machine is busy")),
            Outcome::FailsForGood => Err(Error::new(ErrorKind::Refused, "the machine said no")),
            Outcome::HappensLateUnheard(_) | Outcome::HappensUnheard | Outcome::FailsUnheard => {
                Err(Error::new(ErrorKind::Unreachable, "the answer was lost").unknown_outcome())
            }
        }
    }

    /// Tells the truth about a command: it happened, it did not and will not, or it is on its way.
    pub(crate) fn truth(&self, place: &Place, intent: &ProbedIntent, now: Timestamp) -> Truth {
        let state = self.state();
        let sent = state.commands.get(place).map(Vec::as_slice).unwrap_or_default();
        let mine = sent.iter().filter(|sent| sent.name == intent.name && sent.side == intent.side);
        let times: Vec<Timestamp> = mine.filter_map(|sent| sent.happens_at).collect();
        match times.iter().min() {
            Some(at) if *at <= now => Truth::Happened,
            Some(_) => Truth::OnItsWay,
            None => Truth::DidNotHappen,
        }
    }

    /// Counts the looks at an effect.
    pub(crate) fn look(&self, place: &Place, name: &IntentName) -> u32 {
        let mut state = self.state();
        let looks = state.looks.entry((place.clone(), name.clone())).or_default();
        *looks += 1;
        *looks
    }

    /// Tells whether a step of this run is being called.
    pub(crate) fn acts(&self, id: WorkflowId) -> bool {
        self.state().open.range((id, 0)..).next().is_some_and(|(of, _)| *of == id)
    }

    /// Counts the run's events.
    pub(crate) fn seq(&self, id: WorkflowId) -> Seq {
        self.ledger().events.get(&id).map_or(0, |events| events.len() as Seq)
    }

    pub(crate) fn has_ended(&self, id: WorkflowId) -> bool {
        let ledger = self.ledger();
        let newest = ledger.events.get(&id).and_then(|events| events.last());
        newest.is_some_and(|event| matches!(event.kind, EventKind::WorkflowEnded { .. }))
    }

    /// Grows with whatever happens.
    pub(crate) fn moved(&self) -> usize {
        let events: usize = self.ledger().events.values().map(Vec::len).sum();
        events + self.state().log.len()
    }

    pub(crate) fn log(&self) -> Vec<Entry> {
        self.state().log.clone()
    }

    fn write(&self, at: Timestamp, place: Place, epoch: u64, what: What) {
        let (seq, newest_epoch) = {
            let ledger = self.ledger();
            let seq = ledger.events.get(&place.0).map_or(0, |events| events.len() as Seq);
            (seq, ledger.epochs.get(&place.0).copied().unwrap_or_default())
        };
        self.state().log.push(Entry { at, place, seq, epoch, newest_epoch, what });
    }

    /// The number of this effect's intent, if the history has it open.
    fn open_intent(&self, (id, step): &Place, on: Side, name: &IntentName) -> Option<u32> {
        let ledger = self.ledger();
        let newest = ledger.events.get(id)?.iter().rev().find_map(|event| match &event.kind {
            EventKind::IntentOpened { step: of, side, intent, number } => {
                (of == step && *side == on && intent == name).then_some(Some(*number))
            }
            EventKind::IntentClosed { step: of, side, intent, .. } => {
                (of == step && *side == on && intent == name).then_some(None)
            }
            _ => None,
        });
        newest.flatten()
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    Happened,
    OnItsWay,
    DidNotHappen,
}

/// Lets paused time pass.
pub(crate) async fn nap(seconds: u64) {
    if seconds > 0 {
        pass(Duration::from_secs(seconds)).await;
    }
}

/// The same, by the span.
pub(crate) async fn pass(span: Duration) {
    let _over = tokio::time::timeout(span, std::future::pending::<()>()).await;
}
