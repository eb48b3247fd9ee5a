//! What an idle session weighs.

use crate::child::{Server, Trouble};
use crate::{Outcome, Size, fleet};
use hwautomation_ipmi::IpmiConfig;
use std::process::Command;
use std::time::Duration;

pub const CHILD: &str = "weigh";
const PAGE_BYTES: usize = 4096;

pub fn table(Size { bmcs, .. }: Size) -> Outcome {
    println!("\nWhat idle sessions weigh: the resident size of the client's process\n");
    println!("| BMCs | the process | of it the machines | with sessions | each session |");
    println!("|---:|---:|---:|---:|---:|");
    for bmcs in bmcs {
        let farm = Server::farm(*bmcs, Trouble::None)?;
        let arguments = [CHILD, &bmcs.to_string(), &farm.port.to_string()];
        let status = Command::new(std::env::current_exe()?).args(arguments).status()?;
        if !status.success() {
            return Err("the weighed process failed".into());
        }
    }
    Ok(())
}

/// Opens a session to each BMC, leaves them idle, and prints what the process weighs.
pub fn weigh_here(bmcs: usize, port: u16) -> Outcome {
    let empty = resident()?;
    let machines = fleet::machines(bmcs)?;
    let config = IpmiConfig { session_idle: Duration::from_secs(3600), ..IpmiConfig::default() };
    let driver = fleet::driver(bmcs, port, config)?;
    let with_machines = resident()?;
    fleet::runtime()?.block_on(async {
        assert_eq!(fleet::pass(&driver, &machines).await, bmcs, "all are on");
        // What the first pass alone needed is used again by the second.
        assert_eq!(fleet::pass(&driver, &machines).await, bmcs, "all are on");
        let idle = resident()?;
        let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        let each = (idle - with_machines) / bmcs;
        println!(
            "| {bmcs} | {:.1} MiB | {:.1} MiB | {:.1} MiB | {each} B |",
            mib(idle),
            mib(with_machines - empty),
            mib(idle - with_machines)
        );
        driver.close().await;
        Ok(())
    })
}

fn resident() -> Outcome<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = statm.split(' ').nth(1).ok_or("no resident size")?.parse()?;
    Ok(pages * PAGE_BYTES)
}
