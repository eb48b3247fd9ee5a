//! The face as OpenSSH's own client sees it.

use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::double::{Double, View, client_key};
use crate::host::Door;
use crate::host::hardware::{Outcome, Verdict};

/// How long a client may take: it needs a fifth of a second on an idle machine.
const LIMIT: Duration = Duration::from_secs(30);

struct Open {
    double: Arc<Double>,
    port: u16,
    folder: tempfile::TempDir,
    server: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Open {
    async fn new() -> Option<Self> {
        if !present() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        write_key(&folder.path().join("key"), &client_key());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let double = Double::new();
        let door = Arc::new(Door::new(Arc::new(View(double.clone()))));
        let server = tokio::spawn(door.serve(listener));
        Some(Self { double, port, folder, server })
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn ssh(&self, words: &[&str]) -> Command {
        let mut command = Command::new("ssh");
        command
            .args([
                "-F",
                "/dev/null",
                "-o",
                "StrictHostKeyChecking=accept-new",
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "BatchMode=yes",
            ])
            .arg("-o")
            .arg(format!("UserKnownHostsFile={}", self.path("known_hosts")))
            .args(["-i", &self.path("key"), "-p", &self.port.to_string()])
            .args(words)
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn exec(&self, line: &str) -> Output {
        finish(&mut self.ssh(&["ubuntu@127.0.0.1", line])).await
    }
}

fn present() -> bool {
    let found = std::process::Command::new("ssh").arg("-V").stderr(Stdio::null()).status().is_ok();
    if !found {
        assert!(
            std::env::var("HWAUTOMATION_PEERS").as_deref() != Ok("required"),
            "the OpenSSH client is missing"
        );
        eprintln!("NOT RUN: the OpenSSH client is not installed");
    }
    found
}

fn write_key(path: &Path, key: &russh::keys::PrivateKey) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, key.to_openssh(Default::default()).unwrap().as_bytes()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

async fn finish(command: &mut Command) -> Output {
    tokio::time::timeout(LIMIT, command.output()).await.expect("the client ends in time").unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_command_has_its_output_its_error_and_its_status() {
    let Some(open) = Open::new().await else { return };
    let out = open.exec("echo 'it'\\''s' \"$HOME\"; nosuch; exit 42").await;
    assert_eq!(text(&out.stdout), "it's /home/ubuntu\n", "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("bash: line 1: nosuch: command not found"));
    assert_eq!(out.status.code(), Some(42));
    let log = open.double.with(|state| state.log.clone());
    assert!(
        log.iter().any(|(source, command, outcome)| source.starts_with("127.0.0.1:")
            && source.ends_with(" ubuntu")
            && command.starts_with("echo it's")
            && *outcome == Outcome::Read),
        "{log:?}"
    );
}

#[tokio::test]
async fn input_of_a_mebibyte_arrives_and_comes_back() {
    let Some(open) = Open::new().await else { return };
    let bytes: Vec<u8> = (0..1_048_576_u32).map(|index| (index % 251) as u8).collect();
    let mut child = open.ssh(&["ubuntu@127.0.0.1", "cat >/tmp/f && wc -c /tmp/f >&2 && cat /tmp/f"]);
    let mut child =
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let sent = bytes.clone();
    let writer = tokio::spawn(async move { input.write_all(&sent).await });
    let out = tokio::time::timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap();
    writer.await.unwrap().unwrap();
    assert!(out.stdout == bytes, "{} bytes came back", out.stdout.len());
    assert!(text(&out.stderr).contains("1048576 /tmp/f"), "{}", text(&out.stderr));
}

#[tokio::test]
async fn the_wrong_key_and_the_wrong_user_are_refused() {
    let Some(open) = Open::new().await else { return };
    let out = finish(&mut open.ssh(&["root@127.0.0.1", "true"])).await;
    assert_eq!(out.status.code(), Some(255));
    assert!(text(&out.stderr).contains("Permission denied (publickey)"), "{}", text(&out.stderr));
    let other =
        russh::keys::PrivateKey::from(russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[8; 32]));
    write_key(&open.folder.path().join("key"), &other);
    assert_eq!(open.exec("true").await.status.code(), Some(255));
    assert_eq!(open.double.log(), vec![("login with a key".to_owned(), Outcome::Refused); 2]);
}

#[tokio::test]
async fn a_password_is_asked_for_when_the_machine_has_one() {
    let Some(open) = Open::new().await else { return };
    open.double.with(|state| state.password = Some("right".to_owned()));
    let ask = open.path("ask");
    for (password, wanted) in [("right", 0), ("wrong", 255)] {
        std::fs::write(&ask, format!("#!/bin/sh\necho {password}\n")).unwrap();
        std::fs::set_permissions(&ask, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let batch = open.ssh(&[
            "-o",
            "PubkeyAuthentication=no",
            "-o",
            "NumberOfPasswordPrompts=1",
            "ubuntu@127.0.0.1",
            "true",
        ]);
        // ssh takes the first value of an option: a later BatchMode=no would not count.
        let words = batch
            .as_std()
            .get_args()
            .map(|word| if word == "BatchMode=yes" { "BatchMode=no".as_ref() } else { word });
        let mut command = Command::new("ssh");
        command
            .args(words)
            .env("SSH_ASKPASS", &ask)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let out = finish(&mut command).await;
        assert_eq!(out.status.code(), Some(wanted), "{}", text(&out.stderr));
    }
}

#[tokio::test]
async fn the_host_key_is_new_after_a_reboot_and_the_client_says_so() {
    let Some(open) = Open::new().await else { return };
    assert_eq!(open.exec("true").await.status.code(), Some(0));
    assert_eq!(open.exec("true").await.status.code(), Some(0), "the same key inside a boot");
    let scan = || async {
        text(
            &finish(Command::new("ssh-keyscan").args([
                "-t",
                "ed25519",
                "-p",
                &open.port.to_string(),
                "127.0.0.1",
            ]))
            .await
            .stdout,
        )
    };
    let before = scan().await;
    assert!(before.contains("ssh-ed25519 "), "{before}");
    let out = open.exec("sudo reboot").await;
    assert!(matches!(out.status.code(), Some(0 | 255)), "{out:?}");
    assert_eq!(open.double.with(|state| state.boot), Some(2));
    let after = scan().await;
    assert!(after.contains("ssh-ed25519 ") && after != before, "{after}");
    let out = open.exec("true").await;
    assert_eq!(out.status.code(), Some(255));
    assert!(text(&out.stderr).contains("REMOTE HOST IDENTIFICATION HAS CHANGED"), "{}", text(&out.stderr));
}

#[tokio::test]
async fn a_connection_dies_with_the_power_and_its_command_with_it() {
    let Some(open) = Open::new().await else { return };
    let mut child =
        open.ssh(&["ubuntu@127.0.0.1", "echo on; sleep 600; sudo ipmitool lan set 1 ipaddr 10.9.9.9"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = [0; 3];
    let mut stdout = child.stdout.take().unwrap();
    tokio::time::timeout(LIMIT, tokio::io::AsyncReadExt::read_exact(&mut stdout, &mut line))
        .await
        .unwrap()
        .unwrap();
    open.double.with(|state| state.boot = None);
    let status =
        tokio::time::timeout(LIMIT, child.wait()).await.expect("the connection dies at once").unwrap();
    assert_eq!(status.code(), Some(255));
    let out = open.exec("true").await;
    assert_eq!(out.status.code(), Some(255), "nothing answers while the power is off");
    open.double.with(|state| state.boot = Some(2));
    std::fs::remove_file(open.path("known_hosts")).unwrap();
    assert_eq!(open.exec("true").await.status.code(), Some(0));
}

#[tokio::test]
async fn a_lost_answer_cuts_the_connection_after_the_effect() {
    let Some(open) = Open::new().await else { return };
    open.double.rule("lan set", Verdict::LoseAnswer);
    let out = open.exec("sudo ipmitool lan set 1 ipaddr 10.0.0.9").await;
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(255), String::new()));
    assert_eq!(open.double.with(|state| state.lan.address.to_string()), "10.0.0.9");
    open.double.rule("connect", Verdict::Drop);
    assert_eq!(open.exec("true").await.status.code(), Some(255));
    open.double.rule("cat", Verdict::Slow);
    assert_eq!(text(&open.exec("cat /sys/class/dmi/id/sys_vendor").await.stdout), "Supermicro\n");
}

#[tokio::test]
async fn files_of_a_boot_are_seen_by_all_its_connections_and_by_none_of_the_next_boot() {
    let Some(open) = Open::new().await else { return };
    open.exec("echo x >/tmp/f").await;
    assert_eq!(text(&open.exec("cat /tmp/f").await.stdout), "x\n");
    open.double.boot();
    std::fs::remove_file(open.path("known_hosts")).unwrap();
    let out = open.exec("cat /tmp/f").await;
    assert_eq!((out.status.code(), text(&out.stderr).contains("No such file")), (Some(1), true), "{out:?}");
}

#[tokio::test]
async fn several_commands_run_at_once_on_one_connection() {
    let Some(open) = Open::new().await else { return };
    let socket = open.path("control");
    let master = open.ssh(&["-M", "-S", &socket, "-N", "-f", "ubuntu@127.0.0.1"]).status().await.unwrap();
    assert!(master.success());
    let through = |line: &'static str| finish_owned(open.ssh(&["-S", &socket, "ubuntu@127.0.0.1", line]));
    let (a, b, c) =
        tokio::join!(through("sleep 0.2; echo a"), through("echo b; exit 2"), through("cat /etc/hostname"));
    assert_eq!(
        (text(&a.stdout), text(&b.stdout), b.status.code(), text(&c.stdout)),
        ("a\n".to_owned(), "b\n".to_owned(), Some(2), "srv001\n".to_owned())
    );
    let log = open.double.with(|state| state.log.clone());
    let sources: std::collections::BTreeSet<&String> = log.iter().map(|(source, ..)| source).collect();
    assert_eq!(sources.len(), 1, "one connection: {log:?}");
    finish(&mut open.ssh(&["-S", &socket, "-O", "exit", "ubuntu@127.0.0.1"])).await;
}

async fn finish_owned(mut command: Command) -> Output {
    finish(&mut command).await
}

#[tokio::test]
async fn a_shell_reads_its_commands_and_a_subsystem_is_refused() {
    let Some(open) = Open::new().await else { return };
    let mut child = open.ssh(&["-T", "ubuntu@127.0.0.1"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"echo one\nexit 5\n").await.unwrap();
    let out = tokio::time::timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!((text(&out.stdout), out.status.code()), ("one\n".to_owned(), Some(5)));
    let out = finish(&mut open.ssh(&["-s", "ubuntu@127.0.0.1", "sftp"])).await;
    assert_eq!(out.status.code(), Some(255));
    assert!(text(&out.stderr).contains("subsystem request failed"), "{}", text(&out.stderr));
}
