//! Sessions with BMCs of a farm: what they do, and what is counted.

use crate::lab::Lab;
use crate::suite::Suite;
use hwautomation_sim::{FarmPlan, Power, SensorKind, User};

const CONTROL: (u8, u8) = (0x00, 0x02);
const POWER_ON: u8 = 1;
const SET_THRESHOLDS: (u8, u8) = (0x04, 0x26);
/// Which threshold is set (IPMI 2.0, table 35-9).
const UPPER_CRITICAL: u8 = 0x10;

#[tokio::test]
async fn a_machine_is_switched_on_and_its_neighbour_stays_off() {
    for suite in Suite::ALL {
        let lab = Lab::new(FarmPlan::new(3)).await;
        let (middle, last) = (lab.address(1), lab.address(2));
        let mut console = lab.log_in(middle, suite).await;
        let mut neighbour = lab.log_in(last, suite).await;
        assert!(!lab.is_on(middle, &mut console).await && !lab.is_on(last, &mut neighbour).await);
        lab.call(middle, &mut console, CONTROL.0, CONTROL.1, &[POWER_ON]).await;
        assert!(lab.is_on(middle, &mut console).await && !lab.is_on(last, &mut neighbour).await);
        let powers: Vec<_> = lab.farm.addresses().map(|address| lab.farm.power(address)).collect();
        assert_eq!(powers, [Power::Off, Power::On, Power::Off]);
        lab.farm.set_power(last, Power::On);
        assert!(lab.is_on(last, &mut neighbour).await);
    }
}

#[tokio::test]
async fn what_a_client_does_is_counted() {
    let lab = Lab::new(FarmPlan::new(2)).await;
    let (first, second) = (lab.address(0), lab.address(1));
    let mut console = lab.log_in(first, Suite::Seventeen).await;
    lab.call(first, &mut console, CONTROL.0, CONTROL.1, &[POWER_ON]).await;
    lab.log_in(second, Suite::Three).await;
    let counts = lab.farm.counts(first);
    // Capabilities, privilege, control.
    assert_eq!((counts.commands, counts.power_commands, counts.refused), (3, 1, 0));
    assert_eq!((counts.log_ins, counts.sessions, counts.datagrams, counts.answers), (1, 1, 6, 6));
    let close = console.close();
    lab.ask(first, &close).await;
    assert_eq!((lab.farm.counts(first).sessions, lab.farm.counts(second).sessions), (0, 1));
    let total = lab.farm.total();
    assert_eq!((total.log_ins, total.sessions, total.power_commands, total.commands), (2, 1, 1, 6));
}

#[tokio::test]
async fn what_a_command_changes_is_in_the_event_log_of_its_bmc_only() {
    let lab = Lab::new(FarmPlan::new(2)).await;
    let events = |address| lab.farm.look(address, |machine| machine.bmc.sel.entries.len());
    let (first, second) = (lab.address(0), lab.address(1));
    let mut console = lab.log_in(first, Suite::Seventeen).await;
    lab.call(first, &mut console, CONTROL.0, CONTROL.1, &[POWER_ON]).await;
    let before = (events(first), events(second));
    // From now on, every temperature is critical.
    let sensor = lab.farm.look(first, |machine| {
        machine
            .bmc
            .sensors
            .iter()
            .find(|sensor| sensor.kind == SensorKind::TEMPERATURE)
            .map(|sensor| sensor.number)
    });
    let threshold = [sensor.expect("a temperature"), UPPER_CRITICAL, 0, 0, 0, 0, 1, 0];
    lab.call(first, &mut console, SET_THRESHOLDS.0, SET_THRESHOLDS.1, &threshold).await;
    assert_eq!((events(first), events(second)), (before.0 + 1, before.1));
}

#[tokio::test]
async fn a_command_that_is_refused_is_counted_so() {
    let lab = Lab::new(FarmPlan::new(1)).await;
    let mut console = lab.log_in(lab.address(0), Suite::Seventeen).await;
    // The machine is off: it cannot be reset.
    let reset = console.sealed(CONTROL.0, CONTROL.1, &[3]);
    lab.ask(lab.address(0), &reset).await;
    let counts = lab.farm.total();
    assert_eq!((counts.refused, counts.power_commands), (1, 0));
}

#[tokio::test]
async fn sessions_end_when_the_bmc_restarts() {
    let lab = Lab::new(FarmPlan::new(1)).await;
    let first = lab.address(0);
    let mut console = lab.log_in(first, Suite::Seventeen).await;
    lab.farm.change(first, |machine| machine.reset_bmc());
    assert_eq!(lab.farm.counts(first).sessions, 0);
    let status = console.status();
    lab.send(first, &status).await;
    lab.ping(first, 5).await;
    assert_eq!(lab.pong().await, (first, 5), "the session is not known, the BMC is there");
}

#[tokio::test]
async fn a_bmc_may_have_a_user_of_its_own() {
    let lab = Lab::new(FarmPlan::new(2).user("admin", "secret")).await;
    let first = lab.address(0);
    lab.farm.change(first, |machine| machine.bmc.users[1] = User::administrator("ADMIN", "ADMIN"));
    let mut console = lab.log_in(first, Suite::Three).await;
    assert!(!lab.is_on(first, &mut console).await);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_by_itself_when_nothing_is_heard_for_a_minute() {
    let lab = Lab::new(FarmPlan::new(1)).await;
    lab.log_in(lab.address(0), Suite::Seventeen).await;
    assert_eq!(lab.farm.total().sessions, 1);
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    assert_eq!(lab.farm.total().sessions, 0);
}
