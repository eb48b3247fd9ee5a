//! Where a program reads from and writes to.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::host::files::{Failure, Files};

/// How much one program may be given on its standard input, or give to the next one: as much as the file system holds.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Is a standard input.
#[derive(Clone, Debug)]
pub(crate) struct Input(Arc<tokio::sync::Mutex<Source>>);

#[derive(Debug, Default)]
struct Source {
    ready: Vec<u8>,
    more: Option<mpsc::Receiver<Vec<u8>>>,
}

impl Input {
    /// Makes an input that is at its end, like `/dev/null`.
    pub(crate) fn empty() -> Self {
        Self::bytes(Vec::new())
    }

    /// Makes an input of what is known already.
    pub(crate) fn bytes(ready: Vec<u8>) -> Self {
        Self(Arc::new(tokio::sync::Mutex::new(Source { ready, more: None })))
    }

    /// Makes an input of what the client will send.
    pub(crate) fn client(more: mpsc::Receiver<Vec<u8>>) -> Self {
        let source = Source { ready: Vec::new(), more: Some(more) };
        Self(Arc::new(tokio::sync::Mutex::new(source)))
    }

    /// Reads to the end.
    ///
    /// # Errors
    /// More than a host of this size can hold.
    pub(crate) async fn all(&self) -> Result<Vec<u8>, Failure> {
        self.up_to(BYTES_MAX + 1).await.and_then(|bytes| match bytes.len() > BYTES_MAX {
            true => Err(Failure::Full),
            false => Ok(bytes),
        })
    }

    /// Reads so many bytes, or fewer when the input ends.
    pub(crate) async fn up_to(&self, count: usize) -> Result<Vec<u8>, Failure> {
        let mut source = self.0.lock().await;
        while source.ready.len() < count && source.more().await {}
        let count = count.min(source.ready.len());
        Ok(source.ready.drain(..count).collect())
    }

    /// Reads one line without its end; nothing when the input has ended.
    pub(crate) async fn line(&self) -> Option<String> {
        let mut source = self.0.lock().await;
        loop {
            if let Some(end) = source.ready.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = source.ready.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
            }
            if source.ready.len() > BYTES_MAX || !source.more().await {
                return None;
            }
        }
    }
}

impl Source {
    async fn more(&mut self) -> bool {
        let Some(receiver) = self.more.as_mut() else {
            return false;
        };
        match receiver.recv().await {
            Some(bytes) => self.ready.extend_from_slice(&bytes),
            None => self.more = None,
        }
        self.more.is_some()
    }
}

/// Is a standard output or error.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    Nothing,
    /// Is kept for the next program or for `$(..)`.
    Kept(Arc<Mutex<Vec<u8>>>),
    File(String),
    /// Goes to the client as data (`false`) or as extended data 1 (`true`).
    Client {
        to: mpsc::Sender<(bool, Vec<u8>)>,
        error: bool,
    },
}

impl Output {
    pub(crate) fn kept() -> (Self, Arc<Mutex<Vec<u8>>>) {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        (Self::Kept(bytes.clone()), bytes)
    }

    /// Writes. A reader that has gone is no failure here: nobody is left to tell.
    pub(crate) async fn write(&self, files: &Files, bytes: Vec<u8>) -> Result<(), Failure> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self {
            Self::Nothing => Ok(()),
            Self::Kept(kept) => keep(kept, &bytes),
            Self::File(path) => files.append(path, &bytes),
            Self::Client { to, error } => {
                let _ = to.send((*error, bytes)).await;
                Ok(())
            }
        }
    }
}

fn keep(kept: &Mutex<Vec<u8>>, bytes: &[u8]) -> Result<(), Failure> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() + bytes.len() > BYTES_MAX {
        return Err(Failure::Full);
    }
    kept.extend_from_slice(bytes);
    Ok(())
}

/// Takes what was written to [`Output::kept`].
pub(crate) fn take(kept: &Mutex<Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut kept.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Holds the three standard streams.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    pub(crate) input: Input,
    pub(crate) output: Output,
    pub(crate) error: Output,
}
