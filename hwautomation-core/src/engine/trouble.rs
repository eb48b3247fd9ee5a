//! Which runs could not be gone on with here, so that they neither spin nor stay silent.

use crate::id::WorkflowId;
use crate::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The first pause of a run that could not be gone on with, and the longest: it doubles.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// After so many failures of the engine itself in a row a person must look.
const FAULTS_MAX: u32 = 5;

/// Knows the runs that are in trouble in this process. One that goes on is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<HashMap<WorkflowId, Trouble>>);

/// Says why a run stands still though it is its turn.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) why: String,
    pub(crate) since: Timestamp,
    pub(crate) again_at: Timestamp,
    /// When it was noted last.
    noted_at: Timestamp,
    /// How often in a row.
    times: u32,
    /// How often in a row the engine itself was at fault.
    faults: u32,
}

impl Troubles {
    /// Notes that a run must wait for something outside of it, such as the machine directory. Returns until when.
    pub(crate) fn obstacle(&self, workflow: WorkflowId, why: &str, now: Timestamp) -> Timestamp {
        self.note(workflow, why, now, 0)
    }

    /// Notes that the engine failed over a run. Returns when it tries again.
    pub(crate) fn fault(&self, workflow: WorkflowId, why: &str, now: Timestamp) -> Timestamp {
        self.note(workflow, why, now, 1)
    }

    fn note(&self, workflow: WorkflowId, why: &str, now: Timestamp, faults: u32) -> Timestamp {
        let mut known = self.lock();
        let fresh =
            Trouble { why: String::new(), since: now, again_at: now, noted_at: now, times: 0, faults: 0 };
        let trouble = known.entry(workflow).or_insert(fresh);
        trouble.again_at = now + PAUSE.0.saturating_mul(2_u32.saturating_pow(trouble.times)).min(PAUSE.1);
        trouble.noted_at = now;
        trouble.times = trouble.times.saturating_add(1);
        trouble.faults += faults;
        why.clone_into(&mut trouble.why);
        trouble.again_at
    }

    /// Says why the engine gives a run up, if it failed too often.
    pub(crate) fn gives_up(&self, workflow: WorkflowId) -> Option<String> {
        let trouble = self.find(workflow).filter(|trouble| trouble.faults >= FAULTS_MAX)?;
        Some(format!(
            "the engine failed over it {} times, the last time with: {}",
            trouble.faults, trouble.why
        ))
    }

    pub(crate) fn find(&self, workflow: WorkflowId) -> Option<Trouble> {
        self.lock().get(&workflow).cloned()
    }

    /// Finds the trouble that still stands: a later event says that somebody else went on with the run.
    pub(crate) fn stands(&self, workflow: WorkflowId, last_at: Timestamp) -> Option<Trouble> {
        let trouble = self.find(workflow)?;
        if last_at <= trouble.noted_at {
            return Some(trouble);
        }
        self.forget(workflow);
        None
    }

    pub(crate) fn forget(&self, workflow: WorkflowId) {
        let mut known = self.lock();
        if !known.is_empty() {
            known.remove(&workflow);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkflowId, Trouble>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_and_only_faults_give_up() {
        let (troubles, id, now) = (Troubles::default(), WorkflowId::generate(), Timestamp::MIN);
        let pauses: Vec<u64> =
            (0..8).map(|_| troubles.obstacle(id, "no directory", now).since(now).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(troubles.gives_up(id), None);
        for _ in 0..5 {
            troubles.fault(id, "a bug", now);
        }
        assert!(troubles.gives_up(id).is_some_and(|why| why.contains("5 times") && why.contains("a bug")));
        troubles.forget(id);
        assert!(troubles.find(id).is_none());
    }
}
