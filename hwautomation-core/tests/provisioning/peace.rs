//! Nothing goes wrong.

use crate::{SERVER, Site, TARGET, provisioning, request, server};
use hwautomation_core::bios::Settings;
use hwautomation_core::plugin::{CommissionState, LanAddressSource, PowerState};
use hwautomation_core::provisioning::ProvisioningRequest;
use hwautomation_core::record::{Phase, Resume, RunState};
use hwautomation_core::testing::fake::FakeRack;
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_server_is_taken_from_racked_to_ready() {
    let site = Site::start().await;
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let truth = site.rack.truth(&server());
    let wanted: Settings = serde_json::from_value(json!({
        "BootMode": "UEFI", "HyperThreading": false, "NumaNodes": 1, "SerialConsole": "Off",
        "SystemSerial": "FAKE",
    }))
    .unwrap();
    assert_eq!(truth.bios, wanted);
    assert_eq!((truth.lan.address, truth.lan.source), (TARGET, LanAddressSource::Static));
    assert_eq!(truth.power_address, IpAddr::from(TARGET));
    assert_eq!(
        truth.tags.iter().map(String::as_str).collect::<Vec<_>>(),
        ["device-type-a1-c5-large", "provisioned"]
    );
    assert_eq!((truth.state, truth.on), (CommissionState::Ready, false));
    let machine = site.manager.machine(SERVER).await.unwrap();
    assert_eq!(machine.addresses.bmc, Some(TARGET.into()));
    assert_eq!(machine.addresses.host, None);
    assert_eq!(machine.facts["cpu_count"].value, json!(64));
    assert!(state.steps.iter().all(|step| step.failures.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn each_command_is_sent_once_in_this_order() {
    let site = Site::start().await;
    site.run(&request()).await;
    let logins = |what: &String| *what != "true";
    let commands: Vec<_> = site.commands().into_iter().filter(logins).collect();
    assert_eq!(
        commands,
        [
            "commission",
            "stage BootMode: Legacy -> UEFI, HyperThreading: true -> false",
            "enter rescue mode",
            "leave rescue mode",
            "set the LAN",
            "BMC at 192.0.2.100",
            "tag device-type-a1-c5-large",
            "tag provisioned",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_target_the_bmc_is_left_alone_and_the_step_says_why() {
    let site = Site::start().await;
    let request = ProvisioningRequest::new(SERVER, "a1.c5.large").unwrap();
    let (status, state) = site.run(&request).await;
    assert_eq!(status.state, RunState::Completed);
    assert!(matches!(&state.steps[5].phase, Phase::Skipped { why, .. } if why.contains("target_ipmi_ip")));
    assert!(!site.commands().iter().any(|what| what.starts_with("set the LAN")));
}

#[tokio::test(start_paused = true)]
async fn a_second_provisioning_changes_nothing_but_commissions_anew() {
    let site = Site::start().await;
    site.run(&request()).await;
    let boots = site.rack.truth(&server()).boots;
    let before = site.commands().len();
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert!(matches!(&state.steps[4].phase, Phase::Skipped { .. }));
    let commands = site.commands().split_off(before);
    assert_eq!(commands.iter().filter(|what| *what != "true").collect::<Vec<_>>(), ["commission"]);
    assert_eq!(site.rack.truth(&server()).boots, boots + 1);
}

#[tokio::test(start_paused = true)]
async fn a_bmc_that_the_directory_does_not_know_is_asked_of_the_commissioner() {
    let rack = FakeRack::new([SERVER]);
    let mut machine = rack.machine(&server());
    machine.addresses.bmc = None;
    machine.device_type = None;
    rack.directory().insert(machine);
    let site = Site::on(rack).await;
    let (status, _) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let machine = site.manager.machine(SERVER).await.unwrap();
    assert_eq!(machine.addresses.bmc, Some(TARGET.into()));
    assert_eq!(machine.device_type.unwrap().as_str(), "a1.c5.large");
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_what_would_happen_and_touches_nothing() {
    let site = Site::start().await;
    let plan = site.manager.plan(&request().submission().unwrap()).await.unwrap().to_string();
    assert!(plan.contains("commissions the machine, which is now New"), "{plan}");
    assert!(plan.contains("moves the BMC from 192.0.2.1 to 192.0.2.100"), "{plan}");
    assert!(plan.contains("adds the tag provisioned"), "{plan}");
    assert!(plan.contains("wants BootMode to be UEFI") && !plan.contains("SystemSerial"), "{plan}");
    assert!(plan.contains("known after modify_bios_config"), "{plan}");
    assert_eq!(site.commands(), Vec::<String>::new());
}

#[test]
fn the_steps_have_the_names_titles_and_limits_that_operators_know() {
    let workflow = provisioning().workflow();
    let steps = workflow.steps();
    let rows: Vec<_> = steps
        .iter()
        .map(|step| {
            let policy = step.policy();
            let seconds = policy.attempt_limit.as_ref().map(Duration::as_secs).unwrap();
            (step.name().to_string(), step.title(), seconds, policy.attempts, step.resume())
        })
        .collect();
    let row = |name: &str, title: &str, seconds, attempts, resume| {
        (name.to_owned(), title.to_owned(), seconds, attempts, resume)
    };
    assert_eq!(
        rows,
        [
            row("commission_server", "Commission Server via MaaS", 1800, 2, Resume::Probe),
            row("get_server_ip", "Retrieve Server IP Address", 300, 5, Resume::Rerun),
            row("pull_bios_config", "Pull BIOS Config via SSH", 600, 3, Resume::Rerun),
            row("modify_bios_config", "Modify BIOS Configuration", 180, 1, Resume::Rerun),
            row("push_bios_config", "Push Updated BIOS Config", 600, 2, Resume::Probe),
            row("configure_ipmi", "Update IPMI Configuration", 300, 3, Resume::Probe),
            row("finalize_server", "Finalize and Tag Server", 180, 2, Resume::Rerun),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn timeout_and_retry_count_of_the_request_are_the_runs_limits() {
    let site = Site::start().await;
    let mut request = request();
    (request.timeout, request.retry_count) = (900, Some(4));
    let (_, state) = site.run(&request).await;
    assert_eq!(state.spec.deadline, Some(Duration::from_secs(900)));
    assert!(state.spec.steps.iter().all(|step| step.policy.attempts == 4));
}

#[tokio::test(start_paused = true)]
async fn a_machine_stays_off_in_power_as_the_service_left_it() {
    let site = Site::start().await;
    site.run(&request()).await;
    assert_eq!(site.rack.true_power(&server()), PowerState::Off);
}
