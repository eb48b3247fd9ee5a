//! Claims workflows that are due, runs each in a task, keeps the leases.

use super::observe::{self, Call};
use super::shared::{Mode, Shared};
use super::{runner, timer};
use crate::id::WorkflowId;
use crate::store::{Hint, HintListener, Lease, LeaseKey};
use crate::time::Timestamp;
use futures_util::future::BoxFuture;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// How many runs may go on beside the places there are, since a limit or a person ends them.
const PRESSING_MAX: usize = 16;
/// How long the worker waits after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Works until it is told to stop, then until everything that ran has let go.
pub(crate) async fn work(shared: Arc<Shared>, hints: HintListener) {
    Worker {
        shared,
        hints,
        runs: JoinSet::new(),
        leases: HashMap::new(),
        claim_at: Some(Timestamp::MIN),
        claiming: None,
        renewing: None,
        something_presses: true,
        looks_for_orphans: true,
        heard: Heard::default(),
    }
    .work()
    .await;
}

struct Worker {
    shared: Arc<Shared>,
    hints: HintListener,
    runs: JoinSet<()>,
    leases: HashMap<Id, LeaseKey>,
    /// When to claim next; none until a hint comes.
    claim_at: Option<Timestamp>,
    /// The claim that is under way. What ends meanwhile makes room for the next one, so claims come in batches.
    claiming: Option<BoxFuture<'static, Claimed>>,
    /// The renewal that is under way. A store that answers late must not make the worker deaf to hints meanwhile.
    renewing: Option<BoxFuture<'static, Renewed>>,
    /// Whether there may be runs that must end though every place is taken.
    something_presses: bool,
    /// Whether to look for runs of kinds that perhaps nobody has: somebody must end them.
    looks_for_orphans: bool,
    /// Whose inbox got something while a claim was under way, which may have been too early to see it.
    heard: Heard,
}

/// Remembers hints about inboxes of runs that are perhaps being claimed.
#[derive(Debug, Default)]
struct Heard {
    of: HashSet<WorkflowId>,
    of_all: bool,
}

impl Heard {
    fn has(&self, workflow: WorkflowId) -> bool {
        self.of_all || self.of.contains(&workflow)
    }
}

/// What a claim brought: the leases, whether there may be more, and else when to look again.
struct Claimed {
    leases: Vec<Lease>,
    again_at: Option<Timestamp>,
}

/// The leases that are lost, or why nobody knows.
type Renewed = crate::error::Result<Vec<LeaseKey>>;

