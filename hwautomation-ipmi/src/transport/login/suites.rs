//! Which cipher suites to try, and in which order: those that are allowed and that the BMC says it has.

use super::{Entrance, Login};
use crate::error::IpmiError;
use crate::quirks::Proof;
use crate::wire::{Answer, Request, Suite, presession, suite_ids, unwrap_presession};
use tokio::time::Instant;

/// Get Channel Cipher Suites (IPMI 2.0, section 22.15).
const CIPHER_SUITES: [u8; 2] = [0x06, 0x54];
/// "The channel that this is asked on".
const THIS_CHANNEL: u8 = 0x0E;
/// "By algorithm", not "by suite": what is listed are records of suites.
const LIST_BY_SUITE: u8 = 0x80;
/// How many bytes of records one answer has; a shorter one is the last.
const RECORD_BYTES: usize = 16;
/// How many answers are asked for at most: no BMC has more than 60 suites.
const RECORD_INDICES: u8 = 20;
/// How often the suites are asked for: an old BMC that does not know the question is silent.
const SUITE_ASKS: u32 = 2;

impl Login<'_> {
    /// Returns the suites to try. The one that worked is tried without a question, unless a stronger one is allowed by
    /// now than was then; nothing weaker than it is tried.
    pub(super) async fn suites(&mut self, deadline: Instant) -> Result<Vec<Suite>, IpmiError> {
        match self.known {
            Some(known) if self.best() <= Some(known.best) => Ok(at_least(self.allowed, known.suite)),
            known => {
                let is_weaker = |suite: &Suite| known.is_some_and(|known| *suite < known.suite);
                let allowed: Vec<_> =
                    self.allowed.iter().copied().filter(|suite| !is_weaker(suite)).collect();
                Ok(choose(&allowed, &self.offered(deadline).await?))
            }
        }
    }

    /// Returns the strongest suite that is allowed.
    fn best(&self) -> Option<Suite> {
        self.allowed.iter().copied().max()
    }

    /// Forgets how the BMC let this program in, where that suite is not in the list any more: a person took it out, and
    /// what else is in the list may be weaker.
    pub(super) fn forget_what_is_not_allowed(&mut self) {
        self.known = self.known.filter(|known| self.allowed.contains(&known.suite));
    }

    /// Returns what to remember. Says loudly that a suite is weaker than that before, although a person wants it so.
    pub(super) fn entrance(&self, suite: Suite, proof: Proof, before: Option<Entrance>) -> Entrance {
        if let Some(before) = before.filter(|before| suite < before.suite) {
            let (peer, suite, before) = (self.link.peer(), suite.id(), before.suite.id());
            tracing::warn!(%peer, suite, before, "logged in with a weaker cipher suite: that before is not allowed");
        }
        Entrance { suite, best: self.best().unwrap_or(suite), proof }
    }

    /// Asks which suites the channel has. Nothing when the BMC is there and does not say: not all know the question.
    async fn offered(&mut self, deadline: Instant) -> Result<Vec<u8>, IpmiError> {
        let mut records = Vec::new();
        for index in 0..RECORD_INDICES {
            let Some(more) = self.records(index, deadline).await? else {
                self.greet(deadline, self.timing.handshake_limit).await?;
                return Ok(Vec::new());
            };
            records.extend(&more);
            if more.len() < RECORD_BYTES {
                break;
            }
        }
        Ok(suite_ids(&records))
    }

    async fn records(&mut self, index: u8, deadline: Instant) -> Result<Option<Vec<u8>>, IpmiError> {
        let data = [THIS_CHANNEL, 0, LIST_BY_SUITE | index];
        let [netfn, command] = CIPHER_SUITES;
        let request = Request { netfn, command, number: index, data: &data };
        let waits = self.timing.waits(deadline);
        for _ in 0..SUITE_ASKS {
            self.pass.have_place(deadline).await?;
            self.link.send(&presession(&request.bytes()), deadline).await?;
            let read = |datagram: Vec<u8>| Answer::of_unprotected(&request, unwrap_presession(&datagram)?);
            let soon = waits.within(self.timing.retransmit);
            if let Some(answer) = self.pass.hear(&self.link, soon, deadline, read).await {
                let records = answer.data.get(1..).filter(|_| answer.completion == 0);
                return Ok(records.map(<[u8]>::to_vec));
            }
            if waits.are_over() {
                break;
            }
        }
        Ok(None)
    }
}

/// The allowed suites that the BMC offers, or all when it offers none of them: it may be wrong.
fn choose(allowed: &[Suite], offered: &[u8]) -> Vec<Suite> {
    let both: Vec<_> = allowed.iter().copied().filter(|suite| offered.contains(&suite.id())).collect();
    if both.is_empty() { allowed.to_vec() } else { both }
}

/// The suite that worked, and after it those that are stronger: who could talk us into a weaker one would be in
/// between.
fn at_least(allowed: &[Suite], known: Suite) -> Vec<Suite> {
    let stronger = allowed.iter().copied().filter(|suite| *suite > known);
    std::iter::once(known).chain(stronger).collect()
}

/// What to say when each suite was refused, among them perhaps the one that worked before. A full BMC or a low privilege
/// is told as such, whatever else was said.
pub(super) fn verdict(tried: &[Suite], known: Option<Suite>, refusals: Vec<IpmiError>) -> IpmiError {
    let telling = |error: &IpmiError| match error {
        IpmiError::Status(status) => status.is_about_the_session(),
        _ => false,
    };
    let ids = tried.iter().map(|suite| suite.id()).collect();
    let none = match known.filter(|known| tried.contains(known)) {
        Some(known) => IpmiError::Downgrade(known.id()),
        None => IpmiError::NoSuite(ids),
    };
    refusals.into_iter().find(telling).unwrap_or(none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Suite::{Seventeen, Three};

    #[test]
    fn what_is_allowed_and_offered_is_tried_best_first() {
        assert_eq!(choose(&[Seventeen, Three], &[0, 3, 17]), [Seventeen, Three]);
        assert_eq!(choose(&[Seventeen, Three], &[3, 8]), [Three]);
        assert_eq!(choose(&[Seventeen, Three], &[8]), [Seventeen, Three], "it may be wrong");
        assert_eq!(choose(&[Seventeen], &[3]), [Seventeen], "never what is not allowed");
    }

    #[test]
    fn after_a_suite_worked_nothing_weaker_is_tried() {
        assert_eq!(at_least(&[Seventeen, Three], Seventeen), [Seventeen]);
        assert_eq!(at_least(&[Seventeen, Three], Three), [Three, Seventeen]);
    }
}
