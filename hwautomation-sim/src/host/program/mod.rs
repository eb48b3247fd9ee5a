//! The programs of the simulated host. Each is a function; none starts a process.

mod base64;
mod condition;
mod dmi;
mod file;
mod ipmitool;
mod power;
mod print;
mod sum;
mod system;
mod table;
mod text;
mod wrapper;

use std::sync::Arc;
use std::time::Duration;

use super::files::{Failure, User, absolute, file_name};
use super::machine::Host;
use super::shell::{Ended, Input, Streams};
use crate::fault::{Action, Refusal};
use crate::log::Outcome;
pub(crate) use system::pause;
use table::Kind;

/// Where programs are looked for.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Where the vendor's tool is installed. `sum` in `PATH` is another program: coreutils' checksum.
pub(crate) const SUM: &str = "/opt/supermicro/sum/sum";

/// Is one program being started.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) host: Arc<Host>,
    pub(crate) user: User,
    pub(crate) folder: String,
    pub(crate) umask: u32,
    /// The name first.
    pub(crate) arguments: Vec<String>,
    pub(crate) input: Input,
    pub(crate) output: Vec<u8>,
    pub(crate) error: Vec<u8>,
}

/// Says what a start came to.
#[derive(Debug)]
pub(crate) enum Start {
    Done(u8),
    /// The shell says this and takes the status.
    Missing(String, u8),
    /// A program that starts another: `sudo`, `env`.
    Again {
        arguments: Vec<String>,
        user: User,
    },
    /// The same with a limit on its time.
    Limited {
        arguments: Vec<String>,
        limit: Duration,
    },
    /// `sh -c`, or a script file.
    Script {
        text: String,
        arguments: Vec<String>,
        user: User,
        stop_on_error: bool,
    },
}

impl Call {
    pub(super) fn name(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }

    /// Returns the arguments behind the name.
    pub(super) fn rest(&self) -> Vec<String> {
        self.arguments.iter().skip(1).cloned().collect()
    }

    pub(super) fn path(&self, name: &str) -> String {
        absolute(&self.folder, name)
    }

    /// Writes text to the output.
    pub(super) fn print(&mut self, text: &str) {
        self.output.extend_from_slice(text.as_bytes());
    }

    /// Says `name: text` on the error output and returns 1.
    pub(super) fn fail(&mut self, text: &str) -> u8 {
        let line = format!("{}: {text}\n", file_name(self.name()));
        self.error.extend_from_slice(line.as_bytes());
        1
    }

    /// Says which file, and why not.
    pub(super) fn fail_on(&mut self, doing: &str, path: &str, failure: Failure) -> u8 {
        self.fail(&format!("{doing}'{path}': {failure}"))
    }
}

/// Returns where a program is, as `command -v` does.
pub(crate) fn place(name: &str, host: &Host, user: User) -> Option<String> {
    if name.contains('/') {
        let found = host.files().stat(name, user).is_ok() || table::find_at(name).is_some();
        return found.then(|| name.to_owned());
    }
    table::find(name).map(|_| format!("/usr/bin/{name}"))
}

/// Starts a program.
///
/// # Errors
/// [`Ended::Lost`] when a fault cut the connection.
pub(crate) async fn start(call: Call, streams: &Streams) -> Result<Start, Ended> {
    let name = call.name().to_owned();
    let kind = match name.contains('/') {
        true => match table::find_at(&call.path(&name)) {
            Some(kind) => kind,
            None => return Ok(wrapper::file(&call)),
        },
        false => match table::find(&name) {
            Some(kind) => kind,
            None => return Ok(Start::Missing(format!("{name}: command not found"), 127)),
        },
    };
    match kind {
        Kind::Wrapper(wrap) => wrapped(wrap, call, streams).await,
        Kind::Plain(run) => leaf(call, streams, Leaf::Plain(run)).await,
        Kind::Reads(wants, run) => leaf(call, streams, Leaf::Reads(wants, run)).await,
        Kind::Sleep => leaf(call, streams, Leaf::Sleep).await,
    }
}

