//! What callers are told when MAAS answers late, broken or not at all.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use hwautomation_core::error::{Error, ErrorClass, ErrorKind, Result};
use hwautomation_core::plugin::{CommissionOptions, Commissioner, KeepReachable, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_maas::{MaasCommissioner, MaasConfig};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use support::{KEY, PATIENCE, Service, commissioner, machine, patient, reply, shown, text};
use tokio::net::TcpListener;

const TRANSIENT: ErrorClass = ErrorClass::Transient { after: None };
const OPTIONS: CommissionOptions = CommissionOptions { keep_reachable: KeepReachable::No, skip_tests: true };

async fn read(maas: &MaasCommissioner) -> Result<()> {
    maas.commission_state(&machine("abc123")).await.map(drop)
}

async fn commission(maas: &MaasCommissioner) -> Result<()> {
    maas.commission(&machine("abc123"), &OPTIONS).await.map(drop)
}

/// Reads against this answer.
async fn read_error(answer: Vec<u8>) -> Error {
    let service = Service::answering(vec![answer]).await;
    let error = read(&commissioner(&service)).await.unwrap_err();
    assert_eq!(service.seen().len(), 1, "only the engine tries again");
    error
}

/// Commissions a new machine against this answer to the command.
async fn command_error(answer: Vec<u8>) -> Error {
    let service = Service::answering(vec![shown(0, json!({})), answer]).await;
    let error = commission(&commissioner(&service)).await.unwrap_err();
    assert_eq!(service.seen().len(), 2, "only the engine tries again");
    error
}

fn verdict(error: &Error) -> (ErrorKind, ErrorClass) {
    assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()), "{error} has no remedy");
    (error.kind(), error.class())
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_nothing_happened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/MAAS", listener.local_addr().unwrap());
    drop(listener);
    let maas = patient(&url, PATIENCE);
    assert_eq!(verdict(&read(&maas).await.unwrap_err()), (ErrorKind::Unreachable, TRANSIENT));
    assert_eq!(verdict(&commission(&maas).await.unwrap_err()), (ErrorKind::Unreachable, TRANSIENT));
}

#[tokio::test]
async fn a_read_that_is_not_answered_is_a_timeout() {
    let service = Service::answering(Vec::new()).await;
    let error = read(&patient(&service.url, Duration::from_millis(200))).await.unwrap_err();
    assert_eq!(verdict(&error), (ErrorKind::Timeout, TRANSIENT));
}

#[tokio::test]
async fn a_command_that_is_not_answered_may_have_happened() {
    let service = Service::answering(vec![shown(0, json!({}))]).await;
    let error = commission(&patient(&service.url, Duration::from_secs(1))).await.unwrap_err();
    assert_eq!(service.seen().len(), 2, "{error:?}");
    assert_eq!(verdict(&error), (ErrorKind::Timeout, ErrorClass::UnknownOutcome));
}

#[tokio::test]
async fn half_an_answer_to_a_command_may_have_happened() {
    let cut = |status| {
        let head = format!("HTTP/1.1 {status} Text\r\ncontent-length: 999\r\n\r\n");
        (head + "{\"system_id\": \"abc").into_bytes()
    };
    for answer in [cut(200), Vec::new(), b"220 ready for mail\r\n".to_vec()] {
        assert_eq!(verdict(&command_error(answer.clone()).await).1, ErrorClass::UnknownOutcome);
        assert_eq!(verdict(&read_error(answer).await), (ErrorKind::Unreachable, TRANSIENT));
    }
    // A refusal counts, also where its explanation is cut off.
    assert_eq!(verdict(&command_error(cut(403)).await), (ErrorKind::Forbidden, ErrorClass::Permanent));
}

