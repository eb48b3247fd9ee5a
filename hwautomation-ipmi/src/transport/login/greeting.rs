//! Whether anybody is there: a question that everybody may ask, outside of a session.

use super::Login;
use crate::error::IpmiError;
use crate::wire::{Request, presession};
use std::time::Duration;
use tokio::time::Instant;

/// Get Channel Authentication Capabilities (IPMI 2.0, section 22.13).
const CAPABILITIES: [u8; 2] = [0x06, 0x38];
/// "The channel that this is asked on", with the bit that asks for IPMI 2.0.
const THIS_CHANNEL: u8 = 0x0E;
const ASK_2_0: u8 = 0x80;
/// The number of the greeting: none of the questions about suites has it.
const GREETING: u8 = 63;
/// How often a BMC is asked that was silent the last time: where every fifth datagram is lost each way, 95 of 100 that
/// are there again are found.
const KNOCKS: u32 = 3;

impl Login<'_> {
    /// Asks a BMC that was silent the last time whether it is there at all: places among the silent ones are few, and a
    /// log-in holds one for long.
    pub(super) async fn knock(&mut self) -> Result<(), IpmiError> {
        let limit = self.timing.waits_together(KNOCKS).min(self.timing.handshake_limit);
        self.greet(Instant::now() + limit, limit).await
    }

    /// Asks what everybody may ask, until somebody answers anything; `limit` is what an error says. What the answer
    /// says is not believed: some BMCs deny what they can (freeipmi's `authcap`).
    pub(super) async fn greet(&mut self, deadline: Instant, limit: Duration) -> Result<(), IpmiError> {
        let data = [THIS_CHANNEL | ASK_2_0, self.privilege];
        let [netfn, command] = CAPABILITIES;
        let request = Request { netfn, command, number: GREETING, data: &data };
        let mut waits = self.timing.waits(deadline);
        while !self.link.was_heard() {
            if waits.are_over() {
                return Err(IpmiError::Silent(limit));
            }
            self.pass.have_place(deadline).await?;
            self.link.send(&presession(&request.bytes()), deadline).await?;
            let wait = waits.step();
            self.pass.hear(&self.link, waits.within(wait), deadline, Some).await;
        }
        Ok(())
    }
}
