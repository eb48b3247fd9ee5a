//! How old the readings of healthy BMCs become while some others are dead.

use crate::child::{Server, Trouble};
use crate::fleet::{driver, machines, runtime};
use crate::{Outcome, Size};
use futures_util::StreamExt;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::FleetPower;
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

const BMCS: usize = 1_000;
const SUITE: u8 = 17;
/// How finely ages are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Which machine was read, and when.
type Reading = (usize, Instant);

struct Ages {
    p99: Duration,
    healthy: usize,
    missed: usize,
}

pub fn table(Size { poll: (every, times), .. }: Size) -> Outcome {
    println!("\n{BMCS} BMCs polled every {every:?}, {times} times\n");
    println!("| dead | healthy | p99 age of a healthy reading | periods missed | grows by |");
    println!("|---|---:|---:|---:|---:|");
    let without = poll(Trouble::None, every, times)?;
    let with = poll(Trouble::Dead, every, times)?;
    for (name, ages) in [("none", &without), (Trouble::Dead.name(), &with)] {
        let growth = 100.0 * (ages.p99.as_secs_f64() / without.p99.as_secs_f64() - 1.0);
        let Ages { p99, healthy, missed } = ages;
        println!("| {name} | {healthy} | {p99:.3?} | {missed} | {growth:.2} % |");
    }
    Ok(())
}

fn poll(trouble: Trouble, every: Duration, times: u32) -> Outcome<Ages> {
    let farm = Server::farm(BMCS, trouble)?;
    let machines: Arc<[Machine]> = machines(BMCS)?.into();
    let config = IpmiConfig { cipher_suites: vec![SUITE], session_idle: every * 3, ..IpmiConfig::default() };
    let driver = driver(BMCS, farm.port, config)?;
    runtime()?.block_on(async {
        let (heard, mut readings) = unbounded_channel();
        let begun = Instant::now();
        let mut passes = JoinSet::new();
        let mut ticks = tokio::time::interval_at(begun, every);
        for _ in 0..times {
            ticks.tick().await;
            passes.spawn(pass(Arc::clone(&driver), Arc::clone(&machines), heard.clone()));
        }
        ticks.tick().await;
        let end = Instant::now();
        drop((passes, heard));
        let mut all = vec![Vec::new(); BMCS];
        while let Some((index, at)) = readings.recv().await {
            all[index].push(at);
        }
        driver.close().await;
        Ok(ages(&all, begun, end, every, times))
    })
}

async fn pass(driver: Arc<IpmiController>, machines: Arc<[Machine]>, heard: UnboundedSender<Reading>) {
    let mut answers = driver.read_power_of(&machines);
    while let Some(answer) = answers.next().await {
        if answer.result.is_ok() {
            heard.send((answer.index, Instant::now())).ok();
        }
    }
}

/// Looks at the age of each healthy machine's newest reading at many instants, from its first reading to the end.
fn ages(all: &[Vec<Instant>], begun: Instant, end: Instant, every: Duration, times: u32) -> Ages {
    let mut ages = Vec::new();
    let (mut healthy, mut missed) = (0, 0);
    for readings in all.iter().filter(|readings| !readings.is_empty()) {
        healthy += 1;
        missed += (0..times)
            .filter(|period| {
                let from = begun + every * *period;
                !readings.iter().any(|at| (from..from + every).contains(at))
            })
            .count();
        let mut at = readings[0];
        let mut newest = 0;
        while at < end {
            while readings.get(newest + 1).is_some_and(|next| *next <= at) {
                newest += 1;
            }
            ages.push(at - readings[newest]);
            at += LOOK;
        }
    }
    ages.sort();
    Ages { p99: ages[ages.len() * 99 / 100], healthy, missed }
}
