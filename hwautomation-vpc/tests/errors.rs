//! What callers are told when no token comes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::time::Clock;
use hwautomation_vpc::{Authentication, TokenSource, VpcConfig};
use std::time::Duration;
use support::{KEY, PATIENCE, Service, grant, hasty_source, reply, source};
use tokio::net::TcpListener;

async fn error_of(answer: String) -> Error {
    let service = Service::start(move |_, _| answer.clone()).await;
    let error = source(&service).token().await.unwrap_err();
    assert_eq!(service.seen().len(), 1, "only the engine tries again");
    assert!(error.message().contains(&service.url), "{error} names no endpoint");
    assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()), "{error} has no remedy");
    error
}

const TRANSIENT: ErrorClass = ErrorClass::Transient { after: None };

#[tokio::test]
async fn every_status_becomes_what_the_caller_can_do() {
    for (status, kind, class) in [
        (302, ErrorKind::Protocol, ErrorClass::Permanent),
        (400, ErrorKind::Invalid, ErrorClass::Permanent),
        (401, ErrorKind::Unauthorized, ErrorClass::Permanent),
        (403, ErrorKind::Forbidden, ErrorClass::Permanent),
        (404, ErrorKind::NotFound, ErrorClass::Permanent),
        (405, ErrorKind::Unsupported, ErrorClass::Permanent),
        (409, ErrorKind::Conflict, ErrorClass::Permanent),
        (418, ErrorKind::Refused, ErrorClass::Permanent),
        (429, ErrorKind::Busy, TRANSIENT),
        (500, ErrorKind::Unreachable, TRANSIENT),
        (501, ErrorKind::Unsupported, ErrorClass::Permanent),
        (502, ErrorKind::Unreachable, TRANSIENT),
        (503, ErrorKind::Busy, TRANSIENT),
        (504, ErrorKind::Timeout, TRANSIENT),
    ] {
        let error = error_of(reply(status, &[], "")).await;
        assert_eq!((error.kind(), error.class()), (kind, class), "status {status}");
        assert!(error.message().contains(&status.to_string()));
    }
}

#[tokio::test]
async fn retry_after_is_passed_on_in_seconds_and_as_a_date() {
    let after = |seconds| ErrorClass::Transient { after: Some(Duration::from_secs(seconds)) };
    assert_eq!(error_of(reply(429, &["Retry-After: 7"], "")).await.class(), after(7));
    assert_eq!(error_of(reply(500, &["Retry-After: 8"], "")).await.class(), after(8));
    let past = "Retry-After: Fri, 02 Jan 2026 03:04:05 GMT";
    assert_eq!(error_of(reply(503, &[past], "")).await.class(), after(0));
    assert_eq!(error_of(reply(503, &["Retry-After: soon"], "")).await.class(), TRANSIENT);
    assert_eq!(error_of(reply(403, &["Retry-After: 9"], "")).await.class(), ErrorClass::Permanent);
}

#[tokio::test]
async fn a_key_that_iam_does_not_know_is_a_matter_of_credentials_and_names_the_call() {
    let body = r#"{"context":{"requestId":"ctx-1","url":"https://x"},"errorCode":"BXNIM0415E",
        "errorMessage":"Provided API key could not be found.","new_field":[1]}"#;
    let error = error_of(reply(400, &["X-Correlation-Id: corr-2", "x-request-id: req-3"], body)).await;
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent));
    for part in ["BXNIM0415E", "could not be found", "ctx-1", "corr-2", "req-3"] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    assert!(error.remedy().unwrap().contains("API key"));
}

#[tokio::test]
async fn the_metadata_service_speaks_the_vpc_form_and_its_trace_is_shown() {
    let body = r#"{"errors":[{"code":"profile_not_linked","message":"no such profile",
        "more_info":"https://x","target":{"type":"field","name":"trusted_profile"}}],"trace":"trace-4"}"#;
    let answer = reply(403, &[], body);
    let service =
        Service::start(move |_, number| if number == 0 { grant("identity") } else { answer.clone() });
    let service = service.await;
    let authentication =
        Authentication::InstanceIdentity { profile: None, metadata_url: service.url.clone() };
    let config = VpcConfig::new("eu-de", authentication);
    let source = TokenSource::instance_identity(&config, Clock::system()).unwrap();
    let error = source.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    for part in [
        "POST /instance_identity/v1/iam_token",
        "profile_not_linked",
        "no such profile",
        "(trusted_profile)",
        "trace trace-4",
    ] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
}

