//! Waiting for an answer: for a while in the place that a call has, and after that silence for a place among the silent
//! ones, too.

use super::lanes::Pass;
use super::net::Link;
use tokio::time::Instant;

impl Pass {
    /// Waits for a datagram that `pick` takes, until `soon`. After that silence it waits for a place in the slow lane,
    /// too, and returns nothing once it has one, or at the deadline: an answer is as good while there is no place.
    pub(super) async fn hear<T>(
        &mut self,
        link: &Link,
        soon: Instant,
        deadline: Instant,
        mut pick: impl FnMut(Vec<u8>) -> Option<T>,
    ) -> Option<T> {
        if let Some(answer) = link.receive(soon, &mut pick).await {
            return Some(answer);
        }
        // Silence is rare, and its state is large: boxed, the calls in flight stay small.
        Box::pin(async {
            tokio::select! {
                biased;
                answer = link.receive(deadline, pick) => answer,
                () = self.slow_down(deadline) => None,
            }
        })
        .await
    }
}
