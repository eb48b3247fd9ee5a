//! Who talks with one BMC: its session for calls, and consoles beside it.

use super::Link;
use std::iter::once;
use std::sync::{Arc, Weak};

/// The links to one BMC. A datagram goes to each, which knows what is its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    /// Mostly the only one, and lies where its BMC is looked up.
    first: Weak<Link>,
    others: Vec<Weak<Link>>,
}

impl Links {
    pub(super) fn add(&mut self, link: Weak<Link>) {
        if is_gone(&self.first) {
            self.first = link;
        } else {
            self.others.push(link);
        }
    }

    /// Forgets one, and tells whether there is none any more.
    pub(super) fn are_none_without(&mut self, link: *const Link) -> bool {
        self.others.retain(|other| other.as_ptr() != link);
        if self.first.as_ptr() == link {
            self.first = self.others.pop().unwrap_or_default();
        }
        once(&self.first).chain(&self.others).all(is_gone)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = Arc<Link>> {
        once(&self.first).chain(&self.others).filter_map(Weak::upgrade)
    }
}

fn is_gone(link: &Weak<Link>) -> bool {
    link.strong_count() == 0
}
