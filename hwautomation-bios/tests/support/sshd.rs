//! OpenSSH's sshd, started for each connection as inetd would, so that a test can break, freeze and end it.

use async_trait::async_trait;
use hwautomation_bios::{HostKeyPins, MemoryPins, SshConfig, SshShell};
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{PowerState, RemoteShell, ShellCommand, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::shell::ShellFixture;
use hwautomation_core::testing::conformance::{DeviceFixture, HostTruth};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

const SSHD: &str = "/usr/sbin/sshd";
/// Bounds every wait of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long a connection may take here: other builds run beside.
pub(crate) const CONNECT: Duration = Duration::from_secs(3);

/// Which shell takes the lines apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginShell {
    /// That of the account.
    Own,
    Dash,
    /// That of small images, with the programs in it.
    BusyBox,
}

/// One host with an sshd.
pub(crate) struct Host {
    dir: tempfile::TempDir,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepted: Arc<AtomicU64>,
    plugin: Arc<SshShell>,
    acceptor: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    key: u32,
    refuse: bool,
    silent: bool,
    /// Process groups of the sshds, one for each connection.
    groups: Vec<u32>,
    held: Vec<TcpStream>,
}

/// Says loudly that a peer is missing; fails where peers are required.
fn are_there(shell: LoginShell) -> bool {
    let busybox = || Command::new("busybox").arg("true").output().is_ok();
    let missing = match shell {
        _ if !Path::new(SSHD).exists() => SSHD,
        LoginShell::BusyBox if !busybox() => "busybox",
        _ => return true,
    };
    assert!(std::env::var("HWAUTOMATION_PEERS").as_deref() != Ok("required"), "{missing} is missing");
    eprintln!("NOT RUN: {missing} is missing; scripts/setup-peers installs it");
    false
}

impl Host {
    /// Starts a host, or returns nothing where there is no sshd.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(LoginShell::Own, SshConfig::default()).await
    }

    pub(crate) async fn start_with(shell: LoginShell, config: SshConfig) -> Option<Self> {
        if !are_there(shell) {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        write_config(dir.path(), shell);
        for key in ["host_0", "host_1", "user"] {
            keygen(&dir.path().join(key));
        }
        std::fs::copy(dir.path().join("user.pub"), dir.path().join("authorized")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, accepted) = (Arc::<Mutex<State>>::default(), Arc::<AtomicU64>::default());
        let acceptor = tokio::spawn(accept(listener, dir.path().to_owned(), state.clone(), accepted.clone()));
        let config = SshConfig { connect_timeout: CONNECT, ..config };
        let plugin = shell_to(address, dir.path(), config, Arc::new(MemoryPins::default()));
        Some(Self { dir, address, state, accepted, plugin, acceptor })
    }

    /// Makes another shell to the same host, as after a restart of the program.
    pub(crate) fn another_shell(&self, config: SshConfig, pins: Arc<dyn HostKeyPins>) -> Arc<SshShell> {
        let config = SshConfig { connect_timeout: CONNECT, ..config };
        shell_to(self.address, self.dir.path(), config, pins)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Counts the connections that sshd was started for.
    pub(crate) fn connections(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Returns the fingerprint of the host key in use, as `ssh-keygen -l` shows it.
    pub(crate) fn fingerprint(&self) -> String {
        let key = self.dir.path().join(format!("host_{}.pub", self.state.lock().unwrap().key));
        let output = Command::new("ssh-keygen").args(["-l", "-f"]).arg(key).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split(' ').nth(1).unwrap().to_owned()
    }

    /// Ends every sshd, and with it every connection.
    pub(crate) fn kill_connections(&self) {
        let groups = std::mem::take(&mut self.state.lock().unwrap().groups);
        groups.into_iter().for_each(|group| signal("KILL", group));
    }

    /// Freezes the sshds of the connections there are; new ones are served.
    pub(crate) fn freeze_connections(&self) {
        self.state.lock().unwrap().groups.iter().for_each(|group| signal("STOP", *group));
    }

    /// Counts lines of sshd's log that contain a text.
    pub(crate) fn logged(&self, text: &str) -> u64 {
        let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        log.lines().filter(|line| line.contains(text)).count() as u64
    }

    /// Tells whether no sshd of this host runs any more.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.state.lock().unwrap().groups.is_empty()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.acceptor.abort();
        self.kill_connections();
    }
}

/// Returns when this is so; fails after a while.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let look = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

fn shell_to(address: SocketAddr, dir: &Path, config: SshConfig, pins: Arc<dyn HostKeyPins>) -> Arc<SshShell> {
    let connect = ConnectMap::default().with("10.1.0.1:22".parse().unwrap(), address);
    let key = Secret::new(std::fs::read_to_string(dir.join("user")).unwrap());
    let credentials = StaticCredentials::default()
        .with("key", key)
        .with("password", Secret::new("not-the-password-of-anybody"))
        .with("junk", Secret::new("-----BEGIN OPENSSH PRIVATE KEY-----\njunk-in-place-of-a-key\n"));
    Arc::new(SshShell::new(SshConfig { connect, ..config }, Arc::new(credentials), pins).unwrap())
}

fn write_config(dir: &Path, shell: LoginShell) {
    let force = match shell {
        LoginShell::Own => "",
        LoginShell::Dash => "ForceCommand exec dash -c \"$SSH_ORIGINAL_COMMAND\"\n",
        LoginShell::BusyBox => "ForceCommand exec busybox sh -c \"$SSH_ORIGINAL_COMMAND\"\n",
    };
    let text = format!(
        "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication yes\n\
         LogLevel VERBOSE\nPidFile none\nUseDNS no\n{force}"
    );
    std::fs::write(dir.join("config"), text).unwrap();
    std::fs::write(dir.join("nobody"), "").unwrap();
    // sshd changes into it; the package's own unit makes it at each boot.
    let _ = std::fs::create_dir_all("/run/sshd");
}

fn keygen(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status();
    assert!(made.unwrap().success());
}

fn signal(name: &str, group: u32) {
    let _ = Command::new("sh").args(["-c", "kill -s $0 -- -$1", name, &group.to_string()]).status();
}

async fn accept(listener: TcpListener, dir: PathBuf, state: Arc<Mutex<State>>, accepted: Arc<AtomicU64>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let mut now = state.lock().unwrap();
        if now.silent {
            now.held.push(stream);
            continue;
        }
        let mut sshd = serve(stream, &dir, &now);
        let group = sshd.id().unwrap();
        now.groups.push(group);
        accepted.fetch_add(1, Ordering::SeqCst);
        let state = state.clone();
        tokio::spawn(async move {
            sshd.wait().await.unwrap();
            state.lock().unwrap().groups.retain(|other| *other != group);
        });
    }
}

