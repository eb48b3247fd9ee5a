//! Simulated hosts as OpenSSH's own client sees them.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use hwautomation_sim::{
    Action, Face, Fault, Kind, Outcome, Power, Rack, RackPlan, ServerSheet, Tempo, Value,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// How long a client or a boot may take: a client needs a fifth of a second on an idle machine, a boot half of one.
const LIMIT: Duration = Duration::from_secs(30);
const SUM: &str = "/opt/supermicro/sum/sum";
const QUIET: &str = "Advanced|Boot Feature|Quiet Boot";

struct Host {
    rack: Rack,
    server: ServerSheet,
    port: String,
    folder: tempfile::TempDir,
}

impl Host {
    /// Starts a rack of one server whose ephemeral environment runs; nothing without OpenSSH.
    async fn start() -> Option<Self> {
        if !present() {
            return None;
        }
        let rack = RackPlan::servers(1).tempo(Tempo::quick()).start().await.unwrap();
        let sheet = rack.sheet();
        let server = sheet.servers.first().unwrap().clone();
        let socket = sheet.connect.get(&format!("{}:22", server.host.address)).unwrap();
        let port = socket.rsplit(':').next().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        let host = Self { rack, server, port, folder };
        host.write_key(&host.server.host.private_key);
        host.rack.change("srv001", |machine| machine.set_power(Power::On));
        host.answers().await;
        Some(host)
    }

