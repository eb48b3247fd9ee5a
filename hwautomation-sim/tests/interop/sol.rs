//! The serial port of a machine, as ipmitool brings it to a terminal.

use crate::lab::{Lab, SERVER, SUITES, prints};
use hwautomation_sim::{Fault, Power, Status};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_shows_what_the_machine_writes_and_types() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for (suite, boot) in SUITES.into_iter().zip(1..) {
        lab.rack.change(SERVER, |machine| machine.set_power(Power::Off));
        lab.rack.change(SERVER, |machine| machine.record.status = Status::New);
        let mut talk = lab.ipmitool_talks(suite, "sol activate");
        talk.hear("SOL Session operational").await;
        prints(&lab.ok(suite, "raw 0x06 0x4a 0x01").await, &["01 01 00"]);
        lab.rack.change(SERVER, |machine| machine.set_power(Power::On));
        talk.hear(&format!("BIOS 3.4, boot {boot}")).await;
        talk.hear("srv001 login: ").await;
        talk.say("somebody").await;
        talk.hear("somebody").await;
        talk.say("\r").await;
        talk.hear("srv001 login: ").await;
        talk.say("~.").await;
        talk.end().await;
        prints(&lab.ok(suite, "raw 0x06 0x4a 0x01").await, &["01 00 00"]);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_is_told_that_somebody_else_listens_and_can_end_that() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        let mut talk = lab.ipmitool_talks(suite, "sol activate");
        talk.hear("SOL Session operational").await;
        let said = lab.ipmitool(suite, "sol activate").await;
        prints(&format!("{} {}", said.out, said.err), &["SOL payload already active on another session"]);
        lab.ok(suite, "sol deactivate").await;
        // It does not look at the packet that says so, and finds out when nobody takes what is typed.
        talk.say("x").await;
        talk.end().await;
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_shows_everything_over_a_network_that_loses_packets() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.change(SERVER, |machine| machine.record.status = Status::New);
    lab.rack.change(SERVER, |machine| machine.set_power(Power::On));
    lab.until("a system", |truth| truth.ssh).await;
    let mut talk = lab.ipmitool_talks("17", "sol activate");
    talk.hear("SOL Session operational").await;
    lab.rack.inject(Fault::loses_answers(300, 5).command("sol packet"));
    for word in ["one", "two", "three", "four"] {
        talk.say(word).await;
        talk.hear(word).await;
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_reads_how_the_serial_port_travels() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        let printed = lab.ok(suite, "sol info 1").await;
        prints(
            &printed,
            &["Enabled                         : true", "Force Encryption                : true"],
        );
        prints(
            &printed,
            &["Volatile Bit Rate (kbps)        : 115.2", "Retry Interval (ms)             : 500"],
        );
    }
    lab.rack.stop().await;
}
