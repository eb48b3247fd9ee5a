//! Standard output that takes nothing.

use crate::lab::{Run, as_user, command, farm};
use hwautomation_sim::{BmcFarm, Power};
use std::fs::File;
use std::process::Stdio;

/// Runs the program, and writes what it says to a disk that is full.
async fn on_a_full_disk(line: &str) -> Run {
    let mut command = command(&as_user(line));
    command.stdout(Stdio::from(File::options().write(true).open("/dev/full").unwrap()));
    ended(command).await
}

/// Runs the program, and reads nothing of what it says.
async fn unread(line: &str) -> Run {
    let mut command = command(&as_user(line));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(Stdio::from(writer));
    ended(command).await
}

async fn ended(mut command: std::process::Command) -> Run {
    let run = tokio::task::spawn_blocking(move || command.output().expect("the example was built"));
    let output = run.await.unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    Run { code: output.status.code(), out: String::new(), err }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_could_not_be_written_are_told_once_and_by_the_exit_status() {
    let (farm, hosts) = farm(3).await;
    for line in ["status", "status --json", "status --fold"] {
        let run = on_a_full_disk(&format!("{line} {hosts}")).await.ended(1);
        assert_eq!(run.err.matches("writing the answers").count(), 1, "{line}: {run:#?}");
        assert!(run.err.contains("No space left"), "{line}: {run:#?}");
        assert!(run.err.contains("3 hosts"), "what is known is told: {line}: {run:#?}");
    }
    drop(farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_closed_the_pipe_does_not_want_to_know() {
    let (_farm, hosts) = farm(3).await;
    for line in ["status", "status --json"] {
        let run = unread(&format!("{line} {hosts}")).await.ended(0);
        assert!(!run.err.contains("writing"), "{line}: {run:#?}");
    }
}

fn entries(farm: &BmcFarm) -> usize {
    let first = farm.addresses().next().unwrap();
    farm.change(first, |machine| machine.bmc.sel.entries.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_log_that_was_not_shown_is_not_cleared() {
    let (farm, _) = farm(1).await;
    let (first, host) = (farm.addresses().next().unwrap(), format!("127.64.0.1:{}", farm.port()));
    [Power::On, Power::Off].into_iter().for_each(|power| farm.set_power(first, power));
    let before = entries(&farm);
    assert!(before > 0);
    for line in ["sel --clear", "sel --clear --json"] {
        let line = format!("{line} {host}");
        for run in [on_a_full_disk(&line).await, unread(&line).await] {
            let run = run.ended(1);
            assert!(run.err.contains("nothing is cleared"), "{line}: {run:#?}");
            assert_eq!(entries(&farm), before, "{line}: {run:#?}");
        }
    }
}
