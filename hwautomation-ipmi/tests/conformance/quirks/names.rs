//! Who gets in, and how a BMC finds them.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_forgets_how_to_find_the_user_costs_one_more_log_in_and_is_remembered() {
    let fixture = forgetful(&[Quirk::ForgetsNameOnly]).await;
    for _ in 0..3 {
        assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    }
    assert_eq!(counted(&fixture, "rakp 1"), 4, "two to find out, and one for each later log-in");
    // A new firmware has mended it: that is found out as well.
    fixture.change(|machine| machine.bmc.quirks = Quirks::default());
    for _ in 0..2 {
        assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    }
    assert_eq!(counted(&fixture, "rakp 1"), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn finding_out_what_a_bmc_forgets_never_tries_a_wrong_password_twice() {
    let fixture = forgetful(&[Quirk::ForgetsNameOnly]).await;
    fixture.set_password("srv001", "another-one");
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent), "{error}");
    assert_eq!(counted(&fixture, "rakp 1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machines_entry_may_say_how_its_bmc_finds_the_user() {
    for quirk in ["padded_name", "name_and_privilege"] {
        for suite in [3, 17] {
            let fixture = with(&[Quirk::ForgetsNameOnly], &[suite]).await;
            let lock_out = LockOut { after: 1, lasts: PATIENCE };
            fixture.change(|machine| machine.bmc.login.lock_out = Some(lock_out));
            let machine = fixture.machine_with(json!({"username": "ADMIN", "quirks": [quirk]}));
            reads_and_switches(&fixture, &machine, quirk).await;
            assert_eq!(counted(&fixture, "rakp 1"), 1, "{quirk}: nothing had to be found out");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_without_a_name_gets_in_where_a_machines_entry_says_so() {
    for suite in [3, 17] {
        let fixture = with(&[Quirk::NullUserOnly], &[suite]).await;
        let error = read(&fixture).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.class()),
            (ErrorKind::Unauthorized, ErrorClass::Permanent),
            "{error}"
        );
        assert!(error.remedy().unwrap().contains("null_user"), "{error:?}");
        assert_eq!(counted(&fixture, "rakp 1"), 1);
        fixture.change(|machine| {
            let password = machine.bmc.users[1].password.clone();
            machine.bmc.users[0] = User::administrator("", password);
        });
        let machine = fixture.machine_with(json!({"quirks": ["null_user"]}));
        reads_and_switches(&fixture, &machine, "null user").await;
    }
}
