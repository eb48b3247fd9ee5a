//! A BMC that pyghmi's server plays (`tests/data/pyghmi/bmc.py`), behind a proxy. It knows cipher suite 3 and answers
//! with it whatever was asked for.

use super::lab::{NOMINAL, quick};
use super::peer::{PASSWORD, USER};
use super::proxy::Proxy;
use super::{PATIENCE, presence, until};
use hwautomation_core::machine::ConnectMap;
use hwautomation_core::plugin::StaticCredentials;
use hwautomation_core::secret::Secret;
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pyghmi/bmc.py");
/// The file that has what the program printed.
const SAID: &str = "said";

/// Ends when dropped, and also when this process ends in any other way: its input is closed then.
pub(crate) struct PyghmiBmc {
    process: Child,
    folder: TempDir,
    pub(crate) proxy: Proxy,
}

impl PyghmiBmc {
    /// Starts it. Nothing when pyghmi is missing and may be.
    pub(crate) async fn start() -> Option<Self> {
        let python = presence::made_by("pyghmi")?.join("bin/python");
        let folder = tempfile::tempdir().unwrap();
        let process = run(&python, folder.path());
        let lines = || said(folder.path());
        until(PATIENCE, || !lines().is_empty()).await;
        let port = lines()[0].parse().expect("its port");
        let proxy = Proxy::start(SocketAddr::new([127, 0, 0, 1].into(), port), 1).await;
        Some(Self { process, folder, proxy })
    }

    /// Lists the commands that reached it.
    pub(crate) fn commands(&self) -> Vec<String> {
        said(self.folder.path()).split_off(1)
    }

    /// Makes a driver that may use these cipher suites and has this password.
    pub(crate) fn driver(&self, suites: &[u8], password: &str) -> IpmiController {
        let connect = ConnectMap::default().with(SocketAddr::new(NOMINAL.into(), 623), self.proxy.address);
        let config = IpmiConfig { connect, cipher_suites: suites.to_vec(), ..quick() };
        let credentials = StaticCredentials::default().with("bmc", Secret::new(password));
        IpmiController::new(config, Arc::new(credentials)).unwrap()
    }

    /// Keeps it from telling which suites it has. It answers in IPMI 2.0's form, also when asked in that of 1.5.
    pub(crate) fn hide_suites(&self) {
        let command = |answer: &[u8]| if answer.get(4) == Some(&6) { answer.get(21).copied() } else { None };
        self.proxy.lose(move |answer| answer.get(5) == Some(&0) && command(answer) == Some(0x54));
    }
}

impl Drop for PyghmiBmc {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn run(python: &Path, folder: &Path) -> Child {
    let mut command = Command::new(python);
    command.args([PROGRAM, USER, PASSWORD]).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped());
    command.stdout(File::create(folder.join(SAID)).unwrap()).spawn().unwrap()
}

/// Lists the whole lines that it printed.
fn said(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join(SAID)).unwrap();
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}
