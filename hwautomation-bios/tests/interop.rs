//! The shell against OpenSSH's sshd.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/sshd.rs"]
mod sshd;

use sshd::{CONNECT, Host, LoginShell, PATIENCE, until};

use hwautomation_bios::{FilePins, HostKeyPins, MemoryPins, SshConfig};
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::id::PluginName;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{RemoteShell, ShellCommand, ShellOutput};
use hwautomation_core::secret::SecretRef;
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_core::testing::conformance::shell::ShellFixture;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Begins a test with a host, or ends it where there is no sshd.
macro_rules! host {
    ($start:expr) => {
        match $start.await {
            Some(host) => host,
            None => return,
        }
    };
}

mod with_the_accounts_shell {
    use super::*;
    hwautomation_core::shell_conformance!(host!(Host::start()));
}

mod with_dash {
    use super::*;
    hwautomation_core::shell_conformance!(host!(Host::start_with(LoginShell::Dash, SshConfig::default())));
}

mod with_busybox {
    use super::*;
    hwautomation_core::shell_conformance!(host!(Host::start_with(LoginShell::BusyBox, SshConfig::default())));
}

const MANY: &[&str] = &[
    "-n",
    "--",
    "-",
    "~",
    "~root",
    "!!",
    "a=b",
    "#c",
    "%s",
    "\\0",
    "{a,b}",
    "(x)",
    "<in",
    ">out",
    "&&",
    "|",
    "tab\there",
    "é ü 漢",
    "''",
    "'",
    "\"",
    "\\",
    "\\'",
    "\r\n",
    "\n",
    " ",
    "$(reboot)",
    "${HOME}",
    "*",
    "a\\\nb",
];

#[tokio::test]
async fn every_kind_of_argument_arrives_in_every_shell() {
    for shell in [LoginShell::Own, LoginShell::Dash, LoginShell::BusyBox] {
        let host = host!(Host::start_with(shell, SshConfig::default()));
        let output = host.plugin().run(&host.machine(), &host.print_args(MANY)).await.unwrap();
        assert_eq!(host.printed_args(&output.stdout), MANY, "{shell:?}");
    }
}

#[tokio::test]
async fn a_program_whose_name_is_a_word_of_the_shell_is_a_program() {
    let host = host!(Host::start());
    for word in ["if", "A=1", "exit 0", "cd"] {
        let output = host.plugin().run(&host.machine(), &ShellCommand::new(word)).await.unwrap();
        // `cd` without an argument is the shell's own and succeeds; nobody has programs named as the others.
        assert_eq!(output.status, Some(if word == "cd" { 0 } else { 127 }), "{word}");
    }
}

#[tokio::test]
async fn commands_of_one_machine_share_a_connection() {
    let host = host!(Host::start());
    let (plugin, machine, path) = (host.plugin(), host.machine(), host.path());
    let command = ShellCommand::new("sleep").args(["0.2"]);
    let at_once = tokio::join!(
        plugin.run(&machine, &command),
        plugin.run(&machine, &command),
        plugin.run(&machine, &command),
        plugin.run(&machine, &command),
        plugin.run(&machine, &command),
        plugin.put(&machine, &path, b"x"),
    );
    assert!(at_once.0.is_ok() && at_once.1.is_ok() && at_once.2.is_ok());
    assert!(at_once.3.is_ok() && at_once.4.is_ok() && at_once.5.is_ok());
    assert_eq!(host.connections(), 1);
}

/// OpenSSH lets a connection have ten channels at once (`MaxSessions`); one that is over must not count.
#[tokio::test]
async fn more_commands_than_channels_run_one_after_the_other_on_one_connection() {
    let host = host!(Host::start());
    for number in 0..25 {
        let ran = host.plugin().run(&host.machine(), &ShellCommand::new("true")).await;
        assert!(ran.is_ok(), "command {number}: {ran:?}");
    }
    assert_eq!(host.connections(), 1);
}

