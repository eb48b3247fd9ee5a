//! Chance that can be repeated: the same seed, the same throws.

/// Throws a number, and changes the seed for the next (SplitMix64).
pub(crate) fn throw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*seed ^ *seed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::throw;

    #[test]
    fn a_seed_throws_the_same_again_and_another_seed_something_else() {
        let throws = |mut seed| [throw(&mut seed), throw(&mut seed), throw(&mut seed)];
        assert_eq!(throws(7), throws(7));
        assert_ne!(throws(7), throws(8));
        // The first number of the published reference for the seed 0.
        assert_eq!(throws(0)[0], 0xE220_A839_7B1D_CDAF);
    }
}
