//! What each call sends, when it sends nothing, and what it makes of strange answers.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::{
    CommissionOptions, CommissionRun, CommissionState, Commissioner, KeepReachable,
};
use serde_json::{Value, json};
use support::{Service, commissioner, machine, shown, text};

const NEW: i64 = 0;
const COMMISSIONING: i64 = 1;
const READY: i64 = 4;
const DEPLOYED: i64 = 6;
const RELEASING: i64 = 12;
const RESCUE: i64 = 16;
const ENTERING: i64 = 17;
const EXITING: i64 = 19;
const TESTING: i64 = 21;

const READ: &str = "GET machines/abc123/";

fn numbered(id: u64) -> Value {
    json!({ "current_commissioning_result_id": id })
}

fn options(keep_reachable: KeepReachable, skip_tests: bool) -> CommissionOptions {
    CommissionOptions { keep_reachable, skip_tests }
}

#[tokio::test]
async fn options_become_the_form() {
    for (keep, skip_tests, form) in [
        (KeepReachable::No, false, ""),
        (KeepReachable::No, true, "testing_scripts=none"),
        (KeepReachable::Yes, false, "enable_ssh=1"),
        (KeepReachable::Yes, true, "enable_ssh=1&testing_scripts=none"),
    ] {
        let service =
            Service::answering(vec![shown(NEW, json!({})), shown(COMMISSIONING, numbered(8))]).await;
        let run = commissioner(&service).commission(&machine("abc123"), &options(keep, skip_tests)).await;
        assert_eq!(run.unwrap(), CommissionRun("8".to_owned()));
        assert_eq!(service.lines(), [READ, "POST machines/abc123/?op=commission"]);
        assert_eq!(service.seen()[1].body, form);
    }
}

#[tokio::test]
async fn every_request_is_signed_anew() {
    let service = Service::answering(vec![shown(NEW, json!({})), shown(COMMISSIONING, numbered(8))]).await;
    let options = options(KeepReachable::No, true);
    commissioner(&service).commission(&machine("abc123"), &options).await.unwrap();
    let [one, two] = &service.seen()[..] else { panic!("two requests") };
    assert_ne!(one.header("authorization"), two.header("authorization"));
}

#[tokio::test]
async fn a_commissioning_without_a_new_number_may_have_begun() {
    for more in [json!({}), numbered(7), json!({"current_commissioning_result_id": null})] {
        let answers = vec![shown(READY, json!({})), shown(READY, more)];
        let service = Service::answering(answers).await;
        let options = options(KeepReachable::No, true);
        let error = commissioner(&service).commission(&machine("abc123"), &options).await.unwrap_err();
        assert_eq!((error.kind(), error.class()), (ErrorKind::Protocol, ErrorClass::UnknownOutcome));
    }
}

#[tokio::test]
async fn ready_and_what_follows_it_name_their_run_only_when_that_passed() {
    for (set, run) in [(2, Some("7")), (6, Some("7")), (-1, None), (0, None), (1, None), (3, None), (5, None)]
    {
        let service = Service::answering(vec![shown(READY, json!({ "commissioning_status": set }))]).await;
        let reading = commissioner(&service).commission_state(&machine("abc123")).await.unwrap();
        assert_eq!((reading.state, reading.run.map(|run| run.0).as_deref()), (CommissionState::Ready, run));
        let service = Service::answering(vec![shown(RESCUE, json!({ "commissioning_status": set }))]).await;
        let reading = commissioner(&service).commission_state(&machine("abc123")).await.unwrap();
        assert_eq!((reading.state, reading.run.map(|run| run.0).as_deref()), (CommissionState::Rescue, run));
    }
}

#[tokio::test]
async fn new_names_its_run_only_when_that_ran() {
    for (set, run) in [(5, Some("7")), (3, Some("7")), (-1, None)] {
        let service = Service::answering(vec![shown(NEW, json!({ "commissioning_status": set }))]).await;
        let reading = commissioner(&service).commission_state(&machine("abc123")).await.unwrap();
        assert_eq!((reading.state, reading.run.map(|run| run.0).as_deref()), (CommissionState::New, run));
    }
}

#[tokio::test]
async fn a_run_is_named_while_it_goes_on_and_when_it_failed() {
    for (status, state) in
        [(1, CommissionState::Commissioning), (21, CommissionState::Testing), (2, CommissionState::Failed)]
    {
        let service = Service::answering(vec![shown(status, json!({ "commissioning_status": 0 }))]).await;
        let reading = commissioner(&service).commission_state(&machine("abc123")).await.unwrap();
        assert_eq!((reading.state, reading.run.unwrap().0), (state, "7".to_owned()));
    }
}

