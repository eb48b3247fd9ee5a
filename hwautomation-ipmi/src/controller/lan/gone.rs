//! A BMC that fell silent while its network changed, before or after it answered: it may be somewhere else by now. And
//! where it should be, another one may be, with the same password.

use super::change::{compare, write};
use super::frame::{begin, finish};
use super::{Call, is_it};
use crate::error::IpmiError;
use crate::model::lan::Write;
use crate::model::mac::Mac;
use hwautomation_core::plugin::LanChange;
use std::net::IpAddr;

/// Where it should be, and what it is known by.
pub(super) struct Gone<'a> {
    pub(super) at: IpAddr,
    /// Of its channels the one that was changed. It has the same number, also where another one of them answers.
    pub(super) channel: u8,
    pub(super) mac: Option<Mac>,
    /// What it was not told before it went.
    pub(super) left: &'a [Write],
    /// What was not answered.
    pub(super) silence: IpmiError,
}

impl Gone<'_> {
    /// Looks for it, and tells it what is left. What it was told before is not said again.
    pub(super) async fn find(self, call: &Call<'_>, change: &LanChange) -> Result<(), IpmiError> {
        match self.complete(call, change).await {
            Ok(()) => {
                call.driver.strangers.forget(&call.machine.id, self.at);
                Ok(())
            }
            Err(error @ IpmiError::Stranger { found: Some(_), .. }) => Err(error),
            Err(error @ IpmiError::Mismatch { .. }) if is_of_a_question(&self.silence) => Err(error),
            Err(cause) => Err(IpmiError::Moved { at: self.at, cause: Box::new(cause) }),
        }
    }

    async fn complete(&self, call: &Call<'_>, change: &LanChange) -> Result<(), IpmiError> {
        let there = call.moved_to(self.at)?;
        let mut turn = there.turn().await?;
        is_it(&mut turn, self.channel, self.at, self.mac).await?;
        if !self.left.is_empty() {
            begin(&mut turn, self.channel).await?;
            write(&mut turn, self.channel, &mut self.left.iter()).await?;
        }
        compare(change, &finish(&mut turn, self.channel).await?)
    }
}

/// Tells whether no more than a question was not answered. What else got lost may still arrive: what is read before that
/// does not say what comes of it.
fn is_of_a_question(silence: &IpmiError) -> bool {
    match silence {
        IpmiError::Unanswered { .. } => true,
        IpmiError::Unseen { cause, .. } => is_of_a_question(cause),
        _ => false,
    }
}
