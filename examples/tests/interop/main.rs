//! The example `power` against a BMC that others wrote: OpenIPMI's ipmi_sim, which speaks cipher suite 3.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../../hwautomation-ipmi/tests/support/peer.rs"]
#[allow(dead_code, reason = "the driver's own tests use more of it")]
mod peer;
#[path = "../../../hwautomation-ipmi/tests/support/presence.rs"]
#[allow(dead_code, reason = "the driver's own tests use more of it")]
mod presence;
#[path = "../program/mod.rs"]
mod program;

use peer::{IpmiSim, PASSWORD, Peer, USER};
use serde_json::Value;
use std::process::{Command, Output};
use std::time::Duration;

/// Bounds every wait of a test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A sensor in the words of its emulator: CPU1 Temp in half degrees, at 42 of them, critical from 122.5 on; and two
/// entries of the event log: it went over that limit, and came back.
const HEALTH: &str = "main_sdr_add 0x20 \
0x00 0x00 0x51 0x01 0x34 0x20 0x00 0x01 0x03 0x01 0x7f 0x68 0x01 0x01 0x95 0x7a 0x95 0x7a 0x3f 0x3f \
0x00 0x01 0x00 0x00 0x05 0x00 0x00 0x00 0x00 0xf0 0x00 0x00 0x00 0x00 0x00 0x00 0xfa 0xf5 0xf0 0x01 0x02 0x03 \
0x01 0x01 0x00 0x00 0x00 0xc9 0x43 0x50 0x55 0x31 0x20 0x54 0x65 0x6d 0x70
sensor_add 0x20 0 1 1 1
sensor_set_threshold 0x20 0 1 settable 111111 250 245 240 1 2 3
sensor_set_value 0x20 0 1 84 0
sel_add 0x20 0x02 0 0 0 0 0x20 0x00 0x04 0x01 0x01 0x01 0x59 0xfa 0xf5
sel_add 0x20 0x02 0 0 0 0 0x20 0x00 0x04 0x01 0x01 0x81 0x59 0xaa 0xf5
";

/// Runs the program on the peer.
fn power(sim: &IpmiSim, line: &str, password: &str) -> Output {
    let mut command = Command::new(program::program("power"));
    command.args(line.split_whitespace()).arg(sim.address.to_string());
    command.args(["--user", USER, "--password-env", "POWER_TEST_PASSWORD"]);
    command.env("POWER_TEST_PASSWORD", password).output().expect("the example was built")
}

#[track_caller]
fn good(sim: &IpmiSim, line: &str) -> String {
    let run = power(sim, line, PASSWORD);
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{line}: {said}");
    assert!(!said.contains(PASSWORD), "{line} printed a secret");
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn on_waits_until_the_machine_is_on_and_status_reads_it() {
    let Some(sim) = IpmiSim::start() else { return };
    assert!(good(&sim, "status").contains(" off\n"));
    assert!(good(&sim, "on").contains(" on\n"));
    assert_eq!(sim.read("power"), "1");
    assert_eq!(sim.commands(), ["set power 1"], "it was told once");
    let line: Value = serde_json::from_str(&good(&sim, "status --json")).unwrap();
    assert_eq!((&line["power"], &line["ok"]), (&Value::from("on"), &Value::from(true)));
}

#[test]
fn off_soft_and_reset_reach_the_machine_once() {
    let Some(sim) = IpmiSim::start() else { return };
    for (line, told, left) in
        [("off", "set power 0", "0"), ("soft", "set shutdown 1", "0"), ("reset", "set reset 1", "1")]
    {
        sim.write("power", "1");
        sim.write("chassis.log", "");
        good(&sim, line);
        assert_eq!((sim.commands(), sim.read("power")), (vec![told.to_owned()], left.to_owned()), "{line}");
    }
}

#[test]
fn a_cycle_is_seen_off_and_on() {
    let Some(sim) = IpmiSim::start() else { return };
    sim.write("power", "1");
    assert!(good(&sim, "cycle").contains("on     it was off in between"), "{:?}", sim.commands());
    assert_eq!(sim.commands(), ["set power 0", "set power 1"]);
}

#[test]
fn a_bmc_that_forgets_the_boot_device_is_found_out() {
    let Some(sim) = IpmiSim::start() else { return };
    let run = power(&sim, "boot --json --device pxe --legacy", PASSWORD);
    assert_eq!((run.status.code(), sim.read("boot").as_str()), (Some(1), "pxe"));
    let line: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(line["error"]["kind"], "mismatch", "{line}");
    assert!(good(&sim, "boot").contains("boot order"));
}

#[test]
fn sensors_and_the_event_log_are_read_and_what_was_shown_is_cleared() {
    let Some(sim) = IpmiSim::start_with(Peer { emulator: HEALTH, ..Peer::default() }) else { return };
    let sensors = good(&sim, "sensors");
    assert!(sensors.contains("CPU1 Temp  42 °C    ok"), "{sensors}");
    assert!(sensors.contains("crit ≤1 ≥122.5"), "{sensors}");
    let log = good(&sim, "sel --clear");
    assert_eq!(log.matches("CPU1 Temp").count(), 2, "{log}");
    assert!(log.ends_with("  cleared\n"), "{log}");
    assert_eq!(good(&sim, "sel"), "");
}

#[test]
fn a_wrong_password_is_told_as_such() {
    let Some(sim) = IpmiSim::start() else { return };
    let run = power(&sim, "status --json", "wrong-password");
    assert_eq!(run.status.code(), Some(1));
    let line: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(line["error"]["kind"], "unauthorized", "{line}");
}
