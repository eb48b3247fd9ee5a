//! Runs a script.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use super::parse::parse;
use super::stream::{Input, Output, Streams, take};
use super::syntax::{Command, Item, Joint, Kind, Pipeline, Redirect, Script, Target, Word};
use crate::host::files::{Keep, User, absolute};
use crate::host::machine::Host;
use crate::host::program::{self, Call, Start};

/// How often a loop may turn. A script that waits for something sleeps a second a turn; ten thousand are hours.
const TURNS_MAX: u32 = 10_000;
/// How deep shells may start shells.
const SHELLS_MAX: u32 = 16;

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
    name: &'static str,
    pub(super) user: User,
    folder: String,
    umask: u32,
    pub(super) variables: BTreeMap<String, String>,
    /// `$0`, `$1`, ..
    pub(super) positional: Vec<String>,
    pub(super) status: u8,
    /// A `$(..)` ran in this command: its status is that of a command without words.
    pub(super) substituted: bool,
    stop_on_error: bool,
    tested: bool,
    depth: u32,
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
            Ok(script) => self.subshell(&script, streams).await,
            Err(error) => {
                self.say(streams, &error.0).await;
                Ok(2)
            }
        }
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

    async fn say(&self, streams: &Streams, text: &str) {
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

    /// Opens the files of a command; nothing when one could not be opened, which has been said.
    async fn redirected(
        &mut self,
        redirects: &[Redirect],
        streams: &Streams,
    ) -> Result<Option<Streams>, Ended> {
        let mut streams = streams.clone();
        for redirect in redirects {
            if let Err(text) = self.redirect(redirect, &mut streams).await? {
                self.say(&streams, &text).await;
                return Ok(None);
            }
        }
        Ok(Some(streams))
    }

    async fn redirect(
        &mut self,
        redirect: &Redirect,
        streams: &mut Streams,
    ) -> Result<Result<(), String>, Ended> {
        let (word, keep) = match &redirect.to {
            Target::Here(word) => {
                streams.input = Input::bytes(self.single(word, streams).await?.into_bytes());
                return Ok(Ok(()));
            }
            Target::Read(word) => return self.open_input(word, streams).await,
            Target::Copy(word) => return self.copy(redirect.descriptor, word, streams).await,
            Target::Write(word) => (word, Keep::Nothing),
            Target::Append(word) => (word, Keep::Content),
        };
        let name = self.single(word, streams).await?;
        let path = absolute(&self.folder, &name);
        if let Err(failure) = self.host.files().create(&path, self.user, 0o666 & !self.umask, keep) {
            return Ok(Err(format!("{name}: {failure}")));
        }
        Ok(set(redirect.descriptor, Output::File(path), streams))
    }

    async fn open_input(&mut self, word: &Word, streams: &mut Streams) -> Result<Result<(), String>, Ended> {
        let name = self.single(word, streams).await?;
        let path = absolute(&self.folder, &name);
        let bytes = match path.as_str() {
            "/dev/null" => Ok(Vec::new()),
            path => self.host.files().read(path, self.user),
        };
        Ok(bytes
            .map(|bytes| streams.input = Input::bytes(bytes))
            .map_err(|failure| format!("{name}: {failure}")))
    }

    async fn copy(
        &mut self,
        descriptor: u32,
        word: &Word,
        streams: &mut Streams,
    ) -> Result<Result<(), String>, Ended> {
        let from = self.single(word, streams).await?;
        let output = match from.as_str() {
            "1" => streams.output.clone(),
            "2" => streams.error.clone(),
            "-" | "0" if descriptor == 0 => {
                if from == "-" {
                    streams.input = Input::empty();
                }
                return Ok(Ok(()));
            }
            "-" => Output::Nothing,
            _ => return Ok(Err(format!("{from}: Bad file descriptor"))),
        };
        Ok(set(descriptor, output, streams))
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

    async fn invoke(&mut self, arguments: Vec<String>, streams: &Streams) -> Result<(), Ended> {
        if let Some(done) = self.builtin(&arguments, streams).await {
            return done;
        }
        let arguments = match arguments.first().map(String::as_str) {
            Some("exec" | "command") if arguments.len() > 1 => arguments.into_iter().skip(1).collect(),
            _ => arguments,
        };
        self.status = self.start(arguments, self.user, streams).await?;
        Ok(())
    }

    /// Does what only the shell itself can do.
    async fn builtin(&mut self, arguments: &[String], streams: &Streams) -> Option<Result<(), Ended>> {
        let (name, rest) = arguments.split_first()?;
        let first = rest.first().map(String::as_str);
        self.status = match name.as_str() {
            ":" => 0,
            "exit" | "return" => {
                let status = first
                    .map_or(self.status, |text| text.parse::<u32>().map_or(2, |code| (code & 0xFF) as u8));
                return Some(Err(Ended::Exit(status)));
            }
            "break" => return Some(Err(Ended::Break)),
            "continue" => return Some(Err(Ended::Continue)),
            "cd" => self.change_folder(first, streams).await,
            "umask" => self.change_umask(first, streams).await,
            "export" | "readonly" | "local" => self.export(rest),
            "unset" => {
                rest.iter().for_each(|name| {
                    self.variables.remove(name);
                });
                0
            }
            "set" => self.options(rest),
            "shift" => {
                if self.positional.len() > 1 {
                    self.positional.remove(1);
                }
                0
            }
            // Nothing here sends signals, and jobs are not waited for by number.
            "trap" | "wait" => 0,
            "read" => self.read_line(rest, streams).await,
            "command" if matches!(first, Some("-v" | "-V")) => self.find(rest.get(1), streams).await,
            "type" => self.find(rest.first(), streams).await,
            _ => return None,
        };
        Some(Ok(()))
    }

    async fn change_folder(&mut self, to: Option<&str>, streams: &Streams) -> u8 {
        let name = to.map_or_else(|| self.home(), ToOwned::to_owned);
        let path = absolute(&self.folder, &name);
        match self.host.files().stat(&path, self.user) {
            Ok(stat) if stat.folder => {
                self.folder = path;
                0
            }
            Ok(_) => {
                self.say(streams, &format!("cd: {name}: Not a directory")).await;
                1
            }
            Err(failure) => {
                self.say(streams, &format!("cd: {name}: {failure}")).await;
                1
            }
        }
    }

    async fn change_umask(&mut self, to: Option<&str>, streams: &Streams) -> u8 {
        let Some(text) = to else {
            let line = format!("{:04o}\n", self.umask);
            let _ = streams.output.write(self.host.files(), line.into_bytes()).await;
            return 0;
        };
        match u32::from_str_radix(text, 8) {
            Ok(mask) if mask <= 0o777 => {
                self.umask = mask;
                0
            }
            _ => {
                self.say(streams, &format!("umask: {text}: octal number out of range")).await;
                1
            }
        }
    }

    fn export(&mut self, words: &[String]) -> u8 {
        for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        0
    }

    fn options(&mut self, words: &[String]) -> u8 {
        for (index, word) in words.iter().enumerate() {
            match word.as_str() {
                "--" => {
                    self.positional.truncate(1);
                    self.positional.extend(words.iter().skip(index + 1).cloned());
                    return 0;
                }
                word if word.starts_with('-') && word.contains('e') => self.stop_on_error = true,
                word if word.starts_with('+') && word.contains('e') => self.stop_on_error = false,
                _ => {}
            }
        }
        0
    }

    async fn read_line(&mut self, names: &[String], streams: &Streams) -> u8 {
        let line = streams.input.line().await;
        let names: Vec<&String> = names.iter().filter(|name| !name.starts_with('-')).collect();
        let text = line.clone().unwrap_or_default();
        let mut fields = text.trim().splitn(names.len().max(1), [' ', '\t']);
        for name in names {
            self.variables.insert(name.clone(), fields.next().unwrap_or_default().trim().to_owned());
        }
        u8::from(line.is_none())
    }

    async fn find(&mut self, name: Option<&String>, streams: &Streams) -> u8 {
        match name.and_then(|name| program::place(name, &self.host, self.user)) {
            Some(place) => {
                let _ = streams.output.write(self.host.files(), format!("{place}\n").into_bytes()).await;
                0
            }
            None => 1,
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
        Box::pin(shell.line(text, streams)).await
    }
}

fn set(descriptor: u32, output: Output, streams: &mut Streams) -> Result<(), String> {
    match descriptor {
        1 => streams.output = output,
        2 => streams.error = output,
        // Descriptors from 3 up belong to no program here.
        3..=9 => {}
        _ => return Err(format!("{descriptor}: Bad file descriptor")),
    }
    Ok(())
}
