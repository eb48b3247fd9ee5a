//! Bad input is refused before anything is touched.

use crate::{SERVER, Site, profiles, provisioning, request, server};
use hwautomation_core::actor::Actor;
use hwautomation_core::device::Capability;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::plugin::CommissionState;
use hwautomation_core::provisioning::ProvisioningRequest;
use hwautomation_core::record::{RunState, SubState};
use hwautomation_core::secret::Secret;
use hwautomation_core::testing::fake::FakeRack;
use serde_json::{Value, json};

async fn refusal(site: &Site, request: Value) -> Error {
    let submission =
        Submission::new(ProvisioningRequest::WORKFLOW).machine(SERVER).request(request).expect("it is JSON");
    let error = site.manager.submit(submission, &Actor::service("test")).await.expect_err("it is refused");
    assert_eq!(site.rack.calls(), 0, "{error}");
    assert!(error.remedy().is_some(), "{error}");
    error
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_names_the_field_and_nothing_is_touched() {
    let site = Site::start().await;
    let good = json!({"server_id": SERVER, "device_type": "a1.c5.large"});
    let refusals = [
        (json!({"device_type": "a1.c5.larg"}), ErrorKind::NotFound, "a1.c5.larg"),
        (
            json!({"target_ipmi_ip": "192.168.1.300"}),
            ErrorKind::Invalid,
            "target_ipmi_ip \"192.168.1.300\" is no IPv4 address",
        ),
        (json!({"target_ipmi_ip": "127.0.0.1"}), ErrorKind::Invalid, "target_ipmi_ip 127.0.0.1"),
        (json!({"gateway": "192.168.1.1"}), ErrorKind::Invalid, "without target_ipmi_ip"),
        (json!({"timeout": 0}), ErrorKind::Invalid, "timeout is 0"),
        (json!({"retry_count": 0}), ErrorKind::Invalid, "0 attempts"),
        (json!({"retry_count": -1}), ErrorKind::Invalid, "-1"),
        (json!({"target_ip": "192.168.1.9"}), ErrorKind::Invalid, "target_ip"),
        (json!({"server_id": "srv002"}), ErrorKind::Invalid, "srv002"),
        (json!({"firmware_first": true}), ErrorKind::Unsupported, "firmware_first is not supported yet"),
    ];
    for (change, kind, says) in refusals {
        let mut request = good.clone();
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let error = refusal(&site, request).await;
        assert_eq!(error.kind(), kind, "{change}: {error}");
        assert!(error.message().contains(says), "{change}: {error}");
    }
    let without = refusal(&site, json!({"server_id": SERVER})).await;
    assert!(without.message().contains("device_type"), "{without}");
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_secret_in_it_is_refused() {
    let site = Site::start().await;
    let _issued = Secret::new("srv001-secret-password");
    let request =
        json!({"server_id": SERVER, "device_type": "a1.c5.large", "note": "srv001-secret-password"});
    let error = refusal(&site, request).await;
    assert!(!error.message().contains("srv001-secret-password"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_type_that_the_directory_contradicts_is_refused() {
    let rack = FakeRack::new([SERVER]);
    let mut machine = rack.machine(&server());
    machine.device_type = Some(hwautomation_core::id::DeviceType::from_static("d1.c1.small"));
    rack.directory().insert(machine);
    let site = Site::on(rack).await;
    let error = refusal(&site, json!({"server_id": SERVER, "device_type": "a1.c5.large"})).await;
    assert!(error.message().contains("is of type d1.c1.small"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_a_plugin_that_a_step_needs_is_refused() {
    for missing in [Capability::Bios, Capability::Bmc, Capability::Commissioner, Capability::Shell] {
        let rack = FakeRack::new([SERVER]);
        let mut machine = rack.machine(&server());
        machine.plugins.remove(&missing);
        rack.directory().insert(machine);
        let site = Site::on(rack).await;
        let error = refusal(&site, serde_json::to_value(request()).unwrap()).await;
        assert!(error.message().contains(&format!("no {missing} plugin")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_alias_names_the_machine_too() {
    let rack = FakeRack::new([SERVER]);
    let mut machine = rack.machine(&server());
    machine.aliases.insert("abc123".to_owned());
    rack.directory().insert(machine);
    let site = Site::on(rack).await;
    let (status, _) = site.run(&ProvisioningRequest::new("abc123", "a1.c5.large").unwrap()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_somebodys_is_not_commissioned() {
    for state in [
        CommissionState::Deployed,
        CommissionState::Allocated,
        CommissionState::Broken,
        CommissionState::Rescue,
        CommissionState::Other("Retired".to_owned()),
    ] {
        let site = Site::start().await;
        site.rack.change(&server(), |truth| truth.state = state.clone());
        let (status, run) = site.run(&request()).await;
        assert_eq!(status.sub_state, Some(SubState::Halted), "{state:?}: {status}");
        assert_eq!(run.steps[0].failures[0].error.kind, ErrorKind::Conflict);
        assert_eq!(site.commands(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_outside_the_bmcs_network_is_refused_before_the_machine_is_commissioned() {
    let site = Site::start().await;
    let request = request().target_ipmi_ip("10.0.0.9".parse().unwrap());
    let (status, run) = site.run(&request).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(run.steps[0].failures[0].error.message.contains("outside the network 192.0.2.0/24"));
    assert_eq!(site.commands(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_target_that_another_bmc_has_is_refused_before_the_machine_is_commissioned() {
    let site = Site::on(FakeRack::new([SERVER, "srv002"])).await;
    let taken = site.rack.truth(&hwautomation_core::id::MachineId::from_static("srv002")).lan.address;
    let (status, run) = site.run(&request().target_ipmi_ip(taken)).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    let said = &run.steps[0].failures[0].error.message;
    assert!(said.contains("the directory has 192.0.2.2 as an address of machine srv002"), "{said}");
    assert_eq!(site.commands(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_target_at_which_a_bmc_answers_that_nobody_knew_of_is_refused_too() {
    let site = Site::on(FakeRack::new([SERVER, "srv002"])).await;
    let other = hwautomation_core::id::MachineId::from_static("srv002");
    site.rack.change(&other, |truth| truth.lan.address = crate::TARGET);
    let (status, run) = site.run(&request()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(run.steps[0].failures[0].error.message.contains("another BMC answers"), "{status}");
    assert_eq!(site.commands(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn two_workflows_of_one_name_do_not_start() {
    let twice = WorkflowManager::builder()
        .profiles(profiles())
        .workflow(provisioning().workflow())
        .workflow(provisioning().workflow());
    assert_eq!(twice.start().await.unwrap_err().kind(), ErrorKind::Invalid);
}
