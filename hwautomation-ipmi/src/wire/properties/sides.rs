//! Draws what two sides of a session have.

use super::super::{Exchange, Role, Suite};
use crate::fuzzing::{Hash, Peer};
use crate::wire::Sealed;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// How long a name, a password and the key K_g may be (IPMI 2.0, sections 13.20, 22.30 and 22.25).
const NAME_BYTES_MAX: usize = 16;
const PASSWORD_BYTES_MAX: usize = 20;
const KG_BYTES: usize = 20;

/// A user of a BMC, and who asks in its name.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    pub(super) exchange: Exchange,
    pub(super) password: Vec<u8>,
    pub(super) kg: Option<Vec<u8>>,
    pub(super) managed_random: [u8; 16],
    pub(super) guid: [u8; 16],
    pub(super) tag: u8,
}

pub(super) fn sides() -> impl Strategy<Value = Sides> {
    let name = vec(0x21..0x7Fu8, 0..=NAME_BYTES_MAX).prop_map(|bytes| String::from_utf8(bytes).unwrap());
    let user = (name, vec(any::<u8>(), 0..=PASSWORD_BYTES_MAX), option::of(vec(any::<u8>(), KG_BYTES)));
    let random = any::<([u8; 16], [u8; 16], [u8; 16])>();
    (suite(), ids(), user, random, 0..=4u8, any::<u8>()).prop_map(|(suite, ids, user, random, level, tag)| {
        let (username, password, kg) = user;
        let (console_random, managed_random, guid) = random;
        let exchange = Exchange {
            suite,
            console_id: ids.0,
            managed_id: ids.1,
            console_random,
            managed_random: [0; 16],
            guid: [0; 16],
            role: Role { byte: crate::wire::role_by_name(level), username },
        };
        Sides { exchange, password, kg, managed_random, guid, tag }
    })
}

/// Both ends of a session that stands: the client's, and the BMC's by the independent side.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) suite: Suite,
    /// The console's id, and the BMC's.
    pub(super) ids: (u32, u32),
    pub(super) sik: Vec<u8>,
}

pub(super) fn session() -> impl Strategy<Value = Session> {
    (suite(), ids(), vec(any::<u8>(), 32)).prop_map(|(suite, ids, mut sik)| {
        sik.truncate(suite.hash_bytes());
        Session { suite, ids, sik }
    })
}

impl Session {
    pub(super) fn client(&self) -> Sealed {
        let exchange = Exchange {
            suite: self.suite,
            console_id: self.ids.0,
            managed_id: self.ids.1,
            console_random: [0; 16],
            managed_random: [0; 16],
            guid: [0; 16],
            role: Role { byte: 0, username: String::new() },
        };
        Sealed::new(self.ids.0, self.ids.1, exchange.keys(&self.sik))
    }

    pub(super) fn bmc(&self) -> Peer {
        Peer::new(hash(self.suite), &self.sik, self.ids.0, self.ids.1)
    }
}

pub(super) fn hash(suite: Suite) -> Hash {
    match suite {
        Suite::Three => Hash::Sha1,
        Suite::Seventeen => Hash::Sha256,
    }
}

fn suite() -> impl Strategy<Value = Suite> {
    prop_oneof![Just(Suite::Three), Just(Suite::Seventeen)]
}

/// Two ids of a session. Zero is none.
fn ids() -> impl Strategy<Value = (u32, u32)> {
    (1..=u32::MAX, 1..=u32::MAX)
}
