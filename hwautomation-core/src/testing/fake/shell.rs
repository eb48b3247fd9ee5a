//! The fake's shell, which understands a few programs.

use super::gate::{Heed, To};
use super::rack::Inside;
use super::{FakeCall, FakeMachine, FakeRack};
use crate::error::{Error, ErrorKind, Result};
use crate::id::MachineId;
use crate::machine::Machine;
use crate::plugin::{PowerAction, RemoteShell, ShellCommand, ShellOutput};
use async_trait::async_trait;

/// What a program did.
enum Ran {
    Ended(ShellOutput),
    StillRuns,
}

/// Understands `true`, `false`, `cat`, `tee /dev/stderr`, `echo`, `args` (a JSON string on a line for each
/// argument), `sleep` (which never ends here) and `reboot`.
#[async_trait]
impl RemoteShell for FakeRack {
    async fn run(&self, machine: &Machine, command: &ShellCommand) -> Result<ShellOutput> {
        let to = To::Host(machine, machine.host_address()?);
        let what = std::iter::once(&command.program).chain(&command.args);
        let what = what.map(String::as_str).collect::<Vec<_>>().join(" ");
        let ran = self.command(FakeCall::ShellRun, to, what, |inside, id, heed| {
            inside.check_host_key(machine, id)?;
            Ok(inside.of(id).run(command, heed))
        });
        match ran.await? {
            Ran::Ended(output) => Ok(output),
            Ran::StillRuns => {
                let forever = std::future::pending::<()>();
                let _elapsed = tokio::time::timeout(command.timeout, forever).await;
                Err(Error::new(ErrorKind::Timeout, format!("running {} on {}", command.program, machine.id))
                    .with_remedy("see whether it still runs there, or give it more time")
                    .unknown_outcome())
            }
        }
    }

    async fn put(&self, machine: &Machine, path: &str, content: &[u8]) -> Result<()> {
        let to = To::Host(machine, machine.host_address()?);
        self.command(FakeCall::FilePut, to, format!("put {path}"), |inside, id, heed| {
            inside.check_host_key(machine, id)?;
            let truth = inside.of(id);
            truth.host_calls += 1;
            if heed == Heed::Yes {
                truth.files.insert(path.to_owned(), content.to_owned());
            }
            Ok(())
        })
        .await
    }

    async fn get(&self, machine: &Machine, path: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let to = To::Host(machine, machine.host_address()?);
        self.look(FakeCall::FileGet, to, |inside, id, _| {
            inside.check_host_key(machine, id)?;
            let truth = inside.of(id);
            truth.host_calls += 1;
            truth.file(path, bytes_max)
        })
        .await
    }
}

impl Inside {
    /// The first key seen in a boot generation is the right one for as long as that generation lasts.
    fn check_host_key(&mut self, machine: &Machine, found: &MachineId) -> Result<()> {
        let key = self.of(found).host_key;
        let pin = *self.pins.entry((machine.id.clone(), machine.boot_generation)).or_insert(key);
        if pin == key {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Security,
            format!("the host key of {} changed without a boot that we know of", machine.id),
        )
        .with_remedy("find out who booted or replaced the host before going on"))
    }
}

impl FakeMachine {
    fn run(&mut self, command: &ShellCommand, heed: Heed) -> Ran {
        self.host_calls += 1;
        let (mut status, mut stdout, mut stderr) = (0, Vec::new(), Vec::new());
        match command.program.as_str() {
            "true" => {}
            "false" => status = 1,
            "cat" => stdout.clone_from(&command.stdin),
            "tee" => {
                stdout.clone_from(&command.stdin);
                stderr.clone_from(&command.stdin);
            }
            "echo" => stdout = format!("{}\n", command.args.join(" ")).into_bytes(),
            "args" => stdout = command.args.iter().flat_map(|arg| json_line(arg)).collect(),
            "sleep" => return Ran::StillRuns,
            "reboot" if heed == Heed::Yes => self.power_to(PowerAction::GracefulRestart),
            "reboot" => {}
            unknown => {
                status = NO_SUCH_PROGRAM;
                stderr = format!("{unknown}: command not found\n").into_bytes();
            }
        }
        stdout.truncate(command.output_bytes_max);
        stderr.truncate(command.output_bytes_max);
        Ran::Ended(ShellOutput { status: Some(status), stdout, stderr })
    }

    fn file(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let content = self.files.get(path).ok_or_else(|| {
            Error::not_found(format!("reading {path}: there is no such file")).with_remedy("correct the path")
        })?;
        if content.len() > bytes_max {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("reading {path}: it has {} bytes, more than {bytes_max}", content.len()),
            )
            .with_remedy("allow more bytes, or cut the file"));
        }
        Ok(content.clone())
    }
}

/// What POSIX shells answer (XCU 2.8.2).
const NO_SUCH_PROGRAM: u32 = 127;

fn json_line(text: &str) -> Vec<u8> {
    format!("{}\n", serde_json::Value::from(text)).into_bytes()
}
