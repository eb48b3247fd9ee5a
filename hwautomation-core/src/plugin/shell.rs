//! Running commands on the host.

use crate::error::Result;
use crate::machine::Machine;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// Says what to run: a program and its arguments, never a line for a shell to take apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellCommand {
    /// The program, by name or path.
    pub program: String,
    /// Its arguments, as they shall arrive.
    pub args: Vec<String>,
    /// What it gets on standard input.
    pub stdin: Vec<u8>,
    /// How long it may take. Default 60 s.
    pub timeout: Duration,
    /// How many bytes of each output stream are kept. Default 1 MiB.
    pub output_bytes_max: usize,
}

impl ShellCommand {
    /// Names a program without arguments.
    #[must_use]
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            stdin: Vec::new(),
            timeout: Duration::from_secs(60),
            output_bytes_max: 1024 * 1024,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item: Into<String>>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Replaces the time limit.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Holds what a command answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellOutput {
    /// Its exit status; `None` when a signal ended it.
    pub status: Option<u32>,
    /// Its standard output, cut at the command's limit.
    pub stdout: Vec<u8>,
    /// Its standard error, cut at the command's limit.
    pub stderr: Vec<u8>,
}

impl ShellOutput {
    /// Tells whether the exit status was 0.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == Some(0)
    }
}

/// Runs commands on hosts and moves files, with the host's key checked.
///
/// # Contract
///
/// - `arguments_arrive_as_given`: blanks, quotes, `$`, `;` and line ends included.
/// - `an_exit_status_is_an_answer`: a status other than 0 is Ok, with that status.
/// - `input_and_both_outputs_are_carried`.
/// - `output_is_bounded`: more than `output_bytes_max` of either output is cut, not collected; the command runs
///   to its end all the same.
/// - `a_slow_command_times_out`: as `Timeout` with the class `UnknownOutcome`, since it may go on.
/// - `a_file_put_is_the_file_got`: byte for byte, and replaced whole; a larger one than asked for is `Refused`.
/// - `a_missing_file_is_not_found`.
/// - `a_changed_host_key_in_one_generation_is_a_security_error`: and nothing is run, put or got.
/// - `a_new_generation_may_bring_a_new_key`.
/// - `silence_is_an_error`.
/// - `errors_have_a_remedy_and_show_no_secret`.
#[async_trait]
pub trait RemoteShell: fmt::Debug + Send + Sync + 'static {
    /// Runs a command to its end.
    ///
    /// # Errors
    ///
    /// `NotFound` (no host address), `Unreachable`, `Timeout`, `Unauthorized`, `Security`.
    async fn run(&self, machine: &Machine, command: &ShellCommand) -> Result<ShellOutput>;

    /// Writes a file, replacing it whole, readable by its owner only.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run), and `Refused` when the host does not let us.
    async fn put(&self, machine: &Machine, path: &str, content: &[u8]) -> Result<()>;

    /// Reads a file of at most `bytes_max` bytes.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run), `NotFound`, and `Refused` when it is larger.
    async fn get(&self, machine: &Machine, path: &str, bytes_max: usize) -> Result<Vec<u8>>;
}
