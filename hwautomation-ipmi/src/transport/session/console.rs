//! A session that a console has for itself: what comes is heard at any time, and nothing waits for an answer.

use super::super::lanes::Pass;
use super::Session;
use crate::error::IpmiError;
use crate::model::command::Command;
use crate::wire::sol::Outgoing;
use crate::wire::{Answer, Opened, Request, random};
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

impl Session {
    /// Hears packets at any time from now on.
    pub(in super::super) fn listen(&self) {
        self.link.listen();
    }

    /// Waits for the next packet of this session.
    pub(in super::super) async fn hear(&mut self) -> Opened {
        loop {
            let datagram = self.link.next().await;
            if let Some(opened) = self.sealed.open_any(datagram) {
                return opened;
            }
        }
    }

    /// Sends characters, or a receipt for some. What the system does not take at once is lost, as on the way.
    pub(in super::super) async fn send_characters(&mut self, packet: &Outgoing) -> Result<(), IpmiError> {
        let packet = self.sealed.seal_characters(packet, &random()?);
        self.link.send(&packet, Instant::now()).await
    }

    /// Sends a command once. Its answer is heard like every other packet.
    pub(in super::super) async fn send(&mut self, command: &Command) -> Result<(), IpmiError> {
        let packet = self.next_packet(command)?;
        self.link.send(&packet, Instant::now()).await
    }

    /// Reads the answer to the command that was sent last; nothing when it answers another one, or an earlier copy.
    pub(in super::super) fn answer(&self, command: &Command, message: Zeroizing<Vec<u8>>) -> Option<Answer> {
        let Command { netfn, number, data, .. } = command;
        let request = Request { netfn: *netfn, command: *number, number: self.number, data };
        Answer::inside(&request, message)
    }

    /// Returns the number by which the BMC knows it.
    pub(in super::super) fn managed_id(&self) -> u32 {
        self.sealed.managed_id()
    }

    /// Ends it and waits for the BMC to say so, which it need not. Dropping it sends nothing more.
    pub(in super::super) async fn finish(&mut self, limit: Duration, pass: &mut Pass) {
        self.end(limit, pass).await;
        self.ends_here = true;
    }

    fn next_packet(&mut self, command: &Command) -> Result<Vec<u8>, IpmiError> {
        self.number = self.number.wrapping_add(1);
        let Command { netfn, number, data, .. } = command;
        let request = Request { netfn: *netfn, command: *number, number: self.number, data };
        Ok(self.sealed.seal(&request, &random()?))
    }
}
