//! The contracts as tests: one function per clause, a fixture per contract, a macro that makes each clause a test.
//!
//! A clause returns `Err` with the expectation that broke, so that broken doubles can prove that it can fail.

mod check;
mod clock;
pub mod directory;

pub mod history;
mod suite;

pub use clock::TestClock;
