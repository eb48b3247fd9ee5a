//! Starts the faces: the one place that knows them all.

use crate::bmc;
use crate::net::Sockets;
use crate::world::World;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Starts every face on its sockets. The tasks end when the set is dropped.
pub(crate) fn start(world: &Arc<World>, sockets: Sockets, tasks: &mut JoinSet<()>) {
    let Sockets { bmc, host, maas } = sockets;
    bmc::serve(world, bmc, tasks);
    // The other faces take these over as they come: host::serve(world, host, tasks), maas::serve(world, maas).
    let waiting = (world.clone(), host, maas);
    tasks.spawn(async move {
        let _held = waiting;
        std::future::pending::<()>().await;
    });
}
