//! The serial port in a session: what is typed, and what the machine writes.

use super::{Controller, Outgoing, deliver};
use crate::bmc::asked::Asked;
use crate::bmc::ground::Ground;
use crate::bmc::session::Stage;
use crate::bmc::sol::{Packet, Sol};
use crate::bmc::wire::{Envelope, Payload};
use crate::fault::Action;
use std::net::SocketAddr;

impl Controller {
    /// Takes a packet of characters, and answers with its receipt and what there is to read.
    pub(super) fn typed(
        &mut self,
        envelope: &Envelope<'_>,
        payload: &[u8],
        ground: &impl Ground,
    ) -> Option<Outgoing> {
        let fault = ground.fault(Asked::Characters);
        if fault == Some(Action::Drop) {
            return None;
        }
        self.heard(envelope, ground.now());
        let packet = Packet::read(payload)?;
        let is_up = ground.look(|machine| machine.takes_typing());
        let typed = self.sol(envelope.session)?.take(&packet, is_up);
        if !typed.is_empty() {
            ground.change(|machine| machine.type_in(&typed));
        }
        let bytes = self.next_packet(envelope.session, ground)?;
        deliver(fault.as_ref(), || bytes)
    }

    /// Returns what goes out although nobody asked for it.
    pub(crate) fn push(&mut self, ground: &impl Ground) -> Vec<(SocketAddr, Vec<u8>)> {
        let listening: Vec<_> = self.listening().collect();
        let packets = listening.into_iter();
        packets.filter_map(|(id, peer)| Some((peer, self.next_packet(id, ground)?))).collect()
    }

    /// Says whether a console listens to the serial port.
    pub(crate) fn has_console(&mut self) -> bool {
        self.listening().next().is_some()
    }

    fn listening(&mut self) -> impl Iterator<Item = (u32, SocketAddr)> {
        self.sessions.all_mut().filter_map(|session| match &session.stage {
            Stage::Active(active) if active.sol.is_some() => Some((session.id, session.peer)),
            _ => None,
        })
    }

    fn sol(&mut self, id: u32) -> Option<&mut Sol> {
        match &mut self.sessions.get_mut(id)?.stage {
            Stage::Active(active) => active.sol.as_mut(),
            _ => None,
        }
    }

    fn next_packet(&mut self, id: u32, ground: &impl Ground) -> Option<Vec<u8>> {
        let now = ground.now();
        let sol = self.sol(id)?;
        let packet = ground.look(|machine| sol.next(&machine.screen, now))?;
        let is_last = sol.is_ended();
        let bytes = self.seal(Payload::Sol, id, &packet.write(), None);
        if is_last
            && let Some(Stage::Active(active)) = self.sessions.get_mut(id).map(|found| &mut found.stage)
        {
            active.sol = None;
        }
        bytes
    }
}
