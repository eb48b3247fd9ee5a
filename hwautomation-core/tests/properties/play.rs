//! Plays a case under paused time and writes down what happened.

use crate::case::{Act, Call, Case, Decision, Op, RunPlan};
use crate::step::{PROBE_LIMIT, Scripted, signal_name};
use crate::store::{Door, Lie, Vault};
use crate::story::{Asked, Post, Seen, Story, Told, seconds};
use crate::watch;
use crate::world::{World, pass};
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{EngineOptions, Submission, WorkflowManager};
use hwautomation_core::error::Result;
use hwautomation_core::id::{MachineId, StepName, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::OnFailure;
use hwautomation_core::store::{HistoryStore, MemoryDirectory, MemoryStore, Only, Posted};
use hwautomation_core::testing::mutation::Mutation;
use hwautomation_core::time::{Clock, Timestamp};
use hwautomation_core::workflow::Workflow;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

const NAMES: [&str; 8] = ["run-0", "run-1", "run-2", "run-3", "run-4", "run-5", "run-6", "run-7"];
/// How often somebody looks whether it is over, and asks where a run stands though nothing seems to happen.
const LOOK: u64 = 20;
/// How often somebody asks where the runs stand, if anything happened since.
const ASK: u64 = 2;
const EVENTS_MAX: usize = 1_000_000;

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spoiled {
    pub(crate) engine: Option<Mutation>,
    pub(crate) store: Option<Lie>,
}

pub(crate) fn options(case: &Case) -> EngineOptions {
    EngineOptions {
        running_max: case.places,
        lease: seconds(30),
        cancel_grace: seconds(5),
        start_limit: seconds(3600),
        halt_limit: seconds(300),
        undo_limit: seconds(120),
        ..EngineOptions::default()
    }
}

/// Plays a case in a runtime of its own.
pub(crate) fn play(case: &Case, spoiled: Spoiled) -> Story {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async { Stage::new(case, spoiled).play().await })
}

struct Stage {
    case: Case,
    spoiled: Spoiled,
    clock: Clock,
    began: Timestamp,
    world: Arc<World>,
    vault: Arc<Vault>,
    doors: Vec<Arc<Door>>,
    managers: Vec<Option<WorkflowManager>>,
    /// What is to be done later, such as healing.
    later: Vec<(Timestamp, Later)>,
    /// The id of each run that was accepted.
    ids: Vec<Option<WorkflowId>>,
    posts: Vec<Post>,
    seen: Vec<Seen>,
    /// When somebody asked last, and what had happened by then.
    asked: (Timestamp, usize),
    trouble: Vec<(Timestamp, Timestamp)>,
}

#[derive(Debug, Clone, Copy)]
enum Later {
    Start(usize),
    Resume(usize),
    Mend(usize),
    MendStore,
    Hasten,
}

impl Stage {
    fn new(case: &Case, spoiled: Spoiled) -> Self {
        let start = tokio::time::Instant::now();
        let began: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::from_fn(move || began + start.elapsed());
        let world = Arc::new(World::default());
        let vault = Vault::new(MemoryStore::with_clock(clock.clone()), Arc::clone(&world), spoiled.store);
        Self {
            doors: (0..case.managers).map(|_| Door::new(&vault)).collect(),
            managers: (0..case.managers).map(|_| None).collect(),
            ids: vec![None; case.runs.len()],
            case: case.clone(),
            spoiled,
            clock,
            began,
            world,
            vault,
            later: Vec::new(),
            posts: Vec::new(),
            seen: Vec::new(),
            asked: (began, 0),
            trouble: Vec::new(),
        }
    }

    async fn play(mut self) -> Story {
        for index in 0..self.managers.len() {
            self.start(index).await;
        }
        for (at, act) in self.case.acts.clone() {
            self.pass_until(self.began + seconds(at)).await;
            self.act(act).await;
        }
        let last = self.later.iter().map(|(at, _)| *at).max().unwrap_or(self.clock.now());
        self.pass_until(last + seconds(1)).await;
        self.vault.lose_answers.store(0, SeqCst);
        let bound = self.clock.now() + bound(&self.case);
        while self.clock.now() < bound && !self.is_over().await {
            let next = self.clock.now() + seconds(LOOK);
            self.pass_until(next).await;
        }
        self.tell(bound).await
    }

