//! A session that the BMC has promised to somebody who named himself, and that nobody is in yet.

use super::super::net::Link;
use crate::wire::{Payload, bare, rakp3_refusal};
use std::sync::Arc;

/// Tells the BMC to forget what was begun, when it is dropped before that has come to its end: the BMC has few places,
/// and would keep this one for a minute.
pub(super) struct Begun {
    link: Arc<Link>,
    tag: u8,
    managed_id: u32,
    is_over: bool,
}

impl Begun {
    /// Begins when RAKP message 1 has left: what gets message 3 without it may crash ([`crate::quirks`]). The tag is that
    /// of message 3.
    pub(super) fn new(link: &Arc<Link>, tag: u8, managed_id: u32) -> Self {
        Self { link: Arc::clone(link), tag, managed_id, is_over: false }
    }

    /// Says that the BMC has forgotten it, or that it has become a session, which closes itself.
    pub(super) fn end(&mut self) {
        self.is_over = true;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.is_over {
            self.link.send_now(&bare(Payload::Rakp3, &rakp3_refusal(self.tag, self.managed_id)));
        }
    }
}
