//! The sensors of a BMC: remembered, or read.

use super::cache::Cache;
use super::repository;
use super::talk::Asks;
use crate::error::IpmiError;
use crate::model::device;
use crate::model::sdr::{Inventory, Source, Stamp};
use hwautomation_core::error::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

/// How often the records are read anew when they changed meanwhile.
const READS_MAX: u32 = 3;

/// Returns the sensors of the BMC. Two short questions tell whether what is remembered still holds.
pub(super) async fn of(
    bmc: &mut impl Asks,
    known: &Cache,
    peer: SocketAddr,
) -> Result<Arc<Inventory>, IpmiError> {
    let device = bmc.ask(&device::ask()).await?;
    let Some(source) = Source::of(&device) else { return Ok(Arc::default()) };
    let mut stamp = ask(bmc, source, &device).await?;
    for _ in 0..READS_MAX {
        if let Some(inventory) = known.inventory(peer, &stamp) {
            return Ok(inventory);
        }
        let inventory = read(bmc, source, &stamp, known, peer).await?;
        let after = ask(bmc, source, &device).await?;
        if after == stamp {
            return Ok(known.keep(peer, stamp, inventory));
        }
        stamp = after;
    }
    Err(keeps_changing())
}

async fn ask(bmc: &mut impl Asks, source: Source, device: &[u8]) -> Result<Stamp, IpmiError> {
    source.stamp(device, &bmc.ask(&source.ask()).await?)
}

async fn read(
    bmc: &mut impl Asks,
    source: Source,
    stamp: &Stamp,
    known: &Cache,
    peer: SocketAddr,
) -> Result<Inventory, IpmiError> {
    if stamp.is_of_nothing() {
        return Ok(Inventory::default());
    }
    let mut bite = known.bite(peer);
    let records = repository::read(bmc, source, &mut bite).await;
    known.keep_bite(peer, bite);
    Ok(Inventory::of(records?))
}

fn keeps_changing() -> IpmiError {
    let error = Error::new(ErrorKind::Busy, "the BMC's sensor records change while they are read");
    error.with_remedy("try again when the BMC has started and its firmware is not being updated").into()
}
