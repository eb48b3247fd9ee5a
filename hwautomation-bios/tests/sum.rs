//! What the SUM backend does on a host, over a shell that answers as it is told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use async_trait::async_trait;
use hwautomation_bios::{SumBackend, SumConfig};
use hwautomation_core::bios::{Change, Changes, SettingName, SettingValue};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind, Result};
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BiosBackend, Pending, RemoteShell, ShellCommand, ShellOutput};
use serde_json::json;
use std::sync::{Arc, Mutex};

const X11: &[u8] = include_bytes!("data/x11.xml");
const READ: &str = "sudo -n -- /opt/supermicro/sum/sum -c GetCurrentBiosCfg";
const PUSH: &str = "sudo -n -- /opt/supermicro/sum/sum -c ChangeBiosCfg --file FILE";

/// Prints the fixture, and answers a push as it is told.
#[derive(Debug)]
struct ToldShell {
    read: fn() -> Result<ShellOutput>,
    push: fn() -> Result<ShellOutput>,
    calls: Mutex<Vec<String>>,
    files: Mutex<Vec<String>>,
}

fn ended(status: u32, stdout: &[u8]) -> ShellOutput {
    ShellOutput { status: Some(status), stdout: stdout.to_vec(), stderr: Vec::new() }
}

impl ToldShell {
    fn new(read: fn() -> Result<ShellOutput>, push: fn() -> Result<ShellOutput>) -> Arc<Self> {
        Arc::new(Self { read, push, calls: Mutex::default(), files: Mutex::default() })
    }

    fn pushing(push: fn() -> Result<ShellOutput>) -> Arc<Self> {
        Self::new(|| Ok(ended(0, X11)), push)
    }

    fn reading(read: fn() -> Result<ShellOutput>) -> Arc<Self> {
        Self::new(read, || Ok(ended(0, b"")))
    }

    /// Lists what was run and put, with FILE for a name that the backend made up.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn note(&self, call: &str) {
        let words = call
            .split(' ')
            .map(|word| if word.starts_with("/tmp/hwautomation-sum-") { "FILE" } else { word });
        self.calls.lock().unwrap().push(words.collect::<Vec<_>>().join(" "));
    }
}

#[async_trait]
impl RemoteShell for ToldShell {
    async fn run(&self, _: &Machine, command: &ShellCommand) -> Result<ShellOutput> {
        let call = format!("{} {}", command.program, command.args.join(" "));
        self.note(&call);
        match call {
            call if call.contains("GetCurrentBiosCfg") => (self.read)(),
            call if call.contains("ChangeBiosCfg") => (self.push)(),
            _ => Ok(ended(0, b"")),
        }
    }

    async fn put(&self, _: &Machine, path: &str, content: &[u8]) -> Result<()> {
        self.note(&format!("put {path}"));
        self.files.lock().unwrap().push(String::from_utf8_lossy(content).into_owned());
        Ok(())
    }

    async fn get(&self, _: &Machine, path: &str, _: usize) -> Result<Vec<u8>> {
        panic!("nobody has to get {path}")
    }
}

fn backend(shell: &Arc<ToldShell>) -> SumBackend {
    SumBackend::new(shell.clone(), SumConfig::default()).unwrap()
}

fn machine() -> Machine {
    Machine::new(MachineId::from_static("srv001"))
}

fn changes<const N: usize>(changes: [(&'static str, SettingValue); N]) -> Changes {
    let change = |(name, to)| Change { name: SettingName::from_static(name), from: None, to };
    changes.map(change).into_iter().collect()
}

fn good() -> Changes {
    changes([("Quiet Boot", false.into()), ("Cores Enabled", 4.into())])
}

#[tokio::test]
async fn reading_runs_one_command_and_leaves_nothing_behind() {
    let shell = ToldShell::reading(|| Ok(ended(0, X11)));
    let reading = backend(&shell).read_bios(&machine()).await.unwrap();
    assert_eq!(reading.in_force.get(&SettingName::from_static("Quiet Boot")), Some(&true.into()));
    assert_eq!((reading.in_force.len(), reading.pending), (10, Pending::Unknown));
    assert_eq!(shell.calls(), [READ]);
}

#[tokio::test]
async fn staging_pushes_the_changes_only_never_boots_and_removes_the_file() {
    let shell = ToldShell::pushing(|| Ok(ended(0, b"")));
    backend(&shell).stage_bios(&machine(), &good()).await.unwrap();
    assert_eq!(shell.calls(), [READ, "put FILE", PUSH, "rm -f FILE"]);
    let files = shell.files.lock().unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].matches("<Setting").count(), 2, "{}", files[0]);
}

