//! The clauses of [`CredentialSource`].

use super::check::{Checked, advises_and_keeps_secrets, done, failed, refused, require};
use super::suite::suite;
use crate::error::ErrorKind;
use crate::plugin::CredentialSource;
use crate::secret::SecretRef;
use async_trait::async_trait;
use std::sync::Arc;

/// Lends the suite a source with one secret in it.
#[async_trait]
pub trait CredentialFixture: Send + Sync {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn CredentialSource>;

    /// Returns the reference of the secret.
    fn known(&self) -> SecretRef;

    /// Returns a reference of the same scheme to nothing.
    fn unknown(&self) -> SecretRef;

    /// Returns a reference of a scheme that the source does not answer for.
    fn foreign(&self) -> SecretRef;

    /// Returns the secret as it lies at the source.
    async fn true_secret(&self) -> String;

    /// Changes the secret at its source, or says that it stays as long as the program runs.
    async fn change_secret(&self) -> SecretChange;
}

/// Says whether a secret could be changed at its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretChange {
    /// It is another one now.
    Changed,
    /// It cannot change while the program runs, as with the environment of a process.
    Fixed,
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    credential_conformance, credential, CredentialFixture;
    a_known_reference_resolves
    a_changed_secret_is_seen
    an_unknown_reference_is_not_found
    a_foreign_scheme_is_unsupported
    errors_have_a_remedy_and_show_no_secret
}

/// Checks that the secret is found, each time.
pub async fn a_known_reference_resolves(fixture: &dyn CredentialFixture) -> Result<(), String> {
    resolves_truly(fixture).await?;
    resolves_truly(fixture).await
}

/// Checks that a secret resolved before is resolved anew after it changed.
pub async fn a_changed_secret_is_seen(fixture: &dyn CredentialFixture) -> Result<(), String> {
    resolves_truly(fixture).await?;
    let before = fixture.true_secret().await;
    let changed = fixture.change_secret().await == SecretChange::Changed;
    require(changed == (before != fixture.true_secret().await), || {
        "expected the fixture to say whether it changed the secret, found the contrary".to_owned()
    })?;
    resolves_truly(fixture).await
}

/// Checks that a reference to nothing is `NotFound`, and named.
pub async fn an_unknown_reference_is_not_found(fixture: &dyn CredentialFixture) -> Result<(), String> {
    let reference = fixture.unknown();
    let answer = fixture.plugin().resolve(&reference).await;
    let error = refused("resolving a reference to nothing", ErrorKind::NotFound, answer)?;
    require(error.message().contains(&reference.to_string()), || {
        format!("expected the error to name {reference}, found {error:?}")
    })
}

/// Checks that a reference of another scheme is `Unsupported`.
pub async fn a_foreign_scheme_is_unsupported(fixture: &dyn CredentialFixture) -> Result<(), String> {
    let answer = fixture.plugin().resolve(&fixture.foreign()).await;
    refused("resolving a foreign reference", ErrorKind::Unsupported, answer).map(drop)
}

/// Checks the errors of references to nothing and of a foreign scheme, after a secret was resolved.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn CredentialFixture) -> Result<(), String> {
    let secrets = [fixture.true_secret().await];
    done("resolve", fixture.plugin().resolve(&fixture.known()).await)?;
    for reference in [fixture.unknown(), fixture.foreign()] {
        let error = failed("resolve", fixture.plugin().resolve(&reference).await)?;
        advises_and_keeps_secrets("resolve", &error, &secrets)?;
    }
    Ok(())
}

/// What is resolved is what lies at the source. The texts are not shown.
async fn resolves_truly(fixture: &dyn CredentialFixture) -> Checked {
    let found = done("resolve", fixture.plugin().resolve(&fixture.known()).await)?;
    let as_it_lies = found.expose() == fixture.true_secret().await;
    require(as_it_lies, || "expected the secret as it lies at its source, found another text".to_owned())
}
