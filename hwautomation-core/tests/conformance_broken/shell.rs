//! Broken shells.

use crate::broken;
use crate::rack_fixture::RackFixture;
use crate::spoil::Spoil;
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{RemoteShell, ShellCommand, ShellOutput};
use hwautomation_core::testing::fake::FakeRack;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    JoinsArguments,
    StatusIsAnError,
    AlwaysEndsWell,
    DropsInput,
    DropsErrors,
    CollectsEverything,
    Appends,
    GetsAnySize,
    MissingIsEmpty,
    TrustsEveryKey,
    TrustsTheFirstKeyForEver,
    SilentIsASignal,
    Error(Spoil),
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    defect: Defect,
    calls: AtomicU64,
}

fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::running();
    fixture.shell = Arc::new(Broken { rack: fixture.rack.clone(), defect, calls: AtomicU64::new(0) });
    fixture
}

impl Broken {
    fn on<T>(&self, answer: Result<T>) -> Result<T> {
        if let Defect::Error(spoil) = self.defect { spoil.on(answer) } else { answer }
    }

    /// The machine in the generation that this double believes in.
    fn believed(&self, machine: &Machine) -> Machine {
        let boot_generation = match self.defect {
            Defect::TrustsEveryKey => self.calls.fetch_add(1, Ordering::SeqCst),
            Defect::TrustsTheFirstKeyForEver => 0,
            _ => machine.boot_generation,
        };
        Machine { boot_generation, ..machine.clone() }
    }

    fn spoiled(&self, command: &ShellCommand) -> ShellCommand {
        let mut command = command.clone();
        match self.defect {
            Defect::JoinsArguments => {
                let line = command.args.join(" ");
                command.args = line.split(' ').map(str::to_owned).collect();
            }
            Defect::DropsInput => command.stdin.clear(),
            Defect::CollectsEverything => command.output_bytes_max = usize::MAX,
            _ => {}
        }
        command
    }
}

#[async_trait]
impl RemoteShell for Broken {
    async fn run(&self, machine: &Machine, command: &ShellCommand) -> Result<ShellOutput> {
        let answer = self.rack.run(&self.believed(machine), &self.spoiled(command)).await;
        match (self.defect, self.on(answer)) {
            (Defect::StatusIsAnError, Ok(output)) if !output.succeeded() => {
                Err(Error::new(ErrorKind::Refused, "it ended badly").with_remedy("look into it"))
            }
            (Defect::AlwaysEndsWell, Ok(output)) => Ok(ShellOutput { status: Some(0), ..output }),
            (Defect::DropsErrors, Ok(output)) => Ok(ShellOutput { stderr: Vec::new(), ..output }),
            (Defect::SilentIsASignal, Err(_)) => {
                Ok(ShellOutput { status: None, stdout: Vec::new(), stderr: Vec::new() })
            }
            (_, answer) => answer,
        }
    }

    async fn put(&self, machine: &Machine, path: &str, content: &[u8]) -> Result<()> {
        let mut whole = Vec::new();
        if self.defect == Defect::Appends {
            whole = self.rack.get(machine, path, usize::MAX).await.unwrap_or_default();
        }
        whole.extend_from_slice(content);
        self.on(self.rack.put(&self.believed(machine), path, &whole).await)
    }

    async fn get(&self, machine: &Machine, path: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let bytes_max = if self.defect == Defect::GetsAnySize { usize::MAX } else { bytes_max };
        match self.rack.get(&self.believed(machine), path, bytes_max).await {
            Err(error) if self.defect == Defect::MissingIsEmpty && error.kind() == ErrorKind::NotFound => {
                Ok(Vec::new())
            }
            answer => self.on(answer),
        }
    }
}

broken! { shell:
    arguments_arrive_as_given: broken(Defect::JoinsArguments) => "the arguments: expected";
    an_exit_status_is_an_answer:
        broken(Defect::StatusIsAnError) => "it ended badly",
        broken(Defect::AlwaysEndsWell) => "the status of a failing command: expected Some(1), found Some(0)";
    input_and_both_outputs_are_carried:
        broken(Defect::DropsInput) => "standard output: bytes",
        broken(Defect::DropsErrors) => "standard error: bytes";
    output_is_bounded: broken(Defect::CollectsEverything) => "bounded standard output: bytes";
    a_slow_command_times_out: broken(Defect::Error(Spoil::SurelyNotDone)) => "the class unknown outcome";
    a_file_put_is_the_file_got:
        broken(Defect::Appends) => "the file: bytes",
        broken(Defect::GetsAnySize) => "get of more than allowed: expected the error Refused";
    a_missing_file_is_not_found:
        broken(Defect::MissingIsEmpty) => "a missing file: expected the error NotFound, found Ok([])";
    a_changed_host_key_in_one_generation_is_a_security_error:
        broken(Defect::TrustsEveryKey) => "on a host with a new key: expected the error Security, found Ok(())";
    a_new_generation_may_bring_a_new_key:
        broken(Defect::TrustsTheFirstKeyForEver) => "run in a new generation: expected success";
    silence_is_an_error:
        broken(Defect::SilentIsASignal) => "run: expected an error",
        broken(Defect::Error(Spoil::SilentForGood)) => "to be no permanent error";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
}
