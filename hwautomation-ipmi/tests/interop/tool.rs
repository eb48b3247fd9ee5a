//! Programs that others wrote, asked about the same BMC.

use crate::rack::RackFixture;
use crate::support::PATIENCE;
use crate::support::lab::Lab;
use crate::support::peer::{PASSWORD, USER};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::process::Command;

/// The programs that judge.
pub(crate) const JUDGES: [&str; 4] = ["ipmitool", "ipmi-sensors", "ipmi-sel", "bmc-info"];

/// Where a BMC is, and as whom to ask it.
pub(crate) struct Place {
    address: SocketAddr,
    user: String,
    password: String,
    suite: &'static str,
    /// Where programs may keep what they remember.
    home: PathBuf,
}

impl Place {
    pub(crate) fn of(lab: &Lab) -> Self {
        let (user, password) = (USER.to_owned(), PASSWORD.to_owned());
        Self { address: lab.sim.address, user, password, suite: "3", home: lab.sim.path("") }
    }

    /// The simulated machine's BMC, over the suite that its fixture was started with.
    pub(crate) fn of_rack(rack: &RackFixture, suite: &'static str, home: PathBuf) -> Self {
        let sheet = rack.rack.sheet();
        let bmc = &sheet.servers[0].bmc;
        let nominal = format!("{}:623", bmc.address);
        let address = sheet.connect[&nominal].parse().unwrap();
        Self { address, user: bmc.username.clone(), password: bmc.password.clone(), suite, home }
    }

    /// Asks ipmitool, and returns what it prints.
    pub(crate) async fn ipmitool(&self, arguments: &str) -> String {
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        let mut command = Command::new("ipmitool");
        command.args(["-I", "lanplus", "-H", &host, "-p", &port, "-U", &self.user, "-P", &self.password]);
        self.run(command.args(["-C", self.suite]).args(arguments.split_whitespace())).await
    }

    /// Asks a program of FreeIPMI, and returns what it prints.
    pub(crate) async fn freeipmi(&self, program: &str, arguments: &str) -> String {
        let host = self.address.to_string();
        let mut command = Command::new(program);
        command.args(["-h", &host, "-u", &self.user, "-p", &self.password, "-D", "LAN_2_0"]);
        command.args(["-I", self.suite, "-W", "opensesspriv"]);
        self.run(command.args(arguments.split_whitespace())).await
    }

    /// Asks a program of FreeIPMI for a table, and returns its rows without the first, which names the columns.
    pub(crate) async fn table(&self, program: &str, arguments: &str) -> Vec<Vec<String>> {
        let arguments = format!("--comma-separated-output --quiet-cache --sdr-cache-recreate {arguments}");
        let text = self.freeipmi(program, &arguments).await;
        let row = |line: &str| line.split(',').map(str::to_owned).collect();
        text.lines().filter(|line| !line.is_empty()).skip(1).map(row).collect()
    }

    async fn run(&self, command: &mut Command) -> String {
        command.env("TZ", "UTC").env("LC_ALL", "C").env("HOME", &self.home).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{command:?} said {out} {error}");
        out.into_owned()
    }
}

/// Returns what follows a word and a colon.
pub(crate) fn after<'a>(text: &'a str, word: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(word));
    line.unwrap_or_else(|| panic!("no {word:?} in {text}")).trim_start_matches([' ', ':']).trim()
}
