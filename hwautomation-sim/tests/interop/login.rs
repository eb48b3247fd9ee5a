//! How programs of others log in, and why they cannot.

use crate::lab::{Lab, SERVER, SUITES, prints};

/// As long as a key of a BMC may be.
const KEY: &str = "twenty-bytes-of-key!";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_logs_in_with_the_key_of_the_bmc() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for key in ["short", KEY] {
        lab.rack.change(SERVER, |machine| machine.bmc.login.key = key.into());
        for suite in SUITES {
            assert_eq!(
                lab.ok(suite, &format!("-k {key} chassis power status")).await,
                "Chassis Power is off"
            );
            let said = lab.ipmitool(suite, "-v chassis power status").await;
            prints(&said.err, &["RAKP 4 message has invalid integrity check value"]);
        }
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_logs_in_with_the_key_of_the_bmc() {
    let Some(lab) = Lab::start("ipmipower").await else { return };
    let host = lab.bmc.ip();
    lab.rack.change(SERVER, |machine| machine.bmc.login.key = b"some-key".to_vec());
    for suite in SUITES {
        let said = lab.ipmipower_with(suite, &["-k", "some-key", "--stat"]).await;
        assert_eq!(said.out, format!("{host}: off"));
        assert_eq!(lab.ipmipower(suite, "--stat").await.out, format!("{host}: k_g invalid"));
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_sets_the_key_of_the_bmc() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        lab.rack.change(SERVER, |machine| machine.bmc.login.key.clear());
        let key: String = KEY.bytes().map(|byte| format!(" {byte:#04x}")).collect();
        assert_eq!(lab.ok(suite, &format!("raw 0x06 0x56 0x01 0x01 0x01{key}")).await, "00");
        let said = lab.ok(suite, &format!("-k {KEY} chassis power status")).await;
        assert_eq!(said, "Chassis Power is off");
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_asks_for_more_privilege_than_user_channel_or_suite_allow() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    let refused = async |suite: &str| {
        let said = lab.ipmitool(suite, "-v chassis power status").await;
        prints(&said.err, &["RAKP 2 message indicates an error : unauthorized role requested"]);
        let said = lab.ok(suite, "-L OPERATOR chassis power status").await;
        assert_eq!(said, "Chassis Power is off");
    };
    for suite in SUITES {
        lab.rack.change(SERVER, |machine| machine.bmc.users[1].privilege = Some(3));
        refused(suite).await;
        lab.rack.change(SERVER, |machine| machine.bmc.users[1].privilege = Some(4));
        lab.ok(suite, "raw 0x06 0x40 0x01 0x00 0x83").await;
        prints(&lab.ok(suite, "-L OPERATOR channel info 1").await, &["Volatile(active) Settings"]);
        refused(suite).await;
        lab.rack.change(SERVER, |machine| machine.bmc.login.channel.privilege_max = 4);
        // The suites in the order in which they are offered.
        let privileges = if suite == "3" { "oaXXXXXXXXXXXXX" } else { "aoXXXXXXXXXXXXX" };
        lab.ok(suite, &format!("lan set 1 cipher_privs {privileges}")).await;
        refused(suite).await;
        lab.rack.change(SERVER, |machine| machine.bmc.login.suite_privileges = Default::default());
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_asks_for_more_privilege_than_the_user_has() {
    let Some(lab) = Lab::start("ipmipower").await else { return };
    let host = lab.bmc.ip();
    lab.rack.change(SERVER, |machine| machine.bmc.users[1].privilege = Some(3));
    for suite in SUITES {
        let said = lab.ipmipower_with(suite, &["-l", "ADMIN", "--stat"]).await;
        assert_eq!(said.out, format!("{host}: privilege level cannot be obtained for this user"));
        assert_eq!(
            lab.ipmipower_with(suite, &["-l", "OPERATOR", "--stat"]).await.out,
            format!("{host}: off")
        );
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_lists_the_sessions() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        let printed = lab.ok(suite, "session info all").await;
        prints(&printed, &["slot count                    : 4", "active sessions               : 1"]);
        prints(
            &printed,
            &["user id                       : 2", "privilege level               : ADMINISTRATOR"],
        );
        prints(
            &printed,
            &["console ip                    : 127.0.0.1", "session type                  : IPMIv2/RMCP+"],
        );
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_finds_no_place_where_there_are_none() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.change(SERVER, |machine| machine.bmc.login.slots = 0);
    for suite in SUITES {
        let said = lab.ipmitool(suite, "chassis power status").await;
        prints(&said.err, &["insufficient resources for session"]);
    }
    lab.rack.stop().await;
}
