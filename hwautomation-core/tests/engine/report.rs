//! A report collects every error, prints well, and is JSON.

use crate::lab::{Lab, ops};
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::Submission;
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::record::{Backoff, OnFailure, Policy, Resume, Side, WorkflowReport};
use hwautomation_core::workflow::{StepOutcome, Workflow, WorkflowStep, step_fn};
use std::time::Duration;

/// Fails differently each time, and cannot be undone.
fn troublesome() -> impl WorkflowStep {
    let step = step_fn("flash", Resume::Rerun, |ctx| async move {
        ctx.report_sub_task("writing the image");
        let cause = std::io::Error::other(format!("cable {} unplugged", ctx.attempt()));
        let error = Error::new(ErrorKind::Unreachable, format!("flashing, try {}", ctx.attempt()));
        Err(error.with_remedy("look at the cable").with_source(cause))
    });
    let policy = Policy { attempts: 2, ..Policy::default() };
    step.policy(policy).undo(|_, _| async { Err(Error::new(ErrorKind::Refused, "the old image is gone")) })
}

#[tokio::test(start_paused = true)]
async fn a_report_has_every_attempt_on_both_ways_and_what_people_decided() {
    let lab = Lab::new();
    let manager = lab.start(Workflow::new("test").step(troublesome())).await;
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    manager.wait_or_halt(id).await.unwrap();
    manager.cancel(id, "no cable in the house", &ops()).await.unwrap();
    manager.wait(id).await.unwrap();
    let report = manager.report(id).await.unwrap();
    let attempts: Vec<_> = report.failures.iter().map(|failed| (failed.side, failed.attempt)).collect();
    assert_eq!(attempts, [(Side::Run, 1), (Side::Run, 2), (Side::Undo, 1)]);
    let text = report.to_string();
    for part in [
        "on srv001, asked for by",
        "flash, attempt 2 of 2, while writing the image:",
        "flashing, try 1 (unreachable, transient)",
        "since: cable 2 unplugged",
        "advice: look at the cable",
        "undoing flash",
        "cancel by",
        "no cable in the house",
        "not undone: flash: the old image is gone",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<WorkflowReport>(&json).unwrap(), report);
}

#[tokio::test(start_paused = true)]
async fn a_report_names_the_effects_of_which_nobody_knows() {
    let lab = Lab::new();
    let step = step_fn("ask", Resume::Halt, |ctx| async move {
        let lost = async { Err::<(), _>(Error::new(ErrorKind::Timeout, "no answer").unknown_outcome()) };
        ctx.once("cycle", lost).await?;
        StepOutcome::finished()
    });
    let (manager, status) = lab.run_step(step).await;
    let report = manager.report(status.id).await.unwrap();
    assert_eq!(report.unknown.len(), 1);
    assert!(report.to_string().contains("nobody knows whether cycle of step ask"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_has_a_backoff_of_its_own() {
    let lab = Lab::new();
    let step = step_fn("ask", Resume::Rerun, |ctx| async move {
        match ctx.attempt() {
            1 => Err(Error::new(ErrorKind::Timeout, "no answer").unknown_outcome()),
            2 => Err(Error::new(ErrorKind::Busy, "busy")),
            _ => StepOutcome::finished(),
        }
    });
    let backoff = |seconds| {
        let pause = Duration::from_secs(seconds);
        Backoff { first: pause, max: pause }
    };
    let policy = Policy { backoff: backoff(4), unknown_backoff: Some(backoff(400)), ..Policy::default() };
    let (manager, status) =
        lab.run(Workflow::new("test").step(step.policy(policy)).on_failure(OnFailure::Undo)).await;
    let failures = manager.state(status.id).await.unwrap().steps[0].failures.clone();
    let ended = status.ended_at.unwrap();
    let first = failures[1].at.since(failures[0].at).as_secs();
    let second = ended.since(failures[1].at).as_secs();
    assert!((300..=400).contains(&first) && (3..=4).contains(&second), "{first} {second}");
}

#[tokio::test(start_paused = true)]
async fn a_report_has_every_decision_also_those_that_were_carried_out() {
    let lab = Lab::new();
    let step = step_fn("flash", Resume::Rerun, |ctx| async move {
        ctx.once(format!("ping-{}", ctx.runs()), async { Ok(()) }).await?;
        Err::<StepOutcome, _>(Error::new(ErrorKind::Refused, "broken"))
    });
    let (manager, status) = lab.run_step(step).await;
    manager.override_power(status.id, "I looked at it", &ops()).await.unwrap();
    manager.retry(status.id, "", &ops()).await.unwrap();
    manager.wait_or_halt(status.id).await.unwrap();
    manager.skip(status.id, "done by hand", &Actor::person("chief")).await.unwrap();
    manager.wait(status.id).await.unwrap();
    let report = manager.report(status.id).await.unwrap();
    let decided: Vec<_> = report.decisions.iter().map(|made| (&*made.what, &*made.by.name)).collect();
    assert_eq!(decided, [("override power", "ops"), ("retry", "ops"), ("skip", "chief")]);
    let text = report.to_string();
    assert!(text.contains("skip of flash by chief at") && text.contains(": done by hand\n"), "{text}");
    assert!(text.lines().all(|line| !line.ends_with(": ")), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_message_of_several_lines_stays_in_its_place() {
    let lab = Lab::new();
    let step = step_fn("push", Resume::Rerun, |_| async {
        let message = "settings did not take:\nQuiet Boot: wanted false\nSR-IOV: wanted Enabled";
        Err::<StepOutcome, _>(Error::new(ErrorKind::Mismatch, message))
    });
    let (manager, status) = lab.run_step(step).await;
    let headline = "halted: step push failed: settings did not take: \
                    Quiet Boot: wanted false; SR-IOV: wanted Enabled";
    assert_eq!(status.headline, headline);
    let report = manager.report(status.id).await.unwrap();
    for text in [status.to_string(), report.to_string()] {
        assert!(text.contains("\n            SR-IOV") || text.contains("\n      SR-IOV"), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("  ")), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_of_a_list_prints_as_one_line() {
    let lab = Lab::new();
    let look = step_fn("look", Resume::Rerun, |_| async { StepOutcome::finished() });
    let push = step_fn("push", Resume::Rerun, |_| async {
        Err::<StepOutcome, _>(Error::new(ErrorKind::Mismatch, "it did not take:\nQuiet Boot"))
    });
    let (manager, status) = lab.run(Workflow::new("test").step(look).step(push)).await;
    let id = status.id;
    let row = manager.summary(id).await.unwrap();
    let what = format!("test {id} on srv001 is running, halted, 1 of 2 steps finished, at push");
    assert_eq!(row.to_string(), format!("{what}; last error: it did not take: Quiet Boot"));
    manager.skip(id, "done by hand", &ops()).await.unwrap();
    manager.wait(id).await.unwrap();
    let row = manager.summary(id).await.unwrap().to_string();
    assert!(row.starts_with(&format!("test {id} on srv001 is completed, 2 of 2 steps finished;")), "{row}");
}
