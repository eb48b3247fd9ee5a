//! The hardware does not do as it is told.

use crate::{SERVER, Site, TARGET, request, server};
use hwautomation_core::actor::Actor;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::id::{DeviceType, MachineId, SettingName, StepName};
use hwautomation_core::plugin::{CommissionRun, CommissionState};
use hwautomation_core::record::{OnFailure, Phase, RunState, SubState, WorkflowState};
use hwautomation_core::testing::fake::{FakeCall, FakeRack, Fault, FaultAction};
use std::time::Duration;

fn count(site: &Site, what: &str) -> usize {
    site.commands().iter().filter(|command| command.as_str() == what).count()
}

fn last_error(state: &WorkflowState, step: usize) -> String {
    state.steps[step].failures.last().map(|failure| failure.error.to_string()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_did_not_take_is_a_failure_that_names_it() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| truth.stubborn.insert(SettingName::from_static("HyperThreading")));
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(last_error(&state, 4).contains("HyperThreading: wanted false, found true"), "{status}");
    assert!(!last_error(&state, 4).contains("BootMode"), "{status}");
    assert_eq!(state.steps[4].failures[0].error.kind, ErrorKind::Mismatch);
}

#[tokio::test(start_paused = true)]
async fn a_template_that_names_an_unknown_setting_fails_before_anything_is_staged() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| {
        truth.bios = truth.bios.clone().into_iter().filter(|(name, _)| name.as_str() != "BootMode").collect();
    });
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(last_error(&state, 3).contains("no BIOS setting \"BootMode\""), "{status}");
    assert!(!site.commands().iter().any(|what| what.starts_with("stage")));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_staged_is_not_brought_into_force() {
    let site = Site::start().await;
    let id = site.submit(&request()).await;
    // Staged while the machine is commissioned, which boots it at its beginning.
    while site.rack.truth(&server()).run.is_none() {
        tokio::task::yield_now().await;
    }
    site.rack.change(&server(), |truth| truth.staged.insert(SettingName::from_static("NumaNodes"), 4.into()));
    let status = site.manager.wait_or_halt(id).await.unwrap();
    let state = site.manager.state(id).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(last_error(&state, 3).contains("NumaNodes: 1 -> 4"), "{}", last_error(&state, 3));
}

