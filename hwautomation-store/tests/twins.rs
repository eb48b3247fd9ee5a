//! Whatever is asked of them in whatever order: a history in a file answers as the one in memory, which is the
//! reference.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

mod common;

use common::random::Random;
use common::{append, begin};
use hwautomation_core::actor::Actor;
use hwautomation_core::error::Result;
use hwautomation_core::id::{OwnerId, PermitName, SignalName, WorkflowId};
use hwautomation_core::record::{Hold, RunState, Seq, SubState};
use hwautomation_core::store::{
    After, Append, Command, GiveBack, HistoryStore, Kinds, Lease, LeaseKey, MemoryStore, NewItem, Wanted,
    WorkflowFilter,
};
use hwautomation_core::time::{Clock, Timestamp};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;
use tempfile::tempdir;

const LEASE: Duration = Duration::from_secs(30);
const RUNS: u64 = 30;
const CALLS: usize = 150;

struct Twins {
    memory: MemoryStore,
    file: SqliteStore,
    now: Arc<AtomicI64>,
    owners: [OwnerId; 2],
    /// The newest lease of each workflow, which may have run out, and the number of the next event.
    leases: BTreeMap<WorkflowId, (LeaseKey, Seq)>,
    known: Vec<WorkflowId>,
    newest: Option<Append>,
}

/// Asks both, and expects the same answer.
macro_rules! both {
    ($twins:expr, |$store:ident| $call:expr) => {{
        let $store: &dyn HistoryStore = &$twins.memory;
        let expected = told($call.await);
        let $store: &dyn HistoryStore = &$twins.file;
        let found = told($call.await);
        assert_eq!(found, expected, "{}", stringify!($call));
    }};
}

/// An error is told by its kind.
fn told<T: Debug>(answer: Result<T>) -> String {
    answer.map_or_else(|error| format!("{:?}", error.kind()), |answer| format!("{answer:?}"))
}

