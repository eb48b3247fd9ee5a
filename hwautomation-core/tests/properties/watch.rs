//! What managers say of runs while a case is played.

use crate::story::Seen;
use crate::world::World;
use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::time::Timestamp;

/// Asks each manager about each run that has not ended. One that cannot reach the store says nothing.
pub(crate) async fn ask(
    managers: &[Option<WorkflowManager>],
    runs: &[Option<WorkflowId>],
    world: &World,
    now: Timestamp,
) -> Vec<Seen> {
    let mut seen = Vec::new();
    for id in runs.iter().flatten().copied().filter(|id| !world.has_ended(*id)) {
        for (number, manager) in managers.iter().enumerate() {
            let Some(manager) = manager else { continue };
            let Ok(status) = manager.status(id).await else { continue };
            let (seq, acts) = (world.seq(id), world.acts(id));
            seen.push(Seen { id, manager: number, at: now, seq, acts, waiting: status.waiting });
        }
    }
    seen
}
