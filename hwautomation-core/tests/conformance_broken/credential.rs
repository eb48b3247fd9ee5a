//! Broken credential sources: one secret in memory, and a defect.

use crate::broken;
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::plugin::{CredentialSource, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::credential::{CredentialFixture, SecretChange};
use std::sync::{Arc, Mutex, OnceLock};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    CutsTheSecret,
    ResolvesOnce,
    NothingIsEmpty,
    NamesNoReference,
    ForeignIsNotFound,
    ShowsTheSecret,
}

#[derive(Debug)]
struct Broken {
    sound: StaticCredentials,
    defect: Defect,
    first: OnceLock<Secret>,
}

struct Fixture {
    plugin: Arc<Broken>,
    text: Mutex<&'static str>,
}

const FIRST: &str = "the-first-secret";
const SECOND: &str = "the-second-secret";

fn broken(defect: Defect) -> Fixture {
    let sound = StaticCredentials::default().with("bmc", Secret::new(FIRST));
    Fixture { plugin: Arc::new(Broken { sound, defect, first: OnceLock::new() }), text: Mutex::new(FIRST) }
}

#[async_trait]
impl CredentialSource for Broken {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        match (self.defect, self.sound.resolve(reference).await) {
            (Defect::CutsTheSecret, Ok(secret)) => Ok(Secret::new(&secret.expose()[..8])),
            (Defect::ResolvesOnce, Ok(secret)) => Ok(self.first.get_or_init(|| secret).clone()),
            (Defect::NothingIsEmpty, Err(error)) if error.kind() == ErrorKind::NotFound => {
                Ok(Secret::new(""))
            }
            (Defect::ForeignIsNotFound, Err(error)) if error.kind() == ErrorKind::Unsupported => {
                Err(Error::not_found(error.message().to_owned()).with_remedy("look again"))
            }
            (Defect::NamesNoReference, Err(error)) => Err(Error::new(error.kind(), "it is not there")),
            (Defect::ShowsTheSecret, Err(error)) => Err(error.with_source(format!("there is only {FIRST}"))),
            (_, answer) => answer,
        }
    }
}

#[async_trait]
impl CredentialFixture for Fixture {
    fn plugin(&self) -> Arc<dyn CredentialSource> {
        self.plugin.clone()
    }

    fn known(&self) -> SecretRef {
        "static:bmc".parse().expect("it has a scheme and a place")
    }

    fn unknown(&self) -> SecretRef {
        "static:nothing".parse().expect("it has a scheme and a place")
    }

    fn foreign(&self) -> SecretRef {
        "vault:bmc".parse().expect("it has a scheme and a place")
    }

    async fn true_secret(&self) -> String {
        (*self.text.lock().expect("nobody panicked")).to_owned()
    }

    async fn change_secret(&self) -> SecretChange {
        self.plugin.sound.insert("bmc", Secret::new(SECOND));
        *self.text.lock().expect("nobody panicked") = SECOND;
        SecretChange::Changed
    }
}

broken! { credential:
    a_known_reference_resolves: broken(Defect::CutsTheSecret) => "expected the secret as it lies";
    a_changed_secret_is_seen: broken(Defect::ResolvesOnce) => "expected the secret as it lies";
    an_unknown_reference_is_not_found:
        broken(Defect::NothingIsEmpty) => "to nothing: expected the error NotFound",
        broken(Defect::NamesNoReference) => "expected the error to name static:nothing";
    a_foreign_scheme_is_unsupported:
        broken(Defect::ForeignIsNotFound) => "a foreign reference: expected the error Unsupported";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::ShowsTheSecret) => "without a secret",
        broken(Defect::NamesNoReference) => "expected a remedy";
}
