//! Whether a long history makes each event dearer.

use crate::lab::{Kind, Outcome, runtime};
use crate::steps::{Begin, EVENTS, Seven};
use std::time::Duration;

const IN_FLIGHT: usize = 256;
/// Filled in parts, so that what is under way stays small.
const PART: usize = 5000;

/// What an event cost with so many workflows in the history.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub history: usize,
    pub event: Duration,
}

/// Measures with histories of these sizes, in one file that grows: the middle one of so many batches.
pub fn run(sizes: [usize; 2], batch: usize, batches: usize) -> Outcome<[Cost; 2]> {
    runtime()?.block_on(async {
        let seven = Seven::start(Kind::Sqlite, IN_FLIGHT, Duration::ZERO).await?;
        let mut held = 0;
        let mut costs = Vec::new();
        for size in sizes {
            while held < size {
                let part = PART.min(size - held);
                seven.run(part, Begin::Running).await?;
                held += part;
            }
            let mut took = Vec::new();
            for _ in 0..batches {
                took.push(seven.run(batch, Begin::Running).await?);
                held += batch;
            }
            took.sort();
            let event = took[batches / 2] / u32::try_from(batch * EVENTS)?;
            costs.push(Cost { history: size, event });
        }
        seven.lab.manager.shutdown().await;
        Ok([costs[0], costs[1]])
    })
}
