//! Cipher suites that are refused, exchanged, or tied to a privilege.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_takes_one_privilege_only_is_left_for_one_that_takes_ours() {
    let fixture = with(&[Quirk::SuitePrivilegeIsExact], &[17, 3]).await;
    // Suite 3 up to operator, suite 17 up to administrator.
    fixture.change(|machine| {
        machine.bmc.login.suite_privileges = SuitePrivileges([0, 0x43, 0, 0, 0, 0, 0, 0, 0]);
    });
    reads_and_switches(&fixture, &fixture.machine(), "suite 3 takes an operator").await;
    assert_eq!(counted(&fixture, "rakp 1"), 2, "one for each suite");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_another_suite_a_privilege_that_the_suite_does_not_take_is_forbidden_with_a_remedy() {
    let fixture = with(&[Quirk::SuitePrivilegeIsExact], &[17]).await;
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Forbidden, ErrorClass::Permanent), "{error}");
    for told in ["power_privilege", "raise the same setting to administrator"] {
        assert!(error.remedy().unwrap().contains(told), "{told}: {error:?}");
    }
    let config = IpmiConfig { power_privilege: Privilege::Administrator, ..patient() };
    let fixture = RackFixture::start_as(1, config).await;
    fixture.change(|machine| machine.bmc.quirks.add(Quirk::SuitePrivilegeIsExact));
    reads_and_switches(&fixture, &fixture.machine(), "as the remedy says").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suites_privilege_never_leads_below_the_suite_that_worked() {
    let fixture = forgetful(&[Quirk::SuitePrivilegeIsExact]).await;
    let at = fixture.truth().lan.address.into();
    fixture.driver.read_lan(&fixture.machine(), at).await.unwrap();
    fixture.change(|machine| {
        machine.bmc.login.suite_privileges = SuitePrivileges([0, 0x43, 0, 0, 0, 0, 0, 0, 0]);
    });
    assert_eq!(read(&fixture).await.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_is_listed_and_refused_with_whatever_code_leads_to_the_next() {
    let codes = [0x01, 0x0A, 0x12].map(|code| vec![Quirk::RefusesSuitesWith(code)]);
    for mut quirks in codes.into_iter().chain([Vec::new()]) {
        quirks.push(Quirk::CannotDoSuiteSeventeen);
        let fixture = with(&quirks, &[17, 3]).await;
        reads_and_switches(&fixture, &fixture.machine(), &format!("{quirks:?}")).await;
        assert_eq!(counted(&fixture, "open session"), 2, "{quirks:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_the_refused_suite_is_allowed_the_remedy_names_suites_whatever_the_code() {
    for code in [0x01, 0x0A, 0x11, 0x12] {
        let fixture = with(&[Quirk::CannotDoSuiteSeventeen, Quirk::RefusesSuitesWith(code)], &[17]).await;
        let error = read(&fixture).await.unwrap_err();
        assert!(error.remedy().unwrap().contains("cipher_suites"), "{code:#x}: {error:?}");
        assert_eq!((counted(&fixture, "open session"), counted(&fixture, "rakp 1")), (1, 0), "{code:#x}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suite_3_in_answer_to_17_is_taken_only_where_it_is_allowed_and_nothing_better_worked() {
    let fixture = with(&[Quirk::AnswersSuiteThree], &[17, 3]).await;
    reads_and_switches(&fixture, &fixture.machine(), "allowed").await;
    let fixture = with(&[Quirk::AnswersSuiteThree], &[17]).await;
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), counted(&fixture, "rakp 1")), (ErrorKind::Unsupported, 0), "{error}");
    let fixture = forgetful(&[]).await;
    read(&fixture).await.unwrap();
    fixture.change(|machine| machine.bmc.quirks.add(Quirk::AnswersSuiteThree));
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), counted(&fixture, "rakp 1")), (ErrorKind::Unsupported, 1), "{error}");
    assert!(error.message().contains("let this program in before"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_is_not_listed_is_asked_for_where_no_other_is_allowed() {
    for (listed, allowed) in [(17, 3), (3, 17)] {
        let fixture = with(&[Quirk::TakesSuitesNotOffered], &[allowed]).await;
        fixture.change(|machine| machine.bmc.login.suites = vec![listed]);
        reads_and_switches(&fixture, &fixture.machine(), &format!("{allowed} where {listed} is listed"))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bmc_denies_about_itself_before_the_log_in_is_not_believed() {
    for quirk in [Quirk::HidesUsers, Quirk::HidesVersionTwo] {
        let fixture = start(&[quirk], quick()).await;
        // Only who does not hear its suites asks for what it denies.
        fixture.inject(Fault::new(Action::Drop).face(Face::Bmc).command("get channel cipher suites"));
        reads_and_switches(&fixture, &fixture.machine(), &format!("{quirk:?}")).await;
        assert!(counted(&fixture, "get channel auth capabilities") > 0, "{quirk:?}");
    }
}
