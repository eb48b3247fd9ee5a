//! A log-in that was refused, and who waited behind it: they would be refused, too, and BMCs lock accounts.

use super::identity::{Identity, Owner};
use crate::error::IpmiError;
use tokio::time::Instant;

/// Remembers the last refusal of somebody's credentials.
#[derive(Debug)]
pub(super) struct Refusal {
    owner: Owner,
    why: IpmiError,
    found: Instant,
}

impl Refusal {
    /// Remembers why a log-in failed that ends now, if it was the credentials.
    pub(super) fn of(error: &IpmiError, identity: &Identity<'_>) -> Option<Box<Self>> {
        let why = error.of_credentials()?;
        Some(Box::new(Self { owner: identity.owner(), why, found: Instant::now() }))
    }

    /// Returns the same error for a call with the same credentials that began to wait at `asked`, before it was found.
    /// A later call tries: somebody may have corrected the BMC.
    pub(super) fn answer(&self, identity: &Identity<'_>, asked: Instant) -> Option<IpmiError> {
        let is_the_same = asked < self.found && self.owner.has_credentials_of(identity);
        if is_the_same { self.why.of_credentials() } else { None }
    }
}