async fn wrapped(wrap: table::Wrap, mut call: Call, streams: &Streams) -> Result<Start, Ended> {
    let script = wrapper::wants_input(&call.arguments);
    let input = match script {
        true => call.input.all().await.unwrap_or_default(),
        false => Vec::new(),
    };
    let start = wrap(&mut call, &input);
    flush(call, streams).await;
    Ok(start)
}

enum Leaf {
    Plain(fn(&mut Call) -> u8),
    Reads(fn(&[String]) -> bool, fn(&mut Call, &[u8]) -> u8),
    Sleep,
}

/// Runs a program under the rules of the faults.
async fn leaf(mut call: Call, streams: &Streams, leaf: Leaf) -> Result<Start, Ended> {
    let text = table::command_text(&call.arguments);
    let action = call.host.clone().judge(&text).await;
    note(&call, &text, action.as_ref());
    let status = match &action {
        Some(Action::Drop) => return Err(Ended::Lost),
        Some(Action::Refuse(refusal)) => refused(&mut call, refusal),
        _ => {
            call.host = action.clone().map_or(call.host.clone(), |action| call.host.under(action));
            run(&mut call, leaf).await
        }
    };
    match action {
        Some(Action::LoseAnswer) => return Err(Ended::Lost),
        // An answer that says nothing: all is well, and not a word.
        Some(Action::Unclear) => return Ok(Start::Done(0)),
        Some(Action::Slow) => drip(call, streams).await,
        _ => flush(call, streams).await,
    }
    Ok(Start::Done(status))
}

/// Puts a command into the log, unless it changes the machine: then what it does is in the log.
fn note(call: &Call, text: &str, action: Option<&Action>) {
    let stopped = matches!(action, Some(Action::Drop | Action::Refuse(_)));
    match (table::changes_the_machine(text), stopped) {
        (true, true) => call.host.note_refused(&table::log_text(text)),
        (true, false) => {}
        (false, true) => call.host.note_read(text, Outcome::Refused),
        (false, false) => call.host.note_read(text, Outcome::TookEffect),
    }
}

fn refused(call: &mut Call, refusal: &Refusal) -> u8 {
    let (status, text) = match refusal {
        Refusal::Exit { status, text } => (*status, text.as_str()),
        // The terms of another face: a program's most general failure.
        _ => (1, ""),
    };
    call.error.extend_from_slice(text.as_bytes());
    status
}

async fn run(call: &mut Call, leaf: Leaf) -> u8 {
    match leaf {
        Leaf::Plain(run) => run(call),
        Leaf::Reads(wants, run) => match wants(&call.rest()) {
            true => match call.input.all().await {
                Ok(input) => run(call, &input),
                Err(failure) => call.fail(&format!("standard input: {failure}")),
            },
            false => run(call, b""),
        },
        Leaf::Sleep => system::sleep(call).await,
    }
}

async fn flush(call: Call, streams: &Streams) {
    let files = call.host.files();
    let written = streams.output.write(files, call.output).await;
    let _ = streams.error.write(files, call.error).await;
    if let Err(failure) = written {
        let line = format!("write error: {failure}\n");
        let _ = streams.error.write(files, line.into_bytes()).await;
    }
}

/// Writes a program's output in pieces, a moment apart.
async fn drip(call: Call, streams: &Streams) {
    for piece in call.output.chunks(call.output.len().div_ceil(PIECES).max(1)) {
        let _ = streams.output.write(call.host.files(), piece.to_vec()).await;
        pause(MOMENT).await;
    }
    let _ = streams.error.write(call.host.files(), call.error).await;
}

/// In how many pieces slow output comes, and how far apart: one second in all.
const PIECES: usize = 10;
const MOMENT: Duration = Duration::from_millis(100);