#[tokio::test]
async fn a_new_generation_has_a_connection_of_its_own() {
    let host = host!(Host::start());
    let mut machine = host.machine();
    host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap();
    machine.boot_generation += 1;
    host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap();
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let config = SshConfig { idle: Duration::from_millis(100), ..SshConfig::default() };
    let host = host!(Host::start_with(LoginShell::Own, config));
    host.plugin().run(&host.machine(), &ShellCommand::new("true")).await.unwrap();
    until("sshd to end", || host.is_left_alone()).await;
    host.plugin().run(&host.machine(), &ShellCommand::new("true")).await.unwrap();
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn a_command_that_is_silent_for_longer_than_idle_is_left_alone() {
    let config = SshConfig {
        idle: Duration::from_millis(50),
        keepalive: Duration::from_millis(100),
        ..SshConfig::default()
    };
    let host = host!(Host::start_with(LoginShell::Own, config));
    let command = ShellCommand::new("sleep").args(["1"]);
    assert!(host.plugin().run(&host.machine(), &command).await.unwrap().succeeded());
}

#[tokio::test]
async fn dropping_the_shell_closes_its_connections() {
    let host = host!(Host::start());
    let shell = host.another_shell(SshConfig::default(), Arc::new(MemoryPins::default()));
    shell.run(&host.machine(), &ShellCommand::new("true")).await.unwrap();
    assert!(!host.is_left_alone());
    drop(shell);
    until("sshd to end", || host.is_left_alone()).await;
}

#[tokio::test]
async fn the_longest_idle_connection_makes_room_for_another_machine() {
    let host = host!(Host::start());
    let config = SshConfig { connections_max: 1, ..SshConfig::default() };
    let shell = host.another_shell(config, Arc::new(MemoryPins::default()));
    let other = Machine { id: hwautomation_core::id::MachineId::from_static("srv002"), ..host.machine() };
    for machine in [&host.machine(), &other, &host.machine()] {
        shell.run(machine, &ShellCommand::new("true")).await.unwrap();
    }
    assert_eq!(host.connections(), 3);
    // One that is in use does not: its caller gets Busy, and nothing happened.
    let (machine, slow) = (host.machine(), ShellCommand::new("sleep").args(["5"]));
    let quick = ShellCommand::new("true");
    tokio::select! {
        _ = shell.run(&machine, &slow) => panic!("the slow command ended first"),
        answer = async { until("the slow command", || host.logged("Starting session") == 4).await;
                         shell.run(&other, &quick).await } => {
            let error = answer.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Busy);
            assert!(matches!(error.class(), ErrorClass::Transient { .. }));
        }
    }
}

#[tokio::test]
async fn a_dead_kept_connection_is_replaced_before_anything_is_sent() {
    let host = host!(Host::start());
    let append = ShellCommand::new("sh").args(["-c", "echo x >> \"$0\"", &host.path()]);
    host.plugin().run(&host.machine(), &append).await.unwrap();
    host.kill_connections();
    host.plugin().run(&host.machine(), &append).await.unwrap();
    // A frozen one does not even say that it is dead.
    host.freeze_connections();
    host.plugin().run(&host.machine(), &append).await.unwrap();
    assert_eq!(host.connections(), 3);
    assert_eq!(std::fs::read_to_string(host.path()).unwrap(), "x\nx\nx\n");
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_of_a_command_leaves_its_outcome_unknown() {
    let host = host!(Host::start());
    let started = host.dir().join("started");
    let script = "echo x >> \"$0\"; sleep 5";
    let command = ShellCommand::new("sh").args(["-c", script, started.to_str().unwrap()]);
    let (plugin, machine) = (host.plugin(), host.machine());
    let (answer, ()) = tokio::join!(plugin.run(&machine, &command), async {
        until("the command to start", || started.exists()).await;
        host.kill_connections();
    });
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unreachable, ErrorClass::UnknownOutcome));
    // Neither was it tried again, nor is the lost connection used again.
    assert_eq!(std::fs::read_to_string(&started).unwrap(), "x\n");
    plugin.run(&machine, &ShellCommand::new("true")).await.unwrap();
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn a_host_that_falls_silent_in_the_middle_is_given_up_after_three_keepalives() {
    let config = SshConfig { keepalive: Duration::from_millis(200), ..SshConfig::default() };
    let host = host!(Host::start_with(LoginShell::Own, config));
    let started = host.dir().join("started");
    let command = ShellCommand::new("sh").args(["-c", "echo > \"$0\"; sleep 5", started.to_str().unwrap()]);
    let (plugin, machine) = (host.plugin(), host.machine());
    let (answer, ()) = tokio::join!(plugin.run(&machine, &command), async {
        until("the command to start", || started.exists()).await;
        host.freeze_connections();
    });
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unreachable, ErrorClass::UnknownOutcome));
}

