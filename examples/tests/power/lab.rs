//! Simulated BMCs, and the program run on them.

use crate::program::program;
use hwautomation_sim::{BmcFarm, Fault, LogEntry, Power, Rack, RackPlan, Tempo};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

pub(crate) const USER: &str = "operator-1";
pub(crate) const PASSWORD: &str = "farm-secret-4711";
/// The variable that holds it.
const VARIABLE: &str = "POWER_TEST_PASSWORD";
/// Bounds every wait of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a run of the program said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Reads the lines of `--json`.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:#?}")))
            .collect()
    }

    /// Returns the line of one host.
    pub(crate) fn line(&self, host: &str) -> Value {
        let line = self.lines().into_iter().find(|line| line["host"] == host);
        line.unwrap_or_else(|| panic!("no line of {host}: {self:#?}"))
    }

    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

/// Prepares the program with words between blanks, without what this computer's variables say.
pub(crate) fn command(line: &str) -> Command {
    let mut command = Command::new(program("power"));
    command.args(line.split_whitespace()).env_remove("IPMI_USER").env_remove("IPMI_PASSWORD");
    command.env(VARIABLE, PASSWORD).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program as it is told.
pub(crate) async fn bare(line: &str) -> Run {
    with_input(line, "").await
}

/// Runs the program as the BMCs' user, with the right password.
pub(crate) async fn power(line: &str) -> Run {
    bare(&as_user(line)).await
}

pub(crate) fn as_user(line: &str) -> String {
    format!("{line} --user {USER} --password-env {VARIABLE}")
}

/// The same, with something on standard input.
pub(crate) async fn with_input(line: &str, input: &str) -> Run {
    let (mut command, input) = (command(line), input.to_owned());
    let run = tokio::task::spawn_blocking(move || {
        let mut child = command.stdin(Stdio::piped()).spawn().expect("the example was built");
        // Who does not read it has ended before.
        drop(child.stdin.take().expect("it is piped").write_all(input.as_bytes()));
        child.wait_with_output().expect("it runs")
    });
    let output = run.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let run = Run { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
    assert!(!run.out.contains(PASSWORD) && !run.err.contains(PASSWORD), "a secret was printed: {run:#?}");
    run
}

/// A farm whose machines need a moment, and the list of its hosts.
pub(crate) async fn farm(count: usize) -> (BmcFarm, String) {
    farm_with(count, Tempo { power_edge: Duration::from_millis(300), ..Tempo::instant() }).await
}

pub(crate) async fn farm_with(count: usize, tempo: Tempo) -> (BmcFarm, String) {
    let plan = hwautomation_sim::FarmPlan::new(count).port(0).user(USER, PASSWORD).tempo(tempo);
    let farm = plan.start().await.unwrap();
    let hosts = format!("127.64.0.[1-{count}]:{}", farm.port());
    (farm, hosts)
}

/// Runs the program as it is told, with this password in the variable BMC.
pub(crate) async fn bare_with(line: &str, password: &str) -> Run {
    let mut command = command(line);
    command.env("BMC", password);
    let output = tokio::task::spawn_blocking(move || command.output().expect("the example was built"));
    let output = output.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Sessions were opened, and none is left.
#[track_caller]
pub(crate) fn left_no_session(farm: &BmcFarm) {
    let total = farm.total();
    assert!(total.log_ins > 0 && total.sessions == 0, "{total:?}");
}

/// One server of a rack, which logs what reaches its BMC.
pub(crate) struct Server {
    pub(crate) rack: Rack,
    pub(crate) host: String,
    password: String,
}

impl Server {
    pub(crate) async fn start(power: Power) -> Self {
        let rack = RackPlan::servers(1).start().await.unwrap();
        rack.change("srv001", |machine| machine.set_power(power));
        let sheet = rack.sheet();
        let bmc = &sheet.servers[0].bmc;
        let host = sheet.connect[&format!("{}:623", bmc.address)].clone();
        Self { rack, host, password: bmc.password.clone() }
    }

    pub(crate) async fn with(power: Power, fault: Fault) -> Self {
        let server = Self::start(power).await;
        server.rack.inject(fault);
        server
    }

    /// Runs the program on it, with JSON.
    pub(crate) async fn power(&self, line: &str) -> Run {
        let line = format!("{line} --json --user ADMIN --password-env BMC {}", self.host);
        bare_with(&line, &self.password).await
    }

    /// Lists the commands that reached its BMC.
    pub(crate) fn reached(&self, command: &str) -> Vec<LogEntry> {
        self.rack.log().into_iter().filter(|entry| entry.command.contains(command)).collect()
    }
}
