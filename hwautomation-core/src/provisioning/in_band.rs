//! Asking the host for its BMC's address, where neither the directory nor the commissioning service knows it.

use crate::error::Result;
use crate::plugin::ShellCommand;
use crate::workflow::WorkflowContext;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// The kernel's BMC driver answers at once or, with a hung BMC, not at all.
const LIMIT: Duration = Duration::from_secs(30);

/// Returns the BMC's address as the host sees it; nothing when the host has no tool, no BMC or no answer.
pub(super) async fn bmc_address(ctx: &WorkflowContext) -> Result<Option<IpAddr>> {
    let command = ShellCommand::new("sudo").args(["-n", "ipmitool", "lan", "print"]).timeout(LIMIT);
    let output = ctx.shell()?.run(&command).await?;
    Ok(if output.succeeded() { parse(&String::from_utf8_lossy(&output.stdout)) } else { None })
}

/// Reads the line `IP Address : 192.168.1.51` of `ipmitool lan print`; 0.0.0.0 is no address.
fn parse(text: &str) -> Option<IpAddr> {
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "IP Address").then(|| value.trim())
    });
    let address: Ipv4Addr = value?.parse().ok()?;
    (!address.is_unspecified()).then_some(address.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_line_is_found_among_its_neighbours() {
        let text = "Set in Progress         : Set Complete\nIP Address Source       : Static Address\n\
                    IP Address              : 192.168.1.51\nSubnet Mask             : 255.255.255.0\n";
        assert_eq!(parse(text), Some(IpAddr::from([192, 168, 1, 51])));
    }

    #[test]
    fn no_address_is_none() {
        for text in ["", "IP Address Source : DHCP", "IP Address : 0.0.0.0", "IP Address : x", "IP Address"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
