//! Random numbers that can be had again.

/// Repeats a run.
const SEED: &str = "HWAUTOMATION_KILL_TEST_SEED";

/// Numbers that can be had again (xorshift64, Marsaglia 2003).
pub(crate) struct Random(u64);

impl Random {
    /// Begins with the seed of the environment, or a new one, and prints it.
    pub(crate) fn new() -> Self {
        let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let seed: u64 = given.unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.map_or(1, |now| now.as_nanos() as u64 | 1)
        });
        println!("{SEED}={seed}");
        Self(seed)
    }

    /// Begins with this seed, which is not 0.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws a number below this one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // The low bits of small seeds repeat.
        (self.next() >> 11) % end
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
