//! How tokens are fetched, shared and renewed.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use futures_util::FutureExt;
use futures_util::future::join_all;
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::secret::Secret;
use hwautomation_core::time::Clock;
use hwautomation_vpc::{Authentication, TokenSource, TrustedProfile, VpcConfig};
use support::{
    KEY, PATIENCE, Request, Service, config, grant, header, pass, reply, settle, source, until_token,
};

/// Grants `token-0`, `token-1` and so on.
fn numbered(_: &Request, number: usize) -> String {
    grant(&format!("token-{number}"))
}

#[tokio::test]
async fn an_api_key_is_posted_as_a_form_and_its_token_is_used_again() {
    let service = Service::start(numbered).await;
    let source = source(&service);
    for _ in 0..3 {
        assert_eq!(source.token().await.unwrap().expose(), "token-0");
    }
    let [request] = &service.seen()[..] else { panic!("one request") };
    assert_eq!(request.line, "POST /identity/token");
    assert_eq!(header(&request.head, "content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(header(&request.head, "accept"), Some("application/json"));
    let grant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey";
    assert_eq!(request.body, format!("{grant}&apikey={KEY}&response_type=cloud_iam"));
}

#[tokio::test]
async fn a_hundred_callers_at_once_cause_one_request() {
    let service = Service::start(numbered).await;
    service.close_gate();
    let source = source(&service);
    let callers = join_all((0..100).map(|_| {
        let source = source.clone();
        tokio::spawn(async move { source.token().await.unwrap().expose().to_owned() })
    }));
    service.arrived(1).await;
    service.open_gate();
    let tokens = callers.await;
    assert!(tokens.into_iter().all(|token| token.unwrap() == "token-0"));
    assert_eq!(service.seen().len(), 1);
}

#[tokio::test]
async fn a_failure_reaches_all_who_waited_and_the_next_caller_asks_anew() {
    let service =
        Service::start(|_, number| if number == 0 { reply(500, &[], "") } else { grant("t") }).await;
    let source = source(&service);
    let failed = join_all((0..10).map(|_| source.token())).await;
    assert!(failed.iter().all(|token| token.as_ref().unwrap_err().kind() == ErrorKind::Unreachable));
    assert_eq!(service.seen().len(), 1);
    assert_eq!(source.token().await.unwrap().expose(), "t");
}

#[tokio::test]
async fn once_80_percent_are_gone_all_go_on_with_the_old_token_while_one_request_fetches_the_next() {
    let service = Service::start(numbered).await;
    let source = source(&service);
    source.token().await.unwrap();
    pass(2870).await;
    assert_eq!(source.token().await.unwrap().expose(), "token-0");
    settle().await;
    assert_eq!(service.seen().len(), 1);
    service.close_gate();
    pass(10).await;
    for _ in 0..10 {
        assert_eq!(source.token().await.unwrap().expose(), "token-0");
    }
    service.arrived(2).await;
    assert_eq!(source.token().await.unwrap().expose(), "token-0");
    service.open_gate();
    until_token(&source, "token-1").await;
    assert_eq!(service.seen().len(), 2);
}

#[tokio::test]
async fn a_token_with_ten_seconds_left_is_not_handed_out() {
    let service = Service::start(numbered).await;
    let source = source(&service);
    source.token().await.unwrap();
    pass(3591).await;
    assert_eq!(source.token().await.unwrap().expose(), "token-1");
}

#[tokio::test]
async fn a_failed_refresh_fails_nobody_while_the_old_token_is_good_and_is_not_repeated_at_once() {
    let logs = support::logs::Logs::default();
    let _collecting = logs.collect();
    let service = Service::start(|_, number| match number {
        0 => grant("token-old"),
        1 => reply(503, &["retry-after: 120"], ""),
        _ => grant("token-new"),
    })
    .await;
    let source = source(&service);
    source.token().await.unwrap();
    pass(2900).await;
    assert_eq!(source.token().await.unwrap().expose(), "token-old");
    let logged = async {
        while !logs.text().contains("IAM token not renewed") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, logged).await.expect("the failure is logged");
    pass(110).await;
    assert_eq!(source.token().await.unwrap().expose(), "token-old");
    settle().await;
    assert_eq!(service.seen().len(), 2, "the service asked for two minutes of rest");
    pass(20).await;
    until_token(&source, "token-new").await;
    assert_eq!(service.seen().len(), 3);
}

#[tokio::test]
async fn callers_that_go_away_do_not_end_the_request_for_the_others() {
    let service = Service::start(numbered).await;
    service.close_gate();
    let source = source(&service);
    let [first, second] = [source.clone(), source.clone()]
        .map(|source| tokio::spawn(async move { source.token().await.unwrap().expose().to_owned() }));
    service.arrived(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    service.open_gate();
    assert_eq!(second.await.unwrap(), "token-0");
    assert_eq!(service.seen().len(), 1);
}

#[tokio::test]
async fn a_request_whose_callers_all_went_away_still_brings_the_token() {
    let service = Service::start(numbered).await;
    service.close_gate();
    let source = source(&service);
    let only = tokio::spawn({
        let source = source.clone();
        async move { source.token().await.map(|_| ()) }
    });
    service.arrived(1).await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    service.open_gate();
    assert_eq!(source.token().await.unwrap().expose(), "token-0");
    assert_eq!(service.seen().len(), 1);
}

#[test]
fn a_runtime_that_ends_fails_those_who_wait_for_its_request_and_the_next_caller_asks_anew() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (outer, inner) = (runtime(), runtime());
    let service = outer.block_on(Service::start(numbered));
    service.close_gate();
    let source = outer.block_on(async { source(&service) });
    // Polled once: the request is under way in a runtime that then ends.
    inner.block_on(async { assert!(source.token().now_or_never().is_none()) });
    let waiting = outer.spawn({
        let source = source.clone();
        async move { source.token().await }
    });
    outer.block_on(async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    });
    drop(inner);
    let error = outer.block_on(waiting).unwrap().unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient { after: None });
    service.open_gate();
    assert!(outer.block_on(source.token()).unwrap().expose().starts_with("token-"));
}

