//! Clauses about waking.

use super::HistoryFixture;
use super::build::{HOUR, begin, begun, claim_due, claim_only, end};
use crate::store::HistoryStore;
use crate::testing::conformance::check::{Checked, done, same};

/// Checks that a wake takes effect at once or with the next release, once, and is harmless otherwise.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_wake_is_never_lost(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    waiting(fixture, &*store).await?;
    leased(fixture, &*store).await?;
    done("waking an unknown workflow", store.wake(begin().workflow).await)?;
    same("what is due", claim_due(&*store).await?, Vec::new())
}

async fn waiting(fixture: &dyn HistoryFixture, store: &dyn HistoryStore) -> Checked<()> {
    let lease = begun(store, begin()).await?;
    let workflow = lease.key.workflow;
    done("releasing", store.release(lease.key, fixture.now() + HOUR).await)?;
    done("waking", store.wake(workflow).await)?;
    let lease = claim_only(store, workflow).await?;
    done("releasing after the wake", store.release(lease.key, fixture.now() + HOUR).await)?;
    same("what is due: the wake was used up", claim_due(store).await?, Vec::new())
}

async fn leased(fixture: &dyn HistoryFixture, store: &dyn HistoryStore) -> Checked<()> {
    let lease = begun(store, begin()).await?;
    let workflow = lease.key.workflow;
    done("waking a leased one", store.wake(workflow).await)?;
    same("what is due while it is leased", claim_due(store).await?, Vec::new())?;
    done("releasing", store.release(lease.key, fixture.now() + HOUR).await)?;
    let lease = claim_only(store, workflow).await?;
    done("releasing again", store.release(lease.key, fixture.now() + HOUR).await)?;
    same("what is due: the wake was used up", claim_due(store).await?, Vec::new())?;

    done("waking", store.wake(workflow).await)?;
    let lease = claim_only(store, workflow).await?;
    done("ending", store.append(end(lease, 1)).await)?;
    done("waking an ended one", store.wake(workflow).await)?;
    same("what is due after the end", claim_due(store).await?, Vec::new())
}
