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

    /// Runs this on the writer and answers when it is stored. It is run again when its group met a damaged page.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tables) -> Result<T, Stop> + Send + 'static,
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

    /// Stores what the group does, or nothing of it. Only a damaged page fails one call alone: SQLite commits no
    /// transaction that met one, so the rest is done anew, without the call that did.
    fn commit(&mut self, mut group: Vec<Box<dyn Job>>) {
        while !group.is_empty() {
            let known = self.tables.damaged.len();
            let mut failed = None;
            let done = self.tables.in_one_transaction(|tables| run(&mut group, &mut failed, tables));
            match (done, failed) {
                (Ok(told), _) => {
                    self.tell(told);
                    return group.into_iter().for_each(Job::answer);
                }
                (Err(why), Some(index)) if why.is_damage() => {
                    // A call that found out which workflow to pass over is done again with the rest.
                    if self.tables.damaged.len() == known {
                        tracing::error!(error = %why, "a call met damage in the history");
                        group.remove(index).fail(&why);
                    }
                }
                (Err(why), _) => {
                    tracing::error!(error = %why, jobs = group.len(), "the history took nothing");
                    return group.into_iter().for_each(|job| job.fail(&why));
                }
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

/// Does one after the other, and says which one failed.
fn run(
    group: &mut [Box<dyn Job>],
    failed: &mut Option<usize>,
    tables: &mut Tables,
) -> Result<(), StoreError> {
    for (index, job) in group.iter_mut().enumerate() {
        job.run(tables).inspect_err(|_| *failed = Some(index))?;
    }
    Ok(())
}
