//! What waits for the writer.

use super::tables::Tables;
use crate::error::{Stop, StoreError};
use hwautomation_core::error::Result;
use tokio::sync::oneshot;

/// One call, run inside a group's transaction and answered after its end.
pub(super) trait Job: Send {
    /// Does it; again, when the first try of its group failed. A refusal is kept as the answer.
    fn run(&mut self, tables: &mut Tables) -> Result<(), StoreError>;
    /// Answers, since the group is stored.
    fn answer(self: Box<Self>);
    /// Answers that nothing of it is stored.
    fn fail(self: Box<Self>, why: &StoreError);
}

/// A call and the one who waits for its answer.
pub(super) struct Call<W, T> {
    work: W,
    answer: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<W, T> Call<W, T> {
    pub(super) fn new(work: W) -> (Self, oneshot::Receiver<Result<T>>) {
        let (caller, answer) = oneshot::channel();
        (Self { work, answer: None, caller }, answer)
    }
}

impl<W, T> Job for Call<W, T>
where
    W: FnMut(&mut Tables) -> Result<T, Stop> + Send,
    T: Send,
{
    fn run(&mut self, tables: &mut Tables) -> Result<(), StoreError> {
        self.answer = Some(match (self.work)(tables) {
            Ok(value) => Ok(value),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::Failed(error)) => return Err(error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>) {
        let Self { work, answer, caller } = *self;
        // What the call was given is the caller's alone again before it hears.
        drop(work);
        // A caller that waits no more asks again with the same batch.
        let _caller_is_gone = answer.map(|answer| caller.send(answer));
    }

    fn fail(self: Box<Self>, why: &StoreError) {
        let _caller_is_gone = self.caller.send(Err(why.clone().into()));
    }
}
