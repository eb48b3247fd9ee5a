//! Asks one machine for its sensors and its event log.

use crate::power::answer::Said;
use crate::power::health::{is_alarm, worst};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{EventPosition, Health, HealthReader};
use std::collections::VecDeque;

/// How many entries of a log are read at once.
const PAGE: usize = 256;
/// No log is longer: IPMI numbers its entries with 16 bits.
const ENTRIES_MAX: usize = 65_536;

/// Reads every sensor; for `problems` only those that are warning or worse are kept, and each is an alarm.
pub async fn sensors(driver: &dyn HealthReader, machine: &Machine, problems: bool) -> Result<Said> {
    let mut sensors = driver.sensors(machine).await?;
    let unknown = sensors.iter().filter(|sensor| sensor.health == Health::Unknown).count();
    let health = worst(&sensors);
    if problems {
        sensors.retain(is_alarm);
    }
    let alarms = problems && !sensors.is_empty();
    Ok(Said::Sensors { sensors, health, unknown, alarms })
}

/// Reads the event log, and keeps the last entries if not all are wanted.
pub async fn events(driver: &dyn HealthReader, machine: &Machine, tail: Option<usize>) -> Result<Said> {
    let (mut entries, mut count, mut after) = (VecDeque::new(), 0, None);
    loop {
        let page = driver.events(machine, after.as_ref(), PAGE).await?;
        count += page.entries.len();
        entries.extend(page.entries);
        let superfluous = tail.map_or(0, |tail| entries.len().saturating_sub(tail));
        entries.drain(..superfluous);
        after = page.next;
        if after.is_none() {
            return Ok(Said::Events { entries: entries.into(), log: page.log });
        }
        if count > ENTRIES_MAX {
            let message = format!("the event log of {} has more than {ENTRIES_MAX} entries", machine.id);
            return Err(Error::new(ErrorKind::Protocol, message).with_remedy("restart the BMC"));
        }
    }
}

/// Erases the event log, if its last entry is still the one that was shown.
pub async fn clear(driver: &dyn HealthReader, machine: &Machine, shown: &EventPosition) -> Result<Said> {
    driver.clear_events(machine, shown).await?;
    Ok(Said::Cleared { cleared: true })
}
