//! Switches many machines on and off through their BMCs. Run it: cargo run --release --example power -- status --simulate 50
//!
//! `-- --help` says what it can, how hosts are written, and what its exit status means. The BMCs of `--simulate` are
//! simulated; everything else is real: the driver, its sessions, and the sockets between them.

#[path = "mod.rs"]
mod power;

fn main() -> std::process::ExitCode {
    power::main()
}
