//! Programs that others wrote, as clients of the simulated rack.

mod bmc;
mod peer;
