//! What can be asked for on the command line.

use clap::{Parser, ValueEnum};
use hwautomation_core::record::OnFailure;
use std::path::PathBuf;

/// Takes simulated servers from "just racked" to "ready", in seven steps, over real sockets.
#[derive(Debug, Parser)]
#[command(name = "provision")]
pub struct Args {
    /// How many servers the simulated rack has; each is provisioned unless --request names which
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=49))]
    pub servers: u8,
    /// A provisioning request as JSON, or a list of them; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub request: Vec<PathBuf>,
    /// Device profiles as TOML, instead of those that come with this example
    #[arg(long, value_name = "FILE")]
    pub profiles: Option<PathBuf>,
    /// Says what would be done, and does nothing
    #[arg(long)]
    pub plan: bool,
    /// Makes this step fail on the first server
    #[arg(long, value_name = "STEP")]
    pub fail: Option<FailingStep>,
    /// What happens when a step fails for good
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub on_failure: Failed,
    /// Keeps history, and the simulated hardware beside it, and goes on with what is there: what is unfinished is
    /// resumed, and a server that is ready is not provisioned again
    #[arg(long, value_name = "FILE")]
    pub db: Option<PathBuf>,
    /// Tells runs in --db that halted to try again
    #[arg(long, requires = "db")]
    pub retry: bool,
    /// Writes what happened as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Uses the rack that another process runs, whose sheet (what the example `rack` prints) is in this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["servers", "fail"])]
    pub rack: Option<PathBuf>,
}

/// The steps, as their names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum FailingStep {
    CommissionServer,
    GetServerIp,
    PullBiosConfig,
    ModifyBiosConfig,
    PushBiosConfig,
    ConfigureIpmi,
    FinalizeServer,
}

/// What happens when a step fails for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Failed {
    /// The run halts, and a person decides
    Keep,
    /// What was done is undone
    Undo,
}

impl From<Failed> for OnFailure {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Keep => Self::Keep,
            Failed::Undo => Self::Undo,
        }
    }
}
