//! Runs a script.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use super::parse::parse;
use super::stream::{Input, Output, Streams, take};
use super::syntax::{Command, Item, Joint, Kind, Pipeline, Script, Word};
use crate::host::files::User;
use crate::host::machine::Host;
use crate::host::program;

/// How often a loop may turn. A script that waits for something sleeps a second a turn; ten thousand are hours.
const TURNS_MAX: u32 = 10_000;

/// Is a shell that stopped before the end of its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Exit(u8),
    Break,
    Continue,
    /// The connection is lost: nothing more may be said to the client.
    Lost,
}

/// Is one shell process.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(super) host: Arc<Host>,
    pub(super) name: &'static str,
    pub(super) user: User,
    pub(super) folder: String,
    pub(super) umask: u32,
    pub(super) variables: BTreeMap<String, String>,
    /// `$0`, `$1`, ..
    pub(super) positional: Vec<String>,
    pub(super) status: u8,
    /// A `$(..)` ran in this command: its status is that of a command without words.
    pub(super) substituted: bool,
    pub(super) stop_on_error: bool,
    pub(super) tested: bool,
    pub(super) depth: u32,
    /// What `trap .. EXIT` left to do.
    pub(super) at_end: Option<String>,
}

type Running<'a> = Pin<Box<dyn std::future::Future<Output = Result<(), Ended>> + Send + 'a>>;

impl Shell {
    /// Makes the login shell of a user.
    pub(crate) fn login(host: Arc<Host>, user: User) -> Self {
        let mut shell = Self {
            host,
            name: "bash",
            user,
            folder: "/".to_owned(),
            umask: 0o022,
            variables: BTreeMap::new(),
            positional: vec!["bash".to_owned()],
            status: 0,
            substituted: false,
            stop_on_error: false,
            tested: false,
            depth: 0,
            at_end: None,
        };
        shell.folder = shell.home();
        for (name, value) in
            [("HOME", shell.home()), ("PATH", program::PATH.to_owned()), ("USER", shell.user_name())]
        {
            shell.variables.insert(name.to_owned(), value);
        }
        shell
    }

    /// Runs a line to its end and returns its exit status.
    ///
    /// # Errors
    /// [`Ended::Lost`] alone.
    pub(crate) async fn line(&mut self, text: &str, streams: &Streams) -> Result<u8, Ended> {
        match parse(text) {
            Ok(script) => {
                let status = self.subshell(&script, streams).await?;
                self.trapped(status, streams).await
            }
            Err(error) => {
                self.say(streams, &error.0).await;
                Ok(2)
            }
        }
    }

    /// Runs what was left for the end. Its own end is not trapped again.
    async fn trapped(&mut self, status: u8, streams: &Streams) -> Result<u8, Ended> {
        if let Some(text) = self.at_end.take()
            && let Ok(script) = parse(&text)
        {
            self.status = status;
            self.stop_on_error = false;
            self.subshell(&script, streams).await?;
        }
        Ok(status)
    }

    pub(super) fn home(&self) -> String {
        match self.user {
            User::ROOT => "/root".to_owned(),
            _ => format!("/home/{}", self.host.login()),
        }
    }

