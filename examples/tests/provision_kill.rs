//! `provision --db FILE` is killed at every line it prints and started again: the same workflows finish, and the
//! simulated hardware saw each command once per intent.

mod program;

use program::program;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A run prints fewer lines; who needs more restarts does not get on.
const RESTARTS_MAX: usize = 300;

fn start(folder: &Path, servers: &str) -> Child {
    Command::new(program("provision"))
        .args(["--servers", servers, "--db", "site.db", "--report", "report.json"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the example was built")
}

/// Lets it run until a line is to kill it, so long after, and says whether it ended by itself, and well.
#[expect(clippy::disallowed_methods, reason = "the kill is to hit the middle of what the line announces")]
fn run(child: &mut Child, mut kills: impl FnMut(&str) -> Option<Duration>) -> Option<bool> {
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    for line in output.lines() {
        if let Some(after) = kills(&line.expect("it prints text")) {
            std::thread::sleep(after);
            child.kill().expect("SIGKILL is always taken");
            child.wait().expect("it is our child");
            return None;
        }
    }
    Some(child.wait().expect("it is our child").success())
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("it was written")).expect("it is JSON")
}

/// Counts the commands that took effect on each machine.
fn commands(folder: &Path) -> BTreeMap<(String, String), usize> {
    let log = std::fs::read_to_string(folder.join("site.db.rack.log")).expect("the rack keeps its log");
    let entries = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is an entry"));
    let done = entries.filter(|entry| entry["kind"] == "command" && entry["outcome"] == "took-effect");
    let mut counts = BTreeMap::new();
    for entry in done {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        *counts.entry((text("machine"), text("command"))).or_default() += 1;
    }
    counts
}

/// Counts how often a run recorded that it was about to send an effect.
fn intents(report: &Value, name: &str) -> usize {
    let events = report["events"].as_array().expect("a report has events");
    let opened = events.iter().filter(|event| event["kind"]["type"] == "intent_opened");
    opened
        .filter(|event| event["kind"]["intent"].as_str().is_some_and(|intent| intent.starts_with(name)))
        .count()
}

/// Holds the hardware's log against the history: no command without an intent of its own, and each exactly once.
fn check(folder: &Path, servers: usize) {
    let reports = read_json(&folder.join("report.json"));
    let reports = reports.as_array().expect("a list of reports");
    assert_eq!(reports.len(), servers);
    let commands = commands(folder);
    for report in reports {
        let machine = report["machine"].as_str().expect("each has a machine");
        assert_eq!(report["state"], "completed", "{machine}");
        let count = |text: &str| -> usize {
            let of_machine = commands.iter().filter(|((name, _), _)| name == machine);
            of_machine.filter(|((_, command), _)| command.contains(text)).map(|(_, count)| count).sum()
        };
        // MAAS cycles the power to commission and to enter rescue mode, and turns it off when it is left.
        for (command, name) in [
            ("commission", "commission"),
            ("rescue_mode", "reboot"),
            ("exit_rescue_mode", "leave"),
            ("set lan: ip ", "address"),
        ] {
            let sent = count(command) - if command == "rescue_mode" { count("exit_rescue_mode") } else { 0 };
            assert_eq!(sent, 1, "{machine}: {command}: {commands:#?}");
            assert!(intents(report, name) >= 1, "{machine}: {name}");
        }
        for power in ["power on", "power cycle", "power off"] {
            assert_eq!(count(&format!("chassis control: {power}")), 1, "{machine}: {power}: {commands:#?}");
        }
        assert_eq!(count("chassis control"), 3, "{machine}: {commands:#?}");
        // The tool cannot say what waits for a reset, so a push that nobody saw end is made again under a new intent.
        let pushes = count("sum ChangeBiosCfg");
        assert!((1..=intents(report, "stage")).contains(&pushes), "{machine}: {pushes} pushes");
    }
}

/// Kills at the chosen lines, starts again each time, and returns the ids of the workflows that were seen.
fn campaign(
    folder: &Path,
    servers: &str,
    mut kills: impl FnMut(&str) -> Option<Duration>,
) -> (BTreeSet<String>, usize) {
    let mut ids = BTreeSet::new();
    for restarts in 0..RESTARTS_MAX {
        let ended = run(&mut start(folder, servers), |line| {
            ids.extend(line.split_once(": workflow ").map(|(_, id)| id.to_owned()));
            kills(line)
        });
        if let Some(well) = ended {
            assert!(well, "it ended with a failure after {restarts} restarts");
            return (ids, restarts);
        }
    }
    panic!("it did not get on in {RESTARTS_MAX} restarts");
}

#[test]
fn killed_at_every_line_a_provisioning_finishes_and_each_command_came_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen = BTreeSet::new();
    // What is behind the time comes again after a restart, and must not kill again.
    let (ids, restarts) = campaign(folder.path(), "1", |line| {
        let text = line.split_once(' ').filter(|(time, _)| time.ends_with('Z')).map(|(_, text)| text);
        let new = text.is_some_and(|text| seen.insert(text.to_owned()));
        // From at once to 48 ms later: a command takes a few milliseconds.
        new.then(|| Duration::from_millis(seen.len() as u64 * 7 % 49))
    });
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert!(restarts >= 15, "it was killed {restarts} times only");
    check(folder.path(), 1);
}

#[test]
fn killed_when_a_step_starts_three_servers_finish() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen = BTreeSet::new();
    let (ids, restarts) = campaign(folder.path(), "3", |line| {
        (line.ends_with(": started") && seen.insert(line.to_owned())).then_some(Duration::ZERO)
    });
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert!(restarts >= 7, "it was killed {restarts} times only");
    check(folder.path(), 3);
}
