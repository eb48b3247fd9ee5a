//! Between who has a console and the task that talks to the BMC: what was typed and what came, both bounded.

use super::line::Line;
use super::outbound::Piece;
use hwautomation_core::error::Error;
use std::collections::VecDeque;
use std::io::{Error as IoError, ErrorKind, Result as IoResult};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::io::ReadBuf;
use tokio::sync::Notify;

/// How many bytes that were typed may wait: some packets, so that the next one is there when it is wanted.
const TYPED_MAX: usize = 4 * 1024;
/// How many breaks may wait.
const BREAKS_MAX: usize = 16;
/// How many bytes that came may wait to be read: more than a page of a boot's messages, and some seconds of the
/// fastest serial line.
const CAME_MAX: usize = 64 * 1024;

/// With how much room the BMC is asked for more, after a pause.
pub(super) const ROOM_ENOUGH: usize = CAME_MAX / 2;

/// Holds both ways.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    inner: Mutex<Inner>,
    /// Tells the task that something was typed or read, or that it is to end.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    typed: VecDeque<u8>,
    /// Behind how many of those bytes a break belongs, each counted from the one before.
    breaks: VecDeque<usize>,
    came: VecDeque<u8>,
    line: Line,
    /// The task waits for room.
    wants_room: bool,
    closes: bool,
    end: Option<Arc<Error>>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// For who has the console.
impl Pipe {
    /// Takes what came. What came before the end is read before the end is told.
    pub(crate) fn poll_read(&self, context: &Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<IoResult<()>> {
        let mut inner = self.lock();
        if inner.came.is_empty() && buffer.remaining() > 0 {
            if let Some(end) = &inner.end {
                return Poll::Ready(Err(told(end)));
            }
            inner.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let length = inner.came.len().min(buffer.remaining());
        let (front, back) = inner.came.as_slices();
        let (from_front, from_back) = (front.len().min(length), length - front.len().min(length));
        buffer.put_slice(front.get(..from_front).unwrap_or_default());
        buffer.put_slice(back.get(..from_back).unwrap_or_default());
        inner.came.drain(..length);
        if inner.wants_room {
            self.changed.notify_one();
        }
        Poll::Ready(Ok(()))
    }

    /// Types as much as there is room for.
    pub(crate) fn poll_write(&self, context: &Context<'_>, bytes: &[u8]) -> Poll<IoResult<usize>> {
        let mut inner = self.lock();
        if let Some(end) = &inner.end {
            return Poll::Ready(Err(told(end)));
        }
        let room = TYPED_MAX - inner.typed.len().min(TYPED_MAX);
        let bytes = bytes.get(..room).unwrap_or(bytes);
        if room == 0 {
            inner.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        inner.typed.extend(bytes);
        self.changed.notify_one();
        Poll::Ready(Ok(bytes.len()))
    }

    /// Waits until the BMC has accepted everything that was typed.
    pub(crate) fn poll_flush(&self, context: &Context<'_>) -> Poll<IoResult<()>> {
        let mut inner = self.lock();
        if inner.typed.is_empty() && inner.breaks.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if let Some(end) = &inner.end {
            return Poll::Ready(Err(told(end)));
        }
        inner.writer = Some(context.waker().clone());
        Poll::Pending
    }

    /// Puts a break behind what was typed.
    pub(crate) fn send_break(&self) -> IoResult<()> {
        let mut inner = self.lock();
        if let Some(end) = &inner.end {
            return Err(told(end));
        }
        if inner.breaks.len() == BREAKS_MAX {
            return Err(IoError::new(ErrorKind::WouldBlock, "as many breaks as may be are on their way"));
        }
        let before: usize = inner.breaks.iter().sum();
        let behind = inner.typed.len() - before;
        inner.breaks.push_back(behind);
        self.changed.notify_one();
        Ok(())
    }

    pub(crate) fn line(&self) -> Line {
        self.lock().line
    }

    /// Asks the task to end.
    pub(crate) fn close(&self) {
        self.lock().closes = true;
        self.changed.notify_one();
    }
}

/// For the task.
impl Pipe {
    /// Waits until something changed on the other side.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.lock().closes
    }

    /// Returns the next that is to be sent, and leaves it there until it is [`accepted`](Self::accepted).
    pub(super) fn piece(&self, characters_max: usize) -> Option<Piece> {
        let inner = self.lock();
        let most = inner.breaks.front().copied().unwrap_or(usize::MAX).min(characters_max);
        if most == 0 && !inner.breaks.is_empty() {
            return Some(Piece::Break);
        }
        let characters: Vec<u8> = inner.typed.iter().take(most).copied().collect();
        (!characters.is_empty()).then_some(Piece::Characters(characters))
    }

    /// Forgets what the BMC has accepted.
    pub(super) fn accepted(&self, piece: &Piece) {
        let mut inner = self.lock();
        match piece {
            Piece::Break => drop(inner.breaks.pop_front()),
            Piece::Characters(characters) => {
                let length = characters.len().min(inner.typed.len());
                inner.typed.drain(..length);
                inner.breaks.front_mut().into_iter().for_each(|behind| *behind -= length.min(*behind));
            }
        }
        let writer = inner.writer.take();
        drop(inner);
        writer.into_iter().for_each(Waker::wake);
    }

    /// Returns for how many characters there is room. With none, the task hears when there is some.
    pub(super) fn room(&self) -> usize {
        let mut inner = self.lock();
        let room = CAME_MAX - inner.came.len().min(CAME_MAX);
        inner.wants_room = room < ROOM_ENOUGH;
        room
    }

    /// Gives characters to who reads.
    pub(super) fn put(&self, characters: &[u8]) {
        let mut inner = self.lock();
        inner.came.extend(characters);
        let reader = inner.reader.take();
        drop(inner);
        reader.into_iter().for_each(Waker::wake);
    }

    /// Notes something of the serial line.
    pub(super) fn note<T>(&self, note: impl FnOnce(&mut Line) -> T) -> T {
        note(&mut self.lock().line)
    }

    /// Ends it. The first reason is the one that is told.
    pub(super) fn end(&self, why: impl FnOnce() -> Error) {
        let mut inner = self.lock();
        if inner.end.is_some() {
            return;
        }
        inner.end = Some(Arc::new(why()));
        let wakers = [inner.reader.take(), inner.writer.take()];
        drop(inner);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says it to who reads or writes, each time anew.
fn told(end: &Arc<Error>) -> IoError {
    IoError::new(ErrorKind::ConnectionAborted, Arc::clone(end))
}

#[cfg(test)]
mod tests;