#[tokio::test]
async fn a_put_that_breaks_in_the_middle_leaves_the_old_file() {
    let host = host!(Host::start());
    let (plugin, machine, path) = (host.plugin(), host.machine(), host.path());
    plugin.put(&machine, &path, b"old").await.unwrap();
    let parts = || {
        let names = std::fs::read_dir(host.dir()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains(".part.")).count()
    };
    let new = vec![7; 64 << 20];
    let (answer, ()) = tokio::join!(plugin.put(&machine, &path, &new), async {
        until("the new file to begin", || parts() == 1).await;
        host.kill_connections();
    });
    assert_eq!(answer.unwrap_err().class(), ErrorClass::UnknownOutcome);
    until("the part to be removed", || parts() == 0).await;
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[tokio::test]
async fn a_put_file_is_readable_by_its_owner_only_and_replaces_a_link_but_no_folder() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let host = host!(Host::start_with(LoginShell::Dash, SshConfig::default()));
    let (plugin, machine) = (host.plugin(), host.machine());
    let (link, aim) = (host.dir().join("link"), host.dir().join("aim"));
    std::fs::write(&aim, "aim").unwrap();
    symlink(&aim, &link).unwrap();
    plugin.put(&machine, link.to_str().unwrap(), b"new").await.unwrap();
    assert_eq!(std::fs::read(&aim).unwrap(), b"aim");
    assert_eq!(std::fs::metadata(&link).unwrap().permissions().mode() & 0o777, 0o600);
    let folder = plugin.put(&machine, host.dir().to_str().unwrap(), b"new").await.unwrap_err();
    let nowhere = plugin.put(&machine, "/no/such/folder/file", b"new").await.unwrap_err();
    let folder_got = plugin.get(&machine, host.dir().to_str().unwrap(), 9).await.unwrap_err();
    for error in [folder, nowhere, folder_got] {
        assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::Permanent), "{error}");
    }
}

#[tokio::test]
async fn a_large_file_is_refused_unsent_and_got_where_it_is_allowed() {
    const LENGTH: usize = 32 << 20;
    let host = host!(Host::start());
    let (plugin, machine, path) = (host.plugin(), host.machine(), host.path());
    let content: Vec<u8> = (0..=250).cycle().take(LENGTH).collect();
    plugin.put(&machine, &path, &content).await.unwrap();
    let refused = plugin.get(&machine, &path, LENGTH - 1).await.unwrap_err();
    assert_eq!((refused.kind(), refused.class()), (ErrorKind::Refused, ErrorClass::Permanent));
    let sent = host.logged("Transferred");
    assert_eq!(sent, 0);
    assert!(plugin.get(&machine, &path, LENGTH).await.unwrap() == content);
}

async fn run(host: &Host, command: ShellCommand) -> ShellOutput {
    tokio::time::timeout(PATIENCE, host.plugin().run(&host.machine(), &command)).await.unwrap().unwrap()
}

#[tokio::test]
async fn more_output_than_fits_is_read_to_its_end() {
    let host = host!(Host::start());
    let script = "head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2; echo done > \"$0\"; exit 5";
    let output = run(&host, ShellCommand::new("sh").args(["-c", script, &host.path()])).await;
    assert_eq!((output.status, output.stdout.len(), output.stderr.len()), (Some(5), 1 << 20, 1 << 20));
    assert_eq!(std::fs::read_to_string(host.path()).unwrap(), "done\n");
}

#[tokio::test]
async fn a_command_need_not_read_its_input() {
    let host = host!(Host::start());
    let command = ShellCommand { stdin: vec![0; 16 << 20], ..ShellCommand::new("true") };
    assert!(run(&host, command).await.succeeded());
}

#[tokio::test]
async fn a_signal_is_no_status() {
    let host = host!(Host::start());
    let killed = ShellCommand::new("sh").args(["-c", "kill -KILL $$"]);
    let own = run(&host, killed).await;
    // The account's shell may stand between and turn the signal into a status, as POSIX says: 128 and more.
    assert!(own.status.is_none_or(|status| status == 137), "{own:?}");
    let shell_itself = ShellCommand::new("kill").args(["-KILL", "0"]);
    assert!(!run(&host, shell_itself).await.succeeded());
}

