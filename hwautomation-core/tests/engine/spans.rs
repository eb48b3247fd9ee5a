//! What those who watch an engine read in its log: each line lies under its workflow, step and attempt.

use crate::lab::{Lab, ops};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::record::{OnFailure, Resume};
use hwautomation_core::secret::Secret;
use hwautomation_core::workflow::{Probed, StepOutcome, UndoOutcome, Workflow, step_fn};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Everything that is logged on this thread, each line with the spans it lies under.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects until the guard goes.
    fn collect(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines with this in them.
    fn lines(&self, part: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_step_logs_lies_under_its_workflow_step_and_attempt() {
    let log = Log::default();
    let _collecting = log.collect();
    let lab = Lab::new();
    let step = step_fn("flash", Resume::Rerun, |ctx| async move {
        tracing::info!(percent = 7, "the driver writes");
        if ctx.attempt() == 1 { Err(Error::new(ErrorKind::Busy, "not now")) } else { StepOutcome::finished() }
    });
    let (_manager, status) = lab.run_step(step).await;
    let lines = log.lines("the driver writes");
    assert_eq!(lines.len(), 2, "{}", log.text());
    for (line, attempt) in lines.iter().zip(1..) {
        let id = status.id;
        let outer = format!(r#"workflow{{workflow={id} epoch={attempt} name="test" machine="srv001"}}"#);
        let inner = format!(r#":step{{step="flash"}}:attempt{{number={attempt} side="run"}}"#);
        assert!(line.contains(&format!("{outer}{inner}")), "{line}");
    }
    let failed = &log.lines("attempt failed")[0];
    assert!(
        failed.contains("WARN") && failed.contains("not now") && failed.contains("workflow="),
        "{failed}"
    );
    assert!(log.lines("workflow ended")[0].contains("verdict=Completed"), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn what_an_undo_or_a_probe_logs_says_so() {
    let log = Log::default();
    let _collecting = log.collect();
    let lab = Lab::new();
    let undone = step_fn("one", Resume::Rerun, |_| async { StepOutcome::finished() }).undo(|_, _| async {
        tracing::info!("putting it back");
        Ok(UndoOutcome::Undone)
    });
    let asked = step_fn("two", Resume::Probe, |ctx| async move {
        let lost: Result<(), Error> =
            ctx.once("cut", async { Err(Error::new(ErrorKind::Timeout, "lost").unknown_outcome()) }).await;
        lost.and_then(|()| StepOutcome::finished())
    })
    .probe(|_, _| async {
        tracing::info!("looking");
        Ok(Probed::Unknown { why: "nobody can tell".to_owned() })
    });
    let workflow = Workflow::new("test").step(undone).step(asked).on_failure(OnFailure::Keep);
    let (manager, status) = lab.run(workflow).await;
    assert!(
        log.lines("looking")[0].contains(r#"step{step="two"}:attempt{number=1 side="probe"}"#),
        "{}",
        log.text()
    );
    assert!(log.lines("workflow halted")[0].contains("nobody can tell"), "{}", log.text());
    manager.cancel(status.id, "enough", &ops()).await.unwrap();
    manager.wait(status.id).await.unwrap();
    assert!(
        log.lines("putting it back")[0].contains(r#"step{step="one"}:attempt{number=1 side="undo"}"#),
        "{}",
        log.text()
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_itself_logs_holds_no_secret() {
    const SECRET: &str = "swordfish-in-the-log";
    let _secret = Secret::new(SECRET);
    let log = Log::default();
    let _collecting = log.collect();
    let lab = Lab::new();
    let step = step_fn("leak", Resume::Rerun, |ctx| async move {
        ctx.report_sub_task(format!("sub-task {SECRET}"));
        Err(Error::invalid(format!("failed {SECRET}")).with_remedy(format!("try {SECRET}")))
    });
    let (manager, status) = lab.run_step(step).await;
    manager.skip(status.id, &format!("skipped {SECRET}"), &ops()).await.unwrap();
    manager.wait(status.id).await.unwrap();
    for part in ["sub-task ***", "failed ***", "skipped ***"] {
        assert!(!log.lines(part).is_empty(), "{part} is logged: {}", log.text());
    }
    assert!(!log.text().contains(SECRET), "{}", log.text());
}
