//! What is to be done: the requests, and which of them are under way already.

use crate::args::Args;
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::provisioning::ProvisioningRequest;
use hwautomation_core::record::{RunState, SubState, WorkflowSummary};
use hwautomation_core::store::WorkflowFilter;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::Ipv4Addr;
use std::path::Path;

/// How many runs of a file are looked at.
const RUNS_MAX: usize = 1000;

/// Reads the requests of the command line, or makes one for each server of the rack.
pub fn read(args: &Args) -> Result<Vec<ProvisioningRequest>> {
    if args.request.is_empty() {
        return (1..=args.servers).map(for_server).collect();
    }
    let mut requests = Vec::new();
    for path in &args.request {
        requests.extend(read_file(path)?);
    }
    check_alike("server", requests.iter().map(|request| request.server_id.clone()))?;
    check_alike("target_ipmi_ip", requests.iter().filter_map(|request| request.target_ipmi_ip))?;
    Ok(requests)
}

/// Refuses what is asked for twice.
fn check_alike<T: Ord + Display>(what: &str, all: impl Iterator<Item = T>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for one in all {
        if seen.contains(&one) {
            return Err(Error::invalid(format!("{what} {one} is asked for twice"))
                .with_remedy("leave one of the two requests out"));
        }
        seen.insert(one);
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<ProvisioningRequest>> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|cause| {
        Error::invalid(format!("reading the request {name}"))
            .with_remedy("name a file that is there and can be read")
            .with_source(cause)
    })?;
    let list = text.trim_start().starts_with('[');
    let requests: Vec<ProvisioningRequest> =
        if list { serde_json::from_str(&text) } else { serde_json::from_str(&text).map(|one| vec![one]) }
            .map_err(|cause| {
                Error::invalid(format!("reading the request {name}: {cause}")).with_remedy(
                    r#"write JSON such as {"server_id": "srv001", "device_type": "a1.c5.large"}"#,
                )
            })?;
    if requests.is_empty() {
        return Err(Error::invalid(format!("the file {name} holds no request"))
            .with_remedy("enter at least one, or leave --request out"));
    }
    Ok(requests)
}

/// Moves the BMC of the n-th server from 192.168.1.50+n to 192.168.1.99+n.
fn for_server(number: u8) -> Result<ProvisioningRequest> {
    let request = ProvisioningRequest::new(format!("srv{number:03}"), "a1.c5.large")?;
    let mut request = request.target_ipmi_ip(Ipv4Addr::new(192, 168, 1, 99 + number));
    request.gateway = Some(Ipv4Addr::new(192, 168, 1, 1));
    Ok(request)
}

/// Submits what is neither under way nor done.
pub async fn submit(
    manager: &WorkflowManager,
    requests: &[ProvisioningRequest],
    args: &Args,
) -> Result<Vec<WorkflowId>> {
    let operator = Actor::person("operator");
    let rows = manager.list(&WorkflowFilter::default(), None, RUNS_MAX).await?;
    let newest = newest_of_each(rows);
    let mut ids = Vec::new();
    for request in requests {
        let submission = request.submission()?.on_failure(args.on_failure.into());
        // A request may name the machine by an alias.
        let machine = manager.machine(&request.server_id).await?.id;
        let known = newest.get(machine.as_str()).filter(|row| !is_over(row.state));
        let id = match known {
            Some(row) if row.state == RunState::Completed && !same(manager, row.id, &submission).await? => {
                None
            }
            known => known.map(|row| row.id),
        };
        match id {
            Some(id) => ids.push(id),
            None => ids.push(manager.submit(submission, &operator).await?),
        }
    }
    if args.retry {
        let asked = newest.values().filter(|row| ids.contains(&row.id));
        for row in asked.filter(|row| row.sub_state == Some(SubState::Halted)) {
            manager.retry(row.id, "asked for on the command line", &operator).await?;
        }
    }
    Ok(ids)
}

/// Tells whether a run ended so that the server is asked for anew.
fn is_over(state: RunState) -> bool {
    matches!(state, RunState::Failed | RunState::Cancelled)
}

/// Tells whether a run was asked for the same.
async fn same(manager: &WorkflowManager, id: WorkflowId, submission: &Submission) -> Result<bool> {
    Ok(manager.state(id).await?.spec.request == submission.request)
}

/// Rows come newest first.
fn newest_of_each(rows: Vec<WorkflowSummary>) -> BTreeMap<String, WorkflowSummary> {
    let mut newest = BTreeMap::new();
    for row in rows {
        if let Some(machine) = &row.machine {
            newest.entry(machine.to_string()).or_insert(row);
        }
    }
    newest
}
