//! How many of twenty power states are read over a bad way, each in a session of its own.

use crate::child::{Server, Trouble};
use crate::fleet::{addresses, driver, machines, pass, runtime};
use crate::{Outcome, Size, peer};
use hwautomation_ipmi::IpmiConfig;
use std::time::{Duration, Instant};

const BMCS: usize = 20;
const SUITE: u8 = 17;
/// How long a log-in may take here: with the default one of a hundred does not get through where every fifth datagram
/// is lost each way.
const LOG_IN_LIMIT: Duration = Duration::from_secs(20);

pub fn table(Size { runs, peers, .. }: Size) -> Outcome {
    println!("\n{BMCS} power states, each in a session of its own\n");
    println!("| way | client | answered | the last after |\n|---|---|---:|---:|");
    for trouble in [Trouble::Twice, Trouble::Lost, Trouble::Late] {
        for run in 1..=runs {
            let farm = Server::farm(BMCS, trouble)?;
            row(trouble, &format!("this driver, run {run}"), || ours(farm.port))?;
        }
        if !peers {
            continue;
        }
        for name in ["ipmipower", "ipmitool"].into_iter().filter(|name| peer::is_there(name)) {
            let farm = Server::farm(BMCS, trouble)?;
            let hosts = addresses(BMCS);
            row(trouble, name, || match name {
                "ipmipower" => peer::ipmipower(SUITE, &hosts, farm.port, BMCS),
                _ => peer::ipmitool(SUITE, &hosts, farm.port),
            })?;
        }
    }
    Ok(())
}

fn row(trouble: Trouble, client: &str, ask: impl FnOnce() -> Outcome<usize>) -> Outcome {
    let begun = Instant::now();
    let answered = ask()?;
    let took = begun.elapsed().as_secs_f64();
    println!("| {} | {client} | {answered} of {BMCS} | {took:.1} s |", trouble.name());
    Ok(())
}

fn ours(port: u16) -> Outcome<usize> {
    let machines = machines(BMCS)?;
    let config =
        IpmiConfig { cipher_suites: vec![SUITE], handshake_limit: LOG_IN_LIMIT, ..IpmiConfig::default() };
    runtime()?.block_on(async {
        let driver = driver(BMCS, port, config)?;
        Ok(pass(&driver, &machines).await)
    })
}
