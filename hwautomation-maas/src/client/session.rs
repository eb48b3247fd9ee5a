//! One caller's requests about one machine.

use super::{ApiKey, Client, Request};
use crate::config::SystemId;
use crate::error::{Call, Cause, Effect, MaasError};
use crate::model::{Machine, PowerParameters, User, decode};
use reqwest::Method;
use serde::de::DeserializeOwned;

/// Speaks about one machine with a key that was resolved for it.
#[derive(Debug)]
pub(crate) struct Session<'c> {
    pub(crate) client: &'c Client,
    pub(crate) key: ApiKey,
    pub(crate) system: SystemId,
}

/// What `op=update_nodes` does to a tag's machines.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tagging {
    Add,
    Remove,
}

impl Session<'_> {
    /// Reads the machine.
    pub(crate) async fn machine(&self) -> Result<Machine, MaasError> {
        self.same_machine(read(&self.path(), None)).await
    }

    /// Commands the machine, and returns it as MAAS's answer shows it, which may be as it was before.
    pub(crate) async fn order(
        &self,
        op: &str,
        form: &[(&str, &str)],
        effect: Effect,
    ) -> Result<Machine, MaasError> {
        let path = self.path();
        self.same_machine(Request { method: Method::POST, path: &path, op: Some(op), form, effect }).await
    }

    /// Reads the power settings. The answer holds the BMC's password.
    pub(crate) async fn power_parameters(&self) -> Result<PowerParameters, MaasError> {
        self.get(read(&self.path(), Some("power_parameters"))).await
    }

    /// Writes one power parameter; MAAS leaves the others alone.
    pub(crate) async fn set_power_address(&self, address: &str) -> Result<(), MaasError> {
        let (path, form) = (self.path(), [("power_parameters_power_address", address)]);
        let request =
            Request { method: Method::PUT, path: &path, op: None, form: &form, effect: Effect::Command };
        self.same_machine(request).await.map(drop)
    }

    /// Reads whose key this is.
    pub(crate) async fn user(&self) -> Result<User, MaasError> {
        self.get(read("users/", Some("whoami"))).await
    }

    /// Adds the machine to a tag, or removes it. MAAS skips ids that it does not know and says so nowhere.
    pub(crate) async fn update_tag(&self, tag: &str, tagging: Tagging) -> Result<(), MaasError> {
        let path = format!("tags/{tag}/");
        let field = match tagging {
            Tagging::Add => "add",
            Tagging::Remove => "remove",
        };
        self.command(&path, Some("update_nodes"), &[(field, self.system.as_str())]).await
    }

    /// Creates a tag; that there is one by now is as good.
    pub(crate) async fn create_tag(&self, tag: &str) -> Result<(), MaasError> {
        match self.command("tags/", None, &[("name", tag)]).await {
            // The name was checked before, so what is wrong with it is that somebody else was faster.
            Err(error) if error.blames("name") => Ok(()),
            answer => answer,
        }
    }

    async fn command(&self, path: &str, op: Option<&str>, form: &[(&str, &str)]) -> Result<(), MaasError> {
        let request = Request { method: Method::POST, path, op, form, effect: Effect::Command };
        self.client.send(&request, &self.key).await.map(drop)
    }

    async fn same_machine(&self, request: Request<'_>) -> Result<Machine, MaasError> {
        let call = request.call();
        let machine: Machine = self.get(request).await?;
        if machine.system_id == self.system.as_str() {
            return Ok(machine);
        }
        Err(protocol(call, "it is about another machine".to_owned()))
    }

    async fn get<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, MaasError> {
        let body = self.client.send(&request, &self.key).await?;
        decode(&body).map_err(|wrong| protocol(request.call(), wrong))
    }

    fn path(&self) -> String {
        format!("machines/{}/", self.system)
    }
}

fn read<'r>(path: &'r str, op: Option<&'r str>) -> Request<'r> {
    Request { method: Method::GET, path, op, form: &[], effect: Effect::Read }
}

fn protocol(call: Call, wrong: String) -> MaasError {
    MaasError { call, cause: Cause::Protocol(wrong) }
}
