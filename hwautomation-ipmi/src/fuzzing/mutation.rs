//! Inputs that are nearly right: those of the corpus, flipped, cut, joined, repeated, with other lengths in them.

use super::script::{self, Script};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Where a datagram has its length: in the form of IPMI 1.5, and in both bytes in that of IPMI 2.0.
const LENGTHS: [usize; 3] = [13, 14, 15];
/// How long the headers of a datagram are: of both envelopes, and of what is in them.
const HEADERS: [usize; 5] = [4, 6, 14, 16, 24];
/// How often an input is changed at most, and how many random bytes come at a time.
const CHANGES_MAX: usize = 6;
const NOISE_MAX: usize = 300;

/// The parts of an input: their kinds and bytes.
type Parts = Vec<(u8, Vec<u8>)>;

/// One change of one part.
#[derive(Debug, Clone)]
enum Change {
    Flip {
        at: Index,
        bit: u8,
    },
    Set {
        at: Index,
        byte: u8,
    },
    Cut {
        from: Index,
        to: Index,
    },
    Join {
        other: Index,
    },
    Repeat {
        from: Index,
    },
    Again,
    Length {
        at: usize,
        byte: u8,
    },
    Kind(u8),
    /// A true header, and anything behind it.
    Noise {
        header: usize,
        bytes: Vec<u8>,
    },
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Change::Flip { at, bit }),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set { at, byte }),
        2 => any::<(Index, Index)>().prop_map(|(from, to)| Change::Cut { from, to }),
        1 => any::<Index>().prop_map(|other| Change::Join { other }),
        1 => any::<Index>().prop_map(|from| Change::Repeat { from }),
        1 => Just(Change::Again),
        2 => (select(&LENGTHS), any::<u8>()).prop_map(|(at, byte)| Change::Length { at, byte }),
        1 => any::<u8>().prop_map(Change::Kind),
        2 => (select(&HEADERS), vec(any::<u8>(), 0..NOISE_MAX))
            .prop_map(|(header, bytes)| Change::Noise { header, bytes }),
    ]
}

impl Change {
    fn apply(self, parts: &mut Parts, which: Index) {
        if parts.is_empty() {
            return;
        }
        let which = which.index(parts.len());
        let other = match self {
            Self::Join { other } => parts[other.index(parts.len())].1.clone(),
            _ => Vec::new(),
        };
        let (kind, bytes) = &mut parts[which];
        let length = bytes.len();
        let place = |at: Index| at.index(length.max(1));
        match self {
            Self::Flip { at, bit } => set(bytes, place(at), |byte| byte ^ (1 << bit)),
            Self::Set { at, byte } => set(bytes, place(at), |_| byte),
            Self::Length { at, byte } => set(bytes, at, |_| byte),
            Self::Cut { from, to } => {
                let (one, other) = (place(from), place(to));
                bytes.drain(one.min(other)..one.max(other));
            }
            Self::Join { .. } => bytes.extend(other),
            Self::Repeat { from } => bytes.extend_from_within(place(from).min(length)..),
            Self::Noise { header, bytes: noise } => {
                bytes.truncate(header);
                bytes.extend(noise);
            }
            Self::Kind(other) => *kind = other,
            Self::Again => {
                let part = parts[which].clone();
                parts.push(part);
            }
        }
    }
}

fn set(bytes: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

fn changed(parts: impl Strategy<Value = Parts>) -> impl Strategy<Value = Parts> {
    (parts, vec((change(), any::<Index>()), 0..=CHANGES_MAX)).prop_map(|(mut parts, changes)| {
        changes.into_iter().for_each(|(change, which)| change.apply(&mut parts, which));
        parts
    })
}

/// Draws inputs of many parts. Sometimes those of two are joined, sometimes the choice is another one.
pub(super) fn scripts(inputs: &[Vec<u8>]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let scripts: Vec<(u8, Parts)> = inputs.iter().map(|input| read(input)).collect();
    let one = || select(scripts.clone());
    let joined = (one(), one(), any::<bool>()).prop_map(|((_, mut parts), (_, more), joins)| {
        parts.extend(more.into_iter().filter(|_| joins));
        parts
    });
    (0..16u8, changed(joined)).prop_map(|(choice, parts)| {
        script::write(choice, parts.iter().map(|(kind, bytes)| (*kind, bytes.as_slice())))
    })
}

fn read(input: &[u8]) -> (u8, Parts) {
    let script = Script::new(input);
    (script.choice, script.map(|part| (part.kind, part.bytes.to_vec())).collect())
}

/// Draws inputs of one part.
pub(super) fn plain(inputs: &[Vec<u8>]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let one = select(inputs.to_vec()).prop_map(|input| vec![(0, input)]);
    changed(one).prop_map(|parts| parts.into_iter().flat_map(|(_, bytes)| bytes).collect())
}
