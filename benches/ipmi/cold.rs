//! How many chassis states a second are read when each needs a session of its own, beside ipmipower.

use crate::child::{Server, Trouble};
use crate::{Outcome, Size, fleet, middle, peer};
use hwautomation_ipmi::IpmiConfig;
use std::time::{Duration, Instant};

pub fn table(Size { bmcs, measured, runs, .. }: Size) -> Outcome {
    println!("\nPower states read, each in a session that is opened for it and closed after it\n");
    println!("| suite | BMCs | client | a second | of ipmipower |\n|---:|---:|---|---:|---:|");
    for suite in [3, 17] {
        for bmcs in bmcs {
            let Some(ipmipower) = peer::best_rate(suite, *bmcs, runs)? else {
                println!("NOT RUN: ipmipower is missing; scripts/setup-peers installs it");
                continue;
            };
            let (fan_out, best) = ipmipower;
            println!("| {suite} | {bmcs} | ipmipower, fan-out {fan_out} | {best:.0} | 1.00 |");
            let [ours] = middle(runs, || Ok([rate(suite, *bmcs, measured)?]))?;
            println!("| {suite} | {bmcs} | this driver | {ours:.0} | {:.2} |", ours / best);
        }
    }
    Ok(())
}

/// Measures one case and prints it.
pub fn once(suite: u8, bmcs: usize, measured: Duration) -> Outcome {
    crate::child::pin_this_process()?;
    println!("{:.0} a second", rate(suite, bmcs, measured)?);
    Ok(())
}

fn rate(suite: u8, bmcs: usize, measured: Duration) -> Outcome<f64> {
    let farm = Server::farm(bmcs, Trouble::None)?;
    let machines = fleet::machines(bmcs)?;
    let config = IpmiConfig { cipher_suites: vec![suite], ..IpmiConfig::default() };
    fleet::runtime()?.block_on(async {
        let (mut took, mut done) = (Duration::ZERO, 0);
        while took < measured {
            let driver = fleet::driver(bmcs, farm.port, config.clone())?;
            let begun = Instant::now();
            let on = fleet::pass(&driver, &machines).await;
            assert_eq!(on, bmcs, "all are on");
            driver.close().await;
            took += begun.elapsed();
            done += on;
        }
        Ok(done as f64 / took.as_secs_f64())
    })
}
