//! What the example `console` promises: the compiled program, against a simulated BMC on a real socket.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../console/escape.rs"]
#[allow(dead_code, reason = "the program uses it")]
mod escape;
#[path = "../program/mod.rs"]
mod program;
mod terminal;

use hwautomation_sim::{Power, Rack, RackPlan, Status};
use program::program;
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// Bounds every wait of a test.
const PATIENCE: Duration = Duration::from_secs(30);
const SERVER: &str = "srv001";

struct Lab {
    rack: Rack,
    host: String,
    password: String,
}

impl Lab {
    /// Starts a rack with one server, on which a system runs that echoes.
    async fn start() -> Self {
        let rack = RackPlan::servers(1).start().await.unwrap();
        rack.change(SERVER, |machine| machine.record.status = Status::New);
        rack.change(SERVER, |machine| machine.set_power(Power::On));
        assert!(rack.wait_until(PATIENCE, |rack| rack.truth(SERVER).ssh).await, "a system runs");
        let sheet = rack.sheet();
        let bmc = &sheet.servers[0].bmc;
        let host = sheet.connect[&format!("{}:623", bmc.address)].clone();
        Self { rack, host, password: bmc.password.clone() }
    }

    fn command(&self, options: &str) -> Command {
        let mut command = Command::new(program("console"));
        command.args([&self.host, "--user", "ADMIN", "--idle", "1"]).args(options.split_whitespace());
        command.env("IPMI_PASSWORD", &self.password);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn begin(&self, options: &str) -> Child {
        self.command(options).spawn().expect("the example was built")
    }

    /// Runs the program, types this, and returns what it said.
    async fn run(&self, options: &str, typed: &'static [u8]) -> Output {
        let mut child = self.begin(options);
        let run = tokio::task::spawn_blocking(move || {
            drop(child.stdin.take().unwrap().write_all(typed));
            child.wait_with_output().unwrap()
        });
        tokio::time::timeout(PATIENCE, run).await.expect("it ends").unwrap()
    }

    async fn wait_for(&self, command: &str, times: usize) {
        let count = |rack: &Rack| rack.log().iter().filter(|entry| entry.command == command).count();
        assert!(self.rack.wait_until(PATIENCE, |rack| count(rack) >= times).await, "{command}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_piped_in_is_typed_and_what_the_machine_answers_is_printed() {
    let lab = Lab::start().await;
    let run = lab.run("", b"~. uptime\r").await;
    assert!(run.status.success(), "{run:?}");
    assert!(text(&run.stdout).contains("~. uptime\r\nsrv001 login: "), "{run:?}");
    lab.wait_for("deactivate payload 1", 1).await;
    lab.wait_for("close session", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_console_taken_is_told_and_may_take_it() {
    let lab = Lab::start().await;
    let mut first = lab.begin("");
    lab.wait_for("activate payload 1", 1).await;
    let run = lab.run("", b"x").await;
    assert!(!run.status.success());
    let said = text(&run.stderr);
    assert!(said.contains("another session has the machine's console") && said.contains("→ close"), "{said}");
    assert!(said.contains("--take") && !said.contains("end_console"), "{said}");
    let run = lab.run("--take", b"mine").await;
    assert!(run.status.success() && text(&run.stdout).contains("mine"), "{run:?}");
    // It was told, and does not wait for its standard input.
    let ended = tokio::task::spawn_blocking(move || {
        let input = first.stdin.take();
        let status = first.wait().unwrap();
        drop(input);
        status
    });
    let status = tokio::time::timeout(PATIENCE, ended).await.expect("it ends").unwrap();
    assert!(!status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_never_printed() {
    let mut lab = Lab::start().await;
    lab.password = "not-the-password".to_owned();
    let run = lab.run("", b"x").await;
    let said = text(&run.stderr) + &text(&run.stdout);
    assert!(
        !run.status.success() && said.contains("password") && !said.contains("not-the-password"),
        "{said}"
    );
    assert!(said.contains("correct --user or the password (--password-env"), "{said}");
    assert!(said.contains(&format!("machine {0} through its BMC at {0}", lab.host)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_may_be_named_by_the_variable() {
    let lab = Lab::start().await;
    let mut command = Command::new(program("console"));
    command.args([&lab.host, "--idle", "1"]).env("IPMI_USER", "ADMIN").env("IPMI_PASSWORD", &lab.password);
    command.stdin(Stdio::null());
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    let run = tokio::time::timeout(PATIENCE, run).await.expect("it ends").unwrap();
    assert!(run.status.success(), "{run:?}");
    lab.wait_for("deactivate payload 1", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_to_end_gives_the_console_back() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let lab = Lab::start().await;
        let mut child = lab.begin("");
        lab.wait_for("activate payload 1", 1).await;
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let ended = tokio::task::spawn_blocking(move || {
            let input = child.stdin.take();
            let status = child.wait().unwrap();
            drop(input);
            status
        });
        let status = tokio::time::timeout(PATIENCE, ended).await.expect("it ends").unwrap();
        assert!(status.success(), "{signal}: {status}");
        lab.wait_for("close session", 1).await;
        let next = lab.run("", b"mine").await;
        assert!(next.status.success() && text(&next.stdout).contains("mine"), "{signal}: {next:?}");
    }
}
