//! How long to wait for an answer, each time a little longer.

use crate::config::IpmiConfig;
use std::time::Duration;
use tokio::time::Instant;

/// The longest single wait: a BMC that needs longer is not helped by waiting more before the next datagram.
const WAIT_MAX: Duration = Duration::from_secs(4);

/// The waits of a configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(super) retransmit: Duration,
    pub(super) command_limit: Duration,
    pub(super) handshake_limit: Duration,
    growth_percent: u32,
}

impl Timing {
    pub(crate) fn of(config: &IpmiConfig) -> Self {
        Self {
            retransmit: config.retransmit,
            command_limit: config.command_limit,
            handshake_limit: config.handshake_limit,
            growth_percent: u32::from(config.retransmit_growth),
        }
    }

    /// Returns how long so many waits are together.
    pub(super) fn waits_together(&self, count: u32) -> Duration {
        let mut waits = self.waits(Instant::now());
        (0..count).map(|_| waits.step()).sum()
    }

    /// Begins to count.
    pub(super) fn waits(&self, deadline: Instant) -> Waits {
        Waits { next: self.retransmit, growth_percent: self.growth_percent, deadline }
    }
}

/// The waits up to a deadline.
#[derive(Debug)]
pub(super) struct Waits {
    next: Duration,
    growth_percent: u32,
    deadline: Instant,
}

impl Waits {
    /// Tells whether the deadline has passed.
    pub(super) fn are_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns how long the next wait is.
    pub(super) fn length(&self) -> Duration {
        self.next
    }

    /// Returns how long to wait this time; the next wait is longer.
    pub(super) fn step(&mut self) -> Duration {
        let wait = self.next;
        let longer = wait * self.growth_percent / 100;
        self.next = longer.min(WAIT_MAX.max(wait));
        wait
    }

    /// Returns when the next wait ends that begins now.
    pub(super) fn soon(&mut self) -> Instant {
        let wait = self.step();
        self.within(wait)
    }

    /// Returns when a wait that begins now ends, at the deadline at the latest.
    pub(super) fn within(&self, wait: Duration) -> Instant {
        (Instant::now() + wait).min(self.deadline)
    }
}
