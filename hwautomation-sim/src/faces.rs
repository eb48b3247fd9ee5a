//! Starts the faces: the one place that knows them all.

use crate::net::Sockets;
use crate::world::World;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Starts every face on its sockets. The tasks end when the set is dropped.
pub(crate) fn start(world: &Arc<World>, sockets: Sockets, tasks: &mut JoinSet<()>) {
    let Sockets { bmc, host, maas } = sockets;
    // The faces take these over as they come: bmc::serve(world, bmc, tasks), host::serve(world, host, tasks).
    tasks.spawn(crate::maas::serve(world.clone(), maas));
    let waiting = (world.clone(), bmc, host);
    tasks.spawn(async move {
        let _held = waiting;
        std::future::pending::<()>().await;
    });
}
