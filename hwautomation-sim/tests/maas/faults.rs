//! What goes wrong on purpose between a client and MAAS.

use crate::bench::{Bench, SRV, WITH_SSH};
use hwautomation_sim::{Action, Face, Fault, Outcome, Refusal, Status};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_lost_answer_is_a_cut_connection_and_the_command_is_done() {
    let bench = Bench::new().await;
    bench.rack.inject(Fault::lost_commission_answer());
    let path = format!("machines/{}/?op=commission", bench.client.id(SRV));
    assert!(bench.client.ask("POST", &path, WITH_SSH).await.is_err());
    assert_eq!(bench.commands(), [("commission".to_owned(), Outcome::TookEffect)]);
    bench.until("it is ready", |truth| truth.status == Status::Ready).await;
}

#[tokio::test]
async fn a_dropped_request_does_nothing() {
    let bench = Bench::new().await;
    bench.rack.inject(Fault::new(Action::Drop).face(Face::Maas).command("commission").times(1));
    let path = format!("machines/{}/?op=commission", bench.client.id(SRV));
    assert!(bench.client.ask("POST", &path, WITH_SSH).await.is_err());
    assert_eq!(bench.commands(), []);
    assert_eq!(bench.truth().status, Status::New);
}

#[tokio::test]
async fn a_refusal_has_its_status_its_text_and_when_to_come_back() {
    let bench = Bench::new().await;
    bench.rack.inject(Fault::busy_maas(1));
    let answer = bench.op("commission", WITH_SSH).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert_eq!(bench.commands(), [("commission".to_owned(), Outcome::Refused)]);
    let refusal = Refusal::Http { status: 410, body: "gone".to_owned(), retry_after_secs: None };
    bench.rack.inject(Fault::new(Action::Refuse(refusal)).command("read machine"));
    let answer = bench.machine().await;
    assert_eq!((answer.status, answer.body.as_str()), (410, "gone"));
}

#[tokio::test]
async fn a_command_without_effect_is_answered_like_one_with_it() {
    let bench = Bench::new().await;
    bench.rack.inject(Fault::new(Action::AcceptWithoutEffect).face(Face::Maas).command("commission"));
    assert_eq!(bench.op("commission", WITH_SSH).await.json()["status_name"], "Commissioning");
    assert_eq!((bench.truth().status, bench.truth().boots), (Status::New, 0));
    assert_eq!(bench.commands(), [("commission".to_owned(), Outcome::Ignored)]);
}

#[tokio::test]
async fn a_stale_read_says_what_was_true_before() {
    let bench = Bench::new().await;
    assert_eq!(bench.machine().await.json()["status_name"], "New");
    bench
        .rack
        .inject(Fault::new(Action::AcceptWithoutEffect).face(Face::Maas).command("read machine").times(1));
    bench.rack.change(SRV, |machine| machine.record.status = Status::Broken);
    assert_eq!(bench.machine().await.json()["status_name"], "New");
    assert_eq!(bench.machine().await.json()["status_name"], "Broken");
}

#[tokio::test]
async fn slow_late_and_empty_answers_arrive_whole() {
    let bench = Bench::new().await;
    let whole = bench.machine().await.body;
    for action in [Action::Slow, Action::Delay(Duration::from_millis(20)), Action::Duplicate] {
        bench.rack.inject(Fault::new(action).face(Face::Maas).times(1));
        assert_eq!(bench.machine().await.body, whole);
    }
    bench.rack.inject(Fault::new(Action::Unclear).face(Face::Maas).times(1));
    assert_eq!(bench.machine().await.body, "null");
}

#[tokio::test]
async fn a_commissioning_can_be_made_to_fail() {
    let bench = Bench::new().await;
    bench.rack.inject(Fault::commissioning_fails());
    assert_eq!(bench.op("commission", WITH_SSH).await.status, 200);
    bench.until("it has failed", |truth| truth.status == Status::FailedCommissioning).await;
    let machine = bench.machine().await.json();
    assert_eq!(
        (&machine["commissioning_status_name"], &machine["owner"]),
        (&json!("Failed"), &json!("admin"))
    );
}
