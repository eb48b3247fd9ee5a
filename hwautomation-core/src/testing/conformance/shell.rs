//! The clauses of [`RemoteShell`].

use super::check::{Answers, Checked, bad_kind, equal, good};
use super::{DeviceFixture, device};
use crate::error::ErrorKind;
use crate::plugin::{RemoteShell, ShellCommand, ShellOutput};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Lends the suite a shell on a running host, and commands that this host understands.
#[async_trait]
pub trait ShellFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn RemoteShell>;

    /// Returns a command that prints its arguments so that [`printed_args`](Self::printed_args) can tell them
    /// apart, such as `printf '%s\0' …`.
    fn print_args(&self, args: &[&str]) -> ShellCommand;

    /// Takes apart what [`print_args`](Self::print_args) printed.
    fn printed_args(&self, stdout: &[u8]) -> Vec<String>;

    /// Returns a command that ends with a status other than 0, and that status.
    fn failing(&self) -> (ShellCommand, u32);

    /// Returns a command that copies its input to both of its outputs, such as `tee /dev/stderr`.
    fn copy_input(&self) -> ShellCommand;

    /// Returns a command that takes longer than a second.
    fn slow(&self) -> ShellCommand;

    /// Returns the path of a file that may be written and is not there.
    fn path(&self) -> String;

    /// Returns what truly is in a file, if it is there.
    async fn true_file(&self, path: &str) -> Option<Vec<u8>>;

    /// Counts the commands that the host ran and the files that it took or gave.
    async fn host_calls(&self) -> u64;

    /// Gives the host a new key.
    async fn change_host_key(&self);
}

/// Makes each clause of the suite a test. The fixture's expression may await.
#[macro_export]
macro_rules! shell_conformance {
    ($($how:tt)*) => {
        $crate::conformance_clauses! { [$($how)*] shell:
            arguments_arrive_as_given
            an_exit_status_is_an_answer
            input_and_both_outputs_are_carried
            output_is_bounded
            a_slow_command_times_out
            a_file_put_is_the_file_got
            a_missing_file_is_not_found
            a_changed_host_key_in_one_generation_is_a_security_error
            a_new_generation_may_bring_a_new_key
            silence_is_an_error
            errors_have_a_remedy_and_show_no_secret
        }
    };
}

/// Names every clause, as the contract does.
pub const CLAUSES: &[&str] = shell_conformance!(@names);

/// Arguments that a shell in between would spoil.
const HARD_ARGS: [&str; 9] =
    ["two words", "", "it's", "\"q\"", "$HOME `id`", "a;b|c&d", "*?[a]", "x\\y", "1\n2"];

/// Longer than any output that a plugin might read in one piece.
const LONG: usize = 200_000;

/// Checks that blanks, quotes, `$`, `;`, line ends and nothing at all arrive as given.
pub async fn arguments_arrive_as_given(fixture: &dyn ShellFixture) -> Result<(), String> {
    let output = run(fixture, &fixture.print_args(&HARD_ARGS)).await?;
    let found = fixture.printed_args(&output.stdout);
    equal("the arguments", &HARD_ARGS.map(str::to_owned).to_vec(), &found)
}

/// Checks that a status other than 0 is Ok, with that status.
pub async fn an_exit_status_is_an_answer(fixture: &dyn ShellFixture) -> Result<(), String> {
    let (command, status) = fixture.failing();
    equal("the status of a failing command", &Some(status), &run(fixture, &command).await?.status)?;
    equal("the status of another", &Some(0), &run(fixture, &fixture.copy_input()).await?.status)
}

/// Checks that every byte of the input comes back on both outputs.
pub async fn input_and_both_outputs_are_carried(fixture: &dyn ShellFixture) -> Result<(), String> {
    let input: Vec<u8> = (0..=u8::MAX).cycle().take(LONG).collect();
    let output = run(fixture, &ShellCommand { stdin: input.clone(), ..fixture.copy_input() }).await?;
    same_bytes("standard output", &input, &output.stdout)?;
    same_bytes("standard error", &input, &output.stderr)
}

/// Checks that both outputs are cut at the command's limit.
pub async fn output_is_bounded(fixture: &dyn ShellFixture) -> Result<(), String> {
    let stdin: Vec<u8> = b"0123456789".iter().copied().cycle().take(LONG).collect();
    let kept = stdin[..1000].to_vec();
    let command = ShellCommand { stdin, output_bytes_max: kept.len(), ..fixture.copy_input() };
    let output = run(fixture, &command).await?;
    same_bytes("bounded standard output", &kept, &output.stdout)?;
    same_bytes("bounded standard error", &kept, &output.stderr)
}

