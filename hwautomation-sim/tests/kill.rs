//! A process that is killed at any moment leaves a rack that goes on, and a log that agrees with it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what a test calls is a test too, which clippy does not see"
)]

use hwautomation_sim::{Control, Rack, RackPlan, Status, Tempo};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// Tells the process that is to be killed where its rack is kept.
const FILE: &str = "HWAUTOMATION_SIM_KILLED_RACK";
const SRV: &str = "srv001";
/// How many starts the rack has behind it when the process dies, round by round.
const ROUNDS: [usize; 8] = [1, 2, 3, 5, 8, 13, 21, 34];

async fn rack(file: &Path) -> Rack {
    RackPlan::servers(1).tempo(Tempo::instant()).keep(file).start().await.unwrap()
}

/// Starts a machine again and again that MAAS has no use for: each start is one boot and one entry.
#[tokio::test]
async fn the_process_that_is_killed() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let rack = rack(&file).await;
    rack.change(SRV, |machine| machine.record.status = Status::Ready);
    loop {
        rack.change(SRV, |machine| machine.control(Control::PowerOn)).unwrap();
        println!("boots {}", rack.truth(SRV).boots);
    }
}

/// Lets the process start the machine so often, and kills it. Returns what it said last.
async fn run_and_kill(file: &Path, starts: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["the_process_that_is_killed", "--exact", "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while said.len() < starts {
        let line = lines.next_line().await.unwrap().expect("the process goes on until it is killed");
        said.extend(line.split_once("boots ").map(|(_, boots)| boots.parse::<u64>().unwrap()));
    }
    // On Unix this is SIGKILL.
    child.kill().await.unwrap();
    said.last().copied().unwrap()
}

#[tokio::test]
async fn what_was_answered_is_kept_and_the_log_agrees_with_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack");
    for starts in ROUNDS {
        let answered = run_and_kill(&file, starts).await;
        let rack = rack(&file).await;
        let (boots, log) = (rack.truth(SRV).boots, rack.log());
        assert!(boots >= answered, "{boots} boots are kept, and {answered} were answered");
        assert_eq!(log.len() as u64, boots);
        assert!(log.iter().zip(0..).all(|(entry, order)| entry.order == order), "{log:?}");
    }
}
