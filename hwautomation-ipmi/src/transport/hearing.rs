//! Waiting for an answer: for a while in the place that a call has, and after that silence for a place among the silent
//! ones, too.

use super::lanes::Pass;
use super::net::Link;
use futures_util::FutureExt;
use tokio::time::Instant;

impl Pass {
    /// Waits for a datagram that `pick` takes, until `soon`. After that silence it waits for a place in the slow lane,
    /// too, and returns nothing once it has one, or at the deadline: an answer is as good while there is no place. What
    /// is sent next needs one.
    pub(super) async fn hear<T>(
        &mut self,
        link: &Link,
        soon: Instant,
        deadline: Instant,
        mut pick: impl FnMut(Vec<u8>) -> Option<T>,
    ) -> Option<T> {
        if let Some(answer) = self.listen(link, soon, &mut pick).await {
            return Some(answer);
        }
        // Silence is rare, and its state is large: boxed, the calls in flight stay small.
        let late = Box::pin(async {
            tokio::select! {
                biased;
                answer = link.receive(deadline, pick) => answer,
                () = self.slow_down(deadline) => None,
            }
        });
        let late = late.await;
        if late.is_some() {
            self.answered_late();
        }
        self.note(late)
    }

    /// Waits for a datagram that `pick` takes, until then.
    pub(super) fn listen<T>(
        &mut self,
        link: &Link,
        until: Instant,
        pick: impl FnMut(Vec<u8>) -> Option<T>,
    ) -> impl Future<Output = Option<T>> {
        self.unheard.get_or_insert_with(Instant::now);
        link.receive(until, pick).map(|answer| self.note(answer))
    }

    /// Notes that nobody waits any more if this is an answer.
    fn note<T>(&mut self, answer: Option<T>) -> Option<T> {
        if answer.is_some() {
            self.unheard = None;
        }
        answer
    }
}
