//! ipmitool and ipmipower as consoles of the simulated BMC: what they print, and what is true afterwards.

use crate::lab::{Lab, SERVER, SPARE, SUITES, prints, reached};
use crate::peer::Peer;
use hwautomation_sim::{BootDevice, BootOverride, Fault, Power, RackPlan, ServerPlan, Status};
use std::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_switches_the_power() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        assert_eq!(lab.ok(suite, "chassis power status").await, "Chassis Power is off");
        assert_eq!(lab.ok(suite, "chassis power on").await, "Chassis Power Control: Up/On");
        lab.until_power(Power::On).await;
        assert_eq!(lab.ok(suite, "chassis power status").await, "Chassis Power is on");
        for (command, printed) in [("cycle", "Cycle"), ("reset", "Reset")] {
            let boots = lab.truth().boots;
            let said = lab.ok(suite, &format!("chassis power {command}")).await;
            assert_eq!(said, format!("Chassis Power Control: {printed}"));
            lab.until("another boot", |truth| truth.boots == boots + 1 && truth.power == Power::On).await;
        }
        assert_eq!(lab.ok(suite, "chassis power diag").await, "Chassis Power Control: Diag");
        assert_eq!(lab.ok(suite, "chassis power off").await, "Chassis Power Control: Down/Off");
        lab.until_power(Power::Off).await;
        let said = lab.ipmitool(suite, "chassis power cycle").await;
        prints(
            &said.err,
            &["Set Chassis Power Control to Cycle failed: Command not supported in present state"],
        );
    }
    assert_eq!(lab.logged("chassis control: power cycle"), 2);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_asks_a_running_system_to_end_itself() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.change(SERVER, |machine| machine.record.status = Status::New);
    lab.ok("17", "chassis power on").await;
    lab.until("a system", |truth| truth.ssh).await;
    assert_eq!(lab.ok("17", "chassis power soft").await, "Chassis Power Control: Soft");
    lab.until_power(Power::Off).await;
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_reads_the_chassis() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        let wanted = [
            "System Power         : off",
            "Main Power Fault     : false",
            "Power Restore Policy : always-off",
        ];
        prints(&lab.ok(suite, "chassis status").await, &wanted);
        lab.rack.inject(Fault::unclear_power());
        prints(&lab.ok(suite, "chassis status").await, &["Power Control Fault  : true"]);
        lab.rack.clear_faults();
        lab.ok(suite, "chassis policy previous").await;
        prints(&lab.ok(suite, "chassis status").await, &["Power Restore Policy : previous"]);
        lab.ok(suite, "chassis policy always-off").await;
        prints(&lab.ok(suite, "chassis identify 5").await, &["5 seconds"]);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_sets_the_boot_device_and_reads_it_back() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        assert_eq!(lab.ok(suite, "chassis bootdev pxe").await, "Set Boot Device to pxe");
        let printed = lab.ok(suite, "chassis bootparam get 5").await;
        prints(&printed, &["8004000000", "Options apply to only next boot", "Force PXE"]);
        let once = BootOverride { device: BootDevice::Pxe, persistent: false, uefi: false };
        assert_eq!(lab.truth().boot_override, Some(once));
        lab.ok(suite, "chassis bootdev disk options=persistent,efiboot").await;
        let printed = lab.ok(suite, "chassis bootparam get 5").await;
        prints(&printed, &["e008000000", "Options apply to all future boots", "BIOS EFI boot", "Hard-Drive"]);
        let always = BootOverride { device: BootDevice::Disk, persistent: true, uefi: true };
        assert_eq!(lab.truth().boot_override, Some(always));
        lab.ok(suite, "chassis bootdev none").await;
        assert_eq!(lab.truth().boot_override, None);
    }
    assert!(lab.logged("set boot: pxe once") >= 2);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_boot_takes_the_device_that_was_set_once() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.ok("17", "chassis bootdev pxe").await;
    lab.ok("17", "chassis power on").await;
    lab.until("a boot", |truth| truth.boots == 1 && truth.boot_override.is_none()).await;
    prints(&lab.ok("17", "chassis bootparam get 5").await, &["Boot Flag Invalid"]);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_prints_and_sets_the_lan() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for (suite, mask) in SUITES.into_iter().zip(["255.255.0.0", "255.255.255.128"]) {
        let lan = lab.truth().lan;
        let address = format!("IP Address              : {}", lan.address);
        let mac = format!("MAC Address             : {}", lan.mac_text());
        let wanted =
            [&address[..], &mac, "Static Address", "RMCP+ Cipher Suites     : 3,17", "aaXXXXXXXXXXXXX"];
        prints(&lab.ok(suite, "lan print 1").await, &wanted);
        lab.ok(suite, &format!("lan set 1 netmask {mask}")).await;
        lab.ok(suite, "lan set 1 defgw ipaddr 10.0.0.77").await;
        lab.ok(suite, "lan set 1 vlan id 77").await;
        let printed = lab.ok(suite, "lan print 1").await;
        prints(&printed, &[mask, "Default Gateway IP      : 10.0.0.77", "802.1q VLAN ID          : 77"]);
        let lan = lab.truth().lan;
        assert_eq!((lan.mask.to_string().as_str(), lan.vlan), (mask, Some(77)));
        lab.ok(suite, "lan set 1 vlan id off").await;
        assert_eq!(lab.truth().lan.vlan, None);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_moves_the_bmc_to_another_address() {
    let Some(mut lab) = Lab::start("ipmitool").await else { return };
    // The answer to the commit still comes; to what follows, nobody is there any more.
    let said = lab.ipmitool("17", &format!("lan set 1 ipaddr {SPARE}")).await;
    prints(&said.out, &["Setting LAN IP Address to 10.9.9.9"]);
    assert_eq!(lab.truth().lan.address, SPARE);
    assert_eq!(lab.logged("set lan: commit"), 1);
    assert!(!lab.ipmitool("17", "chassis power status").await.ok, "the old address is silent");
    lab.bmc = reached(&lab.rack, SPARE);
    assert_eq!(lab.ok("17", "chassis power status").await, "Chassis Power is off");
    prints(&lab.ok("3", "lan print 1").await, &["IP Address              : 10.9.9.9"]);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_makes_a_user_who_can_log_in() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for (suite, number, password) in [("3", 3, "sixteen-bytes-ok"), ("17", 4, "twenty-bytes-are-ok!")] {
        let name = format!("ops{number}");
        let size = if password.len() > 16 { "20" } else { "16" };
        lab.ok(suite, &format!("user set name {number} {name}")).await;
        lab.ok(suite, &format!("user set password {number} {password} {size}")).await;
        lab.ok(suite, &format!("user priv {number} 4 1")).await;
        lab.ok(suite, &format!("user enable {number}")).await;
        prints(&lab.ok(suite, &format!("user test {number} {size} {password}")).await, &["Success"]);
        let list = lab.ok(suite, "user list 1").await;
        let row = list.lines().find(|row| row.contains(&name)).expect("the user is listed");
        prints(row, &["ADMINISTRATOR"]);
        let said = lab.ipmitool_as([&name, password], suite, "chassis power status").await;
        assert_eq!(said.out, "Chassis Power is off");
        lab.ok(suite, &format!("user disable {number}")).await;
        let said = lab.ipmitool_as([&name, password], suite, "-v chassis power status").await;
        prints(&said.err, &["unauthorized name"]);
        let user = lab.truth().users[number - 1].clone();
        assert!(user.name == name && user.password == password.as_bytes() && !user.enabled);
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_reads_what_the_bmc_is() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for suite in SUITES {
        let wanted =
            ["IPMI Version              : 2.0", "Manufacturer ID           : 10876", "Chassis Device"];
        prints(&lab.ok(suite, "mc info").await, &wanted);
        prints(&lab.ok(suite, "mc selftest").await, &["Selftest: passed"]);
        prints(&lab.ok(suite, "mc guid").await, &["System GUID"]);
        let wanted = ["802.3 LAN", "multi-session", "Active Session Count  : 1", "always available"];
        prints(&lab.ok(suite, "channel info 1").await, &wanted);
        let printed = lab.ok(suite, "channel getciphers ipmi 1").await;
        for row in [
            ["3 ", "hmac_sha1 ", "hmac_sha1_96", "aes_cbc_128"],
            ["17", "hmac_sha256", "sha256_128", "aes_cbc_128"],
        ] {
            let found = printed.lines().find(|line| line.starts_with(row[0])).expect("the suite is listed");
            prints(found, &row);
        }
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_restarts_the_bmc_which_is_silent_and_comes_back() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    prints(&lab.ok("17", "mc reset cold").await, &["Sent cold reset command to MC"]);
    // It does not wait for the answer.
    lab.until("the BMC", |truth| truth.bmc_answers && truth.bmc_resets == 1).await;
    prints(&lab.ok("17", "mc reset warm").await, &["Sent warm reset command to MC"]);
    lab.until("the BMC", |truth| truth.bmc_answers && truth.bmc_resets == 2).await;
    assert_eq!(lab.ok("3", "chassis power status").await, "Chassis Power is off");
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_leaves_no_session_behind() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    for _ in 0..6 {
        lab.ok("17", "chassis power status").await;
    }
    assert_eq!(lab.logged("close session"), 6);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_says_why_it_cannot_log_in() {
    for suite in SUITES {
        // Each wrong password holds a place for seconds: ipmitool says nothing to a BMC that it does not trust.
        let Some(lab) = Lab::start("ipmitool").await else { return };
        let said = lab.ipmitool_as([&lab.user, "guess"], suite, "chassis power status").await;
        assert!(!said.ok);
        assert_eq!(said.err, "Error: Unable to establish IPMI v2 / RMCP+ session");
        // Why, it says only when asked to be verbose.
        let said = lab.ipmitool_as([&lab.user, "guess"], suite, "-v chassis power status").await;
        prints(&said.err, &["RAKP 2 HMAC is invalid"]);
        let said = lab.ipmitool_as(["nobody", "guess"], suite, "-v chassis power status").await;
        prints(&said.err, &["RAKP 2 message indicates an error : unauthorized name"]);
        lab.rack.stop().await;
    }
    let Some(lab) = Lab::start("ipmitool").await else { return };
    let said = lab.ipmitool("8", "chassis power status").await;
    prints(&said.err, &["no matching cipher suite"]);
    lab.rack.inject(Fault::bmc_slots_full());
    let said = lab.ipmitool("17", "chassis power status").await;
    prints(&said.err, &["insufficient resources for session"]);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_switches_the_power() {
    let Some(lab) = Lab::start("ipmipower").await else { return };
    let host = lab.bmc.ip();
    for suite in SUITES {
        assert_eq!(lab.ipmipower(suite, "--stat").await.out, format!("{host}: off"));
        assert_eq!(lab.ipmipower(suite, "--on").await.out, format!("{host}: ok"));
        lab.until_power(Power::On).await;
        assert_eq!(lab.ipmipower(suite, "--stat").await.out, format!("{host}: on"));
        for action in ["--cycle", "--reset"] {
            let boots = lab.truth().boots;
            assert_eq!(lab.ipmipower(suite, action).await.out, format!("{host}: ok"));
            lab.until("another boot", |truth| truth.boots == boots + 1 && truth.power == Power::On).await;
        }
        assert_eq!(lab.ipmipower(suite, "--off").await.out, format!("{host}: ok"));
        lab.until_power(Power::Off).await;
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_says_why_it_cannot_log_in() {
    let Some(lab) = Lab::start("ipmipower").await else { return };
    let host = lab.bmc.ip();
    for suite in SUITES {
        let said = lab.ipmipower_as([&lab.user, "guess"], suite, &["--stat"]).await;
        assert_eq!(said.out, format!("{host}: password invalid"));
        let said = lab.ipmipower_as(["nobody", "guess"], suite, &["--stat"]).await;
        assert_eq!(said.out, format!("{host}: username invalid"));
    }
    let said = lab.ipmipower("8", "--stat").await;
    assert_eq!(said.out, format!("{host}: cipher suite id unavailable"));
    lab.rack.inject(Fault::bmc_slots_full());
    assert_eq!(lab.ipmipower("17", "--stat").await.out, format!("{host}: BMC busy"));
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ipmipower_asks_fifty_bmcs() {
    const BMCS: usize = 50;
    const ROUNDS: usize = 10;
    let Some(peer) = Peer::find("ipmipower") else { return };
    let server = |number| ServerPlan::new(format!("srv{number:03}")).bmc_user("ADMIN", "of-all-of-them");
    let plan = (1..=BMCS).fold(RackPlan::new(), |plan, number| plan.server(server(number)));
    let rack = plan.start().await.expect("a rack");
    let sheet = rack.sheet();
    let hosts: Vec<_> =
        sheet.servers.iter().map(|server| reached(&rack, server.bmc.address).to_string()).collect();
    let (hosts, bmc) = (hosts.join(","), &sheet.servers[0].bmc);
    let began = Instant::now();
    for _ in 0..ROUNDS {
        let arguments =
            ["-h", &hosts, "-u", &bmc.username, "-p", &bmc.password, "-D", "LAN_2_0", "-I", "17", "--stat"];
        let said = peer.run(arguments).await;
        let answers = said.out.lines().filter(|line| line.ends_with(": off")).count();
        assert_eq!(answers, BMCS, "{}", said.out);
    }
    let rate = (BMCS * ROUNDS) as f64 / began.elapsed().as_secs_f64();
    eprintln!("ipmipower asked {BMCS} simulated BMCs at {rate:.0} queries a second");
    rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_ipmitool_a_lost_answer_is_a_failure_and_the_machine_is_on() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.inject(Fault::lost_power_answer());
    let said = lab.ipmitool("17", "chassis power on").await;
    assert_eq!((said.ok, said.err.as_str()), (false, "Unable to set Chassis Power Control to Up/On"));
    lab.until_power(Power::On).await;
    assert_eq!(lab.logged("chassis control: power on"), 1);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_hears_a_bmc_that_repeats_itself() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.inject(Fault::repeats_itself());
    for suite in SUITES {
        assert_eq!(lab.ok(suite, "chassis power status").await, "Chassis Power is off");
    }
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_believes_a_bmc_that_only_pretends() {
    let Some(lab) = Lab::start("ipmitool").await else { return };
    lab.rack.inject(Fault::ignores_power_commands());
    assert_eq!(lab.ok("17", "chassis power on").await, "Chassis Power Control: Up/On");
    assert_eq!((lab.truth().power, lab.truth().boots), (Power::Off, 0));
    assert_eq!(lab.logged("chassis control: power on"), 0);
    lab.rack.stop().await;
}
