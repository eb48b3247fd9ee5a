//! The clauses of [`RemoteShell`].

use super::check::{Answers, Checked, done, refused, same};
use super::suite::suite;
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

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    shell_conformance, shell, ShellFixture;
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

/// Arguments that a shell in between would spoil.
const HARD_ARGS: [&str; 9] =
    ["two words", "", "it's", "\"q\"", "$HOME `id`", "a;b|c&d", "*?[a]", "x\\y", "1\n2"];

/// Longer than any output that a plugin might read in one piece.
const LONG: usize = 200_000;

/// Checks that blanks, quotes, `$`, `;`, line ends and nothing at all arrive as given.
pub async fn arguments_arrive_as_given(fixture: &dyn ShellFixture) -> Result<(), String> {
    let output = run(fixture, &fixture.print_args(&HARD_ARGS)).await?;
    let found = fixture.printed_args(&output.stdout);
    same("the arguments", &found, &HARD_ARGS.map(str::to_owned).to_vec())
}

/// Checks that a status other than 0 is Ok, with that status.
pub async fn an_exit_status_is_an_answer(fixture: &dyn ShellFixture) -> Result<(), String> {
    let (command, status) = fixture.failing();
    same("the status of a failing command", &run(fixture, &command).await?.status, &Some(status))?;
    same("the status of another", &run(fixture, &fixture.copy_input()).await?.status, &Some(0))
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
    let error = refused("a slow command", ErrorKind::Timeout, answer)?;
    device::unknown_outcome("a slow command", Err(error))
}

/// Checks that a file comes back byte for byte, is replaced whole, and is not got when larger than allowed.
pub async fn a_file_put_is_the_file_got(fixture: &dyn ShellFixture) -> Result<(), String> {
    let (plugin, machine, path) = (fixture.plugin(), fixture.machine(), fixture.path());
    let long: Vec<u8> = (0..=u8::MAX).rev().cycle().take(LONG).collect();
    for content in [long.as_slice(), b"short\r\n\0", b""] {
        done("put", plugin.put(&machine, &path, content).await)?;
        same_bytes("the file", content, &fixture.true_file(&path).await.unwrap_or_default())?;
        same_bytes("get", content, &done("get", plugin.get(&machine, &path, LONG).await)?)?;
    }
    done("put", plugin.put(&machine, &path, b"12345").await)?;
    refused("get of more than allowed", ErrorKind::Refused, plugin.get(&machine, &path, 4).await).map(drop)
}

/// Checks that getting a file that is not there is `NotFound`.
pub async fn a_missing_file_is_not_found(fixture: &dyn ShellFixture) -> Result<(), String> {
    let answer = fixture.plugin().get(&fixture.machine(), &fixture.path(), LONG).await;
    refused("get of a missing file", ErrorKind::NotFound, answer).map(drop)
}

/// Checks that a host whose key changed without a boot gets no command and no file.
pub async fn a_changed_host_key_in_one_generation_is_a_security_error(
    fixture: &dyn ShellFixture,
) -> Result<(), String> {
    done("run", fixture.plugin().run(&fixture.machine(), &fixture.copy_input()).await)?;
    fixture.change_host_key().await;
    let before = fixture.host_calls().await;
    for (what, answer) in calls(fixture).await {
        refused(&format!("{what} on a host with a new key"), ErrorKind::Security, answer)?;
    }
    same("calls that the host took", &fixture.host_calls().await, &before)
}

/// Checks that after a boot that we know of, a new key is taken.
pub async fn a_new_generation_may_bring_a_new_key(fixture: &dyn ShellFixture) -> Result<(), String> {
    let (plugin, mut machine) = (fixture.plugin(), fixture.machine());
    done("run", plugin.run(&machine, &fixture.copy_input()).await)?;
    fixture.change_host_key().await;
    machine.boot_generation += 1;
    done("run in a new generation", plugin.run(&machine, &fixture.copy_input()).await).map(drop)
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
    done(&what, fixture.plugin().run(&fixture.machine(), command).await)
}

/// Compares without printing a hundred thousand numbers.
fn same_bytes(what: &str, expected: &[u8], found: &[u8]) -> Checked {
    let first = expected.iter().zip(found).position(|(expected, found)| expected != found);
    same(&format!("{what}: bytes"), &found.len(), &expected.len())?;
    same(&format!("{what}: the first byte that differs"), &first, &None)
}
