//! OpenIPMI's ipmi_sim as a process of its own, with scripts for chassis and network.

use super::{PATIENCE, presence};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The users of the simulator's configuration.
pub(crate) const USER: &str = "ipmiusr";
pub(crate) const PASSWORD: &str = "sim-secret-4711";

/// Get Channel Authentication Capabilities, as every client begins.
const GREETING: [u8; 22] =
    [6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x20, 0x18, 0xC8, 0x81, 0, 0x38, 0x8E, 4];
const GREETING_CHECKSUM: u8 = 0xB5;

/// A running simulator. Ends when dropped.
pub(crate) struct IpmiSim {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    process: Child,
}

/// What a simulator may have of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer<'a> {
    /// The script that is its chassis.
    pub(crate) chassis: &'a str,
    /// More lines of its configuration.
    pub(crate) lines: &'a str,
    /// More of the BMC, in the words of its emulator's file.
    pub(crate) emulator: &'a str,
}

impl Default for Peer<'_> {
    fn default() -> Self {
        Self { chassis: CHASSIS, lines: "", emulator: "" }
    }
}

impl IpmiSim {
    /// Starts one; nothing, said loudly, when the program is missing and may be.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(Peer::default())
    }

    /// Starts one that differs from the usual one.
    pub(crate) fn start_with(peer: Peer<'_>) -> Option<Self> {
        if !presence::programs(&["ipmi_sim", "ipmitool"]) {
            return None;
        }
        // Another process may take the port between our look and its start.
        (0..5).find_map(|_| Self::try_start(peer))
    }

    fn try_start(Peer { chassis, lines, emulator }: Peer<'_>) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let at = folder.path();
        std::fs::create_dir(at.join("state")).unwrap();
        script(&at.join("chassis.sh"), chassis, at);
        script(&at.join("lan.sh"), LAN, at);
        std::fs::write(at.join("lan.conf"), configuration(at, address) + lines).unwrap();
        std::fs::write(at.join("bmc.emu"), format!("{EMULATOR}{emulator}mc_enable 0x20\n")).unwrap();
        let process = run(at);
        let sim = Self { address, folder, process };
        sim.answers().then_some(sim)
    }

    /// Restarts it, at the same address: it forgets its sessions.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.process = run(self.folder.path());
        assert!(self.answers(), "ipmi_sim did not come back");
    }

    fn stop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }

    fn answers(&self) -> bool {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let datagram = [&GREETING[..], &[GREETING_CHECKSUM]].concat();
        while Instant::now() < deadline {
            drop(socket.send(&datagram));
            if socket.recv(&mut [0; 256]).is_ok() {
                return true;
            }
        }
        false
    }

    /// Reads a file that the scripts wrote; empty when there is none.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default().trim().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Lists what the chassis was told to do.
    pub(crate) fn commands(&self) -> Vec<String> {
        let sets = |line: &&str| line.starts_with("set ") && !line.starts_with("set boot");
        self.read("chassis.log").lines().filter(sets).map(str::to_owned).collect()
    }

    /// Lists what the network was told to be.
    pub(crate) fn lan_writes(&self) -> Vec<String> {
        self.read("lan.log").lines().filter(|line| line.starts_with("set ")).map(str::to_owned).collect()
    }
}

impl Drop for IpmiSim {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(folder: &Path) -> Child {
    let mut command = Command::new("ipmi_sim");
    command.arg("-n").arg("-c").arg(folder.join("lan.conf")).arg("-f").arg(folder.join("bmc.emu"));
    command.arg("-s").arg(folder.join("state"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Writes a script that is to know its folder.
pub(super) fn script(path: &Path, text: &str, folder: &Path) {
    std::fs::write(path, text.replace("FOLDER", &folder.display().to_string())).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn configuration(folder: &Path, address: SocketAddr) -> String {
    let (folder, ip, port) = (folder.display(), address.ip(), address.port());
    format!(
        "name \"bmc\"
set_working_mc 0x20
  startlan 1
    addr {ip} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
    lan_config_program \"{folder}/lan.sh bmc\"
  endlan
  chassis_control \"{folder}/chassis.sh\"
  user 1 true  \"\"        \"{PASSWORD}\" user     10       none md2 md5 straight
  user 2 true  \"{USER}\" \"{PASSWORD}\" admin    10       none md2 md5 straight
"
    )
}

const EMULATOR: &str = "mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
";

/// Keeps power and boot device in files. With a file `blur` it cannot say whether there is power.
const CHASSIS: &str = r#"#!/bin/sh
cd "FOLDER" || exit 1
echo "$@" >> chassis.log
op=$1; shift
boots() { echo $(($(cat boots 2>/dev/null || echo 0) + 1)) > boots; }
case "$op" in
get) for p in "$@"; do
       case "$p" in
       power) [ -e blur ] && exit 1; echo "power:$(cat power 2>/dev/null || echo 0)";;
       boot) echo "boot:$(cat boot 2>/dev/null || echo default)";;
       esac
     done;;
set) while [ $# -gt 0 ]; do
       case "$1" in
       power) [ "$2" = 1 ] && [ "$(cat power 2>/dev/null)" != 1 ] && boots; echo "$2" > power;;
       boot) echo "$2" > boot;;
       reset) boots;;
       shutdown) echo 0 > power;;
       esac
       shift 2
     done;;
esac
exit 0
"#;

/// Keeps the network in files.
const LAN: &str = r#"#!/bin/sh
cd "FOLDER" || exit 1
shift
echo "$@" >> lan.log
op=$1; shift
initially() {
  case "$1" in
  ip_addr) echo 10.0.0.5;;
  ip_addr_src) echo static;;
  subnet_mask) echo 255.255.255.0;;
  default_gw_ip_addr) echo 10.0.0.1;;
  mac_addr) echo 52:54:00:12:34:56;;
  default_gw_mac_addr|backup_gw_mac_addr) echo 52:54:00:00:00:01;;
  *) echo 0.0.0.0;;
  esac
}
case "$op" in
get) for p in "$@"; do echo "$p:$(cat "lan.$p" 2>/dev/null || initially "$p")"; done;;
set) while [ $# -gt 0 ]; do echo "$2" > "lan.$1"; shift 2; done;;
esac
exit 0
"#;
