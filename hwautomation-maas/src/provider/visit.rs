//! One call about one machine: whose it is, with which key, and what its errors begin with.

use super::MaasCommissioner;
use crate::client::{ApiKey, Session};
use crate::config::system_id;
use crate::error::{Effect, MaasError};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;

/// Holds what one call needs.
pub(super) struct Visit<'c> {
    pub(super) session: Session<'c>,
    /// Says what is tried on what.
    pub(super) action: String,
}

impl MaasCommissioner {
    /// Finds out about whom to speak, and resolves the key. Nothing is sent.
    pub(super) async fn visit(&self, doing: &str, machine: &Machine) -> Result<Visit<'_>> {
        let system = system_id(machine)?;
        let key = ApiKey::parse(&self.credentials.resolve(&self.api_key).await?)?;
        let action = format!("{doing} machine {} ({system} in MAAS)", machine.id);
        Ok(Visit { session: Session { client: &self.client, key, system }, action })
    }
}

impl Visit<'_> {
    /// Makes core's error of a failed request.
    pub(super) fn failed(&self, error: MaasError) -> Error {
        error.into_error(&self.action)
    }

    /// Says that the machine stands otherwise than the call needs it; nothing was sent.
    pub(super) fn conflict(&self, why: &str) -> Error {
        Error::new(ErrorKind::Conflict, format!("{}: {why}", self.action))
            .with_remedy("look at the machine in MAAS, then decide")
    }

    /// Reads the machine as MAAS has it.
    pub(super) async fn machine(&self) -> Result<crate::model::Machine> {
        self.session.machine().await.map_err(|error| self.failed(error))
    }

    /// Commands the machine. That MAAS accepts is not that it is done.
    pub(super) async fn order(&self, op: &str) -> Result<()> {
        let answer = self.session.order(op, &[], Effect::Command).await;
        answer.map(drop).map_err(|error| self.failed(error))
    }
}
