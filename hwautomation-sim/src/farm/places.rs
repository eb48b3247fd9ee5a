//! All BMCs of a farm, each under a lock of its own: no datagram waits for another BMC's.

use super::addresses::Addresses;
use super::place::Place;
use crate::bmc::controller::Outgoing;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// The BMCs in the order of their addresses.
#[derive(Debug)]
pub(super) struct Places {
    addresses: Addresses,
    /// The port on which all of them answer.
    pub(super) port: u16,
    places: Vec<Mutex<Place>>,
    began: Instant,
    strays: AtomicU64,
}

impl Places {
    pub(super) fn new(addresses: Addresses, port: u16, places: impl Iterator<Item = Place>) -> Self {
        let places = places.map(Mutex::new).collect();
        Self { addresses, port, places, began: Instant::now(), strays: AtomicU64::new(0) }
    }

    /// Gives a datagram to the BMC that has the address, and returns its answer.
    pub(super) fn receive(
        &self,
        address: Ipv4Addr,
        datagram: &[u8],
        peer: SocketAddr,
        now: Instant,
    ) -> Option<Outgoing> {
        let now = self.milliseconds(now);
        match self.at(address) {
            Some(place) => lock(place).receive(datagram, peer, now, self.port),
            None => {
                self.strays.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }

    /// Lends the BMC that has the address, with the time.
    ///
    /// # Panics
    /// When no BMC has it.
    pub(super) fn with<R>(&self, address: Ipv4Addr, act: impl FnOnce(&mut Place, u64) -> R) -> R {
        let place = self.at(address).unwrap_or_else(|| panic!("the farm has no BMC at {address}"));
        act(&mut lock(place), self.milliseconds(Instant::now()))
    }

    /// Lends each BMC, one after the other.
    pub(super) fn each<R>(&self, act: impl Fn(&mut Place, u64) -> R) -> impl Iterator<Item = R> {
        let now = self.milliseconds(Instant::now());
        self.places.iter().map(move |place| act(&mut lock(place), now))
    }

    pub(super) fn addresses(&self) -> Addresses {
        self.addresses
    }

    pub(super) fn strays(&self) -> u64 {
        self.strays.load(Ordering::Relaxed)
    }

    fn at(&self, address: Ipv4Addr) -> Option<&Mutex<Place>> {
        self.places.get(self.addresses.number(address)?)
    }

    /// The farm's time.
    fn milliseconds(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.began).as_millis();
        u64::try_from(since).unwrap_or(u64::MAX)
    }
}

fn lock(place: &Mutex<Place>) -> std::sync::MutexGuard<'_, Place> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
