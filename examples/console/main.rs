//! Brings a machine's serial console to this terminal. Run it: cargo run --release --example console -- HOST --user NAME
//!
//! On a terminal, `~.` at the beginning of a line leaves, `~B` sends a break and `~~` types a tilde. Elsewhere standard
//! input is typed as it is, and the program ends when nothing came for a while: `echo uptime | console HOST`.

mod escape;
mod program;
mod terminal;

fn main() -> std::process::ExitCode {
    program::main()
}
