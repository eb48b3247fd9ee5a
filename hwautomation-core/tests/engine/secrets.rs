//! A secret that was issued reaches no event, whichever way it is tried.

use crate::lab::{Lab, ops};
use hwautomation_core::engine::Submission;
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::machine::MachineChange;
use hwautomation_core::record::{Policy, Resume};
use hwautomation_core::secret::Secret;
use hwautomation_core::workflow::{StepOutcome, StepOutput, Workflow, step_fn};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

const SECRET: &str = "swordfish-of-the-deep";

#[derive(Serialize, Deserialize)]
struct Leak(String);

impl StepOutput for Leak {
    const NAME: &'static str = "leak";
}

fn told() -> String {
    format!("told {SECRET} to everybody")
}

#[tokio::test(start_paused = true)]
async fn no_event_holds_a_secret() {
    let _secret = Secret::new(SECRET);
    let lab = Lab::new();
    let leak = step_fn("leak", Resume::Rerun, |ctx| async move {
        ctx.report_sub_task(told());
        ctx.record(told(), json!({ "deep": [told()] })).await?;
        ctx.record("large", vec![told(); 2000]).await?;
        let (name, value, source) = ("note".to_owned(), json!(told()), told());
        ctx.machine_changed(MachineChange::Fact { name, value, source }).await?;
        let refused: Result<String, Error> = ctx.once("happened", async { Ok(told()) }).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
        let masked: Result<String, Error> = ctx.once("happened", async { Ok(told()) }).await;
        assert!(masked.is_err(), "a masked secret is not used as one");
        let failed: Result<(), Error> = ctx.once("failed", async { Err(Error::invalid(told())) }).await;
        if ctx.attempt() == 1 {
            let cause = std::io::Error::other(told());
            return Err(failed.unwrap_err().transient().with_source(cause).with_remedy(told()));
        }
        if ctx.attempt() == 2 {
            return StepOutcome::done(Leak(told()));
        }
        StepOutcome::finished()
    });
    let panics = step_fn("panic", Resume::Rerun, |_| async { panic!("{}", told()) });
    let skips = step_fn("skip", Resume::Rerun, |_| async { StepOutcome::skipped(told()) });
    let waits = step_fn("wait", Resume::Rerun, |_| async {
        StepOutcome::wait(told(), Duration::from_secs(1), Duration::from_secs(3))
    });
    let once = Policy { attempts: 1, ..Policy::default() };
    let workflow =
        Workflow::new("leaks").step(leak).step(skips).step(waits.policy(once.clone())).step(panics);
    let manager = lab.start(workflow).await;
    let id = manager.submit(Submission::new("leaks").machine("srv001"), &ops()).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert!(status.steps[0].errors[1].message.contains("handed on a secret"), "{status}");
    manager.retry(id, &told(), &ops()).await.unwrap();
    manager.wait_or_halt(id).await.unwrap();
    manager.override_power(id, &told(), &ops()).await.unwrap();
    manager.skip(id, &told(), &ops()).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.steps[3].errors[0].kind, ErrorKind::Internal, "{status}");
    manager.retry(id, &told(), &ops()).await.unwrap();
    manager.wait_or_halt(id).await.unwrap();
    manager.abort(id, &told(), &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert!(!status.to_string().contains(SECRET), "{status}");
    for event in lab.events(id).await {
        let json = serde_json::to_string(&event).unwrap();
        assert!(!json.contains(SECRET), "{json}");
        if let Some(hash) = json.split("\"blob\":\"").nth(1).and_then(|rest| rest.get(..64)) {
            let hash = serde_json::from_value(json!(hash)).unwrap();
            let blob = hwautomation_core::store::HistoryStore::blob(&*lab.store, &hash).await.unwrap();
            assert!(!String::from_utf8(blob).unwrap().contains(SECRET));
        }
    }
    let signal = hwautomation_core::id::SignalName::from_static("leak");
    assert!(
        manager.signal(id, signal, told(), "key", &ops()).await.unwrap_err().message().contains("secret")
    );
}