#[tokio::test]
async fn half_an_answer_is_told_by_its_status_or_as_a_broken_connection() {
    let cut = |status| format!("HTTP/1.1 {status} Text\r\ncontent-length: 999\r\n\r\n{{\"errors\":[{{\"co");
    assert_eq!(error_of(cut(404)).await.kind(), ErrorKind::NotFound);
    assert_eq!(error_of(cut(200)).await.kind(), ErrorKind::Unreachable);
    assert_eq!(error_of(String::new()).await.class(), TRANSIENT);
    assert_eq!(error_of("220 ready for mail\r\n".to_owned()).await.kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn a_good_status_without_a_token_is_a_protocol_error() {
    for body in ["", "<html>log in</html>", "[]", r#"{"expires_in":1}"#, r#"{"access_token":"t"}"#] {
        assert_eq!(error_of(reply(200, &[], body)).await.kind(), ErrorKind::Protocol, "{body}");
    }
    let endless = error_of(reply(200, &[], &"x".repeat(5 << 20))).await;
    assert!(endless.message().contains("longer than"), "{endless}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Service::start(|_, _| grant("stolen")).await;
    let error = error_of(reply(307, &[&format!("Location: {}/identity/token", elsewhere.url)], "")).await;
    assert!(error.remedy().unwrap().contains("redirect"));
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = hasty_source(&url, 10_000, 20_000).token().await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unreachable, TRANSIENT));
    assert!(chain(&error).to_lowercase().contains("refused"), "{}", chain(&error));
}

#[tokio::test]
async fn a_service_that_keeps_its_answer_back_is_a_timeout() {
    let service = Service::start(|_, _| grant("late")).await;
    service.close_gate();
    let source = hasty_source(&service.url, 200, 200);
    let error = tokio::time::timeout(PATIENCE, source.token()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Timeout, TRANSIENT));
}

#[tokio::test]
async fn a_listener_that_never_greets_is_unreachable() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", mute.local_addr().unwrap());
    let error = hasty_source(&url, 100, 20_000).token().await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unreachable, TRANSIENT));
}

fn chain(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| (*cause).source());
    causes.fold(String::new(), |text, cause| format!("{text}{cause} {cause:?}\n"))
}

#[tokio::test]
async fn neither_key_nor_token_is_in_any_error_or_log() {
    let logs = support::logs::Logs::default();
    let _collecting = logs.collect();
    let token = "tok-never-to-be-seen";
    let mut told = String::new();
    for answer in [
        reply(400, &[&format!("X-Request-Id: {KEY}")], &format!(r#"{{"errorMessage":"bad key {KEY}"}}"#)),
        reply(500, &[], &format!("<html>you sent apikey={KEY}</html>")),
        reply(200, &[], &format!(r#"{{"access_token":"{token}","expires_in":"{token}"}}"#)),
        reply(200, &[], &format!(r#"{{"access_token":"{token}","expires_in":3600"#)),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{{\"access_token\":\"{token}\""),
        format!("HTTP/1.1 200 {KEY}\r\nbroken {token}\r\n\r\n"),
    ] {
        let error = error_of(answer).await;
        told += &format!("{error}\n{error:?}\n{:?}\n{}", error.remedy(), chain(&error));
    }
    let service = Service::start(move |_, _| grant(token)).await;
    let source = source(&service);
    told += &format!("{:?} {:?}", source.token().await.unwrap(), source);
    assert!(!logs.text().is_empty() && told.contains("bad key ***"), "nothing was collected");
    for text in [told, logs.text()] {
        assert!(!text.contains(KEY), "the key is in {text}");
        assert!(!text.contains(token), "a token is in {text}");
    }
}
