//! What a wave remembers from look to look, in memory. Losing it costs one reading of all children.

use super::machines::BatchMachines;
use super::order;
use super::request::BatchRequest;
use super::tally::{Round, Tally};
use crate::error::Result;
use crate::id::WorkflowId;
use crate::time::Timestamp;
use crate::workflow::WorkflowContext;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many waves of different batches are remembered; those that ended without us seeing it are among them.
const REMEMBERED_MAX: usize = 64;

/// Holds what one wave of one batch is about.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) number: usize,
    pub(super) request: BatchRequest,
    /// The wave's machines, by their places in the request.
    pub(super) places: Vec<usize>,
    pub(super) soak_s: u64,
    pub(super) tally: Tally,
    pub(super) round: Round,
    /// When machines that were held may be tried again.
    pub(super) held_again_at: Timestamp,
}

impl Turn {
    /// Reads what the request and the children say; nothing if the batch has no such wave.
    pub(super) async fn read(ctx: &WorkflowContext, number: usize) -> Result<Option<Self>> {
        let request: BatchRequest = ctx.params()?;
        let Some(wave) = order::waves(&request).into_iter().nth(number - 1) else { return Ok(None) };
        let BatchMachines { ids } = ctx.output().await?;
        let machines = wave.places.iter().filter_map(|place| ids.get(*place).cloned()).collect();
        Ok(Some(Self {
            number,
            request,
            places: wave.places,
            soak_s: wave.soak_s,
            tally: Tally::read(ctx, machines).await?,
            round: Round::default(),
            held_again_at: Timestamp::MIN,
        }))
    }
}

/// Remembers what waves knew when they let go.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<WorkflowId, (u64, Turn)>>);

impl Turns {
    /// Takes what was known, if nobody else ran the batch since: then its lease would have another number.
    pub(super) fn take(&self, batch: WorkflowId, epoch: u64) -> Option<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known_in, turn) = turns.remove(&batch)?;
        (known_in == epoch || known_in + 1 == epoch).then_some(turn)
    }

    pub(super) fn keep(&self, batch: WorkflowId, epoch: u64, turn: Turn) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= REMEMBERED_MAX {
            turns.clear();
        }
        turns.insert(batch, (epoch, turn));
    }
}
