//! ipmipower and ipmitool as clients of a farm of ten thousand BMCs.

use crate::peer::Peer;
use hwautomation_sim::{BmcFarm, FarmPlan, Power};
use std::net::Ipv4Addr;

const SUITES: [&str; 2] = ["3", "17"];
const USER: &str = "ADMIN";
const PASSWORD: &str = "secret";

async fn farm() -> BmcFarm {
    FarmPlan::new(10_000).port(0).user(USER, PASSWORD).start().await.expect("a farm")
}

/// Asks a range of BMCs for something, and returns a line for each.
async fn ipmipower(peer: &Peer, farm: &BmcFarm, hosts: &str, suite: &str, action: &str) -> Vec<String> {
    let hosts = format!("{hosts}:{}", farm.port());
    let arguments = ["-h", &hosts, "-u", USER, "-p", PASSWORD, "-D", "LAN_2_0", "-I", suite, action];
    let said = peer.run(arguments).await;
    let mut lines: Vec<_> = said.out.lines().map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{said:?}");
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_asks_two_hundred_of_ten_thousand() {
    let Some(peer) = Peer::find("ipmipower") else { return };
    let farm = farm().await;
    let on: Vec<Ipv4Addr> = farm.addresses().take(200).step_by(3).collect();
    on.iter().for_each(|address| farm.set_power(*address, Power::On));
    for suite in SUITES {
        let lines = ipmipower(&peer, &farm, "127.64.0.[1-200]", suite, "--stat").await;
        assert_eq!(lines.len(), 200);
        for address in farm.addresses().take(200) {
            let power = if on.contains(&address) { "on" } else { "off" };
            let line = format!("{address}: {power}");
            assert!(lines.contains(&line), "{line:?} is missing in suite {suite}: {lines:?}");
        }
    }
    let total = farm.total();
    assert_eq!((total.log_ins, total.sessions, total.power_commands), (400, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmipower_switches_one_and_not_its_neighbours() {
    let Some(peer) = Peer::find("ipmipower") else { return };
    let farm = farm().await;
    let all: Vec<Ipv4Addr> = farm.addresses().collect();
    for (suite, number) in SUITES.into_iter().zip([5_000, 9_999]) {
        let said = ipmipower(&peer, &farm, &all[number].to_string(), suite, "--on").await;
        assert_eq!(said, [format!("{}: ok", all[number])]);
        assert_eq!(farm.counts(all[number]).power_commands, 1);
    }
    let on: Vec<Ipv4Addr> = all.iter().copied().filter(|address| farm.power(*address) == Power::On).collect();
    assert_eq!(on, [all[5_000], all[9_999]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipmitool_switches_one_and_not_its_neighbours() {
    let Some(peer) = Peer::find("ipmitool") else { return };
    let farm = farm().await;
    let (port, address) = (farm.port().to_string(), farm.addresses().nth(7_777).expect("ten thousand"));
    for (suite, action, wanted) in [("17", "on", Power::On), ("3", "off", Power::Off)] {
        let host = address.to_string();
        let who = ["-I", "lanplus", "-H", &host, "-p", &port, "-U", USER, "-P", PASSWORD, "-C", suite];
        let said = peer.run(who.into_iter().chain(["chassis", "power", action])).await;
        assert!(said.ok, "{said:?}");
        assert_eq!(farm.power(address), wanted);
    }
    assert_eq!((farm.total().power_commands, farm.counts(address).power_commands), (2, 2));
}
