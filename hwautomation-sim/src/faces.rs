//! Starts the faces: the one place that knows them all.

use crate::net::Sockets;
use crate::world::World;
use crate::{bmc, host, maas};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Starts every face on its sockets. The tasks end when the set is dropped.
pub(crate) fn start(world: &Arc<World>, sockets: Sockets, tasks: &mut JoinSet<()>) {
    bmc::serve(world, sockets.bmc, tasks);
    host::serve(world, sockets.host, tasks);
    tasks.spawn(maas::serve(Arc::clone(world), sockets.maas));
}
