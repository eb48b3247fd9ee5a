//! Whether somebody wants it to end.

use std::io;

/// Hears Ctrl-C, and what asks the process to end, from when it is made.
pub struct Stop {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

impl Stop {
    /// Begins to listen. From now on Ctrl-C ends nothing by itself.
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { signals: vec![signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Hears also that the terminal went away, which ends nothing by itself then, and overrides `nohup`.
    #[allow(dead_code, reason = "the example console uses it")]
    pub fn with_hangup() -> io::Result<Self> {
        #[allow(unused_mut, reason = "elsewhere there is no such signal")]
        let mut stop = Self::new()?;
        #[cfg(unix)]
        stop.signals.push(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?);
        Ok(stop)
    }

    /// Returns when somebody wants it to end; when called again, when somebody wants it once more.
    pub async fn asked(&mut self) {
        #[cfg(unix)]
        {
            let heard = self.signals.iter_mut().map(|signal| Box::pin(signal.recv()));
            futures_util::future::select_all(heard).await;
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
