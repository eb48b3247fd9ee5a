//! The TCP connections of the region controller: bounded in number, and each can be cut in the middle of an answer.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes a slow line carries at a time.
const PIECE: usize = 16;
/// How many connections are open at a time; the next one waits in the queue of the system. A client keeps a handful.
const CONNECTIONS_MAX: usize = 256;

/// Accepts connections that can be cut.
pub(super) struct Lines {
    listener: TcpListener,
    free: Arc<Semaphore>,
    open: Arc<AtomicBool>,
}

impl Drop for Lines {
    /// Closes what is still open: the server's tasks outlive it.
    fn drop(&mut self) {
        self.open.store(false, Ordering::SeqCst);
    }
}

impl Lines {
    pub(super) fn new(listener: TcpListener) -> Self {
        let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Self { listener, free, open: Arc::new(AtomicBool::new(true)) }
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let free = Arc::clone(&self.free);
        let place = free.acquire_owned().await.expect("the semaphore is never closed");
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the pieces of a slow answer may arrive as one");
        }
        let end = End { peer, cut: Arc::default(), slow: Arc::default() };
        (Line { stream, end, open: Arc::clone(&self.open), _place: place }, peer)
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Is one connection.
pub(super) struct Line {
    stream: TcpStream,
    end: End,
    open: Arc<AtomicBool>,
    _place: OwnedSemaphorePermit,
}

impl Line {
    fn is_cut(&self) -> bool {
        self.end.cut.load(Ordering::SeqCst) || !self.open.load(Ordering::SeqCst)
    }
}

/// Knows who is at the other end of a line, and can cut it.
#[derive(Clone)]
pub(super) struct End {
    pub(super) peer: SocketAddr,
    cut: Arc<AtomicBool>,
    slow: Arc<AtomicBool>,
}

impl End {
    /// Cuts the line: nothing that is written from now on arrives.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    /// Lets the line carry small pieces only.
    pub(super) fn slow_down(&self) {
        self.slow.store(true, Ordering::SeqCst);
    }

    /// Lets the line carry all that there is, for the next answer.
    pub(super) fn speed_up(&self) {
        self.slow.store(false, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Lines>> for End {
    fn connect_info(incoming: IncomingStream<'_, Lines>) -> Self {
        incoming.io().end.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        if !self.open.load(Ordering::SeqCst) {
            return Poll::Ready(Err(Error::from(ErrorKind::ConnectionReset)));
        }
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        if self.is_cut() {
            return Poll::Ready(Err(Error::from(ErrorKind::ConnectionReset)));
        }
        let piece =
            if self.end.slow.load(Ordering::SeqCst) { bytes.get(..PIECE).unwrap_or(bytes) } else { bytes };
        Pin::new(&mut self.stream).poll_write(cx, piece)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