#[tokio::test]
async fn a_source_that_nobody_holds_ends_its_request() {
    let service = Service::start(numbered).await;
    service.close_gate();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let source = source(&service);
    assert!(source.token().now_or_never().is_none());
    service.arrived(1).await;
    drop(source);
    let ended = async {
        // The service's own task stays: its gate is closed.
        while tasks() > before + 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the request ends");
}

#[tokio::test]
async fn an_endpoint_may_have_a_path_of_its_own() {
    let service = Service::start(numbered).await;
    let config = config(&format!("{}/gateway/", service.url));
    let source = TokenSource::api_key(&config, Secret::new(KEY), Clock::system()).unwrap();
    source.token().await.unwrap();
    assert_eq!(service.seen()[0].line, "POST /gateway/identity/token");
}

fn instance(url: &str, profile: Option<TrustedProfile>) -> TokenSource {
    let authentication = Authentication::InstanceIdentity { profile, metadata_url: url.to_owned() };
    TokenSource::instance_identity(&VpcConfig::new("eu-de", authentication), Clock::tokio()).unwrap()
}

/// Grants an identity, then a token for it, as the metadata service does.
fn metadata(_: &Request, number: usize) -> String {
    let (token, seconds) = if number.is_multiple_of(2) { ("identity", 300) } else { ("iam-token", 3600) };
    let times = r#""created_at":"2026-01-02T03:04:05Z","expires_at":"2026-01-02T04:04:05Z""#;
    reply(200, &[], &format!(r#"{{"access_token":"{token}-{number}",{times},"expires_in":{seconds}}}"#))
}

#[tokio::test]
async fn an_instance_asks_for_its_identity_first_and_exchanges_it_then() {
    let service = Service::start(metadata).await;
    let source = instance(&service.url, Some(TrustedProfile::Id("Profile-1".to_owned())));
    assert_eq!(source.token().await.unwrap().expose(), "iam-token-1");
    let [identity, exchange] = &service.seen()[..] else { panic!("two requests") };
    assert_eq!(identity.line, "PUT /instance_identity/v1/token?version=2022-03-01");
    assert_eq!(header(&identity.head, "metadata-flavor"), Some("ibm"));
    assert_eq!(header(&identity.head, "authorization"), None);
    assert_eq!(header(&identity.head, "content-type"), Some("application/json"));
    assert_eq!(identity.body, r#"{"expires_in":300}"#);
    assert_eq!(exchange.line, "POST /instance_identity/v1/iam_token?version=2022-03-01");
    assert_eq!(header(&exchange.head, "authorization"), Some("Bearer identity-0"));
    assert_eq!(exchange.body, r#"{"trusted_profile":{"id":"Profile-1"}}"#);
}

#[tokio::test]
async fn a_profile_may_be_named_by_crn_or_left_to_the_instance() {
    let service = Service::start(metadata).await;
    instance(&service.url, Some(TrustedProfile::Crn("crn:v1:p".to_owned()))).token().await.unwrap();
    instance(&service.url, None).token().await.unwrap();
    let bodies: Vec<String> = service.seen().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies[1], r#"{"trusted_profile":{"crn":"crn:v1:p"}}"#);
    assert_eq!(bodies[3], "{}");
}

#[tokio::test]
async fn the_identity_is_asked_for_again_with_every_refresh() {
    let service = Service::start(metadata).await;
    let source = instance(&service.url, None);
    source.token().await.unwrap();
    pass(3595).await;
    assert_eq!(source.token().await.unwrap().expose(), "iam-token-3");
    assert_eq!(service.seen().len(), 4);
}

#[tokio::test]
async fn what_cannot_be_an_api_key_is_refused_before_anything_is_sent() {
    let service = Service::start(numbered).await;
    for key in
        ["", "{key-in-json}", "{key", "key}", "\"key\"", "\"key", "key\"", "}key", "key{", "key\n", "a key"]
    {
        let error =
            TokenSource::api_key(&config(&service.url), Secret::new(key), Clock::tokio()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{key:?}");
        assert!(error.remedy().is_some() && !format!("{error:?}").contains("key-in-json"));
    }
    assert!(service.seen().is_empty());
}

#[tokio::test]
async fn a_source_refuses_a_wrong_configuration_and_one_that_authenticates_otherwise() {
    let api_key = config("https://iam.cloud.ibm.com");
    let wrong = VpcConfig { region: "No Region".to_owned(), ..api_key.clone() };
    let error = TokenSource::api_key(&wrong, Secret::new(KEY), Clock::system()).unwrap_err();
    assert!(error.message().contains("region"));
    let error = TokenSource::instance_identity(&api_key, Clock::system()).unwrap_err();
    assert!(error.remedy().unwrap().contains("instance_identity"));
    let instance = VpcConfig::new("eu-de", Authentication::instance_identity());
    let error = TokenSource::api_key(&instance, Secret::new(KEY), Clock::system()).unwrap_err();
    assert!(error.remedy().unwrap().contains("api_key"));
}
