//! `provision --fail STEP` ends with that step failed, advice, a report, and exit code 1; with `--on-failure undo`
//! nothing is left behind.

mod program;

use program::program;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn provision(folder: &Path, args: &[&str]) -> Output {
    let run = Command::new(program("provision")).args(args).current_dir(folder).stdin(Stdio::null()).output();
    run.expect("the example was built")
}

/// Runs one server whose step fails, and returns what was reported of it, with what was printed.
fn failing(step: &str, more: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [&["--servers", "1", "--fail", step, "--report", "report.json"], more].concat();
    let output = provision(folder.path(), &args);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let report = std::fs::read_to_string(folder.path().join("report.json")).expect("it was written");
    let mut reports: Vec<Value> = serde_json::from_str(&report).expect("it is a list");
    assert_eq!(reports.len(), 1);
    (reports.remove(0), printed)
}

fn halts_at(step: &str, says: &str) {
    let (report, printed) = failing(step, &[]);
    assert_eq!(report["state"], "running");
    let failed: Vec<_> =
        report["steps"].as_array().expect("a list").iter().filter(|step| step["state"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{printed}");
    assert_eq!(failed[0]["name"], step);
    let error = failed[0]["errors"].as_array().and_then(|errors| errors.last()).expect("it says why");
    assert!(error["message"].as_str().is_some_and(|message| message.contains(says)), "{error}");
    assert!(printed.contains("  → "), "{printed}");
    assert!(printed.contains("waits for a person: retry, skip the step, abort or cancel"), "{printed}");
    assert!(report["events"].as_array().is_some_and(|events| events.len() > 3));
}

#[test]
fn a_failed_commissioning_halts_after_two_attempts() {
    halts_at("commission_server", "Failed commissioning");
}

#[test]
fn a_host_that_lets_nobody_in_halts_at_the_address() {
    halts_at("get_server_ip", "the host does not accept the account");
}

#[test]
fn a_tool_without_a_licence_halts_at_the_pull() {
    halts_at("pull_bios_config", "product key");
}

#[test]
fn a_profile_with_an_unknown_setting_halts_before_anything_is_staged() {
    halts_at("modify_bios_config", "did you mean \"Quiet Boot\"?");
}

#[test]
fn a_setting_that_did_not_take_halts_at_the_push() {
    halts_at("push_bios_config", "Quiet Boot: wanted false, found true");
}

#[test]
fn a_bmc_that_refuses_halts_at_its_configuration() {
    halts_at("configure_ipmi", "insufficient privilege");
}

#[test]
fn a_service_that_takes_no_tag_halts_at_the_end() {
    halts_at("finalize_server", "403");
}

#[test]
fn a_failure_at_the_end_is_undone_on_real_sockets() {
    let (report, printed) = failing("finalize_server", &["--on-failure", "undo"]);
    assert_eq!(report["state"], "failed");
    assert!(printed.contains("step finalize_server failed; everything was undone"), "{printed}");
}

#[test]
fn what_cannot_be_done_is_said_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it is written");
    write(
        "firmware.json",
        r#"{"server_id": "srv001", "device_type": "a1.c5.large", "firmware_first": true}"#,
    );
    write(
        "address.json",
        r#"{"server_id": "srv001", "device_type": "a1.c5.large", "target_ipmi_ip": "1.2.3"}"#,
    );
    write("type.json", r#"{"server_id": "srv001", "device_type": "a1.c5.larg"}"#);
    write(
        "broken.db",
        "this is no database, and long enough to be looked at as one by the library that reads it",
    );
    for (args, says) in [
        (["--request", "firmware.json"], "firmware_first is not supported yet"),
        (["--request", "address.json"], "target_ipmi_ip \"1.2.3\" is no IPv4 address"),
        (["--request", "type.json"], "did you mean \"a1.c5.large\"?"),
        (["--request", "nowhere.json"], "nowhere.json"),
        (["--db", "broken.db"], "broken.db"),
        (["--profiles", "broken.db"], "broken.db"),
    ] {
        let output = provision(folder.path(), &args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
    }
}
