//! Thousands of BMCs in one process, on one socket, as fast as the socket.
//!
//! A rack is right about behaviour: every face shows the same machine, every command is in its log, and one lock is around it all. A farm is for
//! a client's speed: each BMC has a lock of its own, counts instead of a log, and the rules of a session that a rack's BMC has.

mod addresses;
mod counts;
mod dice;
mod fault;
mod machine;
mod overflow;
mod place;
mod places;
mod plan;
mod serve;
mod socket;

pub use counts::FarmCounts;
pub use fault::FarmFault;
pub use plan::{FARM_BMCS_MAX, FarmPlan};

use crate::model::machine::Machine;
use crate::model::power::Power;
use places::Places;
use socket::Loopback;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

/// Is a running farm of BMCs. Clones are the same farm; it ends with [`BmcFarm::stop`], or when the last clone is dropped.
///
/// Each BMC has an address of its own from 127.0.0.0/8, and all have one port. They offer cipher suites 3 and 17. What a machine writes to its
/// serial port by itself is not sent: that is a rack's. One socket serves them, which is
/// bound to the loopback device: nothing from beyond this machine reaches it. Linux only.
///
/// A BMC costs about 5 KB, and 1.5 KB more for a session; `cargo bench -p hwautomation-sim --bench farm` measures that, and how fast it answers.
///
/// Its time is that of the runtime that it is started in: where a test pauses it, sessions grow old and late answers leave only as time is moved.
///
/// ```
/// use hwautomation_sim::{FarmFault, FarmPlan, Power};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// // One in a hundred never answers.
/// let farm = FarmPlan::new(1_000).port(0).user("ADMIN", "secret").fault(0.01, FarmFault::BlackHole).start().await?;
/// let second = farm.addresses().nth(1).expect("there are a thousand");
/// assert_eq!(second.to_string(), "127.64.0.2");
/// farm.set_power(second, Power::On);
/// println!("ipmipower -h {second}:{} -u ADMIN -p secret -D LAN_2_0 --stat", farm.port());
/// assert_eq!(farm.counts(second).power_commands, 0);
/// farm.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BmcFarm {
    places: Arc<Places>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl BmcFarm {
    async fn start(plan: FarmPlan) -> io::Result<Self> {
        let socket = Loopback::bind(plan.port)?;
        let places = Arc::new(plan.places(socket.port()?)?);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve::serve(Arc::clone(&places), socket));
        Ok(Self { places, tasks: Arc::new(Mutex::new(tasks)) })
    }

    /// Returns the port on which all of them answer.
    pub fn port(&self) -> u16 {
        self.places.port
    }

    /// Returns the addresses of the BMCs in their order.
    pub fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> + use<> {
        self.places.addresses().iter()
    }

    /// Says whether the machine of a BMC has power.
    ///
    /// # Panics
    /// When the farm has no BMC there. So do all methods that take an address.
    pub fn power(&self, address: Ipv4Addr) -> Power {
        self.look(address, Machine::power)
    }

    /// Gives the machine of a BMC power or takes it away, behind every client's back.
    pub fn set_power(&self, address: Ipv4Addr, power: Power) {
        self.change(address, |machine| machine.set_power(power));
    }

    /// Reads the machine of a BMC, and the BMC.
    pub fn look<R>(&self, address: Ipv4Addr, read: impl FnOnce(&Machine) -> R) -> R {
        self.places.with(address, |place, now| place.look(now, read))
    }

    /// Changes the machine of a BMC, and the BMC: its users, its boot flags. A BMC that is given another address is not reached any more.
    pub fn change<R>(&self, address: Ipv4Addr, change: impl FnOnce(&mut Machine) -> R) -> R {
        self.places.with(address, |place, now| place.change(now, change))
    }

    /// Returns what a BMC has counted.
    pub fn counts(&self, address: Ipv4Addr) -> FarmCounts {
        self.places.with(address, |place, now| place.counts(now))
    }

    /// Returns what all of them have counted.
    pub fn total(&self) -> FarmCounts {
        let mut total = FarmCounts::default();
        self.places.each(|place, now| place.counts(now)).for_each(|counts| total += counts);
        total
    }

    /// Returns how many datagrams came to an address where no BMC is.
    pub fn strays(&self) -> u64 {
        self.places.strays()
    }

    /// Returns how many datagrams the system threw away because the farm did not read as fast as they came. A measurement of a client in which
    /// there are any measures the farm. How many may wait is up to `net.core.rmem_max`.
    ///
    /// # Errors
    /// The system does not tell, or the farm has stopped.
    pub fn overflowed(&self) -> io::Result<u64> {
        overflow::dropped(self.port())
    }

    /// Returns what goes wrong with a BMC.
    pub fn faults(&self, address: Ipv4Addr) -> Vec<FarmFault> {
        self.places.with(address, |place, _| place.faults().to_vec())
    }

    /// Adds a fault to those of a BMC.
    pub fn afflict(&self, address: Ipv4Addr, fault: FarmFault) {
        self.places.with(address, |place, _| place.afflict(fault));
    }

    /// Takes all faults of a BMC away.
    pub fn heal(&self, address: Ipv4Addr) {
        self.places.with(address, |place, _| place.heal());
    }

    /// Ends the farm: its socket is closed.
    pub async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }
}
