//! Programs that others wrote, asked about the same BMC.

use crate::support::PATIENCE;
use crate::support::lab::Lab;
use crate::support::peer::{PASSWORD, USER};
use std::net::SocketAddr;
use tokio::process::Command;

/// Asks ipmitool over cipher suite 3, and returns what it prints.
pub(crate) async fn ipmitool(lab: &Lab, arguments: &str) -> String {
    let SocketAddr::V4(at) = lab.sim.address else { panic!("an IPv4 address") };
    let (host, port) = (at.ip().to_string(), at.port().to_string());
    let mut command = Command::new("ipmitool");
    command.args(["-I", "lanplus", "-H", &host, "-p", &port, "-U", USER, "-P", PASSWORD, "-C", "3"]);
    run(command.args(arguments.split_whitespace())).await
}

/// Asks a program of FreeIPMI over cipher suite 3, and returns what it prints.
pub(crate) async fn freeipmi(lab: &Lab, program: &str, arguments: &str) -> String {
    let host = lab.sim.address.to_string();
    let mut command = Command::new(program);
    command.args(["-h", &host, "-u", USER, "-p", PASSWORD, "-D", "LAN_2_0", "-I", "3", "-W", "opensesspriv"]);
    run(command.args(arguments.split_whitespace())).await
}

async fn run(command: &mut Command) -> String {
    command.env("TZ", "UTC").env("LC_ALL", "C").kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} said {out} {error}");
    out.into_owned()
}

/// Returns what follows a word and a colon.
pub(crate) fn after<'a>(text: &'a str, word: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(word));
    line.unwrap_or_else(|| panic!("no {word:?} in {text}")).trim_start_matches([' ', ':']).trim()
}
