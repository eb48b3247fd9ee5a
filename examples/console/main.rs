//! Brings a machine's serial console to this terminal. Run it: cargo run --release --example console -- HOST --user NAME
//!
//! On a terminal, `~.` at the beginning of a line leaves, `~B` sends a break and `~~` types a tilde. Elsewhere standard
//! input is typed as it is, and the program ends when nothing came for a while: `echo uptime | console HOST`.

mod escape;
mod options;
mod program;
mod terminal;
mod words;

/// Who logs in, where a BMC is, and what a driver's settings are called here: as in `power`.
#[path = "../power"]
#[allow(dead_code, reason = "power uses the rest")]
mod power {
    pub mod access;
    pub mod advice;
    pub mod duration;
    pub mod fleet;
    pub mod login;
    pub mod resolve;
    pub mod stop;
}

fn main() -> std::process::ExitCode {
    program::main()
}
