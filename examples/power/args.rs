//! What can be asked for on the command line.

use crate::power::access::Access;
use crate::power::options::{Boot, Change, Interrupt, Lamp, Sel, Sensors};
use clap::{Args as Group, Parser, Subcommand};

const HOSTS: &str = "\
Hosts:
  rack[1-4]-u[01-40]     ranges in brackets; leading zeros stay
  10.0.[0-3].[1-250]     every combination, the last bracket counting fastest
  a,b,c[1,5-7]           commas inside and outside of brackets
  bmc7:6230, [::1]:9001  another port than 623
  ^FILE, -               lists in a file, or on standard input, between blanks;
                         # begins a comment
  A host that is named twice is asked once; at most 65,536.

Exit status:
  0    all is as asked
  1    something failed, is not as asked, or nobody knows
  2    wrong usage, or not confirmed: nothing was sent
  3    not one BMC answered
  130  stopped by Ctrl-C";

/// Reads and changes power and health of many machines at once, through their BMCs.
#[derive(Debug, Parser)]
#[command(name = "power", after_help = HOSTS)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tells whether the machines have power
    #[command(after_help = HOSTS, next_line_help = true)]
    Status(Ask),
    /// Turns on
    #[command(after_help = HOSTS, next_line_help = true)]
    On(Change),
    /// Cuts the power
    #[command(after_help = HOSTS, next_line_help = true)]
    Off(Change),
    /// Asks the operating systems to shut down
    #[command(after_help = HOSTS, next_line_help = true)]
    Soft(Change),
    /// Cuts the power and turns on again
    #[command(after_help = HOSTS, next_line_help = true)]
    Cycle(Change),
    /// Resets without cutting the power
    #[command(after_help = HOSTS, next_line_help = true)]
    Reset(Change),
    /// Interrupts the operating systems, which then write a crash dump
    #[command(after_help = HOSTS, next_line_help = true)]
    Nmi(Interrupt),
    /// Reads what the machines boot from next, or sets it
    #[command(after_help = HOSTS, next_line_help = true)]
    Boot(Boot),
    /// Reads every sensor, with its limits (nr: non-recoverable)
    #[command(after_help = HOSTS, next_line_help = true)]
    Sensors(Sensors),
    /// Reads the event logs, and clears what was shown of them
    #[command(after_help = HOSTS, next_line_help = true)]
    Sel(Sel),
    /// Lights the lamp by which a machine is found in its rack
    #[command(after_help = HOSTS, next_line_help = true)]
    Identify(Lamp),
}

/// What every command takes.
#[derive(Debug, Group)]
pub struct Ask {
    /// Whom to ask, as below
    #[arg(required_unless_present = "simulate")]
    pub hosts: Vec<String>,
    #[command(flatten)]
    pub access: Access,
    #[command(flatten)]
    pub output: Output,
    /// Simulates so many BMCs at 127.64.0.1 and up; no HOSTS means all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub simulate: Option<u32>,
}

/// How answers are shown.
#[derive(Debug, Group)]
pub struct Output {
    /// A line of JSON for each host, printed when it answers
    #[arg(long)]
    pub json: bool,
    /// Equal answers once, with the list of their hosts
    #[arg(long, conflicts_with = "json")]
    pub fold: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use hwautomation_core::plugin::PowerAction;
    use std::time::Duration;

    #[test]
    fn the_help_fits_on_a_narrow_terminal() {
        let mut whole = Args::command();
        whole.build();
        let commands = whole.get_subcommands_mut().map(|command| command.render_help().to_string());
        let helps: Vec<String> = commands.collect();
        for line in helps.iter().flat_map(|help| help.lines()).chain(whole.render_help().to_string().lines())
        {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn hosts_are_needed_unless_they_are_simulated() {
        assert!(Args::try_parse_from(["power", "status"]).is_err());
        let args = Args::try_parse_from(["power", "on", "--simulate", "3", "--no-wait"]).unwrap();
        assert_eq!((args.command.action(), args.command.wait()), (Some(PowerAction::On), None));
        assert!(Args::try_parse_from(["power", "on", "u1", "--no-wait", "--wait", "5s"]).is_err());
    }

    #[test]
    fn who_waits_waits_for_a_minute() {
        let args = Args::try_parse_from(["power", "soft", "u1"]).unwrap();
        assert_eq!(args.command.wait(), Some(Duration::from_secs(60)));
        assert_eq!(args.command.ask().access.suites, [17, 3]);
    }
}
