//! Clients that others wrote: FreeIPMI's ipmipower and ipmitool.

use crate::child::{Server, Trouble};
use crate::fleet::{PASSWORD, USER, addresses};
use crate::{Outcome, middle};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::time::Instant;

const FAN_OUTS: [usize; 3] = [64, 256, 1024];
/// How many hosts one ipmipower is given: more, and it runs out of file descriptors.
const HOSTS_MAX: usize = 1_000;

/// Returns the fan-out with which ipmipower is fastest, and how many answers a second that are. Nothing without it.
pub fn best_rate(suite: u8, bmcs: usize, runs: usize) -> Outcome<Option<(usize, f64)>> {
    if !is_there("ipmipower") {
        return Ok(None);
    }
    let mut best: Option<(usize, f64)> = None;
    for fan_out in FAN_OUTS {
        let [rate] = middle(runs, || Ok([rate(suite, bmcs, fan_out)?]))?;
        if best.is_none_or(|(_, best)| rate > best) {
            best = Some((fan_out, rate));
        }
    }
    Ok(best)
}

fn rate(suite: u8, bmcs: usize, fan_out: usize) -> Outcome<f64> {
    let farm = Server::farm(bmcs, Trouble::None)?;
    let all = addresses(bmcs);
    let begun = Instant::now();
    let mut on = 0;
    for hosts in all.chunks(HOSTS_MAX) {
        on += ipmipower(suite, hosts, farm.port, fan_out)?;
    }
    // What got lost on a busy machine does not count; were it more, the figure would say nothing.
    if on * 100 < bmcs * 95 {
        return Err(format!("ipmipower says of {on} of {bmcs} that they are on").into());
    }
    Ok(on as f64 / begun.elapsed().as_secs_f64())
}

/// Counts the hosts of which ipmipower says that they are on.
pub fn ipmipower(suite: u8, hosts: &[Ipv4Addr], port: u16, fan_out: usize) -> Outcome<usize> {
    let hosts: Vec<String> = hosts.iter().map(|host| format!("{host}:{port}")).collect();
    let mut command = Command::new("ipmipower");
    command.args(["-h", &hosts.join(","), "-u", USER, "-p", PASSWORD, "-D", "LAN_2_0"]);
    command.args(["-I", &suite.to_string(), "-F", &fan_out.to_string(), "--stat"]);
    let said = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    Ok(said.lines().filter(|line| line.ends_with(": on")).count())
}

/// Counts the hosts of which ipmitool says so; one process for each, all at once.
pub fn ipmitool(suite: u8, hosts: &[Ipv4Addr], port: u16) -> Outcome<usize> {
    let start = |host: &Ipv4Addr| {
        let mut command = Command::new("ipmitool");
        command.args(["-I", "lanplus", "-H", &host.to_string(), "-p", &port.to_string()]);
        command.args(["-U", USER, "-P", PASSWORD, "-C", &suite.to_string(), "chassis", "power", "status"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    };
    let started: Vec<_> = hosts.iter().map(start).collect::<Result<_, _>>()?;
    let mut on = 0;
    for process in started {
        on += usize::from(process.wait_with_output()?.stdout.ends_with(b"is on\n"));
    }
    Ok(on)
}

pub fn is_there(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|path| path.join(program).exists())
}
