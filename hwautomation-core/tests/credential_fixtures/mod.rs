//! The built-in credential sources as fixtures.

use async_trait::async_trait;
use hwautomation_core::plugin::{
    CredentialSource, CredentialsByScheme, EnvCredentials, FileCredentials, StaticCredentials,
};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::credential::{CredentialFixture, SecretChange};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

pub(crate) struct Fixture {
    pub(crate) plugin: Arc<dyn CredentialSource>,
    place: Place,
}

/// Where the secret truly lies.
enum Place {
    /// The source itself; and what was put into it last.
    Memory(Arc<StaticCredentials>, Mutex<&'static str>),
    /// Cargo sets it for every test. It is fixed: changing the environment of a running program is unsafe.
    Environment,
    File(TempDir),
}

const FIRST: &str = "the-first-secret";
const SECOND: &str = "the-second-secret";
const VARIABLE: &str = "CARGO_PKG_DESCRIPTION";

pub(crate) fn in_memory() -> Fixture {
    let source = Arc::new(StaticCredentials::default().with("bmc", Secret::new(FIRST)));
    Fixture { plugin: source.clone(), place: Place::Memory(source, Mutex::new(FIRST)) }
}

pub(crate) fn in_the_environment() -> Fixture {
    Fixture { plugin: Arc::new(EnvCredentials), place: Place::Environment }
}

pub(crate) fn in_a_file() -> Fixture {
    let dir = TempDir::new().expect("a directory can be made");
    std::fs::write(dir.path().join("bmc"), format!("{FIRST}\n")).expect("the directory is ours");
    Fixture { plugin: Arc::new(FileCredentials), place: Place::File(dir) }
}

/// A file, asked for through the sources that programs usually have.
pub(crate) fn by_scheme() -> Fixture {
    Fixture { plugin: Arc::new(CredentialsByScheme::usual()), ..in_a_file() }
}

impl Fixture {
    fn reference(&self, memory: &str, variable: &str, file: &str) -> SecretRef {
        let text = match &self.place {
            Place::Memory(..) => format!("static:{memory}"),
            Place::Environment => format!("env:{variable}"),
            Place::File(dir) => format!("file:{}", dir.path().join(file).display()),
        };
        SecretRef::new(text).expect("it has a scheme and a place")
    }
}

#[async_trait]
impl CredentialFixture for Fixture {
    fn plugin(&self) -> Arc<dyn CredentialSource> {
        self.plugin.clone()
    }

    fn known(&self) -> SecretRef {
        self.reference("bmc", VARIABLE, "bmc")
    }

    fn unknown(&self) -> SecretRef {
        self.reference("nothing", "NO_SUCH_VARIABLE_HERE", "nothing")
    }

    fn foreign(&self) -> SecretRef {
        SecretRef::new("vault:bmc").expect("it has a scheme and a place")
    }

    async fn true_secret(&self) -> String {
        match &self.place {
            Place::Memory(_, text) => (*text.lock().expect("nobody panicked")).to_owned(),
            Place::Environment => std::env::var(VARIABLE).expect("cargo sets it"),
            Place::File(dir) => std::fs::read_to_string(dir.path().join("bmc"))
                .expect("the directory is ours")
                .trim_end()
                .to_owned(),
        }
    }

    async fn change_secret(&self) -> SecretChange {
        match &self.place {
            Place::Memory(source, text) => {
                source.insert("bmc", Secret::new(SECOND));
                *text.lock().expect("nobody panicked") = SECOND;
            }
            Place::Environment => return SecretChange::Fixed,
            Place::File(dir) => {
                std::fs::write(dir.path().join("bmc"), SECOND).expect("the directory is ours")
            }
        }
        SecretChange::Changed
    }
}
