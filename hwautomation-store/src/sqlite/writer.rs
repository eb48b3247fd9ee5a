//! The one thread that writes: it commits all that waits together.

use super::job::{Call, Job};
use super::tables::{Tables, Told};
use crate::error::{Stop, StoreError};
use hwautomation_core::error::Result;
use hwautomation_core::store::{Hint, Hints};
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// Hands jobs to the thread, and ends it when dropped, after it has done what waits.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        tables: Tables,
        hints: Hints,
        group_max: usize,
        queue_max: usize,
    ) -> Result<Self, StoreError> {
        let (sender, jobs) = mpsc::channel(queue_max);
        let thread = std::thread::Builder::new()
            .name("hwautomation-store".to_owned())
            .spawn(move || Thread { tables, hints, group_max }.run(jobs))
            .map_err(StoreError::io("starting the writer of", "the history"))?;
        Ok(Self { jobs: Some(sender), thread: Some(thread) })
    }

    /// Runs this on the writer and answers when it is stored.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tables) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        let (call, answer) = Call::new(work);
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(Box::new(call)).await.map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the history's writer broke down");
        }
    }
}

struct Thread {
    tables: Tables,
    hints: Hints,
    group_max: usize,
}

impl Thread {
    fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            while group.len() < self.group_max
                && let Ok(next) = jobs.try_recv()
            {
                group.push(next);
            }
            self.commit(group);
        }
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Job>>) {
        match self.tables.in_one_transaction(|tables| group.iter_mut().try_for_each(|job| job.run(tables))) {
            Ok(told) => {
                self.tell(told);
                group.into_iter().for_each(Job::answer);
            }
            Err(why) => {
                tracing::error!(error = %why, jobs = group.len(), "the history took nothing");
                group.into_iter().for_each(|job| job.fail(&why));
            }
        }
    }

    fn tell(&self, told: Told) {
        let of_items = told.inbox.into_iter().map(Hint::Inbox);
        let events = told.events.then_some(Hint::Events);
        let due = told.due.then_some(Hint::Due);
        of_items.chain(events).chain(due).for_each(|hint| self.hints.tell(hint));
    }
}
