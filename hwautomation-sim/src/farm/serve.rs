//! Serves a farm: datagrams in, answers out, some of them later.

use super::places::Places;
use super::socket::{Batch, Loopback};
use crate::bmc::controller::Outgoing;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::time::Instant;

/// How many answers may wait for their time; what comes on top is lost, as it is when a network is full.
const LATE_MAX: usize = 100_000;

/// An answer, and its way.
struct Answer {
    what: Outgoing,
    from: Ipv4Addr,
    to: SocketAddr,
}

/// Answers that leave later, in the order of their time.
#[derive(Default)]
struct Late {
    waiting: BTreeMap<(Instant, u64), Answer>,
    order: u64,
}

/// Answers datagrams until it is dropped.
pub(super) async fn serve(places: Arc<Places>, socket: Loopback) {
    let mut batch = Batch::new();
    let mut late = Late::default();
    loop {
        tokio::select! {
            // An error is about an earlier answer: nobody listened for it any more.
            _ = socket.receive(&mut batch) => answer(&places, &socket, &batch, &mut late),
            () = late.due() => late.leave(&socket),
        }
    }
}

fn answer(places: &Places, socket: &Loopback, batch: &Batch, late: &mut Late) {
    let now = Instant::now();
    for datagram in batch.datagrams() {
        let (from, to) = (datagram.to, datagram.from);
        let Some(what) = places.receive(from, datagram.bytes, to, now) else { continue };
        let answer = Answer { what, from, to };
        if answer.what.delay.is_zero() { answer.send(socket) } else { late.keep(now, answer) }
    }
}

impl Answer {
    fn send(&self, socket: &Loopback) {
        let copies = std::iter::repeat_n(&self.what.bytes, self.what.copies.into());
        let all = self.what.before.iter().chain(copies).chain(&self.what.after);
        all.for_each(|bytes| socket.send(bytes, self.from, self.to));
    }
}

impl Late {
    fn keep(&mut self, now: Instant, answer: Answer) {
        if self.waiting.len() < LATE_MAX {
            self.order += 1;
            self.waiting.insert((now + answer.what.delay, self.order), answer);
        }
    }

    /// Waits until the next one is to leave; without one, for ever.
    async fn due(&self) {
        match self.waiting.first_key_value() {
            Some(((at, _), _)) => sleep_until(*at).await,
            None => std::future::pending().await,
        }
    }

    fn leave(&mut self, socket: &Loopback) {
        let now = Instant::now();
        while let Some(next) = self.waiting.first_entry().filter(|next| next.key().0 <= now) {
            next.remove().send(socket);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a fault of the simulator delays an answer, and nothing else")]
async fn sleep_until(at: Instant) {
    tokio::time::sleep_until(at).await;
}
