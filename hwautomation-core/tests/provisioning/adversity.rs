//! What goes wrong when others act too, when runs are given up half-way, and when a tool cannot say what waits.
#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

use crate::{SERVER, Site, TARGET, profiles, provisioning, request, server};
use async_trait::async_trait;
use hwautomation_core::actor::Actor;
use hwautomation_core::bios::{Changes, SettingName};
use hwautomation_core::device::Capability;
use hwautomation_core::engine::{StartAt, Submission, WorkflowManager};
use hwautomation_core::error::{ErrorKind, Result};
use hwautomation_core::id::{MachineId, PluginName, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    BiosBackend, BiosReading, CommissionOptions, CommissionState, Commissioner, KeepReachable,
    LanAddressSource, Pending, RemoteShell, ShellCommand, ShellOutput,
};
use hwautomation_core::provisioning::ProvisioningRequest;
use hwautomation_core::record::{EventKind, OnFailure, Phase, RunState, Seq, WorkflowStatus};
use hwautomation_core::testing::fake::{FakeCall, FakeRack, Fault, FaultAction};
use hwautomation_core::time::Clock;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

fn count(site: &Site, what: &str) -> usize {
    site.commands().iter().filter(|command| command.as_str() == what).count()
}

fn operator() -> Actor {
    Actor::person("operator")
}

fn other() -> MachineId {
    MachineId::from_static("srv002")
}

/// Lets paused time go on in small steps until it is so.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..100_000_u32 {
        if what() {
            return;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    panic!("it did not come");
}

