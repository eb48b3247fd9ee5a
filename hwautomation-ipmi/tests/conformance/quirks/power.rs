//! What a BMC says about power, and does beside what it was told.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_of_a_machine_that_is_off_is_refused_or_boots_it_and_never_unsupported() {
    for quirks in [&[][..], &[Quirk::CycleWhenOffUnknown]] {
        let fixture = with(quirks, &[17]).await;
        fixture.set_on(Power::Off);
        let error = fixture.driver.request_power(&fixture.machine(), PowerAction::Cycle).await.unwrap_err();
        let found = (error.kind(), error.class());
        assert_eq!(found, (ErrorKind::Refused, ErrorClass::Permanent), "{quirks:?}: {error}");
        assert!(error.message().contains("off") && error.remedy().unwrap().contains("power on"), "{error:?}");
        assert_eq!(fixture.truth().power, Power::Off);
    }
    let fixture = with(&[Quirk::CycleWhenOffSwitchesOn], &[17]).await;
    fixture.set_on(Power::Off);
    let boots = fixture.truth().boots;
    fixture.driver.request_power(&fixture.machine(), PowerAction::Cycle).await.unwrap();
    assert_eq!((fixture.truth().power, fixture.truth().boots), (Power::On, boots + 1));
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_a_bmc_does_not_know_is_unsupported_while_the_machine_is_on() {
    let fixture = with(&[], &[17]).await;
    let unknown = hwautomation_sim::Refusal::Code(0xC1);
    fixture.inject(Fault::new(Action::Refuse(unknown)).face(Face::Bmc).command("chassis control"));
    let error = fixture.driver.request_power(&fixture.machine(), PowerAction::Cycle).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unsupported, ErrorClass::Permanent), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_is_what_the_bmc_says_at_the_time_and_no_earlier_one() {
    let fixture = with(&[Quirk::StaleReading(PATIENCE)], &[17]).await;
    fixture.driver.request_power(&fixture.machine(), PowerAction::ForcedOff).await.unwrap();
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On, "the BMC says so");
    fixture.driver.request_power(&fixture.machine(), PowerAction::ForcedOff).await.unwrap();
    assert_eq!(fixture.truth().power, Power::Off, "a second one does no harm");
    fixture.change(|machine| machine.bmc.quirks = Quirks(vec![Quirk::StaleReading(Duration::ZERO)]));
    fixture.driver.request_power(&fixture.machine(), PowerAction::On).await.unwrap();
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    assert_eq!(counted(&fixture, "get chassis status"), 2, "each reading asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_decided_by_a_reading_that_says_the_opposite_of_the_last_command() {
    for (power, action) in [(Power::Off, PowerAction::On), (Power::On, PowerAction::ForcedOff)] {
        let fixture = with(&[Quirk::StaleReading(PATIENCE)], &[17]).await;
        fixture.set_on(power);
        fixture.driver.request_power(&fixture.machine(), action).await.unwrap();
        let truth = fixture.truth();
        let error =
            fixture.driver.request_power(&fixture.machine(), PowerAction::GracefulOff).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        let ErrorClass::Transient { after: Some(after) } = error.class() else { panic!("{error:?}") };
        assert!(after <= Duration::from_secs(10), "{after:?}");
        assert_eq!((fixture.truth().power, fixture.truth().boots), (truth.power, truth.boots));
        assert_eq!(fixture.count(|entry| entry.command.starts_with("chassis control")), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_caller_left_is_remembered_as_one_that_may_have_been_told() {
    let fixture = with(&[Quirk::StaleReading(PATIENCE)], &[17]).await;
    fixture.set_on(Power::Off);
    fixture.inject(Fault::new(Action::LoseAnswer).face(Face::Bmc).command("chassis control").times(1));
    let machine = fixture.machine();
    let told = fixture.rack.wait_until(PATIENCE, |_| fixture.truth().power == Power::On);
    tokio::select! {
        done = fixture.driver.request_power(&machine, PowerAction::On) => panic!("its answer is lost: {done:?}"),
        is_on = told => assert!(is_on),
    }
    let error = fixture.driver.request_power(&machine, PowerAction::GracefulOff).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "the reading is of before: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn already_so_is_not_believed_of_a_reading_that_says_the_opposite_of_the_last_command() {
    let fixture = with(&[Quirk::StaleReading(PATIENCE)], &[17]).await;
    fixture.driver.request_power(&fixture.machine(), PowerAction::ForcedOff).await.unwrap();
    let refuse = Action::Refuse(hwautomation_sim::Refusal::Code(0xD5));
    fixture.inject(Fault::new(refuse).face(Face::Bmc).command("chassis control").times(1));
    let error = fixture.driver.request_power(&fixture.machine(), PowerAction::On).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(fixture.truth().power, Power::Off, "it was not on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_whose_effect_comes_late_is_sent_once_and_acts_once() {
    let fixture = with(&[], &[17]).await;
    let boots = fixture.truth().boots;
    fixture.inject(Fault::late_power(Duration::from_millis(300), Duration::from_millis(500), 1));
    fixture.driver.request_power(&fixture.machine(), PowerAction::Cycle).await.unwrap();
    assert_eq!(fixture.truth().boots, boots, "accepted is not reached");
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    assert!(fixture.rack.wait_until(PATIENCE, |_| fixture.truth().boots > boots).await);
    assert_eq!((fixture.truth().boots, fixture.done("chassis control")), (boots + 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_bmc_that_boots_the_host_is_one_restart_and_one_boot() {
    let fixture = with(&[Quirk::ResetBootsHost], &[17]).await;
    let (before, at) = (fixture.truth(), fixture.truth().lan.address.into());
    fixture.driver.cold_reset(&fixture.machine(), at).await.unwrap();
    fixture.settle().await;
    let after = fixture.truth();
    assert_eq!((after.bmc_resets, after.boots), (before.bmc_resets + 1, before.boots + 1));
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_fails_now_and_then_is_never_off() {
    let fixture = start(&[], quick()).await;
    let mut seen = [0; 3];
    for fault in [
        Fault::busy_at_times(300, 1).command("get chassis status"),
        Fault::unclear_power_at_times(300, 2),
        Fault::loses_requests(300, 3).command("get chassis status"),
        Fault::loses_answers(300, 4).command("get chassis status"),
        Fault::corrupts_answers(300, 5).command("get chassis status"),
        Fault::other_session_at_times(300, 6).command("get chassis status"),
    ] {
        fixture.rack.clear_faults();
        fixture.inject(fault.clone());
        for _ in 0..20 {
            match read(&fixture).await {
                Ok(PowerState::On) => seen[0] += 1,
                Ok(PowerState::Unknown { .. }) => seen[1] += 1,
                Ok(PowerState::Off) => panic!("off, with {fault:?}"),
                Err(error) => {
                    assert!(
                        matches!(error.class(), ErrorClass::Transient { .. }),
                        "{error:?} with {fault:?}"
                    );
                    seen[2] += 1;
                }
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "on, unknown, failed: {seen:?}");
    let told = fixture
        .count(|entry| entry.command.starts_with("chassis control") && entry.outcome != Outcome::Ignored);
    assert_eq!(told, 0, "a reading commands nothing");
}
