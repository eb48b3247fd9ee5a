//! Addresses to which BMCs were sent, and at which others may be in their place. Whoever asks there whether the
//! machine's BMC has arrived would be told so by the other one, and whoever leads it back would lead away the other one.
//! That it goes is remembered before it is told, since the call that sends it may not live to see who is there.

use crate::model::mac::Mac;
use hwautomation_core::id::MachineId;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many are remembered: each is on its way, or an accident that somebody looks at.
const PLACES_MAX: usize = 1_024;
/// For how long: by then it was looked at, and the machine may have another BMC.
const AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

type Place = (MachineId, IpAddr);

/// Remembers for each place which BMC belongs there.
#[derive(Debug, Default)]
pub(in crate::controller) struct Strangers(Mutex<HashMap<Place, (Mac, Instant)>>);

impl Strangers {
    pub(super) fn remember(&self, machine: &MachineId, at: IpAddr, expected: Mac) {
        let mut places = self.lock();
        if places.len() >= PLACES_MAX {
            let oldest = places.iter().min_by_key(|(_, (_, since))| *since).map(|(place, _)| place.clone());
            oldest.map(|place| places.remove(&place));
        }
        places.insert((machine.clone(), at), (expected, Instant::now()));
    }

    /// Returns which BMC belongs there, if one was sent there and was not seen there yet.
    pub(super) fn expected(&self, machine: &MachineId, at: IpAddr) -> Option<Mac> {
        let places = self.lock();
        let (expected, since) = places.get(&(machine.clone(), at))?;
        (since.elapsed() < AGE_MAX).then_some(*expected)
    }

    pub(super) fn forget(&self, machine: &MachineId, at: IpAddr) {
        self.lock().remove(&(machine.clone(), at));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, (Mac, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn mac() -> Mac {
        Mac::of([2, 0, 0, 0, 0, 1]).unwrap()
    }

    fn at(count: usize) -> IpAddr {
        Ipv4Addr::from_bits(u32::try_from(count).unwrap()).into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_remembered_for_one_machine_and_for_a_day() {
        let (strangers, machine) = (Strangers::default(), MachineId::from_static("srv001"));
        strangers.remember(&machine, at(1), mac());
        assert_eq!(strangers.expected(&machine, at(1)), Some(mac()));
        assert_eq!(strangers.expected(&MachineId::from_static("srv002"), at(1)), None);
        tokio::time::advance(AGE_MAX).await;
        assert_eq!(strangers.expected(&machine, at(1)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_places_are_remembered_and_no_more() {
        let (strangers, machine) = (Strangers::default(), MachineId::from_static("srv001"));
        for count in 0..=PLACES_MAX {
            strangers.remember(&machine, at(count), mac());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(strangers.expected(&machine, at(0)), None);
        assert_eq!(strangers.expected(&machine, at(1)), Some(mac()));
        assert_eq!(strangers.lock().len(), PLACES_MAX);
    }
}