/// Checks that a command over its time limit is a `Timeout` of unknown outcome.
pub async fn a_slow_command_times_out(fixture: &dyn ShellFixture) -> Result<(), String> {
    let command = fixture.slow().timeout(Duration::from_millis(50));
    let patience = Duration::from_secs(30);
    let answer = fixture.plugin();
    let answer = tokio::time::timeout(patience, answer.run(&fixture.machine(), &command)).await;
    let answer =
        answer.map_err(|_| format!("expected a timeout after 50 ms, found none after {patience:?}"))?;
    let error = bad_kind("a slow command", answer, &[ErrorKind::Timeout])?;
    device::unknown_outcome("a slow command", Err(error))
}

/// Checks that a file comes back byte for byte, is replaced whole, and is not got when larger than allowed.
pub async fn a_file_put_is_the_file_got(fixture: &dyn ShellFixture) -> Result<(), String> {
    let (plugin, machine, path) = (fixture.plugin(), fixture.machine(), fixture.path());
    let long: Vec<u8> = (0..=u8::MAX).rev().cycle().take(LONG).collect();
    for content in [long.as_slice(), b"short\r\n\0", b""] {
        good("put", plugin.put(&machine, &path, content).await)?;
        same_bytes("the file", content, &fixture.true_file(&path).await.unwrap_or_default())?;
        same_bytes("get", content, &good("get", plugin.get(&machine, &path, LONG).await)?)?;
    }
    good("put", plugin.put(&machine, &path, b"12345").await)?;
    bad_kind("get of more than allowed", plugin.get(&machine, &path, 4).await, &[ErrorKind::Refused])
        .map(drop)
}

/// Checks that getting a file that is not there is `NotFound`.
pub async fn a_missing_file_is_not_found(fixture: &dyn ShellFixture) -> Result<(), String> {
    let answer = fixture.plugin().get(&fixture.machine(), &fixture.path(), LONG).await;
    bad_kind("get of a missing file", answer, &[ErrorKind::NotFound]).map(drop)
}

/// Checks that a host whose key changed without a boot gets no command and no file.
pub async fn a_changed_host_key_in_one_generation_is_a_security_error(
    fixture: &dyn ShellFixture,
) -> Result<(), String> {
    good("run", fixture.plugin().run(&fixture.machine(), &fixture.copy_input()).await)?;
    fixture.change_host_key().await;
    let before = fixture.host_calls().await;
    for (what, answer) in calls(fixture).await {
        bad_kind(&format!("{what} on a host with a new key"), answer, &[ErrorKind::Security])?;
    }
    equal("calls that the host took", &before, &fixture.host_calls().await)
}

/// Checks that after a boot that we know of, a new key is taken.
pub async fn a_new_generation_may_bring_a_new_key(fixture: &dyn ShellFixture) -> Result<(), String> {
    let (plugin, mut machine) = (fixture.plugin(), fixture.machine());
    good("run", plugin.run(&machine, &fixture.copy_input()).await)?;
    fixture.change_host_key().await;
    machine.boot_generation += 1;
    good("run in a new generation", plugin.run(&machine, &fixture.copy_input()).await).map(drop)
}

/// Checks that a silent host is an error.
pub async fn silence_is_an_error(fixture: &dyn ShellFixture) -> Result<(), String> {
    device::silence(fixture, async || calls(fixture).await).await
}

/// Checks the errors of silence and of refused credentials.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn ShellFixture) -> Result<(), String> {
    device::errors(fixture, async || calls(fixture).await).await
}

async fn calls(fixture: &dyn ShellFixture) -> Answers {
    let (plugin, machine, path) = (fixture.plugin(), fixture.machine(), fixture.path());
    vec![
        ("run", plugin.run(&machine, &fixture.copy_input()).await.map(drop)),
        ("put", plugin.put(&machine, &path, b"text").await),
        ("get", plugin.get(&machine, &path, LONG).await.map(drop)),
    ]
}

async fn run(fixture: &dyn ShellFixture, command: &ShellCommand) -> Checked<ShellOutput> {
    let what = format!("running {}", command.program);
    good(&what, fixture.plugin().run(&fixture.machine(), command).await)
}

/// Compares without printing a hundred thousand numbers.
fn same_bytes(what: &str, expected: &[u8], found: &[u8]) -> Checked {
    let first = expected.iter().zip(found).position(|(expected, found)| expected != found);
    equal(&format!("{what}: bytes"), &expected.len(), &found.len())?;
    equal(&format!("{what}: the first byte that differs"), &None, &first)
}
