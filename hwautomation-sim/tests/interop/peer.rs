//! Finds and runs a program that others wrote.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How long a program may take: the slowest here gives up by itself after twenty seconds.
const LIMIT: Duration = Duration::from_secs(60);
/// Where programs for administrators are, which PATH may leave out.
const MORE_PLACES: &str = "/usr/local/sbin:/usr/sbin:/sbin";

/// A program that is there.
#[derive(Debug, Clone)]
pub(crate) struct Peer(PathBuf);

/// What a program said, and whether it was content.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) ok: bool,
}

/// A program that runs, and what it has said so far.
#[derive(Debug)]
pub(crate) struct Talk {
    child: Child,
    heard: String,
}

impl Talk {
    /// Waits until it has said something, and forgets what it said up to there.
    pub(crate) async fn hear(&mut self, words: &str) {
        let heard = tokio::time::timeout(LIMIT, async {
            while !self.heard.contains(words) {
                let mut bytes = [0; 512];
                let length = self.child.stdout.as_mut().unwrap().read(&mut bytes).await.unwrap();
                assert_ne!(length, 0, "it ended and never said {words:?}: {}", self.heard);
                self.heard += &String::from_utf8_lossy(&bytes[..length]);
            }
        });
        assert!(heard.await.is_ok(), "it never said {words:?}: {}", self.heard);
        let place = self.heard.find(words).unwrap() + words.len();
        self.heard.drain(..place);
    }

    pub(crate) async fn say(&mut self, words: &str) {
        self.child.stdin.as_mut().unwrap().write_all(words.as_bytes()).await.unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) {
        let ended = tokio::time::timeout(LIMIT, self.child.wait()).await;
        ended.expect("it ends in time").expect("it ran");
    }
}

impl Peer {
    /// Finds it; one that is missing is a failure where peers are required, and is said loudly elsewhere.
    pub(crate) fn find(program: &str) -> Option<Self> {
        let path = std::env::var("PATH").unwrap_or_default();
        let places = format!("{path}:{MORE_PLACES}");
        let found =
            places.split(':').map(|place| PathBuf::from(place).join(program)).find(|file| file.is_file());
        Self::or_said(found, program)
    }

    /// Finds a program in what this script of the repository has made.
    pub(crate) fn made_by(script: &str, program: &str) -> Option<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(script);
        let output = std::process::Command::new(path).arg("--where").stderr(Stdio::null()).output();
        let place = output.ok().filter(|said| said.status.success()).map(|said| said.stdout);
        let place = place.and_then(|place| String::from_utf8(place).ok());
        Self::or_said(place.map(|place| PathBuf::from(place.trim()).join(program)), script)
    }

    fn or_said(found: Option<PathBuf>, name: &str) -> Option<Self> {
        if found.is_none() {
            let required = std::env::var("HWAUTOMATION_PEERS").as_deref() == Ok("required");
            assert!(!required, "{name} is missing; scripts/setup-peers installs it");
            eprintln!("NOT RUN: {name} is missing; scripts/setup-peers installs it");
        }
        found.map(Self)
    }

    /// Starts it, to speak with it.
    pub(crate) fn start(&self, arguments: impl IntoIterator<Item = impl AsRef<str>>) -> Talk {
        // Without a terminal it would keep what it says to itself for a while.
        let mut command = Command::new("stdbuf");
        command.arg("--output=0").arg(&self.0);
        command.args(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        Talk { child: command.spawn().expect("it starts"), heard: String::new() }
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<str>>) -> Said {
        let mut command = Command::new(&self.0);
        command.args(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        let ended = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(LIMIT, ended).await.expect("it ends in time").expect("it starts");
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        Said { out: text(&output.stdout), err: text(&output.stderr), ok: output.status.success() }
    }
}
