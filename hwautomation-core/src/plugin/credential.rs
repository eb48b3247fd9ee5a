//! Turning a reference into the secret, when it is needed.

use crate::error::{Error, ErrorKind, Result};
use crate::secret::{Secret, SecretRef};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Resolves secret references.
///
/// # Contract
///
/// - `a_known_reference_resolves`: to the same secret each time, until somebody changes it at its source.
/// - `a_changed_secret_is_seen`: nothing is cached beyond the call, where the source can change while the
///   program runs (the environment of a process cannot).
/// - `an_unknown_reference_is_not_found`: the error names the reference.
/// - `a_foreign_scheme_is_unsupported`.
/// - `errors_have_a_remedy_and_show_no_secret`.
#[async_trait]
pub trait CredentialSource: fmt::Debug + Send + Sync + 'static {
    /// Resolves one reference.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Unsupported`, `Forbidden`, or what the source's own service fails with.
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret>;
}

fn foreign(reference: &SecretRef, known: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("no source resolves the secret reference {reference}"))
        .with_remedy(format!("use one of the schemes {known}, or register a source for this one"))
}

fn missing(reference: &SecretRef, remedy: String) -> Error {
    Error::not_found(format!("resolving the secret reference {reference}")).with_remedy(remedy)
}

/// Resolves `static:name` from a map given by the program.
#[derive(Debug, Default)]
pub struct StaticCredentials(RwLock<BTreeMap<String, Secret>>);

impl StaticCredentials {
    /// Adds a secret under a name.
    #[must_use]
    pub fn with(self, name: impl Into<String>, secret: Secret) -> Self {
        self.insert(name, secret);
        self
    }

    /// Adds or replaces a secret, such as one that was renewed.
    pub fn insert(&self, name: impl Into<String>, secret: Secret) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), secret);
    }
}

#[async_trait]
impl CredentialSource for StaticCredentials {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        if reference.scheme() != "static" {
            return Err(foreign(reference, "static"));
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(reference.place()).cloned().ok_or_else(|| {
            missing(reference, "add the secret where the program builds its credentials".to_owned())
        })
    }
}

/// Resolves `env:NAME` from the environment.
#[derive(Debug, Default)]
pub struct EnvCredentials;

#[async_trait]
impl CredentialSource for EnvCredentials {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        if reference.scheme() != "env" {
            return Err(foreign(reference, "env"));
        }
        std::env::var(reference.place())
            .map(Secret::new)
            .map_err(|_| missing(reference, format!("set the environment variable {}", reference.place())))
    }
}

/// Resolves `file:/path` from a file; one line end at its end does not belong to the secret.
#[derive(Debug, Default)]
pub struct FileCredentials;

/// No password or key is longer; a larger file is a mistake.
const FILE_BYTES_MAX: u64 = 64 * 1024;

#[async_trait]
impl CredentialSource for FileCredentials {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        if reference.scheme() != "file" {
            return Err(foreign(reference, "file"));
        }
        let path = reference.place();
        let text = read_small(path).map_err(|cause| {
            let kind = match cause.kind() {
                std::io::ErrorKind::NotFound => ErrorKind::NotFound,
                std::io::ErrorKind::PermissionDenied => ErrorKind::Forbidden,
                _ => ErrorKind::Invalid,
            };
            Error::new(kind, format!("reading the secret file of {reference}"))
                .with_remedy(format!("make {path} a text file of at most 64 KiB that this process may read"))
                .with_source(cause)
        })?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line)))
    }
}

fn read_small(path: &str) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the file is too large"));
    }
    std::fs::read_to_string(path)
}

/// Asks the source that is registered for a reference's scheme.
#[derive(Debug, Default)]
pub struct CredentialsByScheme(BTreeMap<String, Arc<dyn CredentialSource>>);

impl CredentialsByScheme {
    /// Begins with `env` and `file`.
    #[must_use]
    pub fn usual() -> Self {
        Self::default().with("env", Arc::new(EnvCredentials)).with("file", Arc::new(FileCredentials))
    }

    /// Adds or replaces the source of a scheme.
    #[must_use]
    pub fn with(mut self, scheme: impl Into<String>, source: Arc<dyn CredentialSource>) -> Self {
        self.0.insert(scheme.into(), source);
        self
    }
}

#[async_trait]
impl CredentialSource for CredentialsByScheme {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        match self.0.get(reference.scheme()) {
            Some(source) => source.resolve(reference).await,
            None => Err(foreign(reference, &self.0.keys().cloned().collect::<Vec<_>>().join(", "))),
        }
    }
}