#[tokio::test]
async fn two_pushes_use_two_files() {
    #[derive(Debug, Default)]
    struct Paths(Mutex<Vec<String>>);
    #[async_trait]
    impl RemoteShell for Paths {
        async fn run(&self, _: &Machine, _: &ShellCommand) -> Result<ShellOutput> {
            Ok(ended(0, X11))
        }
        async fn put(&self, _: &Machine, path: &str, _: &[u8]) -> Result<()> {
            self.0.lock().unwrap().push(path.to_owned());
            Ok(())
        }
        async fn get(&self, _: &Machine, _: &str, _: usize) -> Result<Vec<u8>> {
            Ok(Vec::new())
        }
    }
    let shell = Arc::new(Paths::default());
    let backend = SumBackend::new(shell.clone(), SumConfig::default()).unwrap();
    for _ in 0..2 {
        backend.stage_bios(&machine(), &good()).await.unwrap();
    }
    let paths = shell.0.lock().unwrap();
    assert_ne!(paths[0], paths[1]);
}

#[tokio::test]
async fn a_bad_change_is_named_before_anything_is_pushed() {
    let shell = ToldShell::pushing(|| Ok(ended(0, b"")));
    let bad = changes([
        ("Quiet Boot", false.into()),
        ("No Such Setting", 1.into()),
        ("Wait For \"F1\" If Error", "Perhaps".into()),
    ]);
    let error = backend(&shell).stage_bios(&machine(), &bad).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Invalid, ErrorClass::Permanent));
    assert!(error.message().contains("No Such Setting") && error.message().contains("Wait For"), "{error}");
    assert!(!error.message().contains("Quiet Boot"), "{error}");
    assert_eq!(shell.calls(), [READ]);
}

#[tokio::test]
async fn nothing_to_change_is_no_push() {
    let shell = ToldShell::pushing(|| Ok(ended(0, b"")));
    backend(&shell).stage_bios(&machine(), &Changes::default()).await.unwrap();
    assert_eq!(shell.calls(), [READ]);
}

#[tokio::test]
async fn the_file_is_removed_however_the_push_ends() {
    let lost = || Err(Error::new(ErrorKind::Unreachable, "lost").with_remedy("look").unknown_outcome());
    for (push, class) in [
        (lost as fn() -> Result<ShellOutput>, ErrorClass::UnknownOutcome),
        (|| Ok(ended(81, b"")), ErrorClass::UnknownOutcome),
        (|| Ok(ended(106, b"")), ErrorClass::Transient { after: None }),
        (|| Ok(ended(80, b"")), ErrorClass::Permanent),
        (|| Ok(ShellOutput { status: None, ..ended(0, b"") }), ErrorClass::UnknownOutcome),
    ] {
        let shell = ToldShell::pushing(push);
        let error = backend(&shell).stage_bios(&machine(), &good()).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.remedy().is_some());
        assert_eq!(shell.calls(), [READ, "put FILE", PUSH, "rm -f FILE"]);
    }
}

#[tokio::test]
async fn what_the_tool_says_against_a_setting_is_told() {
    let shell = ToldShell::pushing(|| Ok(ended(60, b"ERROR: invalid value of setting Cores Enabled\n")));
    let error = backend(&shell).stage_bios(&machine(), &good()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("setting Cores Enabled"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_read_is_no_reading() {
    for (read, kind) in [
        ((|| Ok(ended(0, b""))) as fn() -> Result<ShellOutput>, ErrorKind::Protocol),
        (|| Ok(ended(0, X11.get(..2000).unwrap())), ErrorKind::Protocol),
        (|| Ok(ended(0, b"12345 7\n")), ErrorKind::Protocol),
        (|| Ok(ended(80, X11)), ErrorKind::Unsupported),
        (|| Ok(ended(127, b"")), ErrorKind::Unsupported),
        (|| Ok(ended(12, b"")), ErrorKind::Forbidden),
        (|| Ok(ended(107, b"")), ErrorKind::Busy),
        (|| Ok(ended(146, b"")), ErrorKind::Unauthorized),
        (|| Err(Error::new(ErrorKind::Timeout, "slow")), ErrorKind::Timeout),
    ] {
        let shell = ToldShell::reading(read);
        assert_eq!(backend(&shell).read_bios(&machine()).await.unwrap_err().kind(), kind);
        assert_eq!(backend(&shell).stage_bios(&machine(), &good()).await.unwrap_err().kind(), kind);
        assert_eq!(shell.calls(), [READ, READ], "something was pushed");
    }
}

#[tokio::test]
async fn nothing_is_taken_back_and_that_is_said() {
    let shell = ToldShell::pushing(|| Ok(ended(0, b"")));
    let error = backend(&shell).discard_bios(&machine()).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unsupported, ErrorClass::Permanent));
    assert!(shell.calls().is_empty());
}

#[tokio::test]
async fn a_machine_says_where_its_tool_is_and_as_whom_it_runs() {
    let shell = ToldShell::pushing(|| Ok(ended(0, b"")));
    let mut machine = machine();
    machine.settings.insert(PluginName::from_static("sum"), json!({"path": "/opt/saa", "sudo": false}));
    backend(&shell).stage_bios(&machine, &good()).await.unwrap();
    let calls = shell.calls();
    assert_eq!(
        (&*calls[0], &*calls[2]),
        ("/opt/saa -c GetCurrentBiosCfg", "/opt/saa -c ChangeBiosCfg --file FILE")
    );
}
