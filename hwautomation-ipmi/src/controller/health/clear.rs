//! Clears the event log, if nothing is in it that was not seen (IPMI 2.0, sections 31.4 and 31.9).

use super::events::{busy_erasing, conflict, successor};
use super::talk::Asks;
use super::{ERASING, RESERVATION_LOST};
use crate::error::IpmiError;
use crate::model::sel::{self, FIRST, NO_MORE, position};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::plugin::EventPosition;

/// How often a reservation is taken: one is lost whenever an entry comes.
const RESERVATIONS_MAX: u32 = 4;
/// How often the BMC is asked whether it is done, a tenth of a second after the other. Flash is erased in seconds.
const LOOKS_MAX: u32 = 100;

const CLEARING: &str = "clearing the event log";

type Entry = [u8; 16];

pub(super) async fn log(bmc: &mut impl Asks, seen: &EventPosition, action: &str) -> Result<(), IpmiError> {
    let seen = position::bytes(seen)?;
    let first = entry(bmc, FIRST).await?;
    let reservation = begin(bmc, &seen, action).await?;
    let end = ended(bmc, reservation, (seen, first), action).await;
    end.map_err(|error| error.after(CLEARING))
}

/// Waits until it is erased, and looks whether it is: neither the entry that was seen nor the first one stays.
async fn ended(
    bmc: &mut impl Asks,
    reservation: [u8; 2],
    (seen, first): (Entry, Option<Entry>),
    action: &str,
) -> Result<(), IpmiError> {
    if !ends(bmc, reservation).await? {
        return Err(still_at_it(action));
    }
    let stays = entry(bmc, position::id(&seen)).await? == Some(seen)
        || first.is_some() && entry(bmc, FIRST).await? == first;
    if stays {
        let found = "it is as it was".to_owned();
        return Err(IpmiError::Mismatch { what: CLEARING, found });
    }
    Ok(())
}

/// Begins to erase, while the entry that was seen is the last one. The reservation sees to it that none comes
/// between our look and the command.
async fn begin(bmc: &mut impl Asks, seen: &Entry, action: &str) -> Result<[u8; 2], IpmiError> {
    for _ in 0..RESERVATIONS_MAX {
        let reservation = reserve(bmc).await?;
        if successor(bmc, seen, action).await? != NO_MORE {
            break;
        }
        match bmc.ask(&sel::clear(reservation)).await {
            Err(IpmiError::Refused { completion: RESERVATION_LOST, .. }) => {}
            answer => return answer.map(|_| reservation),
        }
    }
    Err(conflict(action, "entries came that were not seen"))
}

/// Takes a reservation. BMCs that have none take zero for one.
async fn reserve(bmc: &mut impl Asks) -> Result<[u8; 2], IpmiError> {
    match bmc.ask(&sel::reserve()).await.map_err(busy_erasing) {
        Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => Ok([0; 2]),
        answer => sel::reservation(&answer?),
    }
}

/// Looks until the BMC has erased it, and tells whether it has.
async fn ends(bmc: &mut impl Asks, reservation: [u8; 2]) -> Result<bool, IpmiError> {
    for _ in 0..LOOKS_MAX {
        if is_done(bmc, reservation).await? {
            return Ok(true);
        }
        bmc.rest().await;
    }
    Ok(false)
}

/// One that does not say, or whose reservation went with the log, is judged by the log alone.
async fn is_done(bmc: &mut impl Asks, reservation: [u8; 2]) -> Result<bool, IpmiError> {
    match bmc.ask(&sel::progress(reservation)).await {
        Err(IpmiError::Refused { completion: ERASING, .. }) => Ok(false),
        Err(IpmiError::Refused { completion, .. }) => Ok(!completion.passes()),
        answer => sel::is_erased(&answer?),
    }
}

async fn entry(bmc: &mut impl Asks, id: u16) -> Result<Option<Entry>, IpmiError> {
    match bmc.ask(&sel::ask(id)).await.map_err(busy_erasing) {
        Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => Ok(None),
        answer => Ok(Some(sel::entry(&answer?)?.1)),
    }
}

fn still_at_it(action: &str) -> IpmiError {
    let error = Error::new(ErrorKind::Timeout, format!("{action}: the BMC is still erasing it"));
    error.with_remedy("read the event log in a minute, to see whether it is empty").unknown_outcome().into()
}