#[tokio::test]
async fn only_the_named_run_is_aborted_and_only_while_it_goes_on() {
    for (status, newest, is_sent) in [
        (COMMISSIONING, 7, true),
        (TESTING, 7, true),
        (COMMISSIONING, 8, false),
        (READY, 7, false),
        (RESCUE, 7, false),
    ] {
        let answers = vec![shown(status, numbered(newest)), shown(status, numbered(newest))];
        let service = Service::answering(answers).await;
        let run = CommissionRun("7".to_owned());
        let outcome = commissioner(&service).abort_commission(&machine("abc123"), &run).await;
        assert_eq!(service.seen().len(), if is_sent { 2 } else { 1 }, "{status} {newest}");
        assert_eq!(
            outcome.map_err(|error| error.kind()),
            if is_sent { Ok(()) } else { Err(ErrorKind::Conflict) }
        );
    }
}

#[tokio::test]
async fn rescue_mode_is_entered_once_and_left_once() {
    for (status, sent) in [(READY, 1), (RESCUE, 0), (ENTERING, 0), (18, 1)] {
        let service = Service::answering(vec![shown(status, json!({})), shown(ENTERING, json!({}))]).await;
        commissioner(&service).enter_rescue(&machine("abc123")).await.unwrap();
        assert_eq!(service.lines()[1..], vec!["POST machines/abc123/?op=rescue_mode"; sent], "{status}");
    }
    for (status, sent) in [(RESCUE, 1), (EXITING, 0), (20, 1)] {
        let service = Service::answering(vec![shown(status, json!({})), shown(EXITING, json!({}))]).await;
        commissioner(&service).leave_rescue(&machine("abc123")).await.unwrap();
        assert_eq!(service.lines()[1..], vec!["POST machines/abc123/?op=exit_rescue_mode"; sent], "{status}");
    }
}

#[tokio::test]
async fn another_users_machine_is_not_released() {
    let owned = || shown(DEPLOYED, json!({ "owner": "carol" }));
    let service = Service::answering(vec![owned(), support::json(&json!({ "username": "admin" }))]).await;
    let error = commissioner(&service).release(&machine("abc123")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("carol") && error.message().contains("admin"), "{error}");
    assert_eq!(service.lines(), [READ, "GET users/?op=whoami"]);

    let whoami = support::json(&json!({ "username": "carol" }));
    let service = Service::answering(vec![owned(), whoami, shown(RELEASING, json!({}))]).await;
    commissioner(&service).release(&machine("abc123")).await.unwrap();
    assert_eq!(service.lines()[2], "POST machines/abc123/?op=release");
}

#[tokio::test]
async fn what_is_being_released_is_not_released_again() {
    for status in [READY, RELEASING] {
        let service = Service::answering(vec![shown(status, json!({ "owner": "carol" }))]).await;
        commissioner(&service).release(&machine("abc123")).await.unwrap();
        assert_eq!(service.lines(), [READ]);
    }
}

#[tokio::test]
async fn a_tag_that_is_there_is_not_put_on_and_one_that_is_not_is_not_taken_off() {
    let tagged = || shown(READY, json!({ "tag_names": ["rack-a"] }));
    let service = Service::answering(vec![tagged(), tagged()]).await;
    commissioner(&service).add_tag(&machine("abc123"), "rack-a").await.unwrap();
    commissioner(&service).remove_tag(&machine("abc123"), "rack-b").await.unwrap();
    assert_eq!(service.lines(), [READ, READ]);
}