#[tokio::test(start_paused = true)]
async fn a_stale_ready_is_not_taken_for_success() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| {
        truth.state = CommissionState::Ready;
        truth.run = Some(CommissionRun("last-year".to_owned()));
    });
    site.rack.inject(Fault::once(FakeCall::CommissionStart, FaultAction::LoseRequest));
    let (status, _) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(count(&site, "commission"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_commissioning_whose_answer_was_lost_is_not_started_twice() {
    let site = Site::start().await;
    site.rack.inject(Fault::once(FakeCall::CommissionStart, FaultAction::LoseAnswer));
    let (status, _) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(count(&site, "commission"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_commissioning_is_tried_once_more() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| truth.commissioning_fails = true);
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!((count(&site, "commission"), state.steps[0].attempt), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_commissioning_that_somebody_else_runs_is_waited_for() {
    let site = Site::start().await;
    let options = hwautomation_core::plugin::CommissionOptions {
        keep_reachable: hwautomation_core::plugin::KeepReachable::No,
        skip_tests: true,
    };
    let service: std::sync::Arc<dyn hwautomation_core::plugin::Commissioner> = site.rack.clone();
    service.commission(&site.rack.machine(&server()), &options).await.unwrap();
    let (status, _) = site.run(&request()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(count(&site, "commission"), 2);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_of_every_command_change_nothing_about_the_end() {
    for call in [
        FakeCall::CommissionStart,
        FakeCall::BiosStage,
        FakeCall::RescueEnter,
        FakeCall::RescueLeave,
        FakeCall::LanSet,
        FakeCall::TagAdd,
        FakeCall::PowerAddressSet,
    ] {
        for action in [FaultAction::LoseAnswer, FaultAction::LoseRequest] {
            let site = Site::start().await;
            site.rack.inject(Fault::once(call, action));
            let (status, _) = site.run(&request()).await;
            assert_eq!(status.state, RunState::Completed, "{call} {action:?}: {status}");
            let stages = site.commands().iter().filter(|what| what.starts_with("stage")).count();
            let once = [count(&site, "commission"), stages, count(&site, "set the LAN")];
            assert_eq!(once, [1, 1, 1], "{call} {action:?}");
            assert_eq!(site.rack.truth(&server()).boots, 2, "{call} {action:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_bmc_ignores_is_found_at_the_new_address() {
    let site = Site::start().await;
    site.rack.inject(Fault::always(FakeCall::LanSet, FaultAction::Ignore));
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(last_error(&state, 5).contains("the BMC to answer at 192.0.2.100"), "{}", last_error(&state, 5));
    let machine = site.manager.machine(SERVER).await.unwrap();
    assert_eq!(machine.addresses.bmc, Some("192.0.2.1".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_bmc_password_stops_it_before_the_machine_is_commissioned() {
    let site = Site::start().await;
    site.rack.inject(Fault::always(FakeCall::LanRead, FaultAction::WrongPassword));
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert_eq!(state.steps[0].failures.len(), 1);
    assert_eq!(site.rack.truth(&server()).refused_logins, 1);
    assert_eq!(count(&site, "commission"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_the_end_is_undone_to_what_was() {
    let site = Site::start().await;
    let before = site.rack.truth(&server());
    site.rack.inject(Fault::always(FakeCall::TagAdd, FaultAction::Fail(ErrorKind::Forbidden)));
    let submission = request().submission().unwrap().on_failure(OnFailure::Undo);
    let id = site.manager.submit(submission, &Actor::service("test")).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Failed, "{status}");
    assert!(status.not_undone.is_empty(), "{status}");
    let after = site.rack.truth(&server());
    assert_eq!((&after.bios, after.lan, after.tags), (&before.bios, before.lan, before.tags));
    assert_eq!(after.power_address, before.power_address);
    let machine = site.manager.machine(SERVER).await.unwrap();
    assert_eq!(machine.addresses.bmc, Some(before.lan.address.into()));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_while_commissioning_aborts_the_commissioning_that_it_started() {
    let rack = FakeRack::new([SERVER]);
    rack.set_commission_polls(1000);
    let site = Site::on(rack).await;
    let id = site.submit(&request()).await;
    while site.rack.truth(&server()).state != CommissionState::Commissioning {
        tokio::task::yield_now().await;
    }
    site.manager.cancel(id, "not today", &Actor::person("operator")).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Cancelled, "{status}");
    assert_eq!(site.rack.truth(&server()).state, CommissionState::New);
}

#[tokio::test(start_paused = true)]
async fn a_skipped_step_does_not_stand_in_the_way_of_the_next_ones() {
    let site = Site::start().await;
    site.rack.inject(Fault::always(FakeCall::LanSet, FaultAction::Fail(ErrorKind::Refused)));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    site.manager.skip(id, "the BMC is fine where it is", &Actor::person("operator")).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
    let state = site.manager.state(id).await.unwrap();
    assert!(matches!(state.steps[5].phase, Phase::Skipped { .. }));
    assert_ne!(site.rack.truth(&MachineId::from_static(SERVER)).lan.address, TARGET);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_bmc_ignored_needs_no_undoing() {
    let site = Site::start().await;
    site.rack.inject(Fault::always(FakeCall::LanSet, FaultAction::Ignore));
    let submission = request().submission().unwrap().on_failure(OnFailure::Undo);
    let id = site.manager.submit(submission, &Actor::service("test")).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Failed, "{status}");
    assert!(status.not_undone.is_empty(), "{status}");
    assert_eq!(count(&site, "set the LAN"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_profile_gives_a_slow_kind_of_machine_more_time() {
    let rack = FakeRack::new([SERVER]);
    // Some fifty minutes, and the step's own limit is thirty.
    rack.set_commission_polls(300);
    let mut profiles = crate::profiles();
    let mut slow = profiles.get(&"a1.c5.large".parse().unwrap()).unwrap().clone();
    slow.timeouts.insert(StepName::from_static("commission_server"), Duration::from_secs(7200));
    slow.device_type = DeviceType::from_static("a1.slow");
    profiles.insert(slow).unwrap();
    let mut machine = rack.machine(&server());
    machine.device_type = Some(DeviceType::from_static("a1.slow"));
    rack.directory().insert(machine);
    let site = Site::with(rack, profiles).await;
    let mut request = request();
    (request.device_type, request.timeout) = (DeviceType::from_static("a1.slow"), 10_000);
    let (status, state) = site.run(&request).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(state.steps[0].attempt, 1);
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_another_vendor_gets_no_template() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| truth.hardware.vendor = Some("Another Computer Inc.".to_owned()));
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(last_error(&state, 0).contains("made by Another Computer Inc."), "{}", last_error(&state, 0));
    assert!(!site.commands().iter().any(|what| what.starts_with("stage")));
}

#[tokio::test(start_paused = true)]
async fn undoing_removes_only_the_tags_that_were_added_here() {
    let site = Site::start().await;
    site.rack.change(&server(), |truth| {
        truth.tags.extend(["provisioned".to_owned(), "rack-7".to_owned()]);
    });
    // The tag that is missing is added, and then the answer says no.
    site.rack.inject(Fault::once(FakeCall::DetailsRead, FaultAction::Fail(ErrorKind::Forbidden)).after(6));
    let before = site.rack.truth(&server()).tags;
    let submission = request().submission().unwrap().on_failure(OnFailure::Undo);
    let id = site.manager.submit(submission, &Actor::service("test")).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Failed, "{status}");
    let steps: Vec<_> = status.steps.iter().map(|step| step.state.as_str()).collect();
    assert_eq!(steps[6], "undone", "{status}");
    assert!(site.commands().contains(&"tag device-type-a1-c5-large".to_owned()), "{:?}", site.commands());
    assert_eq!(site.rack.truth(&server()).tags, before);
}

#[tokio::test(start_paused = true)]
async fn a_persons_retry_after_a_setting_that_did_not_take_stages_and_boots_again() {
    let site = Site::start().await;
    let name = SettingName::from_static("HyperThreading");
    site.rack.change(&server(), |truth| truth.stubborn.insert(name.clone()));
    let id = site.submit(&request()).await;
    for _ in 0..2 {
        site.manager.wait_or_halt(id).await.unwrap();
        site.manager.retry(id, "looked at it", &Actor::person("operator")).await.unwrap();
    }
    site.manager.wait_or_halt(id).await.unwrap();
    site.rack.change(&server(), |truth| truth.stubborn.remove(&name));
    site.manager.retry(id, "a jumper was set", &Actor::person("operator")).await.unwrap();
    let status = site.manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
    let count = |what: &str| site.commands().iter().filter(|command| command.starts_with(what)).count();
    assert_eq!([count("stage"), count("enter rescue"), count("leave rescue")], [4, 4, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_second_round_is_undone_too() {
    let site = Site::start().await;
    let before = site.rack.truth(&server()).bios;
    site.rack.change(&server(), |truth| truth.stubborn.insert(SettingName::from_static("HyperThreading")));
    let id = site.submit(&request()).await;
    site.manager.wait_or_halt(id).await.unwrap();
    site.manager.retry(id, "looked at it", &Actor::person("operator")).await.unwrap();
    site.manager.wait_or_halt(id).await.unwrap();
    site.manager.cancel(id, "give it up", &Actor::person("operator")).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert!(status.not_undone.is_empty(), "{status}");
    let truth = site.rack.truth(&server());
    assert_eq!((truth.bios, truth.state), (before, CommissionState::Ready));
}

#[tokio::test(start_paused = true)]
async fn a_bmc_that_nobody_knows_stops_it_before_the_bios_is_changed() {
    let rack = FakeRack::new([SERVER]);
    let mut machine = rack.machine(&server());
    machine.addresses.bmc = None;
    rack.directory().insert(machine);
    let site = Site::on(rack).await;
    site.rack.change(&server(), |truth| truth.power_address = std::net::Ipv4Addr::UNSPECIFIED.into());
    let (status, state) = site.run(&request()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(last_error(&state, 1).contains("nobody knows the BMC's address"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_push_that_was_refused_for_certain_has_nothing_to_undo() {
    let site = Site::start().await;
    site.rack.inject(Fault::always(FakeCall::BiosStage, FaultAction::Fail(ErrorKind::Forbidden)));
    let submission = request().submission().unwrap().on_failure(OnFailure::Undo);
    let id = site.manager.submit(submission, &Actor::service("test")).await.unwrap();
    let status = site.manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Failed, "{status}");
    assert!(status.not_undone.is_empty(), "{status}");
    let touched = |what: &String| what.starts_with("stage") || what.starts_with("discard");
    assert!(!site.commands().iter().any(touched), "{:?}", site.commands());
}
