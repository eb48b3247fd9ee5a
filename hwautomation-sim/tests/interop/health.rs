//! Sensors, event log and what the BMC is, as programs of others read them.

use crate::lab::{Lab, SERVER, SUITES, prints};
use hwautomation_sim::{Identify, Power, SdrReads};

/// Finds the row of a table that begins with a name.
fn row<'a>(table: &'a str, name: &str) -> &'a str {
    let found = table.lines().find(|line| line.contains(name));
    found.unwrap_or_else(|| panic!("{name:?} is missing in: {table}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_lists_the_sensors() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        lab.rack.change(SERVER, |machine| machine.set_power(Power::On));
        let list = lab.ok(suite, "sdr elist all").await;
        for (name, words) in [
            ("CPU1 Temp", ["01h", "ok", "3.1", "42 degrees C"]),
            ("Inlet Temp", ["0Ah", "ok", "55.1", "22 degrees C"]),
            ("12V", ["30h", "ok", "7.1", "12 Volts"]),
            ("FAN4", ["44h", "ok", "29.4", "5700 RPM"]),
            ("PS1 Status", ["C8h", "ok", "10.1", "Presence detected"]),
            ("X11DDW-L", ["00h", "ns", "7.1", "Logical FRU @00h"]),
            ("BMC", ["00h", "ok", "6.1", "Dynamic MC @ 20h"]),
        ] {
            prints(row(&list, name), &words);
        }
        lab.rack.change(SERVER, |machine| machine.set_power(Power::Off));
        let list = lab.ok(suite, "sdr elist full").await;
        prints(row(&list, "FAN1"), &["ns", "No Reading"]);
        prints(row(&list, "System Temp"), &["24 degrees C"]);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_reads_the_sensors_of_a_bmc_that_sends_few_bytes_at_a_time() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    let whole = lab.ok("17", "sdr elist all").await;
    // Of the codes that BMCs refuse with, this is the one that it knows.
    for bytes_max in [64, 40, 22] {
        let reads = SdrReads { bytes_max, refusal: 0xCA };
        lab.rack.change(SERVER, |machine| machine.bmc.sdr_reads = reads);
        assert_eq!(lab.ok("17", "sdr elist all").await, whole, "{bytes_max}");
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_reads_and_sets_thresholds() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.change(SERVER, |machine| machine.set_power(Power::On));
    for suite in SUITES {
        let printed = lab.ok(suite, "sensor get FAN1").await;
        prints(&printed, &["Sensor Reading        : 5400", "Lower Critical        : 500.000"]);
        prints(&printed, &["Lower Non-Critical    : 700.000", "Negative Hysteresis   : 100.000"]);
        lab.ok(suite, "sensor thresh FAN1 lcr 600").await;
        prints(&lab.ok(suite, "sensor get FAN1").await, &["Lower Critical        : 600.000"]);
        lab.ok(suite, "sensor thresh FAN1 lcr 500").await;
        let table = lab.ok(suite, "sensor list").await;
        prints(row(&table, "VBAT"), &["3.000", "Volts", "ok", "2.625", "2.700", "3.300", "3.375"]);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_reads_fills_and_clears_the_event_log() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        prints(
            &lab.ok(suite, "sel info").await,
            &["Entries          : 0", "Supported Cmds   : 'Delete' 'Reserve'"],
        );
        lab.rack.change(SERVER, |machine| machine.set_power(Power::On));
        lab.rack.change(SERVER, |machine| machine.bmc.sensor_named("CPU1 Temp").unwrap().set_value(91.0));
        lab.ok(suite, "event 1").await;
        lab.rack.change(SERVER, |machine| {
            machine.bmc.sensor_named("CPU1 Temp").unwrap().set_value(42.0);
            machine.set_power(Power::Off);
        });
        let list = lab.ok(suite, "sel elist").await;
        prints(&list, &["Temperature #0x30 | Upper Critical going high | Asserted"]);
        prints(&list, &["Power Unit Power Unit | Power off/down () | Deasserted"]);
        prints(
            &list,
            &[
                "Temperature CPU1 Temp | Upper Critical going high | Asserted | Reading 91 > Threshold 90 degrees C",
            ],
        );
        assert_eq!(lab.ok(suite, "sel clear").await, "Clearing SEL.  Please allow a few seconds to erase.");
        lab.until("an empty log", |truth| truth.events.is_empty()).await;
        lab.until("an erased log", |truth| !truth.events_are_erased).await;
        prints(&lab.ipmitool(suite, "sel list").await.err, &["SEL has no entries"]);
    }
    lab.rack.stop().await;
}

/// Runs one of FreeIPMI's programs, which keep what they know of sensors in a folder.
async fn freeipmi(lab: &Lab, suite: &str, cache: &str, more: &[&str]) -> String {
    let bmc = lab.bmc.to_string();
    let mut arguments = vec!["-h", &bmc, "-u", &lab.user, "-p", &lab.password, "-D", "LAN_2_0", "-I", suite];
    let cache = format!("--sdr-cache-directory={cache}");
    if !cache.ends_with('=') {
        arguments.push(&cache);
    }
    arguments.extend(more);
    let said = lab.peer.run(arguments).await;
    assert!(said.ok, "{more:?}: {said:?}");
    said.out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmi_sensors_lists_the_sensors() {
    let Some(lab) = Lab::start("ipmi-sensors").await else { return };
    lab.rack.change(SERVER, |machine| machine.set_power(Power::On));
    for (suite, refusal) in SUITES.into_iter().zip([0xC7, 0xFF]) {
        // It reads sixteen bytes at a time.
        let reads = SdrReads { bytes_max: 16, refusal };
        lab.rack.change(SERVER, |machine| machine.bmc.sdr_reads = reads);
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().to_str().unwrap();
        let table = freeipmi(&lab, suite, cache, &["--output-sensor-state", "--quiet-cache"]).await;
        prints(row(&table, "CPU1 Temp"), &["Temperature", "Nominal", "42.00", "| C"]);
        prints(row(&table, "Inlet Temp"), &["22.00"]);
        prints(row(&table, "3.3VCC"), &["Voltage", "3.30", "| V"]);
        prints(row(&table, "FAN2"), &["Fan", "5500.00", "RPM"]);
        prints(row(&table, "PS2 Status"), &["Power Supply", "Nominal", "'Presence detected'"]);
        lab.rack.change(SERVER, |machine| machine.bmc.sensor_named("FAN2").unwrap().set_value(400.0));
        let table = freeipmi(&lab, suite, cache, &["--output-sensor-state", "--quiet-cache"]).await;
        prints(row(&table, "FAN2"), &["Critical", "400.00", "'At or Below (<=) Lower Critical Threshold'"]);
        lab.rack.change(SERVER, |machine| machine.bmc.sensor_named("FAN2").unwrap().set_value(5500.0));
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmi_sel_reads_deletes_and_clears_the_event_log() {
    let Some(lab) = Lab::start("ipmi-sel").await else { return };
    for suite in SUITES {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().to_str().unwrap();
        lab.rack.change(SERVER, |machine| machine.set_power(Power::On));
        lab.rack.change(SERVER, |machine| machine.bmc.sensor_named("12V").unwrap().set_value(10.5));
        let table = freeipmi(&lab, suite, cache, &["--quiet-cache"]).await;
        prints(row(&table, "Power Unit"), &["Power Off/Power Down"]);
        prints(
            row(&table, "12V"),
            &["Voltage", "Lower Critical - going low", "Sensor Reading = 10.50 V", "Threshold = 10.80 V"],
        );
        let first = table.lines().nth(1).unwrap().split('|').next().unwrap().trim().to_owned();
        let before = lab.truth().events.len();
        freeipmi(&lab, suite, cache, &["--delete", &first]).await;
        assert_eq!(lab.truth().events.len(), before - 1);
        prints(
            &freeipmi(&lab, suite, cache, &["--info"]).await,
            &["Number of log entries", "Delete SEL Command                     : supported"],
        );
        lab.rack.change(SERVER, |machine| machine.bmc.sensor_named("12V").unwrap().set_value(12.0));
        lab.rack.change(SERVER, |machine| machine.set_power(Power::Off));
        freeipmi(&lab, suite, cache, &["--clear"]).await;
        assert_eq!(lab.truth().events, []);
        lab.until("an erased log", |truth| !truth.events_are_erased).await;
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bmc_info_says_what_the_bmc_is() {
    let Some(lab) = Lab::start("bmc-info").await else { return };
    for suite in SUITES {
        let printed = freeipmi(&lab, suite, "", &[]).await;
        prints(row(&printed, "Sensor Device"), &["supported"]);
        prints(row(&printed, "SDR Repository Device"), &["supported"]);
        prints(row(&printed, "SEL Device"), &["supported"]);
        prints(row(&printed, "FRU Inventory Device"), &["unsupported"]);
        prints(&printed, &["GUID : ", "IPMI Version", "802.3 LAN"]);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_lights_the_lamp_and_reads_the_hours_with_power() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.change(SERVER, |machine| machine.bmc.meter.before_ms = 50 * 3_600_000);
    for suite in SUITES {
        prints(&lab.ok(suite, "chassis poh").await, &["2 days, 2 hours"]);
        lab.ok(suite, "chassis identify force").await;
        assert_eq!(lab.truth().identify, Identify::On);
        lab.ok(suite, "chassis identify 0").await;
        assert_eq!(lab.truth().identify, Identify::Off);
        lab.ok(suite, "chassis identify 200").await;
        assert!(matches!(lab.truth().identify, Identify::Until(_)));
        assert_eq!(lab.ok(suite, "raw 0x06 0x4e 0x01").await, "03 00 3f 00 00 00 00 00");
        assert_eq!(lab.ok(suite, "raw 0x06 0x4f 0x01 0x01").await, "10");
        // A time has a space in it, which would split it here: 40000000h seconds.
        lab.ok(suite, "raw 0x0a 0x49 0x00 0x00 0x00 0x40").await;
        prints(&lab.ok(suite, "sel time get").await, &["01/10/", "13:37:"]);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmi_chassis_reads_the_chassis_and_lights_the_lamp() {
    let Some(lab) = Lab::start("ipmi-chassis").await else { return };
    for suite in SUITES {
        prints(&freeipmi(&lab, suite, "", &["--get-chassis-status"]).await, &["System Power", "off"]);
        prints(&freeipmi(&lab, suite, "", &["--get-chassis-capabilities"]).await, &["20h"]);
        prints(&freeipmi(&lab, suite, "", &["--get-power-on-hours-counter"]).await, &["0"]);
        freeipmi(&lab, suite, "", &["--chassis-identify=FORCE"]).await;
        assert_eq!(lab.truth().identify, Identify::On);
        prints(&freeipmi(&lab, suite, "", &["--get-chassis-status"]).await, &["Indefinite on"]);
        freeipmi(&lab, suite, "", &["--chassis-identify=TURN-OFF"]).await;
        assert_eq!(lab.truth().identify, Identify::Off);
    }
    lab.rack.stop().await;
}
