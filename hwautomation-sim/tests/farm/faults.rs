//! What goes wrong on purpose, counted.

use crate::lab::Lab;
use hwautomation_sim::{FarmCounts, FarmFault, FarmPlan};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);

/// Pings a BMC so often and returns what it counted; another one answers when it is done.
async fn pinged(lab: &Lab, times: usize, heard: &mut Vec<u8>) -> FarmCounts {
    let (first, witness) = (lab.address(0), lab.address(1));
    for number in 0..times {
        lab.ping(first, number as u8).await;
        lab.ping(witness, 0).await;
        loop {
            match lab.pong().await {
                (from, _) if from == witness => break,
                (_, tag) => heard.push(tag),
            }
        }
    }
    lab.farm.counts(first)
}

/// A farm of two, the first of which has a fault.
async fn with(fault: FarmFault, seed: u64) -> Lab {
    let lab = Lab::new(FarmPlan::new(2).seed(seed)).await;
    lab.farm.afflict(lab.address(0), fault);
    lab
}

#[tokio::test]
async fn one_in_a_hundred_is_a_black_hole_and_says_nothing() {
    let lab = Lab::new(FarmPlan::new(1_000).fault(0.01, FarmFault::BlackHole)).await;
    let is_black = |address: &Ipv4Addr| lab.farm.faults(*address) == [FarmFault::BlackHole];
    let (black, healthy): (Vec<_>, Vec<_>) = lab.farm.addresses().partition(is_black);
    assert_eq!((black.len(), healthy.len()), (10, 990));
    for address in &black {
        lab.ping(*address, 1).await;
    }
    lab.ping(healthy[0], 2).await;
    assert_eq!(lab.pong().await, (healthy[0], 2));
    let total = lab.farm.total();
    assert_eq!((total.datagrams, total.lost_in, total.answers), (11, 10, 1));
}

#[tokio::test]
async fn another_seed_strikes_other_bmcs() {
    let struck = async |seed| {
        let farm =
            FarmPlan::new(1_000).seed(seed).fault(0.05, FarmFault::BlackHole).port(0).start().await.unwrap();
        farm.addresses().filter(|address| !farm.faults(*address).is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(struck(1).await, struck(1).await);
    assert_ne!(struck(1).await, struck(2).await);
}

#[tokio::test]
async fn a_lost_datagram_was_never_there() {
    let lab = with(FarmFault::LostIn { chance: 0.2 }, 1).await;
    let mut heard = Vec::new();
    let counts = pinged(&lab, 500, &mut heard).await;
    assert_eq!(counts.datagrams, 500);
    assert!((60..140).contains(&counts.lost_in), "{counts:?}");
    assert_eq!((counts.answers, heard.len() as u64), (500 - counts.lost_in, counts.answers));
}

#[tokio::test]
async fn of_a_lost_answer_the_command_was_done() {
    let lab = with(FarmFault::LostOut { chance: 0.2 }, 1).await;
    let mut heard = Vec::new();
    let counts = pinged(&lab, 500, &mut heard).await;
    assert!((60..140).contains(&counts.lost_out) && counts.lost_in == 0, "{counts:?}");
    assert_eq!((counts.answers, heard.len() as u64), (500 - counts.lost_out, counts.answers));

    let all = with(FarmFault::LostOut { chance: 1.0 }, 1).await;
    let capabilities = crate::console::Console::new(crate::suite::Suite::Three).begin();
    all.send(all.address(0), &capabilities).await;
    all.ping(all.address(1), 1).await;
    all.pong().await;
    let counts = all.farm.counts(all.address(0));
    assert_eq!((counts.commands, counts.lost_out, counts.answers), (1, 1, 0));
}

#[tokio::test]
async fn the_same_seed_loses_the_same() {
    let lost = async |seed| {
        let lab = with(FarmFault::LostOut { chance: 0.5 }, seed).await;
        let mut heard = Vec::new();
        pinged(&lab, 50, &mut heard).await;
        heard
    };
    assert_eq!(lost(3).await, lost(3).await);
    assert_ne!(lost(3).await, lost(4).await);
}

#[tokio::test]
async fn an_answer_comes_twice() {
    let lab = with(FarmFault::Twice { chance: 1.0 }, 1).await;
    let mut heard = Vec::new();
    let counts = pinged(&lab, 3, &mut heard).await;
    assert_eq!((counts.twice, counts.answers, heard), (3, 6, vec![0, 0, 1, 1, 2, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_holds_up_no_other() {
    let lab = with(FarmFault::Late { by: HOUR, chance: 1.0 }, 1).await;
    let began = Instant::now();
    lab.ping(lab.address(0), 1).await;
    lab.ping(lab.address(1), 2).await;
    assert_eq!(lab.pong().await, (lab.address(1), 2));
    assert!(began.elapsed() < HOUR);
    tokio::time::advance(HOUR).await;
    assert_eq!(lab.pong().await, (lab.address(0), 1));
    assert_eq!(lab.farm.total().late, 1);
}

#[tokio::test]
async fn a_bmc_that_is_healed_answers_again() {
    let lab = with(FarmFault::BlackHole, 1).await;
    let first = lab.address(0);
    assert_eq!(pinged(&lab, 1, &mut Vec::new()).await.answers, 0);
    lab.farm.heal(first);
    assert_eq!(lab.farm.faults(first), []);
    lab.ping(first, 7).await;
    assert_eq!(lab.pong().await, (first, 7));
}
