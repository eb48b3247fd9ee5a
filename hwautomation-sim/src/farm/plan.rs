//! What a farm is made of.

use super::addresses::Addresses;
use super::dice::{Dice, Throw};
use super::fault::FarmFault;
use super::place::Place;
use super::places::Places;
use super::{BmcFarm, machine};
use crate::model::tempo::Tempo;
use std::io;
use std::net::Ipv4Addr;

/// How many BMCs a farm may have: the numbers of hardware addresses go so far.
pub const FARM_BMCS_MAX: usize = 65_536;
/// The port of RMCP (IPMI 2.0, section 13.1.1).
const RMCP: u16 = 623;

/// Says what a farm of BMCs is.
///
/// Defaults: addresses from 127.64.0.1 on, port 623, user and password `ADMIN`, machines that are off and do at once what they are told
/// ([`Tempo::instant`]), no faults, seed 0.
#[derive(Debug, Clone)]
pub struct FarmPlan {
    pub(super) count: usize,
    first: Ipv4Addr,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) tempo: Tempo,
    pub(super) seed: u64,
    faults: Vec<(f64, FarmFault)>,
}

impl FarmPlan {
    /// Returns a plan of so many BMCs, at most [`FARM_BMCS_MAX`].
    pub fn new(count: usize) -> Self {
        Self {
            count,
            first: Ipv4Addr::new(127, 64, 0, 1),
            port: RMCP,
            user: "ADMIN".to_owned(),
            password: "ADMIN".to_owned(),
            tempo: Tempo::instant(),
            seed: 0,
            faults: Vec::new(),
        }
    }

    /// Says which address of 127.0.0.0/8 the first BMC has. The others follow; .0 and .255 are left out.
    #[must_use]
    pub fn first_address(self, first: Ipv4Addr) -> Self {
        Self { first, ..self }
    }

    /// Says on which port all of them answer; 0 is one that is free, which [`BmcFarm::port`] tells.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Says who the administrator of every BMC is. [`BmcFarm::change`] gives one of them another.
    #[must_use]
    pub fn user(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: name.into(), password: password.into(), ..self }
    }

    /// Says how long things take.
    #[must_use]
    pub fn tempo(self, tempo: Tempo) -> Self {
        Self { tempo, ..self }
    }

    /// Says what chance goes by: which BMCs have a fault, when it acts, and the numbers that BMCs make up.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Gives a share of the BMCs, from 0 to 1, a fault. Which of them the seed decides, for each fault anew.
    #[must_use]
    pub fn fault(mut self, share: f64, fault: FarmFault) -> Self {
        self.faults.push((share, fault));
        self
    }

    /// Starts the farm on the loopback device.
    ///
    /// # Errors
    /// Too many BMCs, addresses outside of 127.0.0.0/8, a port that is taken or needs rights.
    pub async fn start(self) -> io::Result<BmcFarm> {
        BmcFarm::start(self).await
    }

    /// Makes the BMCs that the plan describes, and that answer on a port.
    pub(super) fn places(&self, port: u16) -> io::Result<Places> {
        if self.count > FARM_BMCS_MAX {
            let text = format!("a farm has at most {FARM_BMCS_MAX} BMCs, and not {}", self.count);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let addresses = Addresses::new(self.first, self.count)?;
        let mut places = Vec::with_capacity(self.count);
        for (number, address) in addresses.iter().enumerate() {
            let machine = machine::machine(self, number, address)?;
            let [numbers, chance] =
                [Throw::Numbers, Throw::Fault].map(|throw| Dice::of(self.seed, throw, number));
            places.push(Place::new(machine, numbers, chance));
        }
        self.afflict(&mut places);
        Ok(Places::new(addresses, port, places.into_iter()))
    }

    fn afflict(&self, places: &mut [Place]) {
        for (order, (share, fault)) in self.faults.iter().enumerate() {
            let count = (share.clamp(0.0, 1.0) * places.len() as f64).round() as usize;
            let mut dice = Dice::of(self.seed, Throw::Choice, order);
            for number in chosen(count, places.len(), &mut dice) {
                places.get_mut(number).into_iter().for_each(|place| place.afflict(*fault));
            }
        }
    }
}

/// Draws so many numbers below `end`, each of them once.
fn chosen(count: usize, end: usize, dice: &mut Dice) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..end).collect();
    (0..count).for_each(|place| numbers.swap(place, place + dice.below(end - place)));
    numbers.truncate(count);
    numbers
}