impl Twins {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(SeqCst))
    }

    /// Takes all that is due from both: in which order they are told is not said.
    async fn claim(&mut self, owner: OwnerId, pressing: bool) {
        let claimed = async |store: &dyn HistoryStore| -> Vec<Lease> {
            let mut leases = match pressing {
                true => store.claim_pressing(owner, LEASE, 1000).await.unwrap(),
                false => store.claim(owner, LEASE, 1000, &Kinds::any()).await.unwrap(),
            };
            leases.sort_by_key(|lease| lease.key.workflow);
            leases
        };
        let (expected, found) = (claimed(&self.memory).await, claimed(&self.file).await);
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        for lease in expected {
            self.leases.insert(lease.key.workflow, (lease.key, lease.next_seq));
        }
    }

    async fn append(&mut self, random: &mut Random, key: LeaseKey, seq: Seq) {
        let mut new = append(key, seq.max(1));
        (new.expected_seq, new.summary.events) = (seq, seq + 1);
        new.summary.state =
            if seq == 1 && random.below(2) == 0 { RunState::Pending } else { RunState::Running };
        new.summary.sub_state =
            [None, Some(SubState::Waiting), Some(SubState::Halted)][random.below(3) as usize];
        new.summary.presses_at = (random.below(3) == 0).then(|| self.now() + LEASE);
        new.gives_back =
            [GiveBack::Nothing, GiveBack::Nothing, GiveBack::Call, GiveBack::All][random.below(4) as usize];
        let wake_at = self.now() + Duration::from_secs(random.below(90));
        new.after = match random.below(6) {
            0 => After::End,
            1 | 2 => After::Release { wake_at },
            _ => After::Hold,
        };
        if new.after == After::End {
            (new.summary.state, new.summary.sub_state) = (RunState::Completed, None);
            new.summary.ended_at = Some(self.now());
        }
        if random.below(4) == 0 {
            new.consumed =
                self.memory.inbox(key.workflow).await.unwrap().iter().map(|item| item.id).collect();
        }
        both!(self, |store| store.append(new.clone()));
        self.newest = Some(new);
        let row = self.memory.summary(key.workflow).await.unwrap().unwrap();
        self.leases.insert(key.workflow, (key, row.events));
    }

    async fn call(&mut self, random: &mut Random) {
        let owner = self.owners[random.below(2) as usize];
        let (what, count) = (random.below(14), self.leases.len().max(1) as u64);
        let one = self.leases.values().nth(random.below(count) as usize).copied();
        let any = self.known.get(random.below(self.known.len().max(1) as u64) as usize).copied();
        match (what, one, any) {
            (0, ..) => {
                // In the order of their ids, so that each store takes those due at the same time in one order.
                let mut new = begin();
                new.workflow = WorkflowId::from_bytes((1 + self.known.len() as u128).to_be_bytes());
                new.summary.id = new.workflow;
                self.known.push(new.workflow);
                both!(self, |store| store.begin(new.clone()));
            }
            (1, ..) => self.claim(owner, false).await,
            (2, ..) => self.claim(owner, true).await,
            (3, ..) => {
                self.now.fetch_add(random.below(40) as i64 * 1_000_000, SeqCst);
            }
            (4, ..) => {
                if let Some(again) = self.newest.clone() {
                    both!(self, |store| store.append(again.clone()));
                }
            }
            (5 | 6, Some((key, seq)), _) => self.append(random, key, seq).await,
            (7, Some((key, _)), _) => {
                let span = Duration::from_secs(random.below(60));
                both!(self, |store| store.renew(&[key], span));
            }
            (8, Some((key, _)), _) => {
                let at = self.now() + Duration::from_secs(random.below(60));
                both!(self, |store| store.release(key, at));
            }
            (9, _, Some(workflow)) => both!(self, |store| store.wake(workflow)),
            (10, _, Some(workflow)) => {
                let name = SignalName::from_static("go");
                let command = match random.below(2) {
                    0 => Command::Cancel { why: "so".to_owned() },
                    _ => Command::Signal { name, payload: serde_json::Value::Null },
                };
                let key = format!("key {}", random.below(3));
                let item = NewItem { workflow, key, at: self.now(), actor: Actor::engine(), command };
                both!(self, |store| store.post(item.clone()));
            }
            (_, Some((key, _)), _) => {
                let wants = wants(random);
                both!(self, |store| store.acquire(key, &wants));
            }
            _ => {}
        }
    }

    /// All that can be read is the same.
    async fn compare(&self) {
        both!(self, |store| store.permits(None, 100));
        both!(self, |store| store.next_due(&Kinds::any()));
        both!(self, |store| store.counts());
        both!(self, |store| store.list(&WorkflowFilter::default(), None, 1000));
        both!(self, |store| store.list(&WorkflowFilter::open(), None, 1000));
        for workflow in &self.known {
            both!(self, |store| store.permit_queue(*workflow));
            both!(self, |store| store.events(*workflow, 0, 1000));
        }
    }
}

fn wants(random: &mut Random) -> Vec<Wanted> {
    let mut wants = Vec::new();
    for (name, limit) in [("a", 1), ("b", 1), ("c", 2)] {
        if random.below(2) == 0 {
            let hold = if random.below(2) == 0 { Hold::Call } else { Hold::Step };
            let limit = NonZeroU32::new(limit).unwrap();
            wants.push(Wanted { name: PermitName::new(name).unwrap(), limit, hold });
        }
    }
    wants
}

#[tokio::test]
async fn both_stores_answer_the_same_whatever_is_asked() {
    for run in 1..=RUNS {
        let mut random = Random::of(run);
        let folder = tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(1_000_000_000));
        let clock = || {
            let now = Arc::clone(&now);
            Clock::from_fn(move || Timestamp::from_micros(now.load(SeqCst)))
        };
        let config = SqliteConfig::new(folder.path().join("history.db"));
        let mut twins = Twins {
            memory: MemoryStore::with_clock(clock()),
            file: SqliteStore::open_with_clock(config, clock()).unwrap(),
            now: Arc::clone(&now),
            owners: [OwnerId::generate(), OwnerId::generate()],
            leases: BTreeMap::new(),
            known: Vec::new(),
            newest: None,
        };
        for _ in 0..CALLS {
            twins.call(&mut random).await;
            twins.compare().await;
        }
    }
}
