//! pyghmi's server, which speaks suite 3 to everybody, and says nothing to a user whom it does not know.

use crate::support::fixture::WRONG;
use crate::support::lab::machine_of;
use crate::support::peer::{PASSWORD, USER};
use crate::support::pyghmi::PyghmiBmc;
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};

#[tokio::test(flavor = "multi_thread")]
async fn the_power_is_read_and_switched() {
    let Some(bmc) = PyghmiBmc::start().await else { return };
    let (driver, machine) = (bmc.driver(&[17, 3], PASSWORD), machine_of(USER));
    assert_eq!(driver.power_state(&machine).await.unwrap(), PowerState::Off);
    for (action, power) in [
        (PowerAction::On, PowerState::On),
        (PowerAction::Reset, PowerState::On),
        (PowerAction::GracefulOff, PowerState::Off),
        (PowerAction::On, PowerState::On),
        (PowerAction::ForcedOff, PowerState::Off),
    ] {
        driver.request_power(&machine, action).await.unwrap();
        assert_eq!(driver.power_state(&machine).await.unwrap(), power, "{action}");
    }
    assert_eq!(bmc.commands(), ["on", "reset", "shutdown", "on", "off"]);
    assert_eq!(bmc.proxy.named(), 1, "one session for all");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_cannot_do_is_a_definite_refusal() {
    let Some(bmc) = PyghmiBmc::start().await else { return };
    let (driver, machine) = (bmc.driver(&[3], PASSWORD), machine_of(USER));
    driver.request_power(&machine, PowerAction::On).await.unwrap();
    let error = driver.request_power(&machine, PowerAction::Nmi).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::Permanent), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_a_lesser_suite_is_left_and_the_lesser_one_is_asked_for_where_it_is_allowed() {
    let Some(bmc) = PyghmiBmc::start().await else { return };
    bmc.hide_suites();
    let (driver, machine) = (bmc.driver(&[17, 3], PASSWORD), machine_of(USER));
    assert_eq!(driver.power_state(&machine).await.unwrap(), PowerState::Off);
    assert!(*bmc.proxy.withheld().borrow() > 0, "it did not tell its suites");
    assert_eq!(bmc.proxy.opened(), 2, "17, then 3");
    assert_eq!(bmc.proxy.named(), 1, "no name in the session that was not the one asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_the_better_suite_is_allowed_nobody_logs_in_with_less() {
    for hidden in [false, true] {
        let Some(bmc) = PyghmiBmc::start().await else { return };
        if hidden {
            bmc.hide_suites();
        }
        let (driver, machine) = (bmc.driver(&[17], PASSWORD), machine_of(USER));
        for _ in 0..2 {
            let error = driver.request_power(&machine, PowerAction::On).await.unwrap_err();
            assert_eq!((error.kind(), error.class()), (ErrorKind::Unsupported, ErrorClass::Permanent));
            assert!(error.message().contains("[17]") && error.remedy().is_some(), "{error}");
        }
        assert_eq!(bmc.proxy.named(), 0);
        assert_eq!(bmc.commands(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_one_try() {
    let Some(bmc) = PyghmiBmc::start().await else { return };
    let error = bmc.driver(&[3], WRONG).power_state(&machine_of(USER)).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent), "{error}");
    assert_eq!(bmc.proxy.named(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_about_an_unknown_user_is_not_called_a_wrong_password() {
    let Some(bmc) = PyghmiBmc::start().await else { return };
    let error = bmc.driver(&[3], PASSWORD).power_state(&machine_of("nobody")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unreachable), "{error:?}");
    assert!(matches!(error.class(), ErrorClass::Transient { .. }), "{error:?}");
}
