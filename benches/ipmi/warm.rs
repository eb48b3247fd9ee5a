//! How many chassis states a second are read in sessions that stand.

use crate::child::{self, Server, Trouble};
use crate::{Outcome, Size, fleet, middle, raw};
use hwautomation_ipmi::IpmiConfig;
use std::time::{Duration, Instant};

const IN_FLIGHT: [u16; 2] = [64, 512];

pub fn table(Size { bmcs, measured, runs, .. }: Size) -> Outcome {
    println!("\nPower states read in sessions that stand, beside the bare loop with 64 in flight\n");
    println!(
        "| suite | BMCs | in flight | a second | of the bare loop | a second of the client's processor | of it |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for suite in [3, 17] {
        for bmcs in bmcs {
            for in_flight in IN_FLIGHT {
                // One after the other, so that what else the machine does is in both.
                let [rate, of_time, cpu, of_cpu] = middle(runs, || {
                    let [most, most_of_cpu] = raw::rate(suite, 64, measured)?;
                    let [rate, cpu] = rate(suite, *bmcs, in_flight, measured)?;
                    Ok([rate, rate / most, cpu, cpu / most_of_cpu])
                })?;
                println!(
                    "| {suite} | {bmcs} | {in_flight} | {rate:.0} | {of_time:.2} | {cpu:.0} | {of_cpu:.2} |"
                );
            }
        }
    }
    Ok(())
}

/// Measures one case and prints it.
pub fn once(suite: u8, bmcs: usize, measured: Duration) -> Outcome {
    child::pin_this_process()?;
    let [rate, cpu] = rate(suite, bmcs, 64, measured)?;
    println!("{rate:.0} a second, {cpu:.0} a second of the client's processor");
    Ok(())
}

fn rate(suite: u8, bmcs: usize, in_flight: u16, measured: Duration) -> Outcome<[f64; 2]> {
    let farm = Server::farm(bmcs, Trouble::None)?;
    let machines = fleet::machines(bmcs)?;
    let config = IpmiConfig {
        cipher_suites: vec![suite],
        in_flight_max: in_flight,
        session_idle: Duration::from_secs(3600),
        ..IpmiConfig::default()
    };
    let driver = fleet::driver(bmcs, farm.port, config)?;
    fleet::runtime()?.block_on(async {
        assert_eq!(fleet::pass(&driver, &machines).await, bmcs, "all are on");
        let (begun, cpu, mut done) = (Instant::now(), child::cpu()?, 0);
        while begun.elapsed() < measured {
            done += fleet::pass(&driver, &machines).await;
        }
        let (took, cpu) = (begun.elapsed(), child::cpu()? - cpu);
        driver.close().await;
        Ok([took, cpu].map(|time| done as f64 / time.as_secs_f64()))
    })
}