impl Worker {
    async fn work(mut self) {
        let mut mode = self.shared.mode.subscribe();
        let mut renew_at = self.next_renewal();
        observe::refresh(&self.shared).await;
        loop {
            let now = self.shared.clock.now();
            let working = *mode.borrow_and_update() == Mode::Working;
            let free = self.shared.options.running_max.saturating_sub(self.runs.len());
            let may_claim = working && free > 0 && self.claiming.is_none();
            if may_claim && self.claim_at.is_some_and(|at| at <= now) {
                self.claim_at = None;
                self.claiming = Some(Box::pin(claim(Arc::clone(&self.shared), free)));
            }
            let looks = (free == 0 && self.something_presses) || self.looks_for_orphans;
            if working && self.claiming.is_none() && looks {
                self.something_presses = false;
                self.claiming = self.claim_pressing();
            }
            if now >= renew_at {
                self.renewing = self.renewing.take().or_else(|| Some(self.renew()));
                renew_at = self.next_renewal();
                (self.something_presses, self.looks_for_orphans) = (true, true);
            }
            let stopped = matches!(*mode.borrow(), Mode::Stopping | Mode::Draining);
            if stopped && self.runs.is_empty() && self.claiming.is_none() {
                return;
            }
            let claim_at = self.claim_at.filter(|_| may_claim);
            let clock = self.shared.clock.clone();
            tokio::select! {
                ended = self.runs.join_next_with_id(), if !self.runs.is_empty() => self.ended(ended),
                claimed = under_way(&mut self.claiming) => {
                    self.claiming = None;
                    self.take(claimed);
                }
                renewed = under_way(&mut self.renewing) => {
                    self.renewing = None;
                    self.tell_lost(renewed);
                }
                hint = self.hints.next() => self.hear(hint),
                () = timer::until(&clock, claim_at) => {}
                () = timer::until(&clock, Some(renew_at)) => {}
                changed = mode.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.claim_at = Some(Timestamp::MIN);
                }
            }
        }
    }

    /// With every place taken, what must end still ends; and so does what nobody else sees to.
    fn claim_pressing(&mut self) -> Option<BoxFuture<'static, Claimed>> {
        let most = self.shared.options.running_max + PRESSING_MAX;
        let room = most.checked_sub(self.runs.len()).filter(|room| *room > 0)?.min(PRESSING_MAX);
        let (shared, orphans) = (Arc::clone(&self.shared), std::mem::take(&mut self.looks_for_orphans));
        Some(Box::pin(async move {
            let mut leases =
                found(shared.store.claim_pressing(shared.owner, shared.options.lease, room).await);
            if orphans && leases.len() < room {
                leases.extend(claim_orphans(&shared, room - leases.len()).await);
            }
            Claimed { leases, again_at: Some(Timestamp::MIN) }
        }))
    }

    fn next_renewal(&self) -> Timestamp {
        self.shared.clock.now() + self.shared.options.lease / 3
    }

    /// Starts what was claimed. A hint that came meanwhile stands.
    fn take(&mut self, claimed: Claimed) {
        let heard = std::mem::take(&mut self.heard);
        for lease in claimed.leases {
            self.start(lease, lease.has_items || heard.has(lease.key.workflow));
        }
        self.claim_at = self.claim_at.or(claimed.again_at);
    }

    /// From here on hints reach the run.
    fn start(&mut self, lease: Lease, unread: bool) {
        let entered = self.shared.running.enter(lease.key, unread);
        let task = self.runs.spawn(runner::run(Arc::clone(&self.shared), lease, entered));
        self.leases.insert(task.id(), lease.key);
    }

    fn ended(&mut self, ended: Option<Result<(Id, ()), tokio::task::JoinError>>) {
        let id = match ended {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!(%error, "a run broke off; its lease will run out");
                error.id()
            }
            None => return,
        };
        self.leases.remove(&id);
    }

    fn hear(&mut self, hint: Hint) {
        match hint {
            Hint::Inbox(workflow) => {
                // Whoever runs it may have let go already, and the claim be before the item.
                if self.claiming.is_some() {
                    self.heard.of.insert(workflow);
                }
                match self.shared.running.find(workflow) {
                    Some(handle) => handle.tell_inbox(),
                    None => self.something_presses = true,
                }
            }
            Hint::Everything => {
                self.heard.of_all |= self.claiming.is_some();
                self.shared.running.all().iter().for_each(|handle| handle.tell_inbox());
                self.claim_at = Some(Timestamp::MIN);
            }
            Hint::Due | Hint::Events => self.claim_at = Some(Timestamp::MIN),
        }
    }

    /// Keeps what runs ours, and tells those who watch how much stands where.
    fn renew(&self) -> BoxFuture<'static, Renewed> {
        let leases: Vec<LeaseKey> = self.leases.values().copied().collect();
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let renewed = match leases.as_slice() {
                [] => Ok(Vec::new()),
                leases => shared.store.renew(leases, shared.options.lease).await,
            };
            observe::refresh(&shared).await;
            renewed
        })
    }

    /// Tells the runs that are no longer ours.
    fn tell_lost(&self, renewed: Renewed) {
        match renewed {
            Ok(lost) => {
                let runs = lost.iter().filter_map(|lease| self.shared.running.under(*lease));
                runs.for_each(|handle| handle.tell_lost());
            }
            Err(error) => {
                self.shared.meters.store_failed(Call::Renew);
                tracing::error!(%error, "leases were not renewed");
            }
        }
    }
}

/// Claims what is due. If less was due than asked for, says when to look again; hints say so earlier, and should one
/// be lost, a lease's time is the longest that nobody looks.
async fn claim(shared: Arc<Shared>, limit: usize) -> Claimed {
    let claimed = shared.store.claim(shared.owner, shared.options.lease, limit, &shared.kinds).await;
    let leases = match claimed {
        Ok(leases) => leases,
        Err(error) => {
            return Claimed { leases: Vec::new(), again_at: store_failed(&shared, Call::Claim, &error) };
        }
    };
    if leases.len() == limit {
        return Claimed { leases, again_at: Some(Timestamp::MIN) };
    }
    let latest = shared.clock.now() + shared.options.lease;
    let again_at = match shared.store.next_due(&shared.kinds).await {
        Ok(at) => Some(at.map_or(latest, |at| at.min(latest))),
        Err(error) => store_failed(&shared, Call::NextDue, &error),
    };
    Claimed { leases, again_at }
}

/// Takes up runs of kinds that this engine does not know, once nobody did so for the time of a lease: they may hold up
/// others who queue for the same permit.
async fn claim_orphans(shared: &Shared, limit: usize) -> Vec<Lease> {
    let kinds = shared.kinds.others();
    let long_ago = shared.clock.now() - shared.options.lease;
    match shared.store.next_due(&kinds).await {
        Ok(Some(at)) if at <= long_ago => {
            found(shared.store.claim(shared.owner, shared.options.lease, limit, &kinds).await)
        }
        _ => Vec::new(),
    }
}

fn found(claimed: crate::error::Result<Vec<Lease>>) -> Vec<Lease> {
    claimed.unwrap_or_else(|error| {
        tracing::error!(%error, "the store failed; looking for what must end again soon");
        Vec::new()
    })
}

fn store_failed(shared: &Shared, call: Call, error: &crate::error::Error) -> Option<Timestamp> {
    shared.meters.store_failed(call);
    tracing::error!(%error, "the store failed; looking for work again soon");
    Some(shared.clock.now() + STORE_PAUSE)
}

async fn under_way<T>(call: &mut Option<BoxFuture<'static, T>>) -> T {
    match call {
        Some(call) => call.await,
        None => std::future::pending().await,
    }
}
