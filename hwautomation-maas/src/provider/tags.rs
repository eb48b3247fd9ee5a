//! Tags: put on and taken off, and looked at afterwards.

use super::visit::Visit;
use crate::client::Tagging;
use crate::error::MaasError;
use hwautomation_core::error::{Error, ErrorKind, Result};

impl Visit<'_> {
    /// Puts the tag on, and creates it where there is none yet.
    pub(super) async fn add_tag(&self, tag: &str) -> Result<()> {
        // A machine that MAAS does not know is skipped without a word, so it is looked for first.
        if self.machine().await?.tag_names.contains(tag) {
            return Ok(());
        }
        self.put_on(tag).await.map_err(|error| self.failed(error))?;
        self.check(tag, true).await
    }

    async fn put_on(&self, tag: &str) -> Result<(), MaasError> {
        match self.session.update_tag(tag, Tagging::Add).await {
            Err(error) if error.is_missing("Tag") => {
                self.session.create_tag(tag).await?;
                self.session.update_tag(tag, Tagging::Add).await
            }
            answer => answer,
        }
    }

    /// Takes the tag off; a tag that there is not is off.
    pub(super) async fn remove_tag(&self, tag: &str) -> Result<()> {
        if !self.machine().await?.tag_names.contains(tag) {
            return Ok(());
        }
        match self.session.update_tag(tag, Tagging::Remove).await {
            Err(error) if error.is_missing("Tag") => Ok(()),
            Err(error) => Err(self.failed(error)),
            Ok(()) => self.check(tag, false).await,
        }
    }

    /// Reads back, since MAAS counts what it was asked for and not what it did.
    async fn check(&self, tag: &str, wanted: bool) -> Result<()> {
        if self.machine().await?.tag_names.contains(tag) == wanted {
            return Ok(());
        }
        let found = if wanted { "is not on" } else { "is still on" };
        Err(Error::new(ErrorKind::Mismatch, format!("{}: MAAS accepted, and {tag:?} {found}", self.action))
            .with_remedy("see in MAAS whether the tag has a definition: MAAS then decides alone who has it"))
    }
}
