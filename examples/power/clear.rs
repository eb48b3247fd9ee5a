//! Which event logs are cleared: those of which something was shown. Pure.

use crate::power::answer::{Answer, Said};
use crate::power::fleet::Fleet;
use hwautomation_core::plugin::EventPosition;

/// Returns the machines whose logs were shown, and the position of the last entry that was.
pub fn what_was_shown(fleet: &Fleet, answers: &[Answer]) -> (Fleet, Vec<EventPosition>) {
    let shown = |(machine, place): (usize, &usize)| match &answers.get(*place)?.result {
        Ok(Said::Events { entries, .. }) => Some((machine, entries.last()?.position.clone())),
        _ => None,
    };
    let (machines, positions): (Vec<usize>, Vec<EventPosition>) =
        fleet.places.iter().enumerate().filter_map(shown).unzip();
    (fleet.only(&machines), positions)
}
