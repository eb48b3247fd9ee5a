//! Finding the address at which the host lets us in.

use crate::error::{ErrorKind, Result};
use crate::machine::MachineChange;
use crate::plugin::ShellCommand;
use crate::workflow::WorkflowContext;
use std::net::IpAddr;
use std::time::Duration;

/// A host that is up answers a log-in within seconds; one that boots is looked at again.
const LOGIN_LIMIT: Duration = Duration::from_secs(15);

/// Says how far the host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reached {
    /// It lets us in at this address, which the directory now has.
    At(IpAddr),
    /// It is not there yet; this is what is missing, so that "waits for …" reads well.
    NotYet(&'static str),
}

/// Tries the addresses that the commissioning service knows, the best first.
///
/// # Errors
///
/// What the service fails with; and what a host fails with that answers and does not let us in.
pub(super) async fn host(ctx: &WorkflowContext) -> Result<Reached> {
    let addresses = ctx.commissioner()?.host_addresses().await?;
    if addresses.is_empty() {
        return Ok(Reached::NotYet("an address for the host"));
    }
    for address in addresses {
        moved_to(ctx, Some(address)).await?;
        ctx.report_sub_task(format!("logging in at {address}"));
        if lets_us_in(ctx).await? {
            return Ok(Reached::At(address));
        }
    }
    Ok(Reached::NotYet("the host to let us in by SSH"))
}

/// Tells the directory where the host is, unless it knows.
pub(super) async fn moved_to(ctx: &WorkflowContext, address: Option<IpAddr>) -> Result<()> {
    if ctx.machine()?.addresses.host == address {
        return Ok(());
    }
    ctx.machine_changed(MachineChange::HostAddress { address }).await
}

async fn lets_us_in(ctx: &WorkflowContext) -> Result<bool> {
    let nothing = ShellCommand::new("true").timeout(LOGIN_LIMIT);
    match ctx.shell()?.run(&nothing).await {
        Ok(_) => Ok(true),
        Err(error) if is_silence(error.kind()) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Tells whether an error means that nobody was there.
pub(super) fn is_silence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unreachable | ErrorKind::Timeout)
}
