//! What can be asked for on the command line.

use crate::power::access::Access;
use clap::Parser;

/// Brings a machine's serial console to this terminal
#[derive(Debug, Parser)]
#[command(
    name = "console",
    after_help = "On a terminal, at the beginning of a line: ~. leaves, ~B sends a break",
    // Of one BMC there is nothing to choose.
    mut_arg("at_once", |arg| arg.hide(true)),
    mut_arg("sockets", |arg| arg.hide(true))
)]
pub struct Args {
    /// The BMC: a name or an address, with :PORT unless it is 623
    pub host: String,
    #[command(flatten)]
    pub access: Access,
    /// Ends the console of somebody else first
    #[arg(long)]
    pub take: bool,
    /// Ends when nothing came, or nothing was taken of the last that was typed, for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    pub idle: u64,
}
