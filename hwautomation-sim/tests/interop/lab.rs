//! One simulated machine, and a program of others that speaks to its BMC.

use crate::peer::{Peer, Said, Talk};
use hwautomation_sim::{Outcome, Power, Rack, RackPlan, ServerPlan, Tempo, Truth};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How long a machine of a quick rack may take for anything.
pub(crate) const SOON: Duration = Duration::from_secs(20);
pub(crate) const SERVER: &str = "srv001";
/// Where a BMC may be moved to.
pub(crate) const SPARE: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 9);
pub(crate) const SUITES: [&str; 2] = ["3", "17"];

/// One machine, and a program that speaks to its BMC.
pub(crate) struct Lab {
    pub(crate) rack: Rack,
    pub(crate) peer: Peer,
    pub(crate) bmc: SocketAddr,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Lab {
    /// Starts a machine, if the program is there.
    pub(crate) async fn start(program: &str) -> Option<Self> {
        let peer = Peer::find(program)?;
        let plan =
            RackPlan::new().server(ServerPlan::new(SERVER)).spare_bmc_address(SPARE).tempo(Tempo::quick());
        let rack = plan.start().await.expect("a rack");
        let bmc = rack.sheet().servers[0].bmc.clone();
        let at = reached(&rack, bmc.address);
        Some(Self { rack, peer, bmc: at, user: bmc.username, password: bmc.password })
    }

    pub(crate) fn truth(&self) -> Truth {
        self.rack.truth(SERVER)
    }

    pub(crate) async fn ipmitool_as(&self, who: [&str; 2], suite: &str, command: &str) -> Said {
        self.peer.run(self.ipmitool_arguments(who, suite, command)).await
    }

    /// Starts ipmitool, to speak with it.
    pub(crate) fn ipmitool_talks(&self, suite: &str, command: &str) -> Talk {
        self.peer.start(self.ipmitool_arguments([&self.user, &self.password], suite, command))
    }

    fn ipmitool_arguments(&self, who: [&str; 2], suite: &str, command: &str) -> Vec<String> {
        let (host, port) = (self.bmc.ip().to_string(), self.bmc.port().to_string());
        let [user, password] = who;
        let mut arguments = vec!["-I", "lanplus", "-H", &host, "-p", &port, "-U", user, "-P", password];
        // One try of a second: enough on loopback, and a silent BMC is found out sooner.
        arguments.extend(["-N", "1", "-R", "1", "-C", suite]);
        arguments.extend(command.split(' '));
        arguments.into_iter().map(str::to_owned).collect()
    }

    pub(crate) async fn ipmitool(&self, suite: &str, command: &str) -> Said {
        self.ipmitool_as([&self.user, &self.password], suite, command).await
    }

    /// Gives a command that must succeed, and returns what was printed.
    pub(crate) async fn ok(&self, suite: &str, command: &str) -> String {
        let said = self.ipmitool(suite, command).await;
        assert!(said.ok, "{command}: {said:?}");
        said.out
    }

    pub(crate) async fn ipmipower_as(&self, who: [&str; 2], suite: &str, more: &[&str]) -> Said {
        let [user, password] = who;
        let bmc = self.bmc.to_string();
        let mut arguments = vec!["-h", &bmc, "-u", user, "-p", password, "-D", "LAN_2_0", "-I", suite];
        arguments.extend(more);
        self.peer.run(arguments).await
    }

    pub(crate) async fn ipmipower_with(&self, suite: &str, more: &[&str]) -> Said {
        self.ipmipower_as([&self.user, &self.password], suite, more).await
    }

    pub(crate) async fn ipmipower(&self, suite: &str, action: &str) -> Said {
        self.ipmipower_with(suite, &[action]).await
    }

    pub(crate) async fn until(&self, what: &str, is_true: impl Fn(&Truth) -> bool) {
        let is_true = |rack: &Rack| is_true(&rack.truth(SERVER));
        assert!(self.rack.wait_until(SOON, is_true).await, "waited for {what}: {:?}", self.truth());
    }

    pub(crate) async fn until_power(&self, power: Power) {
        self.until("power", |truth| truth.power == power).await;
    }

    /// How often the log has a command that took effect.
    pub(crate) fn logged(&self, command: &str) -> usize {
        let log = self.rack.log();
        log.iter().filter(|entry| entry.command == command && entry.outcome == Outcome::TookEffect).count()
    }
}

/// The socket behind a nominal address.
pub(crate) fn reached(rack: &Rack, address: Ipv4Addr) -> SocketAddr {
    rack.sheet().connect[&format!("{address}:623")].parse().expect("a socket")
}

/// Expects each of the words in what a program printed.
pub(crate) fn prints(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}