    fn write_key(&self, text: &str) {
        std::fs::write(self.path("key"), text).unwrap();
        std::fs::set_permissions(self.path("key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    async fn answers(&self) {
        assert!(self.rack.wait_until(LIMIT, |rack| rack.truth("srv001").ssh).await, "the host boots in time");
    }

    async fn boots(&self, count: u64) {
        let booted = |rack: &Rack| rack.truth("srv001").boots == count && rack.truth("srv001").ssh;
        assert!(self.rack.wait_until(LIMIT, booted).await, "the host boots in time");
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn forget_key(&self) {
        std::fs::remove_file(self.path("known_hosts")).unwrap();
    }

    fn ssh(&self, words: &[&str]) -> Command {
        self.ssh_as(&self.server.host.username, words)
    }

    fn ssh_as(&self, user: &str, words: &[&str]) -> Command {
        let mut command = Command::new("ssh");
        let known = format!("UserKnownHostsFile={}", self.path("known_hosts"));
        command.args(["-F", "/dev/null", "-o", "StrictHostKeyChecking=accept-new", "-o", &known]);
        command.args(["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", &self.path("key")]);
        command.args(["-p", &self.port, "-l", user, "127.0.0.1"]).args(words);
        command.env_remove("SSH_AUTH_SOCK").stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn exec(&self, line: &str) -> Output {
        finish(&mut self.ssh(&[line])).await
    }

    async fn feed(&self, line: &str, input: &[u8]) -> Output {
        let mut command = self.ssh(&[line]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
        let writer = tokio::spawn(async move { stdin.write_all(&input).await });
        let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap();
        writer.await.unwrap().unwrap();
        output
    }

    async fn scan(&self) -> String {
        let mut command = Command::new("ssh-keyscan");
        text(&finish(command.args(["-t", "ed25519", "-p", &self.port, "127.0.0.1"])).await.stdout)
    }

    fn logged(&self, command: &str) -> Vec<(Kind, Outcome)> {
        let log = self.rack.log();
        let found = log.iter().filter(|entry| entry.face == Face::Ssh && entry.command == command);
        found.map(|entry| (entry.kind, entry.outcome)).collect()
    }
}

fn present() -> bool {
    let found = std::process::Command::new("ssh").arg("-V").stderr(Stdio::null()).status().is_ok();
    if !found {
        let required = std::env::var("HWAUTOMATION_PEERS").as_deref() == Ok("required");
        assert!(!required, "the OpenSSH client is missing");
        eprintln!("NOT RUN: the OpenSSH client is not installed");
    }
    found
}

async fn finish(command: &mut Command) -> Output {
    tokio::time::timeout(LIMIT, command.output()).await.expect("the client ends in time").unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_command_has_its_output_its_error_and_its_status() {
    let Some(host) = Host::start().await else { return };
    let out = host.exec("echo 'it'\\''s' \"$HOME\"; nosuch; exit 42").await;
    assert_eq!(text(&out.stdout), "it's /home/ubuntu\n", "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("bash: line 1: nosuch: command not found"));
    assert_eq!(out.status.code(), Some(42));
    assert_eq!(host.logged("echo it's /home/ubuntu"), [(Kind::Read, Outcome::TookEffect)]);
    let log = host.rack.log();
    let login = log.iter().find(|entry| entry.command == "login with a key").unwrap();
    assert!(login.source.starts_with("127.0.0.1:") && login.source.ends_with(" ubuntu"), "{login:?}");
}

#[tokio::test]
async fn input_of_a_mebibyte_arrives_and_comes_back() {
    let Some(host) = Host::start().await else { return };
    let bytes: Vec<u8> = (0..1_048_576_u32).map(|index| (index % 251) as u8).collect();
    let out = host.feed("cat >/tmp/f && wc -c /tmp/f >&2 && cat /tmp/f", &bytes).await;
    assert!(out.stdout == bytes, "{} bytes came back", out.stdout.len());
    assert!(text(&out.stderr).contains("1048576 /tmp/f"), "{}", text(&out.stderr));
}

#[tokio::test]
async fn the_wrong_key_and_the_wrong_user_are_refused() {
    let Some(host) = Host::start().await else { return };
    let out = finish(&mut host.ssh_as("root", &["true"])).await;
    assert_eq!(out.status.code(), Some(255));
    assert!(text(&out.stderr).contains("Permission denied (publickey)"), "{}", text(&out.stderr));
    let other = RackPlan::servers(1).start().await.unwrap();
    host.write_key(&other.sheet().servers[0].host.private_key);
    assert_eq!(host.exec("true").await.status.code(), Some(255));
    assert_eq!(host.logged("login with a key"), [(Kind::Read, Outcome::Refused); 2]);
}

#[tokio::test]
async fn the_host_key_is_new_after_a_reboot_and_the_client_says_so() {
    let Some(host) = Host::start().await else { return };
    assert_eq!(host.exec("true").await.status.code(), Some(0));
    assert_eq!(host.exec("echo x >/tmp/f").await.status.code(), Some(0), "the same key inside a boot");
    assert_eq!(text(&host.exec("cat /tmp/f").await.stdout), "x\n", "the same files inside a boot");
    let before = host.scan().await;
    assert!(before.contains("ssh-ed25519 "), "{before}");
    // The answer of a reboot arrives, because the environment needs a while to end.
    host.rack.change("srv001", |machine| machine.tempo.shutdown = Duration::from_secs(1));
    assert_eq!(host.exec("sudo reboot").await.status.code(), Some(0));
    host.boots(2).await;
    let after = host.scan().await;
    assert!(after.contains("ssh-ed25519 ") && after != before, "{after}");
    let out = host.exec("true").await;
    assert_eq!(out.status.code(), Some(255));
    assert!(text(&out.stderr).contains("REMOTE HOST IDENTIFICATION HAS CHANGED"), "{}", text(&out.stderr));
    host.forget_key();
    assert_eq!(host.exec("cat /tmp/f").await.status.code(), Some(1), "the files are gone");
    assert_eq!(host.logged("reboot"), [(Kind::Command, Outcome::TookEffect)]);
}

#[tokio::test]
async fn a_fault_changes_the_host_key_inside_a_boot() {
    let Some(host) = Host::start().await else { return };
    assert_eq!(host.exec("true").await.status.code(), Some(0));
    host.rack.inject(Fault::host_key_changes());
    let out = host.exec("true").await;
    assert_eq!(out.status.code(), Some(255));
    assert!(text(&out.stderr).contains("IDENTIFICATION HAS CHANGED"), "{}", text(&out.stderr));
    assert_eq!(host.rack.truth("srv001").boots, 1);
}

#[tokio::test]
async fn a_connection_dies_with_the_power_and_its_command_with_it() {
    let Some(host) = Host::start().await else { return };
    let mut command = host.ssh(&["echo on; sleep 600; sudo ipmitool lan set 1 ipaddr 10.9.9.9"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut stdout, mut line) = (child.stdout.take().unwrap(), [0; 3]);
    tokio::time::timeout(LIMIT, stdout.read_exact(&mut line)).await.unwrap().unwrap();
    host.rack.change("srv001", |machine| machine.set_power(Power::Off));
    let status =
        tokio::time::timeout(LIMIT, child.wait()).await.expect("the connection dies at once").unwrap();
    assert_eq!(status.code(), Some(255));
    assert_eq!(host.exec("true").await.status.code(), Some(255), "nothing answers while the power is off");
    host.rack.change("srv001", |machine| machine.set_power(Power::On));
    host.answers().await;
    host.forget_key();
    assert_eq!(host.exec("true").await.status.code(), Some(0));
}

fn partial(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"yes\"?>\n<BiosCfg><Menu name=\"Advanced\"><Menu name=\"Boot Feature\">\
         <Setting name=\"Quiet Boot\" checkedStatus=\"{value}\" type=\"CheckBox\"/></Menu></Menu></BiosCfg>"
    )
}

async fn change_quiet_boot(host: &Host) -> Output {
    let line = format!("umask 077; cat >/tmp/c.xml && sudo -n {SUM} -c ChangeBiosCfg --file /tmp/c.xml");
    host.feed(&line, partial("Unchecked").as_bytes()).await
}

#[tokio::test]
async fn the_vendors_tool_reads_and_changes_the_bios_with_effect_after_a_reset_only() {
    let Some(host) = Host::start().await else { return };
    let read = || async { text(&host.exec(&format!("sudo {SUM} -c GetCurrentBiosCfg")).await.stdout) };
    let text_before = read().await;
    assert!(text_before.starts_with("Supermicro Update Manager (for UEFI BIOS)"), "{text_before}");
    assert!(
        text_before.contains("<Setting name=\"Quiet Boot\" checkedStatus=\"Checked\" type=\"CheckBox\">")
    );
    let out = change_quiet_boot(&host).await;
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stdout));
    assert!(read().await == text_before, "not in force yet");
    assert_eq!(host.rack.truth("srv001").bios.pending.len(), 1);
    assert_eq!(host.logged("sum ChangeBiosCfg"), [(Kind::Command, Outcome::TookEffect)]);
    host.exec("sudo reboot").await;
    host.boots(2).await;
    host.forget_key();
    assert_eq!(host.rack.truth("srv001").bios.value(QUIET), Some(Value::CheckBox(false)));
    assert!(
        read().await.contains("<Setting name=\"Quiet Boot\" checkedStatus=\"Unchecked\" type=\"CheckBox\">")
    );
}

#[tokio::test]
async fn firmware_that_ignores_or_clamps_a_setting_says_nothing() {
    let Some(host) = Host::start().await else { return };
    host.rack.inject(Fault::ignores_bios_setting("Quiet Boot").times(1));
    host.rack.inject(Fault::clamps_bios_setting("Quiet Boot"));
    assert_eq!(change_quiet_boot(&host).await.status.code(), Some(0));
    assert!(host.rack.truth("srv001").bios.pending.is_empty());
    assert_eq!(change_quiet_boot(&host).await.status.code(), Some(0));
    let pending = host.rack.truth("srv001").bios.pending;
    assert_eq!(pending.iter().map(|change| &change.value).collect::<Vec<_>>(), [&Value::CheckBox(true)]);
}

#[tokio::test]
async fn the_bmc_is_configured_from_inside_and_seen_from_outside() {
    let Some(host) = Host::start().await else { return };
    let out = host.exec("sudo ipmitool lan set 1 ipaddr 192.168.1.200 && sudo ipmitool lan print 1").await;
    assert!(text(&out.stdout).contains("IP Address              : 192.168.1.200\n"), "{out:?}");
    assert_eq!(host.rack.truth("srv001").lan.address.to_string(), "192.168.1.200");
    assert_eq!(host.logged("set lan: ip 192.168.1.200"), [(Kind::Command, Outcome::TookEffect)]);
}

#[tokio::test]
async fn faults_drop_lose_refuse_and_slow_down_commands() {
    let Some(host) = Host::start().await else { return };
    let command = "sudo ipmitool lan set 1 ipaddr 192.168.1.200";
    let address = || host.rack.truth("srv001").lan.address.to_string();
    host.rack.inject(Fault::new(Action::Drop).face(Face::Ssh).command("lan set").times(1));
    assert_eq!(host.exec(command).await.status.code(), Some(255));
    assert_ne!(address(), "192.168.1.200");
    host.rack.inject(Fault::new(Action::LoseAnswer).face(Face::Ssh).command("lan set").times(1));
    let out = host.exec(command).await;
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(255), String::new()));
    assert_eq!(address(), "192.168.1.200");
    host.rack.inject(Fault::busy_vendor_tool(1));
    let out = host.exec(&format!("sudo {SUM} -c GetCurrentBiosCfg")).await;
    assert_eq!((out.status.code(), text(&out.stderr)), (Some(106), "Driver is busy.\n".to_owned()));
    host.rack.inject(Fault::new(Action::Drop).face(Face::Ssh).command("connect").times(1));
    assert_eq!(host.exec("true").await.status.code(), Some(255));
    host.rack.inject(Fault::new(Action::Slow).face(Face::Ssh).times(2).command("cat"));
    assert_eq!(text(&host.exec("cat /sys/class/dmi/id/sys_vendor").await.stdout), "Supermicro\n");
    let outcomes = [Outcome::Refused, Outcome::TookEffect].map(|outcome| (Kind::Command, outcome));
    assert_eq!(
        [host.logged("set lan: ipaddr 192.168.1.200"), host.logged("set lan: ip 192.168.1.200")].concat(),
        outcomes
    );
}

#[tokio::test]
async fn several_commands_run_at_once_on_one_connection() {
    let Some(host) = Host::start().await else { return };
    let socket = host.path("control");
    let through = |words: &[&str]| {
        let mut command = host.ssh(&[]);
        command.args(["-S", &socket]).args(words);
        command
    };
    // Options behind the host name count for ssh as long as no command has begun.
    assert!(through(&["-M", "-N", "-f"]).status().await.unwrap().success());
    let [mut a, mut b, mut c] =
        ["sleep 0.2; echo a", "echo b; exit 2", "cat /etc/hostname"].map(|line| through(&[line]));
    let (a, b, c) = tokio::join!(finish(&mut a), finish(&mut b), finish(&mut c));
    assert_eq!(
        (text(&a.stdout), text(&b.stdout), b.status.code()),
        ("a\n".to_owned(), "b\n".to_owned(), Some(2))
    );
    assert_eq!(text(&c.stdout), "srv001\n");
    assert_eq!(host.logged("login with a key").len(), 1, "one connection");
    finish(&mut through(&["-O", "exit"])).await;
}

#[tokio::test]
async fn a_shell_reads_its_commands_and_a_subsystem_is_refused() {
    let Some(host) = Host::start().await else { return };
    let mut command = host.ssh(&[]);
    let command = command.arg("-T").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"echo one\nexit 5\n").await.unwrap();
    let out = tokio::time::timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!((text(&out.stdout), out.status.code()), ("one\n".to_owned(), Some(5)));
    let out = finish(&mut host.ssh(&["-s", "sftp"])).await;
    assert_eq!(out.status.code(), Some(255));
    assert!(text(&out.stderr).contains("subsystem request failed"), "{}", text(&out.stderr));
}
