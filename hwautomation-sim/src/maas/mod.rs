//! The MAAS face: the HTTP API 2.0 of a region controller, as MAAS 3.7.3 answers it.
//!
//! What MAAS does with a machine is the model's; this is how one asks for it. A request goes through one chain: the place in the API
//! ([`route`]), the credentials ([`oauth`]), the fields ([`form`]), the faults of the world, then the operation itself on the locked state, where
//! its log entry is written too. Statuses, content types and texts are those of recordings of a real one; operations that are left out answer 501.
//!
//! Faults: `Drop` and `LoseAnswer` cut the connection, before or after the effect; `Slow` sends the answer in small pieces; `AcceptWithoutEffect`
//! answers a command as if it were done, and a read with what the same read was answered before; `Unclear` answers `null`, as a real MAAS does
//! when it did nothing. A protocol with one answer per request cannot carry `Duplicate`.

mod account;
mod answer;
mod command;
mod face;
mod form;
mod lifecycle;
mod line;
mod machines;
mod multipart;
mod oauth;
mod parameters;
mod power;
mod route;
mod tags;
mod view;

use crate::world::World;
use axum::Router;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Where the API begins.
const API: &str = "/MAAS/api/2.0/";

/// Answers on a listener until it is dropped.
pub(crate) async fn serve(world: Arc<World>, listener: TcpListener) {
    let face = Arc::new(face::Face::new(world));
    let app = Router::new().fallback(face::respond).with_state(face);
    let service = app.into_make_service_with_connect_info::<line::End>();
    if let Err(error) = axum::serve(line::Lines::new(listener), service).await {
        tracing::warn!(%error, "the MAAS face ended");
    }
}