#[tokio::test]
async fn what_is_no_machine_of_maas_is_a_protocol_error() {
    let other = shown(0, json!({ "system_id": "def456" }));
    let bodies =
        ["", "null", "[]", "{}", "<html>log in</html>", r#"{"system_id":"abc123","status":"new"}"#, "\0"];
    for answer in bodies.map(|body| reply(200, &[], body)).into_iter().chain([other]) {
        assert_eq!(verdict(&read_error(answer.clone()).await), (ErrorKind::Protocol, ErrorClass::Permanent));
        let error = command_error(answer).await;
        assert_eq!(verdict(&error), (ErrorKind::Protocol, ErrorClass::UnknownOutcome));
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let error = read_error(reply(200, &[], &" ".repeat(5 << 20))).await;
    assert_eq!(verdict(&error), (ErrorKind::Protocol, ErrorClass::Permanent));
    assert!(error.message().contains("longer than 4194304 bytes"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Service::answering(vec![shown(4, json!({}))]).await;
    let location = format!("Location: {}/api/2.0/machines/abc123/", elsewhere.url);
    for status in [301, 307, 308] {
        let error = read_error(reply(status, &[&location], "")).await;
        assert_eq!(verdict(&error), (ErrorKind::Protocol, ErrorClass::Permanent));
        assert!(error.remedy().unwrap().contains("redirect"));
    }
    assert!(elsewhere.seen().is_empty());
}

fn chain(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| (*cause).source());
    causes.fold(String::new(), |text, cause| format!("{text}{cause} {cause:?}\n"))
}

#[tokio::test]
async fn neither_key_nor_bmc_password_is_in_any_error_or_log() {
    let logs = support::logs::Logs::default();
    let _collecting = logs.collect();
    let (right, password, secret) = ("RIGHTsecretOfThisKey", "bmc-hunter22", "EXAMPLEsecret-in-use");
    let answers = [
        reply(401, &["Content-Type: text/html"], &format!("Expected signature base string: &{right}")),
        text(401, &format!("Invalid signature. Expected {right}")),
        reply(401, &["Content-Type: application/json"], &format!(r#"{{"key": ["{right}"]}}"#)),
        text(500, &format!("driver said {KEY} and {secret}")),
        reply(200, &[], &format!(r#"{{"power_pass": "{password}", "power_address": 7}}"#)),
        reply(200, &[], &format!(r#"{{"power_address": "10.0.0.5", "power_pass": "{password}"#)),
        format!("HTTP/1.1 200 {secret}\r\nbroken {password}\r\n\r\n").into_bytes(),
    ];
    let mut told = String::new();
    for answer in answers {
        let service = Service::answering(vec![answer]).await;
        let maas = commissioner(&service);
        let error = maas.bmc_address(&machine("abc123")).await.unwrap_err();
        told += &format!("{error}\n{error:?}\n{:?}\n{}\n{maas:?}", error.remedy(), chain(&error));
    }
    assert!(!logs.text().is_empty() && told.contains("driver said ***"), "nothing was collected: {told}");
    for text in [told, logs.text()] {
        for secret in [right, password, secret] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[tokio::test]
async fn the_key_is_resolved_at_each_call() {
    let service = Service::start(|_, _| Some(shown(4, json!({})))).await;
    let credentials = Arc::new(StaticCredentials::default());
    let config = MaasConfig::new(service.url.clone(), SecretRef::new("static:maas").unwrap());
    let maas = MaasCommissioner::new(&config, Arc::clone(&credentials) as _).unwrap();
    assert_eq!(read(&maas).await.unwrap_err().kind(), ErrorKind::NotFound);
    for consumer in ["first", "second"] {
        credentials.insert("maas", Secret::new(format!("{consumer}:token0001:secret001")));
        read(&maas).await.unwrap();
        let header = service.seen().last().unwrap().header("authorization").unwrap().to_owned();
        assert!(header.contains(&format!("oauth_consumer_key=\"{consumer}\"")), "{header}");
    }
    credentials.insert("maas", Secret::new("no key at all"));
    assert_eq!(read(&maas).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(service.seen().len(), 2);
}
