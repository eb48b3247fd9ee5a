//! pyghmi's client as a console of the simulated BMC. It asks for SHA-256, which is cipher suite 17, before SHA-1.

use crate::peer::{Peer, Said};
use hwautomation_sim::{BootDevice, BootOverride, Fault, Outcome, Power, Rack, RackPlan, Tempo, Truth};
use std::net::SocketAddr;
use std::time::Duration;

/// How long a machine of a quick rack may take for anything.
const SOON: Duration = Duration::from_secs(20);
const SERVER: &str = "srv001";
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pyghmi_client.py");
/// What it prints first in a session of suite 17.
const SHA256: &str = "sha 256";

struct Lab {
    rack: Rack,
    python: Peer,
    at: SocketAddr,
    user: String,
    password: String,
}

impl Lab {
    /// Starts a machine, if pyghmi is there.
    async fn start() -> Option<Self> {
        let python = Peer::made_by("pyghmi", "bin/python")?;
        let rack = RackPlan::servers(1).tempo(Tempo::quick()).start().await.unwrap();
        let sheet = rack.sheet();
        let bmc = sheet.servers[0].bmc.clone();
        let at = sheet.connect[&format!("{}:623", bmc.address)].parse().unwrap();
        Some(Self { rack, python, at, user: bmc.username, password: bmc.password })
    }

    /// Runs the client once, which is one session.
    async fn run(&self, user: &str, password: &str, actions: &[&str]) -> Said {
        let (address, port) = (self.at.ip().to_string(), self.at.port().to_string());
        // Without -B it would write what it compiled beside the program.
        let arguments = ["-B", PROGRAM, &address, &port, user, password];
        self.python.run(arguments.iter().chain(actions)).await
    }

    /// Gives commands that must succeed, and returns what was printed.
    async fn ok(&self, actions: &[&str]) -> Vec<String> {
        let said = self.run(&self.user, &self.password, actions).await;
        assert!(said.ok, "{said:?}");
        said.out.lines().map(str::to_owned).collect()
    }

    async fn until(&self, what: &str, is_true: impl Fn(&Truth) -> bool) {
        let is_true = |rack: &Rack| is_true(&rack.truth(SERVER));
        assert!(
            self.rack.wait_until(SOON, is_true).await,
            "waited for {what}: {:?}",
            self.rack.truth(SERVER)
        );
    }

    /// How often the log has a command that took effect.
    fn logged(&self, command: &str) -> usize {
        let log = self.rack.log();
        log.iter().filter(|entry| entry.command == command && entry.outcome == Outcome::TookEffect).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pyghmi_reads_and_switches_the_power_in_suite_17() {
    let Some(lab) = Lab::start().await else { return };
    assert_eq!(lab.ok(&["power"]).await, [SHA256, "powerstate=off"]);
    assert_eq!(lab.ok(&["power=on"]).await, [SHA256, "pendingpowerstate=on"]);
    lab.until("power", |truth| truth.power == Power::On && truth.boots == 1).await;
    assert_eq!(lab.ok(&["power"]).await, [SHA256, "powerstate=on"]);
    assert_eq!(lab.ok(&["power=reset", "power"]).await.len(), 3);
    lab.until("another boot", |truth| truth.power == Power::On && truth.boots == 2).await;
    assert_eq!(lab.ok(&["power=off"]).await, [SHA256, "pendingpowerstate=off"]);
    lab.until("no power", |truth| truth.power == Power::Off).await;
    assert_eq!(lab.ok(&["power"]).await, [SHA256, "powerstate=off"]);
    let counted = ["power on", "hard reset", "power off"]
        .map(|command| lab.logged(&format!("chassis control: {command}")));
    assert_eq!(counted, [1, 1, 1], "{:?}", lab.rack.log());
    assert_eq!(lab.logged("close session"), 6);
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pyghmi_sets_the_boot_device_and_reads_it_back() {
    let Some(lab) = Lab::start().await else { return };
    let printed = lab.ok(&["boot=network", "boot"]).await;
    assert_eq!(printed[1..], ["bootdev=network", "bootdev=network persistent=False uefimode=False"]);
    let once = BootOverride { device: BootDevice::Pxe, persistent: false, uefi: false };
    assert_eq!(lab.rack.truth(SERVER).boot_override, Some(once));
    lab.rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pyghmi_says_why_it_cannot_log_in() {
    let Some(lab) = Lab::start().await else { return };
    let said = lab.run(&lab.user, "guess", &["power"]).await;
    assert_eq!((said.ok, said.err.as_str()), (false, "IpmiException: Incorrect password provided"));
    let said = lab.run("nobody", "guess", &["power"]).await;
    assert_eq!((said.ok, said.err.as_str()), (false, "IpmiException: Unauthorized name in RAKP2"));
    lab.rack.inject(Fault::bmc_slots_full());
    let said = lab.run(&lab.user, &lab.password, &["power"]).await;
    assert!(!said.ok && said.err.contains("Insufficient resources"), "{said:?}");
    lab.rack.stop().await;
}