async fn until_waiting(site: &Site, id: WorkflowId, step: usize) {
    for _ in 0..100_000_u32 {
        if matches!(site.manager.state(id).await.unwrap().steps[step].phase, Phase::Waiting(_)) {
            return;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    panic!("it did not come");
}

async fn retry(site: &Site, id: WorkflowId) -> WorkflowStatus {
    site.manager.retry(id, "the cause is gone", &operator()).await.unwrap();
    site.manager.wait_or_halt(id).await.unwrap()
}

async fn submit_undoing(site: &Site, request: &ProvisioningRequest) -> WorkflowId {
    let submission = request.submission().unwrap().on_failure(OnFailure::Undo);
    site.manager.submit(submission, &operator()).await.unwrap()
}

fn fails_at_the_end(site: &Site) {
    site.rack.inject(Fault::always(FakeCall::TagAdd, FaultAction::Fail(ErrorKind::Forbidden)));
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_the_gateway_the_bmc_keeps_is_refused() {
    let site = Site::start().await;
    let router = site.rack.truth(&server()).lan.gateway.unwrap();
    let (status, _) = site.run(&request().target_ipmi_ip(router)).await;
    assert_ne!(site.rack.truth(&server()).lan.address, router, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_bmc_without_a_mask_is_not_moved_without_one() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| {
        truth.lan.subnet_mask = Ipv4Addr::UNSPECIFIED;
        truth.lan.gateway = None;
    });
    let target = Ipv4Addr::new(10, 9, 8, 7);
    let (status, _) = site.run(&request().target_ipmi_ip(target)).await;
    let lan = site.rack.truth(&server()).lan;
    assert_ne!((lan.address, lan.subnet_mask), (target, Ipv4Addr::UNSPECIFIED), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_bmc_is_not_moved_back_onto_another_one() {
    let site = Site::on(FakeRack::new([SERVER, "srv002"])).await;
    let old = site.rack.truth(&server()).lan.address;
    site.rack.inject(Fault::once(FakeCall::TagAdd, FaultAction::Hang));
    fails_at_the_end(&site);
    let id = submit_undoing(&site, &request()).await;
    until(|| site.rack.hung() == 1).await;
    site.rack.change(&other(), |truth| truth.lan.address = old);
    let status = site.manager.wait(id).await.unwrap();
    let both = (site.rack.truth(&server()).lan.address, site.rack.truth(&other()).lan.address);
    assert_ne!(both.0, both.1, "{status}");
}

#[tokio::test(start_paused = true)]
async fn undoing_the_bmcs_network_is_read_back() {
    let site = Site::start().await;
    let before = site.rack.truth(&server()).lan;
    fails_at_the_end(&site);
    site.rack.inject(Fault::once(FakeCall::LanSet, FaultAction::Ignore).after(1));
    let mut request = request().target_ipmi_ip(before.address);
    request.gateway = Some(Ipv4Addr::new(192, 0, 2, 253));
    let id = submit_undoing(&site, &request).await;
    let status = site.manager.wait(id).await.unwrap();
    let undone = site.rack.truth(&server()).lan == before;
    assert_eq!(undone, status.not_undone.is_empty(), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_half_done_network_change_is_undone_or_named() {
    let site = Site::start().await;
    let before = site.rack.truth(&server()).lan;
    site.rack.inject(Fault::always(FakeCall::LanSet, FaultAction::Fail(ErrorKind::Mismatch)).times(1));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    // What the driver had written before the refusal.
    site.rack.change(&server(), |truth| truth.lan.gateway = Some(Ipv4Addr::new(192, 0, 2, 253)));
    site.manager.cancel(id, "not today", &operator()).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    let undone = site.rack.truth(&server()).lan == before;
    assert!(undone || !status.not_undone.is_empty(), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_bmc_that_a_given_up_run_had_moved_is_found_by_the_next_run() {
    let site = Site::start().await;
    // Read by steps 1 and 6 and by the change itself; then the new address is out of reach for a while.
    site.rack.inject(Fault::always(FakeCall::LanRead, FaultAction::Unreachable).after(3));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    assert_eq!(site.rack.truth(&server()).lan.address, TARGET);
    site.manager.abort(id, "the switch was broken", &operator()).await.unwrap();
    site.manager.wait(id).await.unwrap();
    site.rack.clear_faults();
    let (status, _) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_stale_directory_does_not_move_another_machines_bmc() {
    let rack = FakeRack::new([SERVER, "srv002"]);
    let foreign = rack.truth(&other()).lan.address;
    let mut machine = rack.machine(&server());
    machine.addresses.bmc = Some(foreign.into());
    machine.device_type = None;
    rack.directory().insert(machine);
    let site = Site::on(rack).await;
    // A type without BIOS settings: the fake reads a BIOS through the BMC, too.
    let request = ProvisioningRequest::new(SERVER, "d1.c1.small").unwrap().target_ipmi_ip(TARGET);
    let (status, _) = site.run(&request).await;
    assert_eq!(site.rack.truth(&other()).lan.address, foreign, "{status}");
}

#[tokio::test(start_paused = true)]
async fn two_runs_do_not_bring_two_bmcs_to_one_address() {
    let site = Site::on(FakeRack::new([SERVER, "srv002"])).await;
    let first = site.submit(&request()).await;
    let mut second = request();
    second.server_id = "srv002".to_owned();
    let second = site.submit(&second).await;
    site.manager.wait_or_halt(first).await.unwrap();
    let status = site.manager.wait_or_halt(second).await.unwrap();
    let both = (site.rack.truth(&server()).lan.address, site.rack.truth(&other()).lan.address);
    assert_ne!(both.0, both.1, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_the_directory_knows_as_another_bmc_is_refused() {
    let site = Site::on(FakeRack::new([SERVER, "srv002"])).await;
    let taken = site.rack.truth(&other()).lan.address;
    site.rack.inject(Fault::always(FakeCall::LanRead, FaultAction::Unreachable).only(other()));
    let (status, _) = site.run(&request().target_ipmi_ip(taken)).await;
    assert_ne!(site.rack.truth(&server()).lan.address, taken, "{status}");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_stages_after_the_pull_is_not_brought_into_force() {
    let site = Site::start().await;
    site.rack.inject(Fault::once(FakeCall::BiosStage, FaultAction::Fail(ErrorKind::Refused)));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    let numa = SettingName::from_static("NumaNodes");
    site.rack.change(&server(), |truth| truth.staged.insert(numa.clone(), 4.into()));
    let status = retry(&site, id).await;
    assert_eq!(site.rack.true_bios(&server()).get(&numa), Some(&1.into()), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_a_setting_did_not_take_stages_it_again() {
    let site = Site::start().await;
    let stubborn = SettingName::from_static("HyperThreading");
    site.rack.change(&server(), |truth| truth.stubborn.insert(stubborn.clone()));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    site.rack.change(&server(), |truth| truth.stubborn.remove(&stubborn));
    let status = retry(&site, id).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_a_given_up_run_left_in_rescue_mode_can_be_submitted_again() {
    let site = Site::start().await;
    let stubborn = SettingName::from_static("HyperThreading");
    site.rack.change(&server(), |truth| truth.stubborn.insert(stubborn.clone()));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    site.manager.abort(id, "wrong profile", &operator()).await.unwrap();
    site.manager.wait(id).await.unwrap();
    site.rack.change(&server(), |truth| truth.stubborn.remove(&stubborn));
    let again = site.manager.resubmit(id, &StartAt::Beginning, &operator()).await.unwrap();
    let status = site.manager.wait_or_halt(again).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn leaving_rescue_mode_is_tried_again_by_the_next_attempt() {
    let site = Site::start().await;
    site.rack.inject(Fault::once(FakeCall::RescueLeave, FaultAction::Ignore));
    let id = site.submit(&request()).await;
    let status = site.manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_an_ignored_network_change_sends_it_again() {
    let site = Site::start().await;
    site.rack.inject(Fault::once(FakeCall::LanSet, FaultAction::Ignore));
    let id = site.submit(&request()).await;
    let status = site.manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_rescue_boot_is_tried_once_more() {
    let site = Site::start().await;
    site.rack.inject(Fault::once(FakeCall::RescueEnter, FaultAction::Ignore));
    let id = site.submit(&request()).await;
    until(|| count(&site, "enter rescue mode") == 1).await;
    site.rack.change(&server(), |truth| {
        truth.state = CommissionState::RescueFailed;
    });
    let status = site.manager.wait_or_halt(id).await.unwrap();
    assert_eq!(count(&site, "enter rescue mode"), 2, "{status}");
}

#[tokio::test(start_paused = true)]
async fn an_overdue_staging_has_time_to_show_before_it_is_sent_again() {
    let site = Site::start().await;
    site.rack.inject(Fault::once(FakeCall::BiosStage, FaultAction::Hang));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    let events = site.manager.events(id, Seq::default(), 10_000).await.unwrap();
    let failed = events.iter().find(|event| {
        matches!(&event.kind, EventKind::StepFailed { step, .. } if step.as_str() == "push_bios_config")
    });
    let again = events.iter().find(|event| {
        matches!(&event.kind, EventKind::IntentOpened { intent, number: 2, .. } if intent.as_str() == "stage-1")
    });
    let pause = again.unwrap().at.since(failed.unwrap().at);
    assert!(pause.as_secs() >= 25, "staged again {pause:?} after the first was given up");
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_commissioning_is_not_adopted_and_aborted() {
    let rack = FakeRack::new([SERVER]);
    rack.set_commission_polls(1000);
    let site = Site::on(rack).await;
    site.rack.inject(Fault::once(FakeCall::CommissionStart, FaultAction::LoseRequest));
    let id = site.submit(&request()).await;
    until(|| site.rack.faults_left() == 0).await;
    let options = CommissionOptions { keep_reachable: KeepReachable::No, skip_tests: true };
    let service: Arc<dyn Commissioner> = site.rack.clone();
    service.commission(&site.rack.machine(&server()), &options).await.unwrap();
    for _ in 0..1000_u32 {
        let state = site.manager.state(id).await.unwrap();
        if state.halt.is_some() || matches!(state.steps[0].phase, Phase::Waiting(_)) {
            break;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    site.manager.cancel(id, "not today", &operator()).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert_eq!(site.rack.truth(&server()).state, CommissionState::Commissioning, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_somebody_else_put_on_stays() {
    let site = Site::start().await;
    fails_at_the_end(&site);
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    site.rack.change(&server(), |truth| truth.tags.insert("provisioned".to_owned()));
    site.manager.cancel(id, "not today", &operator()).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert!(site.rack.truth(&server()).tags.contains("provisioned"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_somebody_commissioned_anew_is_not_called_ready() {
    let site = Site::start().await;
    site.rack.inject(Fault::always(FakeCall::LanRead, FaultAction::Unreachable).after(3));
    let id = site.submit(&request()).await;
    until_waiting(&site, id, 5).await;
    site.rack.clear_faults();
    site.rack.change(&server(), |truth| {
        truth.run = Some(hwautomation_core::plugin::CommissionRun("somebody-elses".to_owned()));
    });
    let status = site.manager.wait_or_halt(id).await.unwrap();
    assert_ne!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_before_the_reboot_does_not_boot_into_the_new_settings() {
    let site = Site::start().await;
    site.rack.inject(Fault::always(FakeCall::RescueEnter, FaultAction::Fail(ErrorKind::Refused)).times(1));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    let boots = site.rack.truth(&server()).boots;
    assert!(!site.rack.truth(&server()).staged.is_empty());
    site.manager.cancel(id, "it would brick", &operator()).await.unwrap();
    until(|| site.rack.truth(&server()).boots > boots || site.rack.truth(&server()).staged.is_empty()).await;
    let mode = SettingName::from_static("BootMode");
    assert_eq!(site.rack.true_bios(&server()).get(&mode), Some(&"Legacy".into()));
}

#[tokio::test(start_paused = true)]
async fn an_absurd_timeout_is_refused() {
    let site = Site::start().await;
    let request = json!({"server_id": SERVER, "device_type": "a1.c5.large", "timeout": u64::MAX});
    let submission = Submission::new(ProvisioningRequest::WORKFLOW).machine(SERVER).request(request).unwrap();
    assert!(site.manager.submit(submission, &operator()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_bmc_back_under_dhcp_at_another_lease_is_not_left_in_the_directory_at_the_target() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| truth.lan.source = LanAddressSource::Dhcp);
    fails_at_the_end(&site);
    let id = submit_undoing(&site, &request()).await;
    until(|| site.rack.truth(&server()).tags.is_empty() && count(&site, "set the LAN") == 2).await;
    let lease = Ipv4Addr::new(192, 0, 2, 77);
    site.rack.change(&server(), |truth| truth.lan.address = lease);
    let status = site.manager.wait(id).await.unwrap();
    let known = site.manager.machine(SERVER).await.unwrap().addresses.bmc;
    assert_ne!(known, Some(IpAddr::from(TARGET)), "{status}");
}

/// A BIOS tool that cannot say what waits for a reset, as hwautomation-bios's SUM backend cannot.
#[derive(Debug)]
struct Mute(Arc<FakeRack>);

#[async_trait]
impl BiosBackend for Mute {
    async fn read_bios(&self, machine: &Machine) -> Result<BiosReading> {
        Ok(BiosReading { pending: Pending::Unknown, ..self.0.read_bios(machine).await? })
    }

    async fn stage_bios(&self, machine: &Machine, changes: &Changes) -> Result<()> {
        self.0.stage_bios(machine, changes).await
    }

    async fn discard_bios(&self, machine: &Machine) -> Result<()> {
        self.0.discard_bios(machine).await
    }
}

async fn site_with_a_mute_tool() -> Site {
    let rack = FakeRack::new([SERVER]);
    let mut machine = rack.machine(&server());
    machine.plugins.insert(Capability::Bios, PluginName::from_static("mute"));
    rack.directory().insert(machine);
    let manager = WorkflowManager::builder()
        .machines(rack.directory())
        .plugins(rack.plugins())
        .bios("mute", Arc::new(Mute(Arc::clone(&rack))))
        .profiles(profiles())
        .workflow(provisioning().workflow())
        .clock(Clock::tokio())
        .start()
        .await
        .unwrap();
    Site { rack, manager }
}

fn stages(site: &Site) -> usize {
    site.commands().iter().filter(|what| what.starts_with("stage")).count()
}

#[tokio::test(start_paused = true)]
async fn a_push_of_unknown_outcome_is_undone_or_named_with_a_tool_that_cannot_say_what_waits() {
    let site = site_with_a_mute_tool().await;
    site.rack.inject(Fault::once(FakeCall::BiosStage, FaultAction::HangAfter));
    let id = site.submit(&request()).await;
    until(|| site.rack.hung() == 1).await;
    assert!(!site.rack.truth(&server()).staged.is_empty());
    site.manager.cancel(id, "not today", &operator()).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    let clean = site.rack.truth(&server()).staged.is_empty();
    assert!(clean || !status.not_undone.is_empty(), "{status}");
}

/// Staging twice is as good as once, as the contract of BIOS backends says; but not while the first may still write.
#[tokio::test(start_paused = true)]
async fn a_push_whose_answer_got_lost_is_made_again_under_an_intent_of_its_own_when_it_cannot_go_on_any_more()
{
    let site = site_with_a_mute_tool().await;
    site.rack.inject(Fault::once(FakeCall::BiosStage, FaultAction::LoseAnswer));
    let id = site.submit(&request()).await;
    let status = site.manager.wait_or_halt(id).await.unwrap();
    assert_eq!((status.state, stages(&site)), (RunState::Completed, 2), "{status}");
    let events = site.manager.events(id, Seq::default(), 10_000).await.unwrap();
    let opened: Vec<_> = events
        .iter()
        .filter(|event| {
            matches!(&event.kind, EventKind::IntentOpened { intent, .. } if intent.as_str() == "stage-1")
        })
        .collect();
    assert_eq!(opened.len(), 2);
    assert!(opened[1].at.since(opened[0].at).as_secs() >= 150);
}

#[tokio::test(start_paused = true)]
async fn what_changed_besides_is_told_where_the_tool_cannot_say_what_waits() {
    let site = site_with_a_mute_tool().await;
    let id = site.submit(&request()).await;
    until(|| site.rack.truth(&server()).run.is_some()).await;
    let numa = SettingName::from_static("NumaNodes");
    site.rack.change(&server(), |truth| truth.staged.insert(numa.clone(), 4.into()));
    site.manager.wait_or_halt(id).await.unwrap();
    let events = site.manager.events(id, Seq::default(), 10_000).await.unwrap();
    let told = events.iter().any(|event| {
        matches!(&event.kind, EventKind::SubTaskStarted { text, .. } if text == "also changed: NumaNodes: 1 -> 4")
    });
    assert!(told);
}

/// A host whose `ipmitool` knows the BMC.
#[derive(Debug)]
struct Tool(Arc<FakeRack>);

#[async_trait]
impl RemoteShell for Tool {
    async fn run(&self, machine: &Machine, command: &ShellCommand) -> Result<ShellOutput> {
        if command.program != "sudo" {
            return self.0.run(machine, command).await;
        }
        let stdout =
            b"IP Address Source       : Static Address\nIP Address              : 192.0.2.1\n".to_vec();
        Ok(ShellOutput { status: Some(0), stdout, stderr: Vec::new() })
    }

    async fn put(&self, machine: &Machine, path: &str, content: &[u8]) -> Result<()> {
        self.0.put(machine, path, content).await
    }

    async fn get(&self, machine: &Machine, path: &str, bytes_max: usize) -> Result<Vec<u8>> {
        self.0.get(machine, path, bytes_max).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_bmc_that_only_the_host_knows_is_found_in_band() {
    let rack = FakeRack::new([SERVER]);
    let mut machine = rack.machine(&server());
    machine.addresses.bmc = None;
    machine.plugins.insert(Capability::Shell, PluginName::from_static("tool"));
    rack.directory().insert(machine);
    rack.change(&server(), |truth| truth.power_address = Ipv4Addr::UNSPECIFIED.into());
    let manager = WorkflowManager::builder()
        .machines(rack.directory())
        .plugins(rack.plugins())
        .shell("tool", Arc::new(Tool(Arc::clone(&rack))))
        .profiles(profiles())
        .workflow(provisioning().workflow())
        .clock(Clock::tokio())
        .start()
        .await
        .unwrap();
    let site = Site { rack, manager };
    let (status, _) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(site.rack.truth(&server()).lan.address, TARGET);
}
