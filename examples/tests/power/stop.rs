//! Ctrl-C in the middle.

use crate::lab::{PATIENCE, as_user, command, farm, farm_with, left_no_session};
use hwautomation_sim::{BmcFarm, FarmFault, Tempo};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command};
use std::time::Instant;

/// A run that is stopped after so many lines.
struct Stopped {
    code: Option<i32>,
    before: Vec<Value>,
    after: Vec<Value>,
    err: String,
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn json(line: Option<std::io::Result<String>>) -> Value {
    serde_json::from_str(&line.expect("there are more lines").expect("it is text")).expect("it is JSON")
}

async fn stop_after(lines: usize, line: &str) -> Stopped {
    let mut command = command(&as_user(line));
    let run = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("the example was built");
        let out: ChildStdout = child.stdout.take().expect("it is piped");
        let mut out = BufReader::new(out).lines();
        let before = (0..lines).map(|_| json(out.next())).collect();
        interrupt(&child);
        let after = out.map(|line| json(Some(line))).collect();
        let mut err = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut err).unwrap();
        Stopped { code: child.wait().unwrap().code(), before, after, err }
    });
    tokio::time::timeout(PATIENCE, run).await.expect("it ends soon").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_had_not_answered_is_named_and_sessions_are_closed() {
    let (farm, hosts) = farm(6).await;
    farm.addresses().take(2).for_each(|address| farm.afflict(address, FarmFault::BlackHole));
    let run = stop_after(4, &format!("status --json --timeout 60s {hosts}")).await;
    assert_eq!(run.code, Some(130), "{}", run.err);
    assert!(run.before.iter().all(|line| line["ok"] == true), "{:#?}", run.before);
    assert_eq!(run.after.len(), 2, "{:#?}", run.after);
    for line in &run.after {
        assert_eq!(
            (line["error"]["kind"].as_str(), line["error"]["class"].as_str()),
            (Some("cancelled"), Some("cancelled"))
        );
    }
    assert!(run.err.contains("stopped: 6 hosts"), "{}", run.err);
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_may_have_arrived_is_told_apart_from_one_that_was_accepted() {
    let tempo = Tempo { power_edge: PATIENCE * 10, ..Tempo::instant() };
    let (farm, hosts) = farm_with(3, tempo).await;
    let first = farm.addresses().next().unwrap();
    farm.afflict(first, FarmFault::BlackHole);
    let (port, told) = (farm.port(), told_and_read(&farm));
    let run = stop_when(&format!("on --json --timeout 60s --wait 10m {hosts}"), told).await;
    assert_eq!(run.code, Some(130), "{}", run.err);
    let of = |host: &str| {
        let host = format!("{host}:{port}");
        run.after
            .iter()
            .find(|line| line["host"] == host.as_str())
            .unwrap_or_else(|| panic!("{:#?}", run.after))
    };
    assert_eq!(of("127.64.0.1")["error"]["class"], "unknown_outcome");
    for accepted in ["127.64.0.2", "127.64.0.3"] {
        let line = of(accepted);
        assert_eq!(
            (line["accepted"].as_bool(), line["error"]["class"].as_str()),
            (Some(true), Some("cancelled")),
            "{line}"
        );
    }
    left_no_session(&farm);
}

/// Tells whether all but the first BMC were told a power command, and something after it: the answer has arrived then.
fn told_and_read(farm: &BmcFarm) -> impl FnMut() -> bool {
    let (farm, mut told) = (farm.clone(), HashMap::new());
    move || {
        farm.addresses().skip(1).all(|address| {
            let counts = farm.counts(address);
            counts.power_commands == 1 && counts.commands > *told.entry(address).or_insert(counts.commands)
        })
    }
}

async fn stop_when(line: &str, mut is_so: impl FnMut() -> bool) -> Stopped {
    let mut child = command(&as_user(line)).spawn().expect("the example was built");
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it did not come so far");
        tokio::task::yield_now().await;
    }
    interrupt(&child);
    let run = tokio::task::spawn_blocking(move || {
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let after = out.lines().map(|line| json(Some(line))).collect();
        let mut err = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut err).unwrap();
        Stopped { code: child.wait().unwrap().code(), before: Vec::new(), after, err }
    });
    tokio::time::timeout(PATIENCE, run).await.expect("it ends soon").unwrap()
}
