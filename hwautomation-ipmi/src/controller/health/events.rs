//! Reads the event log in pages.

use super::cache::Cache;
use super::talk::Asks;
use super::{ERASING, NOT_PRESENT, inventory};
use crate::error::IpmiError;
use crate::model::sdr::Inventory;
use crate::model::sel::{self, FIRST, Info, NO_MORE, position};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::plugin::{EventLog, EventPage, EventPosition, LogEvent};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

/// How many entries a page has at most: a BMC gives some hundred in a second.
const PAGE_MAX: usize = 512;

/// Where the log is, and what to say when it is not as it was.
pub(super) struct Pages<'a> {
    pub(super) known: &'a Cache,
    pub(super) peer: SocketAddr,
    pub(super) action: &'a str,
}

impl Pages<'_> {
    /// Reads the entries after a position.
    pub(super) async fn read(
        &self,
        bmc: &mut impl Asks,
        after: Option<&EventPosition>,
        limit: usize,
    ) -> Result<EventPage, IpmiError> {
        if limit == 0 {
            let wrong = "a page of no entries tells nothing".to_owned();
            return Err(IpmiError::Invalid { wrong, right: "ask for at least one entry" });
        }
        let info = Info::of(&bmc.ask(&Info::ask()).await?)?;
        let first = match after {
            Some(seen) => successor(bmc, &position::bytes(seen)?, self.action).await?,
            None if info.entries == 0 => NO_MORE,
            None => FIRST,
        };
        let inventory = if first == NO_MORE { Arc::default() } else { self.inventory(bmc).await? };
        let (entries, is_over) = entries(bmc, first, limit.min(PAGE_MAX), &inventory).await?;
        let next = entries.last().filter(|_| !is_over).map(|last| last.position.clone());
        Ok(EventPage { entries, next, log: log(info) })
    }

    /// The sensors, whose names the log does not have. A BMC that does not tell them has a log all the same.
    async fn inventory(&self, bmc: &mut impl Asks) -> Result<Arc<Inventory>, IpmiError> {
        match inventory::of(bmc, self.known, self.peer).await {
            Err(error @ (IpmiError::Refused { .. } | IpmiError::Malformed { .. })) => {
                tracing::debug!(peer = %self.peer, error = %error, "events have no names of sensors");
                Ok(Arc::default())
            }
            inventory => inventory,
        }
    }
}

/// Reads entries from an id on, and tells whether the log ends with them.
async fn entries(
    bmc: &mut impl Asks,
    mut id: u16,
    limit: usize,
    inventory: &Inventory,
) -> Result<(Vec<LogEvent>, bool), IpmiError> {
    let (mut entries, mut asked) = (Vec::new(), HashSet::new());
    while id != NO_MORE && entries.len() < limit {
        if !asked.insert(id) {
            let found = format!("entry {id:04X}h a second time");
            return Err(IpmiError::malformed("reading the event log to its end", found));
        }
        match bmc.ask(&sel::ask(id)).await.map_err(busy_erasing) {
            // Erased since the entry before it named it.
            Err(IpmiError::Refused { completion: NOT_PRESENT, .. }) => break,
            answer => {
                let (next, bytes) = sel::entry(&answer?)?;
                entries.push(sel::event(&bytes, inventory));
                id = next;
            }
        }
    }
    let is_over = id == NO_MORE;
    Ok((entries, is_over))
}

/// Returns the id of the entry that follows one that was seen, if that is still there.
pub(super) async fn successor(bmc: &mut impl Asks, seen: &[u8; 16], action: &str) -> Result<u16, IpmiError> {
    let answer = match bmc.ask(&sel::ask(position::id(seen))).await.map_err(busy_erasing) {
        Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => None,
        answer => Some(sel::entry(&answer?)?),
    };
    match answer {
        Some((next, bytes)) if bytes == *seen => Ok(next),
        _ => Err(conflict(action, "the entry that was seen is gone: the log was cleared since")),
    }
}

pub(super) fn conflict(action: &str, why: &str) -> IpmiError {
    let error = Error::new(ErrorKind::Conflict, format!("{action}: {why}"));
    error.with_remedy("read the event log from its beginning, and decide again").into()
}

/// A log that is being erased can be read in a moment.
pub(super) fn busy_erasing(error: IpmiError) -> IpmiError {
    match error {
        IpmiError::Refused { completion: ERASING, .. } => {
            let error = Error::new(ErrorKind::Busy, "the BMC is erasing its event log");
            error.with_remedy("try again in a few seconds").into()
        }
        error => error,
    }
}

fn log(info: Info) -> EventLog {
    EventLog {
        entries: Some(info.entries.into()),
        entries_free: info.free.map(u64::from),
        overflowed: Some(info.overflowed),
    }
}
