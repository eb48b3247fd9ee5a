//! A machine that QEMU plays, without hardware help, and that has an ipmi_sim as its BMC: inside as KCS interface,
//! outside over the network. It boots over TFTP what `scripts/machine-image` built, and all its ports are on loopback.

use super::lab::{Lab, quick};
use super::peer::{IpmiSim, Peer, script};
use super::{presence, until};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpSocket;

/// Bounds a boot: twelve seconds where nothing else runs.
const BOOT_LIMIT: Duration = Duration::from_secs(120);
/// What the machine's first program prints when SSH answers.
const UP: &str = "MACHINE IS UP";

/// Is switched off when dropped, and also when this process ends in any other way.
pub(crate) struct QemuMachine {
    keeper: Child,
    pub(crate) lab: Lab,
    ssh: SocketAddr,
    /// Hold the ports, so that nobody else gets them before ipmi_sim and QEMU do.
    _ports: [TcpSocket; 2],
}

impl QemuMachine {
    /// Starts its BMC; the machine is off. Nothing when a peer is missing and may be.
    pub(crate) async fn start() -> Option<Self> {
        if !presence::programs(&["qemu-system-x86_64", "ssh", "ssh-keygen"]) {
            return None;
        }
        let image = presence::made_by("machine-image")?;
        let (ssh_port, ssh) = reserve();
        let (bmc_port, bmc) = reserve();
        let serial = format!("  serial 15 127.0.0.1 {} codec VM\n", bmc.port());
        let chassis = include_str!("../data/machine/chassis.sh");
        let sim = IpmiSim::start_with(Peer { chassis, lines: &serial, ..Peer::default() })?;
        let boot = include_str!("../data/machine/machine.sh").replace("SSH", &ssh.to_string());
        script(&sim.path("machine.sh"), &boot.replace("BMC_PORT", &bmc.port().to_string()), &sim.path(""));
        run("mkfifo", &["monitor.in", "monitor.out"], &sim.path(""));
        offer_over_tftp(&image, &sim);
        let keeper = keeper(&sim);
        let lab = Lab::around(sim, 1, quick()).await;
        Some(Self { keeper, lab, ssh, _ports: [ssh_port, bmc_port] })
    }

    /// Waits until it has booted.
    pub(crate) async fn boots(&self) {
        let console = || self.lab.sim.read("console.log");
        until(BOOT_LIMIT, || console().contains(UP)).await;
    }

    /// Runs a command inside, and returns what it printed.
    pub(crate) fn exec(&self, line: &str) -> String {
        let port = self.ssh.port().to_string();
        let common = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", "key"];
        // Each boot makes a key of its own, which nobody could know before.
        let hosts = ["-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=known_hosts"];
        let arguments = [&common[..], &hosts, &["-p", &port, "root@127.0.0.1", line]].concat();
        run("ssh", &arguments, &self.lab.sim.path(""))
    }

    /// The process that plays it, of its last boot.
    pub(crate) fn process(&self) -> String {
        self.lab.sim.read("machine.pid")
    }
}

impl Drop for QemuMachine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for file in ["machine.log", "console.log", "chassis.log"] {
                eprintln!("{file}:\n{}", self.lab.sim.read(file));
            }
        }
        // This closes its input, and waits until it has done what it does then.
        drop(self.keeper.wait());
    }
}

/// Says whether a process is there and has not ended.
pub(crate) fn lives(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// Takes a port that another program may still listen on.
fn reserve() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Puts the image where QEMU's TFTP server looks, and a new key in the boot script: a machine that lets this key in
/// has booted from here.
fn offer_over_tftp(image: &Path, sim: &IpmiSim) {
    run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "key"], &sim.path(""));
    let (public, tftp) = (sim.read("key.pub"), sim.path("tftp"));
    let key = public.split(' ').nth(1).unwrap();
    fs::create_dir(&tftp).unwrap();
    for file in ["vmlinuz", "initrd"] {
        symlink(image.join(file), tftp.join(file)).unwrap();
    }
    // On a busy computer the kernel would find that its timer does not work.
    let kernel = format!("kernel vmlinuz console=ttyS0 quiet no_timer_check authorized_key={key}");
    fs::write(tftp.join("boot.ipxe"), format!("#!ipxe\n{kernel}\ninitrd initrd\nboot\n")).unwrap();
}

/// Ends the BMC and the machine as soon as its input is closed, which happens however this process ends.
fn keeper(sim: &IpmiSim) -> Child {
    let kills = format!("cat >/dev/null; kill -9 {} $(cat machine.pid)", sim.process());
    let mut command = Command::new("sh");
    command.args(["-c", &kills]).current_dir(sim.path("")).stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.trim().to_owned()
}
