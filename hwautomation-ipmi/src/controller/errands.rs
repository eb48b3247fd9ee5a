//! Calls that go on in a task of their own, whether or not somebody waits for what they answer.

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Runs the calls of one caller. Dropping it ends them all: what is handed to the system at that moment still leaves.
pub(super) struct Errands<T> {
    /// Whoever begins calls has a limit for them, and so have both channels.
    calls: UnboundedSender<BoxFuture<'static, ()>>,
    reply: UnboundedSender<Answer<T>>,
    answers: UnboundedReceiver<Answer<T>>,
    under_way: usize,
    task: JoinHandle<()>,
}

/// What the call with this number answered; nothing when it ended without an answer.
pub(super) type Answer<T> = (usize, Option<T>);

impl<T: Send + 'static> Errands<T> {
    /// Starts the task, on the runtime of whoever asks.
    pub(super) fn start() -> Self {
        let (calls, new) = unbounded_channel();
        let (reply, answers) = unbounded_channel();
        Self { calls, reply, answers, under_way: 0, task: tokio::spawn(run(new)) }
    }

    /// Begins a call. It is made where it stays, since its state is large.
    pub(super) fn begin<F>(&mut self, number: usize, call: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = T> + Send + 'static,
    {
        if self.task.is_finished() {
            let (calls, new) = unbounded_channel();
            (self.calls, self.task) = (calls, tokio::spawn(run(new)));
        }
        let mut reply = Reply { number, to: self.reply.clone(), is_given: false };
        self.under_way += 1;
        let call = Box::pin(async move {
            // One that panics is over, and the others are not.
            let mut call = pin!(AssertUnwindSafe(call()).catch_unwind());
            // The task is told to end between two of its turns. A call whose caller is gone sends nothing in the same.
            let answer = poll_fn(|context| match reply.to.is_closed() {
                true => Poll::Pending,
                false => call.as_mut().poll(context),
            });
            let answer = answer.await.ok();
            reply.is(answer);
        });
        // Without the task the call is dropped here, and its reply says so.
        drop(self.calls.send(call));
    }

    /// Tells whether an answer is there to be read.
    pub(super) fn has_answer(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Waits for the next answer; `None` when no call is under way.
    pub(super) fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Option<Answer<T>>> {
        if self.under_way == 0 {
            return Poll::Ready(None);
        }
        let answer = self.answers.poll_recv(context);
        self.under_way -= usize::from(answer.is_ready());
        answer
    }
}

impl<T> Drop for Errands<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers for a call, at the latest when it is dropped: there is an answer also where the task ends before the call.
struct Reply<T> {
    number: usize,
    to: UnboundedSender<Answer<T>>,
    is_given: bool,
}

impl<T> Reply<T> {
    fn is(&mut self, answer: Option<T>) {
        self.is_given = true;
        // A caller who is gone needs none.
        self.to.send((self.number, answer)).ok();
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if !self.is_given {
            self.is(None);
        }
    }
}

/// Runs calls until it is aborted.
async fn run(mut new: UnboundedReceiver<BoxFuture<'static, ()>>) {
    let mut calls = FuturesUnordered::new();
    poll_fn(|context| {
        while let Poll::Ready(Some(call)) = new.poll_recv(context) {
            calls.push(call);
        }
        while let Poll::Ready(Some(())) = calls.poll_next_unpin(context) {}
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;
    use tokio::sync::oneshot;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_call_whose_caller_is_gone_does_nothing_in_the_turn_that_its_task_is_in() {
        let mut errands = Errands::start();
        let (answer, answered) = oneshot::channel::<()>();
        let (done, is_done) = channel();
        errands.begin(0, move || async move {
            answered.await.ok();
            done.send("something").ok();
        });
        let (stands, is_standing) = channel();
        let (go_on, waits) = channel();
        errands.begin(1, move || async move {
            stands.send(()).unwrap();
            waits.recv_timeout(Duration::from_secs(20)).unwrap();
        });
        is_standing.recv_timeout(Duration::from_secs(20)).unwrap();
        drop(errands);
        answer.send(()).unwrap();
        go_on.send(()).unwrap();
        // The call is dropped with what it would have said.
        assert!(
            is_done.recv_timeout(Duration::from_secs(20)).is_err(),
            "the answer came after its caller was gone"
        );
    }
}
