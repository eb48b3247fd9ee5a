//! Which address is which BMC's.

use std::io;
use std::net::Ipv4Addr;

/// How many addresses of a network of 256 are BMCs': .0 and .255 are left out, as most sites leave them out.
const PER_NETWORK: u32 = 254;

/// A run of addresses of 127.0.0.0/8.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    first: Ipv4Addr,
    count: u32,
}

impl Addresses {
    /// Returns so many addresses from the first one on.
    pub(super) fn new(first: Ipv4Addr, count: usize) -> io::Result<Self> {
        let count = u32::try_from(count).map_err(|_| wrong(first, count))?;
        if count == 0 || matches!(first.octets()[3], 0 | 255) {
            return Err(wrong(first, count));
        }
        let addresses = Self { first, count };
        let last = u64::from(addresses.place_of_first()) + u64::from(count.saturating_sub(1));
        let end = u64::from(u32::from(network(first))) + last / u64::from(PER_NETWORK) * 256;
        let all_loopback =
            first.is_loopback() && end <= u64::from(u32::from(Ipv4Addr::new(127, 255, 255, 0)));
        if all_loopback { Ok(addresses) } else { Err(wrong(first, count)) }
    }

    /// Returns how many there are.
    pub(super) fn len(self) -> usize {
        self.count as usize
    }

    /// Returns the address of the BMC with a number, the first of which is 0.
    pub(super) fn address(self, number: usize) -> Option<Ipv4Addr> {
        let number = u32::try_from(number).ok().filter(|number| *number < self.count)?;
        let place = self.place_of_first() + number;
        let network = u32::from(network(self.first)) + place / PER_NETWORK * 256;
        Some(Ipv4Addr::from(network + place % PER_NETWORK + 1))
    }

    /// Returns the number of the BMC with an address, if there is one.
    pub(super) fn number(self, address: Ipv4Addr) -> Option<usize> {
        let host = u32::from(address.octets()[3]);
        let networks = u32::from(network(address)).checked_sub(u32::from(network(self.first)))? / 256;
        let place = networks.checked_mul(PER_NETWORK)?.checked_add(host.checked_sub(1)?)?;
        let number = place.checked_sub(self.place_of_first())?;
        (host <= PER_NETWORK && number < self.count).then_some(number as usize)
    }

    /// Returns all of them.
    pub(super) fn iter(self) -> impl Iterator<Item = Ipv4Addr> {
        (0..self.len()).filter_map(move |number| self.address(number))
    }

    fn place_of_first(self) -> u32 {
        u32::from(self.first.octets()[3]) - 1
    }
}

fn network(address: Ipv4Addr) -> Ipv4Addr {
    let [a, b, c, _] = address.octets();
    Ipv4Addr::new(a, b, c, 0)
}

fn wrong(first: Ipv4Addr, count: impl std::fmt::Display) -> io::Error {
    let text = format!("a farm of {count} BMCs from {first} on is not within 127.0.0.1 to 127.255.255.254");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

#[cfg(test)]
mod tests {
    use super::Addresses;
    use std::net::Ipv4Addr;

    const FIRST: Ipv4Addr = Ipv4Addr::new(127, 64, 0, 1);

    #[test]
    fn addresses_are_consecutive_and_leave_out_0_and_255() {
        let addresses = Addresses::new(Ipv4Addr::new(127, 64, 0, 253), 300).unwrap();
        let all: Vec<_> = addresses.iter().collect();
        assert_eq!(all.len(), 300);
        assert_eq!(all[..3], [[127, 64, 0, 253], [127, 64, 0, 254], [127, 64, 1, 1]].map(Ipv4Addr::from));
        assert_eq!(all[299], Ipv4Addr::new(127, 64, 2, 44));
    }

    #[test]
    fn a_number_and_its_address_find_each_other() {
        let addresses = Addresses::new(FIRST, 10_000).unwrap();
        for number in 0..10_000 {
            let address = addresses.address(number).unwrap();
            assert_eq!(addresses.number(address), Some(number), "{address}");
        }
        assert_eq!(addresses.address(10_000), None);
    }

    #[test]
    fn an_address_that_is_no_bmcs_has_no_number() {
        let addresses = Addresses::new(Ipv4Addr::new(127, 64, 0, 9), 300).unwrap();
        let strangers =
            [[127, 64, 0, 8], [127, 64, 0, 255], [127, 64, 1, 0], [127, 64, 1, 55], [127, 63, 0, 9]];
        for stranger in strangers.into_iter().chain([[10, 0, 0, 1], [255, 255, 255, 254]]) {
            assert_eq!(addresses.number(stranger.into()), None, "{stranger:?}");
        }
        assert_eq!(addresses.number(Ipv4Addr::new(127, 64, 1, 54)), Some(299));
    }

    #[test]
    fn a_run_that_leaves_loopback_is_refused() {
        for (first, count) in [
            ([127, 64, 0, 1], 0),
            ([127, 64, 0, 0], 1),
            ([127, 64, 0, 255], 1),
            ([10, 0, 0, 1], 1),
            ([127, 255, 255, 254], 2),
            ([126, 255, 255, 254], 2),
        ] {
            assert!(Addresses::new(first.into(), count).is_err(), "{count} from {first:?} on");
        }
        assert!(Addresses::new(Ipv4Addr::new(127, 255, 255, 254), 1).is_ok());
    }
}
