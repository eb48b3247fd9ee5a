//! Dice of which each BMC has its own.

use crate::chance::throw;

/// What dice are thrown for. Those for one thing fall independently of those for another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Throw {
    /// The numbers that a BMC makes up.
    Numbers,
    Guid,
    /// Whether a fault acts.
    Fault,
    /// Which BMCs have a fault.
    Choice,
}

/// A source of numbers that look random and follow from a seed.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// Returns the dice of one of many, which fall independently of the others'.
    pub(super) fn of(seed: u64, throw: Throw, number: usize) -> Self {
        let mut dice = Self(seed);
        for part in [throw as u64, number as u64] {
            dice = Self(dice.next() ^ part);
        }
        Self(dice.next())
    }

    pub(super) fn next(&mut self) -> u64 {
        throw(&mut self.0)
    }

    /// Returns a number below `end`, which is not zero.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Says whether something happens that happens with this probability.
    pub(super) fn happens(&mut self, chance: f64) -> bool {
        // The upper 53 bits fill a float exactly: 0 is included, 1 is not.
        ((self.next() >> 11) as f64) < chance * (1_u64 << 53) as f64
    }

    pub(super) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next().to_le_bytes();
            chunk.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Throw};

    #[test]
    fn what_happens_with_a_probability_happens_about_as_often() {
        let mut dice = Dice::of(1, Throw::Fault, 0);
        for chance in [0.01, 0.2, 0.9] {
            let often = (0..100_000).filter(|_| dice.happens(chance)).count() as f64 / 100_000.0;
            assert!((often - chance).abs() < 0.01, "{often} for {chance}");
        }
        assert!((0..1000).all(|_| dice.happens(1.0) && !dice.happens(0.0)));
    }

    #[test]
    fn the_same_seed_falls_the_same_and_neighbours_fall_differently() {
        let fall = |mut dice: Dice| [dice.next(), dice.next()];
        let one = || fall(Dice::of(7, Throw::Fault, 3));
        assert_eq!(one(), one());
        let others = [(7, Throw::Fault, 4), (8, Throw::Fault, 3), (7, Throw::Guid, 3), (7, Throw::Fault, 2)];
        let others = others.map(|(seed, throw, number)| fall(Dice::of(seed, throw, number)));
        assert!(others.iter().all(|other| *other != one()));
    }
}
