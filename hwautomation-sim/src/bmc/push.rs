//! Sends what nobody asked for: what a machine writes to its serial port while a console listens.

use super::site::Bmcs;
use super::sol::RETRY;
use crate::world::World;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::UdpSocket;

/// Looks at every change, and again when a receipt is late, until it is dropped.
pub(super) async fn push(world: Arc<World>, bmcs: Arc<Bmcs>, sockets: BTreeMap<Ipv4Addr, Arc<UdpSocket>>) {
    let mut changes = world.changes();
    loop {
        changes.borrow_and_update();
        for (address, peer, bytes) in bmcs.push() {
            let Some(socket) = sockets.get(&address) else { continue };
            if let Err(error) = socket.send_to(&bytes, peer).await {
                tracing::debug!(%peer, %error, "what a machine wrote was not sent");
            }
        }
        let listens = bmcs.has_consoles();
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = sleep(), if listens => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a simulated BMC sends again what was not received")]
async fn sleep() {
    tokio::time::sleep(RETRY).await;
}