    pub(super) fn user_name(&self) -> String {
        match self.user {
            User::ROOT => "root".to_owned(),
            _ => self.host.login().to_owned(),
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.status.to_string()),
            "$" => Some((1000 + self.depth).to_string()),
            "#" => Some(self.positional.len().saturating_sub(1).to_string()),
            "@" | "*" => Some(self.positional.iter().skip(1).cloned().collect::<Vec<_>>().join(" ")),
            "-" | "!" => Some(String::new()),
            "PWD" => Some(self.folder.clone()),
            _ => match name.parse::<usize>() {
                Ok(index) => self.positional.get(index).cloned(),
                Err(_) => self.variables.get(name).cloned(),
            },
        }
    }

    pub(super) async fn say(&self, streams: &Streams, text: &str) {
        let line = match self.name {
            "bash" => format!("bash: line 1: {text}\n"),
            name => format!("{name}: 1: {text}\n"),
        };
        let _ = streams.error.write(self.host.files(), line.into_bytes()).await;
    }

    pub(super) async fn complain(&mut self, streams: &Streams, text: &str, status: u8) -> Ended {
        self.say(streams, text).await;
        Ended::Exit(status)
    }

    /// Runs a script whose `exit` ends only itself.
    pub(super) async fn subshell(&mut self, script: &Script, streams: &Streams) -> Result<u8, Ended> {
        match self.script(script, streams).await {
            Err(Ended::Lost) => Err(Ended::Lost),
            Err(Ended::Exit(status)) => Ok(status),
            Ok(()) | Err(Ended::Break | Ended::Continue) => Ok(self.status),
        }
    }

    fn script<'a>(&'a mut self, script: &'a Script, streams: &'a Streams) -> Running<'a> {
        Box::pin(async move {
            for item in &script.0 {
                match item.background {
                    true => self.in_background(item, streams),
                    false => self.item(item, streams).await?,
                }
            }
            Ok(())
        })
    }

    /// Starts a job that lives until it ends or the machine does.
    fn in_background(&mut self, item: &Item, streams: &Streams) {
        let (mut shell, item) = (self.clone(), item.clone());
        let streams = Streams { input: Input::empty(), ..streams.clone() };
        self.host.clone().background(async move {
            let _ = shell.item(&item, &streams).await;
        });
        self.status = 0;
    }

    async fn item(&mut self, item: &Item, streams: &Streams) -> Result<(), Ended> {
        let before = self.tested;
        self.tested = before || !item.rest.is_empty();
        let ran = self.joined(item, streams).await;
        self.tested = before;
        ran?;
        let negated = item.rest.last().map_or(item.first.negated, |(_, last)| last.negated);
        match self.stop_on_error && !self.tested && !negated && item.rest.is_empty() && self.status != 0 {
            true => Err(Ended::Exit(self.status)),
            false => Ok(()),
        }
    }

    async fn joined(&mut self, item: &Item, streams: &Streams) -> Result<(), Ended> {
        self.pipeline(&item.first, streams).await?;
        for (joint, pipeline) in &item.rest {
            let wanted = match joint {
                Joint::And => self.status == 0,
                Joint::Or => self.status != 0,
            };
            if wanted {
                self.pipeline(pipeline, streams).await?;
            }
        }
        Ok(())
    }

    /// Runs the stages one after the other, each with the whole output of the one before: what they print is the same.
    async fn pipeline(&mut self, pipeline: &Pipeline, streams: &Streams) -> Result<(), Ended> {
        if let [only] = pipeline.stages.as_slice() {
            self.command(only, streams).await?;
        } else {
            let mut input = streams.input.clone();
            let last = pipeline.stages.len() - 1;
            for (index, stage) in pipeline.stages.iter().enumerate() {
                let (kept, bytes) = Output::kept();
                let inner = Streams {
                    input,
                    output: if index == last { streams.output.clone() } else { kept },
                    error: streams.error.clone(),
                };
                let mut shell = self.clone();
                self.status = shell.stage(stage, &inner).await?;
                input = Input::bytes(take(&bytes));
            }
        }
        if pipeline.negated {
            self.status = u8::from(self.status == 0);
        }
        Ok(())
    }

    async fn stage(&mut self, stage: &Command, streams: &Streams) -> Result<u8, Ended> {
        match self.command(stage, streams).await {
            Err(Ended::Lost) => Err(Ended::Lost),
            Err(Ended::Exit(status)) => Ok(status),
            _ => Ok(self.status),
        }
    }

    async fn command(&mut self, command: &Command, streams: &Streams) -> Result<(), Ended> {
        let Some(streams) = self.redirected(&command.redirects, streams).await? else {
            self.status = 1;
            return Ok(());
        };
        match &command.kind {
            Kind::Simple { assignments, words } => self.simple(assignments, words, &streams).await,
            Kind::Group(script) => self.script(script, &streams).await,
            Kind::Subshell(script) => {
                let mut shell = self.clone();
                self.status = Box::pin(shell.subshell(script, &streams)).await?;
                Ok(())
            }
            Kind::If { branches, otherwise } => self.choose(branches, otherwise.as_ref(), &streams).await,
            Kind::Loop { condition, until, body } => self.repeat(condition, *until, body, &streams).await,
            Kind::For { name, words, body } => self.each(name, words, body, &streams).await,
        }
    }

    /// Asks a condition: `set -e` does not stop at it.
    async fn test(&mut self, condition: &Script, streams: &Streams) -> Result<bool, Ended> {
        let before = std::mem::replace(&mut self.tested, true);
        let ran = self.script(condition, streams).await;
        self.tested = before;
        ran.map(|()| self.status == 0)
    }

    async fn choose(
        &mut self,
        branches: &[(Script, Script)],
        otherwise: Option<&Script>,
        streams: &Streams,
    ) -> Result<(), Ended> {
        for (condition, body) in branches {
            if self.test(condition, streams).await? {
                return self.script(body, streams).await;
            }
        }
        self.status = 0;
        match otherwise {
            Some(body) => self.script(body, streams).await,
            None => Ok(()),
        }
    }

    async fn repeat(
        &mut self,
        condition: &Script,
        until: bool,
        body: &Script,
        streams: &Streams,
    ) -> Result<(), Ended> {
        for _ in 0..TURNS_MAX {
            if self.test(condition, streams).await? == until {
                self.status = 0;
                return Ok(());
            }
            match self.script(body, streams).await {
                Err(Ended::Break) => return Ok(()),
                Ok(()) | Err(Ended::Continue) => {}
                Err(ended) => return Err(ended),
            }
            tokio::task::yield_now().await;
        }
        Err(self.complain(streams, "simulated shell: the loop turned too often", 2).await)
    }

    async fn each(
        &mut self,
        name: &str,
        words: &[Word],
        body: &Script,
        streams: &Streams,
    ) -> Result<(), Ended> {
        for value in self.arguments(words, streams).await? {
            self.variables.insert(name.to_owned(), value);
            match self.script(body, streams).await {
                Err(Ended::Break) => return Ok(()),
                Ok(()) | Err(Ended::Continue) => {}
                Err(ended) => return Err(ended),
            }
        }
        Ok(())
    }

    async fn simple(
        &mut self,
        assignments: &[(String, Word)],
        words: &[Word],
        streams: &Streams,
    ) -> Result<(), Ended> {
        self.substituted = false;
        let arguments = self.arguments(words, streams).await?;
        let saved = self.variables.clone();
        for (name, word) in assignments {
            let value = self.single(word, streams).await?;
            self.variables.insert(name.clone(), value);
        }
        if arguments.is_empty() {
            self.status = if self.substituted { self.status } else { 0 };
            return Ok(());
        }
        let ran = Box::pin(self.invoke(arguments, streams)).await;
        if !assignments.is_empty() {
            self.variables = saved;
        }
        ran
    }
}
