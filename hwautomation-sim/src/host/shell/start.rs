//! Starts programs, and shells in this one.

use super::run::{Ended, Shell};
use super::stream::Streams;
use crate::host::files::User;
use crate::host::program::{self, Call, Start};

/// How deep shells may start shells.
const SHELLS_MAX: u32 = 16;

impl Shell {
    pub(super) async fn invoke(&mut self, arguments: Vec<String>, streams: &Streams) -> Result<(), Ended> {
        if let Some(done) = self.builtin(&arguments, streams).await {
            return done;
        }
        let (replaces, arguments) = match arguments.first().map(String::as_str) {
            Some("exec") if arguments.len() == 1 => {
                return Err(self
                    .complain(streams, "simulated shell: exec without a program is not known", 2)
                    .await);
            }
            Some("exec") => (true, arguments.into_iter().skip(1).collect()),
            Some("command") if arguments.len() > 1 => (false, arguments.into_iter().skip(1).collect()),
            _ => (false, arguments),
        };
        self.status = self.start(arguments, self.user, streams).await?;
        match replaces {
            true => Err(Ended::Exit(self.status)),
            false => Ok(()),
        }
    }

    /// Starts a program and waits for it.
    async fn start(&mut self, arguments: Vec<String>, user: User, streams: &Streams) -> Result<u8, Ended> {
        let call = Call {
            host: self.host.clone(),
            user,
            folder: self.folder.clone(),
            umask: self.umask,
            arguments,
            input: streams.input.clone(),
            output: Vec::new(),
            error: Vec::new(),
        };
        match program::start(call, streams).await? {
            Start::Done(status) => Ok(status),
            Start::Missing(text, status) => {
                self.say(streams, &text).await;
                Ok(status)
            }
            Start::Again { arguments, user } => Box::pin(self.start(arguments, user, streams)).await,
            Start::Limited { arguments, limit } => {
                let run = Box::pin(self.start(arguments, user, streams));
                // 124 is what timeout(1) says.
                tokio::time::timeout(limit, run).await.unwrap_or(Ok(124))
            }
            Start::Script { text, arguments, user, stop_on_error } => {
                self.nested(&text, arguments, user, stop_on_error, streams).await
            }
        }
    }

    async fn nested(
        &mut self,
        text: &str,
        arguments: Vec<String>,
        user: User,
        stop_on_error: bool,
        streams: &Streams,
    ) -> Result<u8, Ended> {
        if self.depth >= SHELLS_MAX {
            self.say(streams, "simulated shell: too many shells in each other").await;
            return Ok(2);
        }
        let mut shell = self.clone();
        shell.name = "sh";
        shell.user = user;
        shell.positional = arguments;
        shell.depth += 1;
        shell.stop_on_error = stop_on_error;
        shell.tested = false;
        shell.status = 0;
        shell.at_end = None;
        Box::pin(shell.line(text, streams)).await
    }
}