#[tokio::test]
async fn a_timed_out_command_does_not_hold_the_next_one() {
    let host = host!(Host::start());
    let slow = ShellCommand::new("sleep").args(["5"]).timeout(Duration::from_millis(100));
    let error = host.plugin().run(&host.machine(), &slow).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Timeout, ErrorClass::UnknownOutcome));
    let began = Instant::now();
    run(&host, ShellCommand::new("true")).await;
    assert!(began.elapsed() < Duration::from_secs(4), "it waited for the slow one");
    // What still runs on the old connection cannot be mistaken for the next command.
    assert_eq!(host.connections(), 2);
}

fn with_settings(machine: Machine, more: serde_json::Value) -> Machine {
    let mut machine = machine;
    let settings = machine.settings.entry(PluginName::from_static("ssh")).or_default();
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    machine
}

#[tokio::test]
async fn a_wrong_password_is_one_try_and_permanent() {
    let host = host!(Host::start());
    let mut machine = with_settings(host.machine(), json!({"auth": "password"}));
    machine.credentials.insert("ssh".to_owned(), SecretRef::new("static:password").unwrap());
    let error = host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent));
    assert_eq!(host.logged("Failed password"), 1);
    assert!(!format!("{error:?}").contains("not-the-password"), "{error:?}");
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_told_without_quoting_it() {
    let host = host!(Host::start());
    let mut machine = host.machine();
    machine.credentials.insert("ssh".to_owned(), SecretRef::new("static:junk").unwrap());
    let error = host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(!format!("{error:?}").contains("junk-in-place"), "{error:?}");
}

#[tokio::test]
async fn a_credential_that_is_not_there_and_a_machine_without_an_address_are_not_found() {
    let host = host!(Host::start());
    let (mut lost, mut nowhere) = (host.machine(), host.machine());
    lost.credentials.insert("ssh".to_owned(), SecretRef::new("static:lost").unwrap());
    nowhere.addresses.host = None;
    for machine in [lost, nowhere] {
        let error = host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.remedy().is_some());
    }
    assert_eq!(host.host_calls().await, 0);
}

#[tokio::test]
async fn a_key_that_the_machine_names_is_taken_in_every_generation_and_no_other() {
    let host = host!(Host::start());
    let machine = with_settings(host.machine(), json!({"host_keys": [host.fingerprint()]}));
    for boot_generation in [1, 2] {
        let machine = Machine { boot_generation, ..machine.clone() };
        host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap();
    }
    host.change_host_key().await;
    let machine = Machine { boot_generation: 3, ..machine };
    let error = host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Security, ErrorClass::Permanent));
    assert_eq!(host.logged("Failed"), 0, "the credential was shown to a stranger");
}

#[tokio::test]
async fn pins_in_a_file_outlive_the_program() {
    let host = host!(Host::start());
    let file = host.dir().join("pins");
    let shell = host.another_shell(SshConfig::default(), Arc::new(FilePins::open(&file).unwrap()));
    shell.run(&host.machine(), &ShellCommand::new("true")).await.unwrap();
    assert_eq!(FilePins::open(&file).unwrap_err().kind(), ErrorKind::Busy);
    drop(shell);
    host.change_host_key().await;
    let shell = host.another_shell(SshConfig::default(), Arc::new(FilePins::open(&file).unwrap()));
    let error = shell.run(&host.machine(), &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Security);
    assert_eq!(host.logged("Accepted publickey"), 1, "the credential was shown to a stranger");
    let next = Machine { boot_generation: 2, ..host.machine() };
    shell.run(&next, &ShellCommand::new("true")).await.unwrap();
    // A caller that still thinks of the first boot gets the newest pin.
    shell.run(&host.machine(), &ShellCommand::new("true")).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text, format!("srv001 2 {}\n", host.fingerprint()));
}

#[tokio::test]
async fn a_host_that_refused_us_pins_nothing() {
    let host = host!(Host::start());
    let pins = Arc::new(MemoryPins::default());
    let shell = host.another_shell(SshConfig::default(), pins.clone());
    host.refuse_credentials().await;
    shell.run(&host.machine(), &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!(pins.pinned(&host.machine().id, 1).await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_and_a_silent_connection_are_transient() {
    let host = host!(Host::start());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut machine = with_settings(host.machine(), json!({"port": closed.port()}));
    machine.addresses.host = Some(closed.ip());
    let error = host.plugin().run(&machine, &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(matches!(error.class(), ErrorClass::Transient { .. }));
    host.break_network().await;
    let began = Instant::now();
    let error = host.plugin().run(&host.machine(), &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(matches!(error.class(), ErrorClass::Transient { .. }) && began.elapsed() < CONNECT * 2);
}