/// Starts an sshd that talks over this connection, in a process group of its own.
fn serve(stream: TcpStream, dir: &Path, state: &State) -> tokio::process::Child {
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    let authorized = dir.join(if state.refuse { "nobody" } else { "authorized" });
    let mut sshd = tokio::process::Command::new(SSHD);
    sshd.arg("-i").arg("-f").arg(dir.join("config")).arg("-E").arg(dir.join("log"));
    sshd.arg("-h").arg(dir.join(format!("host_{}", state.key)));
    sshd.arg("-o").arg(format!("AuthorizedKeysFile {}", authorized.display()));
    sshd.stdin(Stdio::from(std::os::fd::OwnedFd::from(stream.try_clone().unwrap())));
    sshd.stdout(Stdio::from(std::os::fd::OwnedFd::from(stream))).stderr(Stdio::null());
    sshd.process_group(0).spawn().unwrap()
}

#[async_trait]
impl DeviceFixture for Host {
    fn machine(&self) -> Machine {
        let mut machine = Machine::new(MachineId::from_static("srv001"));
        machine.addresses.host = Some("10.1.0.1".parse().unwrap());
        machine.boot_generation = 1;
        machine.credentials.insert("ssh".to_owned(), SecretRef::new("static:key").unwrap());
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        machine.settings.insert(PluginName::from_static("ssh"), json!({"username": user.trim()}));
        machine
    }

    fn secrets(&self) -> Vec<String> {
        let key = std::fs::read_to_string(self.dir.path().join("user")).unwrap();
        key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect()
    }

    async fn break_network(&self) {
        self.freeze_connections();
        self.state.lock().unwrap().silent = true;
    }

    async fn refuse_credentials(&self) {
        self.kill_connections();
        self.state.lock().unwrap().refuse = true;
    }

    async fn lose_answers(&self) {
        panic!("no clause of the shell suite loses answers");
    }

    async fn heal(&self) {
        let mut state = self.state.lock().unwrap();
        state.groups.iter().for_each(|group| signal("CONT", *group));
        state.held.clear();
        (state.silent, state.refuse) = (false, false);
    }

    async fn refused_logins(&self) -> u64 {
        self.logged("Failed publickey") + self.logged("Failed password")
    }

    async fn settle(&self) {}

    async fn host(&self) -> HostTruth {
        HostTruth { power: PowerState::On, boots: 1, interrupts: 0 }
    }
}

#[async_trait]
impl ShellFixture for Host {
    fn plugin(&self) -> Arc<dyn RemoteShell> {
        self.plugin.clone()
    }

    fn print_args(&self, args: &[&str]) -> ShellCommand {
        ShellCommand::new("printf").args([r"%s\0"]).args(args.iter().copied())
    }

    fn printed_args(&self, stdout: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    fn failing(&self) -> (ShellCommand, u32) {
        (ShellCommand::new("sh").args(["-c", "exit 37"]), 37)
    }

    fn copy_input(&self) -> ShellCommand {
        ShellCommand::new("tee").args(["/dev/stderr"])
    }

    fn slow(&self) -> ShellCommand {
        ShellCommand::new("sleep").args(["5"])
    }

    fn path(&self) -> String {
        self.dir.path().join("a file; it's $HOME").to_str().unwrap().to_owned()
    }

    async fn true_file(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(path).ok()
    }

    async fn host_calls(&self) -> u64 {
        self.logged("Starting session")
    }

    async fn change_host_key(&self) {
        self.kill_connections();
        self.state.lock().unwrap().key += 1;
    }
}