#[tokio::test]
async fn a_name_that_maas_does_not_take_is_refused_before_anything_is_sent() {
    let service = Service::answering(Vec::new()).await;
    let maas = commissioner(&service);
    for tag in ["", "a/b", "a b", "grün", "a.b", &"t".repeat(257)] {
        for outcome in
            [maas.add_tag(&machine("abc123"), tag).await, maas.remove_tag(&machine("abc123"), tag).await]
        {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
    assert!(service.seen().is_empty());
}

#[tokio::test]
async fn a_tag_that_did_not_come_off_is_a_mismatch_and_one_that_is_gone_is_off() {
    let tagged = || shown(READY, json!({ "tag_names": ["rack-a"] }));
    let counted = support::json(&json!({ "added": 0, "removed": 1 }));
    let service = Service::answering(vec![tagged(), counted, tagged()]).await;
    let error = commissioner(&service).remove_tag(&machine("abc123"), "rack-a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let service = Service::answering(vec![tagged(), text(404, "No Tag matches the given query.")]).await;
    commissioner(&service).remove_tag(&machine("abc123"), "rack-a").await.unwrap();
}

#[tokio::test]
async fn the_lease_of_the_boot_interface_comes_first() {
    let interface = |id: u8, seen: &str| json!({"id": id, "discovered": [{"ip_address": seen}], "links": []});
    let more = json!({
        "boot_interface": interface(2, "192.168.7.20"),
        "interface_set": [interface(1, "192.168.7.10"), interface(2, "192.168.7.20")],
        "ip_addresses": ["192.168.7.10", "192.168.7.20", "fe80::1"],
    });
    let service = Service::answering(vec![shown(COMMISSIONING, more)]).await;
    let found = commissioner(&service).host_addresses(&machine("abc123")).await.unwrap();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.168.7.20", "192.168.7.10"]);
}

#[tokio::test]
async fn a_bmc_with_a_name_is_looked_up_and_nonsense_is_not_repeated() {
    let parameters = |address: &str| support::json(&json!({ "power_address": address, "power_pass": "x" }));
    let service = Service::answering(vec![parameters("https://localhost:443")]).await;
    let found = commissioner(&service).bmc_address(&machine("abc123")).await.unwrap().unwrap();
    assert!(found.is_loopback());
    let service = Service::answering(vec![parameters("qemu+ssh://me:hunter22@/system")]).await;
    let error = commissioner(&service).bmc_address(&machine("abc123")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(!format!("{error:?}").contains("hunter22"));
}

fn at(address: &str) -> Vec<u8> {
    support::json(&json!({ "power_address": address, "power_pass": "x" }))
}

#[tokio::test]
async fn a_bmc_is_moved_once_and_looked_for() {
    const SETTINGS: &str = "GET machines/abc123/?op=power_parameters";
    let to = "192.0.2.77".parse().unwrap();
    let answers =
        vec![at("10.0.0.5:623"), shown(READY, json!({})), at("192.0.2.77:623"), at("192.0.2.77:623")];
    let service = Service::answering(answers).await;
    for _ in 0..2 {
        commissioner(&service).set_bmc_address(&machine("abc123"), to).await.unwrap();
    }
    assert_eq!(service.lines(), [SETTINGS, "PUT machines/abc123/", SETTINGS, SETTINGS]);
    assert_eq!(service.seen()[1].body, "power_parameters_power_address=192.0.2.77%3A623");
}

#[tokio::test]
async fn a_bmc_that_did_not_move_is_a_mismatch_and_a_machine_without_one_unsupported() {
    let to = "192.0.2.77".parse().unwrap();
    let service = Service::answering(vec![at("10.0.0.5"), shown(READY, json!({})), at("10.0.0.5")]).await;
    let error = commissioner(&service).set_bmc_address(&machine("abc123"), to).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    for settings in [support::json(&json!({})), at("qemu+ssh://me:hunter22@10.0.0.5/system")] {
        let service = Service::answering(vec![settings]).await;
        let error = commissioner(&service).set_bmc_address(&machine("abc123"), to).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!format!("{error:?}").contains("hunter22"));
    }
}

#[tokio::test]
async fn hardware_is_summed_up() {
    let more = json!({"cpu_count": 64, "memory": 262_144, "hardware_info": {"system_vendor": "Supermicro",
        "system_product": "SYS-221H", "system_serial": "S1", "cpu_model": "Unknown"}});
    let service = Service::answering(vec![shown(READY, more)]).await;
    let found = commissioner(&service).hardware(&machine("abc123")).await.unwrap();
    assert_eq!((found.vendor.as_deref(), found.product.as_deref()), (Some("Supermicro"), Some("SYS-221H")));
    assert_eq!(
        (found.serial.as_deref(), found.cpu_count, found.memory_mib),
        (Some("S1"), Some(64), Some(262_144))
    );
}

#[tokio::test]
async fn a_machine_without_its_maas_id_is_refused_before_anything_is_sent() {
    let service = Service::answering(Vec::new()).await;
    let mut machine = machine("abc123");
    machine.settings.clear();
    machine.aliases.insert("abc123".to_owned());
    let error = commissioner(&service).commission_state(&machine).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(service.seen().is_empty());
}