    /// Lets time pass, and does what was to be done meanwhile.
    async fn pass_until(&mut self, until: Timestamp) {
        loop {
            self.submit().await;
            self.later.sort_by_key(|(at, _)| *at);
            let next = self.later.first().copied().filter(|(at, _)| *at <= until);
            let at = next.map_or(until, |(at, _)| at);
            self.watch_until(at).await;
            let Some((_, later)) = next else { return };
            self.later.remove(0);
            match later {
                Later::Start(index) => self.start(index).await,
                Later::Resume(index) => self.managers[index].iter().for_each(WorkflowManager::resume),
                Later::Mend(index) => self.doors[index].cut.store(false, SeqCst),
                Later::Hasten => self.vault.slow.store(0, SeqCst),
                Later::MendStore => self.vault.fails.store(false, SeqCst),
            }
        }
    }

    /// Lets time pass, and asks where the runs stand.
    async fn watch_until(&mut self, until: Timestamp) {
        loop {
            let left = until.since(self.clock.now());
            if left.is_zero() {
                return;
            }
            pass(left.min(seconds(ASK))).await;
            let (now, moved) = (self.clock.now(), self.world.moved());
            if moved != self.asked.1 || now >= self.asked.0 + seconds(LOOK) {
                self.asked = (now, moved);
                settle().await;
                self.seen.extend(watch::ask(&self.managers, &self.ids, &self.world, now).await);
            }
        }
    }

    async fn start(&mut self, index: usize) {
        if self.managers[index].is_some() {
            return;
        }
        let machines = (0..2).map(|number| Machine::new(MachineId::new(format!("srv-{number}")).unwrap()));
        let builder = WorkflowManager::builder()
            .store(Arc::clone(&self.doors[index]) as Arc<dyn HistoryStore>)
            .machines(Arc::new(MemoryDirectory::new(machines)))
            .clock(self.clock.clone())
            .options(options(&self.case));
        let workflows = self.case.runs.iter().zip(NAMES).map(|(plan, name)| self.workflow(name, plan));
        let builder = workflows.fold(builder, hwautomation_core::engine::ManagerBuilder::workflow);
        let builder = self.spoiled.engine.into_iter().fold(builder, |builder, mutation| mutation.of(builder));
        match builder.start().await {
            Ok(manager) => self.managers[index] = Some(manager),
            // The store is away; a program would be started again.
            Err(_) => self.later.push((self.clock.now() + seconds(5), Later::Start(index))),
        }
    }

    fn workflow(&self, name: &'static str, plan: &RunPlan) -> Workflow {
        let steps = plan.steps.iter().enumerate().map(|(index, plan)| Scripted {
            name: StepName::new(format!("step-{index}")).unwrap(),
            plan: plan.clone(),
            world: Arc::clone(&self.world),
        });
        let workflow = steps.fold(Workflow::new(name), Workflow::step);
        let workflow = plan.deadline.map(seconds).into_iter().fold(workflow, Workflow::deadline);
        workflow.on_failure(if plan.undoes { OnFailure::Undo } else { OnFailure::Keep })
    }

    /// Submits what was not accepted yet: a machine is one run's at a time.
    async fn submit(&mut self) {
        for (index, name) in NAMES.into_iter().enumerate().take(self.ids.len()) {
            if self.ids[index].is_some() {
                continue;
            }
            let Some(manager) = self.managers.iter().flatten().next() else { return };
            let submission = Submission::new(name);
            let machine = self.case.runs[index].machine.map(|number| format!("srv-{number}"));
            let submission = machine.into_iter().fold(submission, Submission::machine);
            if manager.submit(submission, &actor()).await.is_ok() {
                self.ids[index] = self.vault.newest_begun();
            }
        }
    }

