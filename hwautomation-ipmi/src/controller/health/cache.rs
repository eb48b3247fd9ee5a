//! What was learnt about the sensors of BMCs, so that a second call reads only values.

use super::repository::Bite;
use crate::model::sdr::{Inventory, Stamp};
use crate::model::sensor::threshold;
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// How many BMCs are remembered; beyond it, the one that was asked longest ago is forgotten.
const PLACES_MAX: usize = 16_384;
/// How long thresholds are believed: who changes them leaves no trace in the times of the records.
const THRESHOLDS_AGE: Duration = Duration::from_secs(600);

/// The thresholds of the sensors that can be read, in their order.
pub(super) type Limits = Arc<[threshold::Raw]>;

/// Holds what is known of every BMC. BMCs with the same records share them: a fleet of one model costs as much
/// memory as one machine, and for each some 10 bytes a sensor.
#[derive(Default)]
pub(in crate::controller) struct Cache(Mutex<Places>);

#[derive(Default)]
struct Places {
    places: HashMap<SocketAddr, Place>,
    shared: HashMap<u64, Weak<Inventory>>,
}

struct Place {
    used: Instant,
    bite: Bite,
    known: Option<(Stamp, Arc<Inventory>)>,
    limits: Option<(Instant, Limits)>,
}

impl Cache {
    /// Returns how many bytes this BMC is asked for at a time.
    pub(super) fn bite(&self, peer: SocketAddr) -> Bite {
        self.lock().places.get(&peer).map(|place| place.bite).unwrap_or_default()
    }

    pub(super) fn keep_bite(&self, peer: SocketAddr, bite: Bite) {
        self.lock().place(peer).bite = bite;
    }

    /// Returns the sensors of a BMC, if its records are still those that were read.
    pub(super) fn inventory(&self, peer: SocketAddr, stamp: &Stamp) -> Option<Arc<Inventory>> {
        let mut places = self.lock();
        let (read, inventory) = places.place(peer).known.as_ref()?;
        (read == stamp).then(|| Arc::clone(inventory))
    }

    pub(super) fn keep(&self, peer: SocketAddr, stamp: Stamp, inventory: Inventory) -> Arc<Inventory> {
        let mut places = self.lock();
        let inventory = places.share(inventory);
        let place = places.place(peer);
        place.known = Some((stamp, Arc::clone(&inventory)));
        place.limits = None;
        inventory
    }

    /// Returns the thresholds of a BMC, if they are not too old.
    pub(super) fn limits(&self, peer: SocketAddr) -> Option<Limits> {
        let mut places = self.lock();
        let (read, limits) = places.place(peer).limits.as_ref()?;
        (read.elapsed() < THRESHOLDS_AGE).then(|| Arc::clone(limits))
    }

    pub(super) fn keep_limits(&self, peer: SocketAddr, limits: &Limits) {
        self.lock().place(peer).limits = Some((Instant::now(), Arc::clone(limits)));
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn place(&mut self, peer: SocketAddr) -> &mut Place {
        if self.places.len() >= PLACES_MAX && !self.places.contains_key(&peer) {
            let oldest = self.places.iter().min_by_key(|(_, place)| place.used).map(|(peer, _)| *peer);
            oldest.map(|peer| self.places.remove(&peer));
        }
        let now = Instant::now();
        let new = || Place { used: now, bite: Bite::default(), known: None, limits: None };
        let place = self.places.entry(peer).or_insert_with(new);
        place.used = now;
        place
    }

    fn share(&mut self, inventory: Inventory) -> Arc<Inventory> {
        let mut hasher = DefaultHasher::new();
        inventory.hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) =
            self.shared.get(&key).and_then(Weak::upgrade).filter(|known| **known == inventory)
        {
            return known;
        }
        self.shared.retain(|_, known| known.strong_count() > 0);
        let inventory = Arc::new(inventory);
        self.shared.insert(key, Arc::downgrade(&inventory));
        inventory
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("places", &self.lock().places.len()).finish_non_exhaustive()
    }
}
