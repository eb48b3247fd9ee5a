//! What came from one BMC and nobody has read yet.

use crate::wire::carries_characters;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How many datagrams may lie there: a BMC is asked one thing at a time, and the rest are repetitions.
const DATAGRAMS_MAX: usize = 8;

/// Takes datagrams only while somebody expects one.
#[derive(Debug, Default)]
pub(super) struct Mailbox(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_open: bool,
    /// A console listens: it is open at all times, and to what the serial port says.
    listens: bool,
    was_used: bool,
    /// The oldest. Mostly it is the only one, and lies where the rest of this is.
    next: Option<Vec<u8>>,
    later: VecDeque<Vec<u8>>,
    reader: Option<Waker>,
}

impl Mailbox {
    /// Expects an answer from now on.
    pub(super) fn open(&self) {
        self.lock().is_open = true;
    }

    /// Expects characters of the serial port, too, at any time from now on.
    pub(super) fn listen(&self) {
        let mut inner = self.lock();
        (inner.is_open, inner.listens) = (true, true);
    }

    /// Expects no more answers, and forgets what came.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.is_open = inner.listens;
        inner.next = None;
        inner.later.clear();
    }

    /// Puts a datagram in, and wakes its reader. Without one, or when there are enough, it is lost.
    pub(super) fn put(&self, datagram: &[u8]) {
        let mut inner = self.lock();
        inner.was_used = true;
        // The characters of another session's console would fill it before the answer comes.
        let is_for_a_console = carries_characters(datagram) && !inner.listens;
        if !inner.is_open || is_for_a_console || inner.later.len() >= DATAGRAMS_MAX - 1 {
            return;
        }
        match &inner.next {
            None => inner.next = Some(datagram.into()),
            Some(_) => inner.later.push_back(datagram.into()),
        }
        let reader = inner.reader.take();
        drop(inner);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Waits for the next datagram.
    pub(super) async fn take(&self) -> Vec<u8> {
        poll_fn(|context| self.poll_take(context)).await
    }

    pub(super) fn was_used(&self) -> bool {
        self.lock().was_used
    }

    fn poll_take(&self, context: &Context<'_>) -> Poll<Vec<u8>> {
        let mut inner = self.lock();
        match inner.next.take() {
            Some(datagram) => {
                inner.next = inner.later.pop_front();
                Poll::Ready(datagram)
            }
            None => {
                inner.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_nobody_expects_is_not_kept_and_too_much_of_it_neither() {
        let mailbox = Mailbox::default();
        mailbox.put(b"before");
        mailbox.open();
        (0..20u8).for_each(|number| mailbox.put(&[number]));
        for number in 0..8u8 {
            assert_eq!(*mailbox.take().await, [number]);
        }
        mailbox.put(b"twice");
        mailbox.close();
        mailbox.put(b"late");
        mailbox.open();
        mailbox.put(b"next");
        assert_eq!(*mailbox.take().await, *b"next");
    }

    #[tokio::test]
    async fn characters_are_for_who_listens_and_listening_does_not_end_with_an_answer() {
        const CHARACTERS: [u8; 7] = [6, 0, 0xFF, 7, 6, 0xC1, 1];
        let mailbox = Mailbox::default();
        mailbox.open();
        mailbox.put(&CHARACTERS);
        mailbox.put(b"answer");
        assert_eq!(*mailbox.take().await, *b"answer");
        mailbox.listen();
        mailbox.close();
        mailbox.put(&CHARACTERS);
        assert_eq!(*mailbox.take().await, CHARACTERS);
    }

    #[tokio::test]
    async fn a_reader_is_woken() {
        let mailbox = std::sync::Arc::new(Mailbox::default());
        mailbox.open();
        let reader = tokio::spawn({
            let mailbox = std::sync::Arc::clone(&mailbox);
            async move { mailbox.take().await }
        });
        tokio::task::yield_now().await;
        mailbox.put(b"answer");
        assert_eq!(*reader.await.unwrap(), *b"answer");
    }
}