    async fn act(&mut self, act: Act) {
        let now = self.clock.now();
        match act {
            Act::Cancel { run } => {
                self.post(run, Asked::Cancel, async |manager, id| {
                    manager.cancel(id, "enough", &actor()).await.map(|()| None)
                })
                .await;
            }
            Act::Signal { run, signal, key } => {
                let text = format!("key-{signal}-{key}");
                self.post(run, Asked::Signal { key: text.clone() }, async |manager, id| {
                    manager.signal(id, signal_name(signal), key, &text, &actor()).await.map(Some)
                })
                .await;
            }
            Act::Decide { run, decision } => {
                self.post(run, Asked::Decide, async |manager, id| {
                    match decision {
                        Decision::Retry => manager.retry(id, "again", &actor()).await,
                        Decision::Skip => manager.skip(id, "by hand", &actor()).await,
                        Decision::Abort => manager.abort(id, "no use", &actor()).await,
                    }
                    .map(|()| None)
                })
                .await;
            }
            Act::CrashAll { down } => {
                (0..self.managers.len()).for_each(|index| self.crash(index, down));
                settle().await;
                self.vault.inner.end_leases();
            }
            Act::CrashOne { manager, down } => {
                self.crash(manager, down);
                settle().await;
            }
            Act::Restart { manager } => {
                if let Some(stopped) = self.managers[manager].take() {
                    stopped.shutdown().await;
                }
                self.later.push((self.clock.now(), Later::Start(manager)));
                self.is_troubled(now, self.clock.now());
            }
            Act::Pause { manager, seconds: span } => {
                self.managers[manager].iter().for_each(WorkflowManager::pause);
                self.later.push((now + seconds(span), Later::Resume(manager)));
                self.is_troubled(now, now + seconds(span));
            }
            Act::Cut { manager, seconds: span } => {
                self.doors[manager].cut.store(true, SeqCst);
                self.later.push((now + seconds(span), Later::Mend(manager)));
                self.is_troubled(now, now + seconds(span));
            }
            Act::StoreFails { seconds: span } => {
                self.vault.fails.store(true, SeqCst);
                self.later.push((now + seconds(span), Later::MendStore));
                self.is_troubled(now, now + seconds(span));
            }
            Act::LoseAnswer => {
                self.vault.lose_answers.fetch_add(1, SeqCst);
                self.is_troubled(now, Timestamp::MAX);
            }
            Act::AnswerLate { seconds: span } => {
                self.vault.late.store(span, SeqCst);
                self.is_troubled(now, Timestamp::MAX);
            }
            Act::Slow { delay, seconds: span } => {
                self.vault.slow.store(delay, SeqCst);
                self.later.push((now + seconds(span), Later::Hasten));
                self.is_troubled(now, now + seconds(delay + span));
            }
        }
    }

    fn crash(&mut self, index: usize, down: u64) {
        let now = self.clock.now();
        self.managers[index] = None;
        self.later.push((now + seconds(down), Later::Start(index)));
        self.is_troubled(now, now + seconds(down));
    }

    /// What was disturbed takes a lease's time, and the longest pause after a failed append, to recover.
    fn is_troubled(&mut self, from: Timestamp, to: Timestamp) {
        self.trouble.push((from, to + seconds(60)));
    }

    async fn post(
        &mut self,
        run: usize,
        what: Asked,
        ask: impl AsyncFnOnce(&WorkflowManager, WorkflowId) -> Result<Option<Posted>>,
    ) {
        let (Some(id), Some(manager)) = (self.ids[run], self.managers.iter().flatten().next()) else {
            return;
        };
        let answer = ask(manager, id).await.map_err(|error| error.kind());
        self.posts.push(Post { id, at: self.clock.now(), what, answer });
    }

    async fn is_over(&self) -> bool {
        let ledger = self.world.ledger();
        self.ids.iter().all(|id| {
            let newest = id.and_then(|id| ledger.events.get(&id)?.last());
            newest.is_some_and(|event| event.kind.name() == "workflow_ended")
        })
    }

    async fn tell(self, bound: Timestamp) -> Story {
        let inner = &self.vault.inner;
        let mut runs = Vec::new();
        for (plan, id) in self.ids.iter().enumerate() {
            let Some(id) = *id else { continue };
            let events = inner.events(id, 0, EVENTS_MAX).await.unwrap();
            runs.push(Told { plan, id, events, summary: inner.summary(id).await.unwrap() });
        }
        let followed = inner.follow(0, EVENTS_MAX, Only::Everything).await.unwrap();
        Story {
            options: options(&self.case),
            runs,
            followed,
            log: self.world.log(),
            posts: self.posts.clone(),
            seen: self.seen.clone(),
            trouble: self.trouble.clone(),
            bound,
            case: self.case.clone(),
        }
    }
}

/// How long everything may take after the last one acted: each limit of each run, once more for each decision, and
/// one run after the other.
fn bound(case: &Case) -> Duration {
    let limits = options(case);
    let margin = limits.lease + limits.cancel_grace + seconds(60);
    let decisions = u32::try_from(case.acts.len()).unwrap() + 1;
    let of_run = |run: &RunPlan| {
        let steps: Duration = run.steps.iter().map(|step| of_step(step.deadline, &step.calls) + margin).sum();
        (steps + limits.halt_limit) * decisions + limits.undo_limit + margin
    };
    case.runs.iter().map(of_run).sum()
}

/// A step's limits, and beside them what they leave out: guards, and effects whose probes look again.
fn of_step(deadline: u64, calls: &[Call]) -> Duration {
    let beside = |op: &Op| match op {
        Op::Guard { limit } => *limit,
        Op::Effect { .. } => PROBE_LIMIT,
        _ => 0,
    };
    let beside: u64 = calls.iter().flat_map(|call| &call.ops).map(beside).sum();
    seconds(deadline + beside + 3 * PROBE_LIMIT)
}

/// Lets aborted tasks be gone before anybody else comes.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn actor() -> Actor {
    Actor::person("ops")
}
