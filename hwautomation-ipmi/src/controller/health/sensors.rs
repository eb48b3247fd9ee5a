//! Reads what the sensors of a BMC say now.

use super::cache::{Cache, Limits};
use super::inventory;
use super::talk::Asks;
use crate::error::IpmiError;
use crate::model::sdr::{Inventory, Reads, SensorRecord};
use crate::model::sensor::reading::{self, Reading};
use crate::model::sensor::{report, threshold};
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::Sensor;
use std::net::SocketAddr;

pub(super) async fn read(
    bmc: &mut impl Asks,
    known: &Cache,
    peer: SocketAddr,
) -> Result<Vec<Sensor>, IpmiError> {
    let inventory = inventory::of(bmc, known, peer).await?;
    let limits = match known.limits(peer) {
        Some(limits) => limits,
        None => {
            let limits = read_limits(bmc, &inventory).await?;
            known.keep_limits(peer, &limits);
            limits
        }
    };
    let mut sensors = Vec::new();
    for (listed, limits) in inventory.readable().zip(limits.iter()) {
        sensors.push(report::sensor(listed, *limits, value(bmc, &listed.record).await?));
    }
    Ok(sensors)
}

async fn read_limits(bmc: &mut impl Asks, inventory: &Inventory) -> Result<Limits, IpmiError> {
    let mut all = Vec::new();
    for listed in inventory.readable() {
        all.push(limits(bmc, &listed.record).await?);
    }
    Ok(all.into())
}

/// Reads the thresholds of a sensor. Where the BMC does not give them, those of the record hold.
async fn limits(bmc: &mut impl Asks, record: &SensorRecord) -> Result<threshold::Raw, IpmiError> {
    let Reads::Analog(analog) = &record.reads else { return Ok(threshold::Raw::NONE) };
    if !record.compares || !record.is_of_the_bmc() {
        return Ok(analog.thresholds);
    }
    match bmc.ask(&threshold::ask(record.number)).await {
        Err(error) => if_of_this_sensor(error).map(|_| analog.thresholds),
        Ok(data) => Ok(threshold::of(&data).unwrap_or(analog.thresholds)),
    }
}

/// Reads one sensor. What is wrong with one, spoils no other.
async fn value(bmc: &mut impl Asks, record: &SensorRecord) -> Result<Reading, IpmiError> {
    if !record.is_of_the_bmc() {
        let (owner, unit) = (record.owner, record.unit_number);
        let reason = format!("it is a sensor of controller {owner:02X}h, unit {unit}, which is not asked");
        return Ok(Reading::Unknown(reason));
    }
    let answer = bmc.ask(&reading::ask(record.number)).await;
    match answer.and_then(|data| reading::of(&data)) {
        Err(error) => if_of_this_sensor(error).map(Reading::Unknown),
        reading => reading,
    }
}

/// Returns why there is no answer, if it is for this sensor alone: neither silence, nor a user who may not ask.
fn if_of_this_sensor(error: IpmiError) -> Result<String, IpmiError> {
    match error {
        IpmiError::Refused { completion, .. } if completion.kind() != ErrorKind::Forbidden => {
            Ok(format!("the BMC says: {completion}"))
        }
        IpmiError::Malformed { found, .. } => Ok(format!("the BMC's answer is {found}")),
        error => Err(error),
    }
}
