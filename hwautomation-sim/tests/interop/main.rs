//! The simulated rack before programs that others wrote.

#![allow(clippy::unwrap_used, reason = "a test may end where it is wrong")]

mod host;
