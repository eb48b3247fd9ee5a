//! Defects of firmware, as programs of others meet them, and as their workarounds live with them.

use crate::lab::{Lab, SERVER, SUITES, prints};
use hwautomation_sim::{Fault, LockOut, Power, Quirk, Quirks, User};
use std::time::Duration;

const STATUS: &str = "chassis power status";

impl Lab {
    /// Gives the BMC these defects and no others, and a fresh start.
    async fn with(&self, quirks: &[Quirk]) {
        self.rack.clear_faults();
        self.rack.change(SERVER, |machine| {
            machine.reset_bmc();
            machine.bmc.quirks = Quirks(quirks.to_vec());
        });
        self.until("the BMC", |truth| truth.bmc_answers).await;
    }

    /// Has ipmitool fail, and expects what it says then.
    async fn ipmitool_fails(&self, suite: &str, says: &str) {
        let said = self.ipmitool(suite, &format!("-v {STATUS}")).await;
        assert!(!said.ok, "{said:?}");
        prints(&said.err, &[says]);
    }
}

/// What FreeIPMI has a workaround for: the defect, the flag, what it says without the flag, and the suites that the flag is good for.
const WORKAROUNDS: [(Quirk, &str, &str, &[&str]); 5] = [
    (Quirk::WrongChecksum, "nochecksumcheck", "session timeout", &SUITES),
    (Quirk::LongProof, "supermicro20", "password invalid", &["3"]),
    (Quirk::HashesOpenPrivilege, "opensesspriv", "password invalid", &SUITES),
    (Quirk::ForgetsNameOnly, "intel20", "BMC error", &["3"]),
    (Quirk::HidesUsers, "authcap", "username invalid", &SUITES),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_works_around_what_it_knows() {
    let Some(lab) = Lab::start("ipmipower").await else { return };
    let host = lab.bmc.ip();
    for (quirk, flag, failure, suites) in WORKAROUNDS {
        for suite in suites {
            lab.with(&[quirk]).await;
            let said = lab.ipmipower_with(suite, &["--session-timeout=1500", "--stat"]).await;
            assert_eq!(said.out, format!("{host}: {failure}"), "{quirk:?}");
            let said = lab.ipmipower_with(suite, &["-W", flag, "--stat"]).await;
            assert_eq!(said.out, format!("{host}: off"), "{quirk:?} {flag}");
        }
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_does_not_speak_to_a_bmc_that_hides_its_version() {
    let Some(lab) = Lab::start("ipmipower").await else { return };
    lab.with(&[Quirk::HidesVersionTwo]).await;
    let said = lab.ipmipower("17", "--stat").await;
    assert_eq!(said.out, format!("{}: ipmi 2.0 unavailable", lab.bmc.ip()));
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_meets_what_is_wrong_with_suites() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.with(&[Quirk::AnswersSuiteThree]).await;
    lab.ipmitool_fails("17", "Authentication algorithm 0x01 is not what we requested 0x03").await;
    assert_eq!(lab.ok("3", STATUS).await, "Chassis Power is off");
    lab.with(&[Quirk::CannotDoSuiteSeventeen]).await;
    lab.ipmitool_fails("17", "no matching cipher suite").await;
    prints(&lab.ok("3", "channel getciphers ipmi 1").await, &["17", "hmac_sha256"]);
    for (status, says) in [
        (0x01, "insufficient resources for session"),
        (0x0A, "unauthorized role requested"),
        (0x12, "illegal parameter"),
    ] {
        lab.with(&[Quirk::CannotDoSuiteSeventeen, Quirk::RefusesSuitesWith(status)]).await;
        lab.ipmitool_fails("17", says).await;
        assert_eq!(lab.ok("3", STATUS).await, "Chassis Power is off");
    }
    lab.with(&[Quirk::TakesSuitesNotOffered]).await;
    lab.rack.change(SERVER, |machine| machine.bmc.login.suites = vec![17]);
    assert_eq!(lab.ok("3", STATUS).await, "Chassis Power is off");
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_meets_what_is_wrong_with_answers() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        for (quirk, says) in [
            (Quirk::EmptySessionIds, "packet session id 0x0 does not match active session"),
            (Quirk::HashesOpenPrivilege, "RAKP 2 HMAC is invalid"),
            (Quirk::HidesVersionTwo, "This BMC does not support IPMI v2 / RMCP+"),
        ] {
            lab.with(&[quirk]).await;
            lab.ipmitool_fails(suite, says).await;
        }
        for quirk in [Quirk::WrongChecksum, Quirk::LongProof, Quirk::ZeroGuid, Quirk::ChangesGuid] {
            lab.with(&[quirk]).await;
            assert_eq!(lab.ok(suite, STATUS).await, "Chassis Power is off", "it does not look at that");
        }
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_waits_in_vain_for_the_answer_to_a_repetition() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for quirks in [&[][..], &[Quirk::IgnoresRepetition]] {
        lab.with(quirks).await;
        lab.rack.change(SERVER, |machine| machine.set_power(Power::Off));
        lab.rack.inject(Fault::lost_power_answer());
        let said = lab.ipmitool("17", "-R 3 chassis power on").await;
        assert_eq!(said.ok, quirks.is_empty(), "{said:?}");
        lab.until_power(Power::On).await;
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_comes_in_only_without_a_name() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.with(&[Quirk::NullUserOnly]).await;
    lab.rack.change(SERVER, |machine| machine.bmc.users[0] = User::administrator("", "null-word"));
    for suite in SUITES {
        lab.ipmitool_fails(suite, "unauthorized name").await;
        assert_eq!(lab.ipmitool_as(["", "null-word"], suite, STATUS).await.out, "Chassis Power is off");
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_fills_places_that_leak() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        lab.with(&[Quirk::LeaksSessions]).await;
        for _ in 0..4 {
            lab.ok(suite, STATUS).await;
        }
        lab.ipmitool_fails(suite, "insufficient resources for session").await;
    }
    lab.with(&[]).await;
    lab.rack.inject(Fault::drops_close(1_000, 1));
    for _ in 0..4 {
        lab.ok("17", STATUS).await;
    }
    lab.ipmitool_fails("17", "insufficient resources for session").await;
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_guesses_until_the_user_is_locked_out() {
    let Some(lab) = Lab::start("ipmipower").await else { return };
    let host = lab.bmc.ip();
    let lock_out = LockOut { after: 2, lasts: Duration::from_secs(3_600) };
    lab.rack.change(SERVER, |machine| machine.bmc.login.lock_out = Some(lock_out));
    for suite in SUITES {
        assert_eq!(lab.ipmipower(suite, "--stat").await.out, format!("{host}: off"));
    }
    for _ in 0..2 {
        let said = lab.ipmipower_as([&lab.user, "guess"], "17", &["--stat"]).await;
        assert_eq!(said.out, format!("{host}: password invalid"));
    }
    for suite in SUITES {
        assert_eq!(lab.ipmipower(suite, "--stat").await.out, format!("{host}: username invalid"));
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_cycles_a_machine_without_power_and_restarts_its_bmc() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.with(&[Quirk::CycleWhenOffUnknown]).await;
    let said = lab.ipmitool("17", "chassis power cycle").await;
    prints(&said.err, &["Set Chassis Power Control to Cycle failed: Invalid command"]);
    lab.with(&[Quirk::CycleWhenOffSwitchesOn, Quirk::StaleReading(Duration::from_secs(3_600))]).await;
    lab.ok("3", "chassis power cycle").await;
    lab.until_power(Power::On).await;
    assert_eq!(lab.ok("3", STATUS).await, "Chassis Power is off", "and tells what was");
    lab.with(&[Quirk::ResetBootsHost]).await;
    let boots = lab.truth().boots;
    lab.ok("17", "mc reset cold").await;
    lab.until("another boot", |truth| truth.boots == boots + 1 && truth.power == Power::On).await;
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_hears_what_chance_makes_of_answers() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        for (fault, says) in [
            (Fault::busy_at_times(1_000, 1).command("chassis status"), "Node busy"),
            (
                Fault::other_session_at_times(1_000, 1).command("chassis status"),
                "Unable to get Chassis Power Status",
            ),
        ] {
            lab.with(&[]).await;
            lab.rack.inject(fault);
            lab.ipmitool_fails(suite, says).await;
        }
        lab.with(&[]).await;
        lab.rack.inject(Fault::flapping_power(1_000, 1));
        assert_eq!(lab.ok(suite, STATUS).await, "Chassis Power is on");
        lab.with(&[]).await;
        lab.rack.inject(Fault::garbage().command("chassis status"));
        assert_eq!(lab.ok(suite, STATUS).await, "Chassis Power is off");
    }
    lab.rack.stop().await;
}
