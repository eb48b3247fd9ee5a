//! A BMC that answers anything at all: every reading ends, and none is a panic.

use super::PEER;
use crate::controller::health::cache::Cache;
use crate::controller::health::events::Pages;
use crate::controller::health::talk::Asks;
use crate::controller::health::{clear, sensors};
use crate::error::{Completion, IpmiError};
use crate::model::command::Command;
use crate::model::sel::position;
use zeroize::Zeroizing;

/// How many BMCs are tried, and how often each may be asked before it counts as without end.
const BMCS: u64 = 300;
const QUESTIONS_MAX: u32 = 1_000_000;

/// SplitMix64 from a seed: a failure comes again.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).to_le_bytes()[0]
    }
}

/// Some of these BMCs never refuse, and some answer as long as the specification wants it.
struct Anything {
    random: Random,
    refuses: bool,
    is_proper: bool,
    questions: u32,
}

impl Anything {
    fn length(&mut self, number: u8) -> usize {
        match number {
            _ if !self.is_proper => usize::from(self.random.byte() % 24),
            0x20 | 0x40 => 14,
            0x43 => 18,
            0x23 => 2 + 5,
            _ => 15,
        }
    }
}

impl Asks for Anything {
    async fn ask(&mut self, command: &Command) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
        self.questions += 1;
        assert!(self.questions < QUESTIONS_MAX, "this has no end");
        if self.refuses && self.random.byte() < 30 {
            let completion = Completion(self.random.byte().max(1));
            return Err(IpmiError::Refused { what: command.name, completion });
        }
        let length = self.length(command.number);
        Ok(Zeroizing::new((0..length).map(|_| self.random.byte()).collect()))
    }

    async fn rest(&mut self) {}
}

#[tokio::test]
async fn whatever_a_bmc_answers_every_reading_ends() {
    let (mut read, mut failed) = (0, 0);
    for seed in 0..BMCS {
        let (refuses, is_proper) = (seed % 2 == 0, seed % 3 != 0);
        let mut bmc = Anything { random: Random(seed), refuses, is_proper, questions: 0 };
        let known = Cache::default();
        let pages = Pages { known: &known, peer: PEER, action: "reading the log" };
        let results = [
            sensors::read(&mut bmc, &known, PEER).await.map(drop),
            pages.read(&mut bmc, None, 100).await.map(drop),
            clear::log(&mut bmc, &position::of(&[7; 16]), "clearing the log").await,
        ];
        read += results.iter().filter(|result| result.is_ok()).count();
        failed += results.iter().filter(|result| result.is_err()).count();
    }
    assert!(read > 10 && failed > 10, "{read} {failed}");
}
