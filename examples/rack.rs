//! Starts a simulated rack, and prints where everything is, as JSON. Run it: cargo run --release --example rack
//!
//! It runs until Ctrl-C. `provision --rack FILE` provisions its servers from another terminal, and `ipmitool`, `curl`
//! and `ssh` can talk to it too.

use clap::Parser;
use hwautomation_sim::{Rack, RackPlan};
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// Starts a simulated rack, prints every address, credential and the connect map as JSON, and runs until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "rack")]
struct Args {
    /// How many servers it has
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    servers: u8,
    /// Keeps the hardware in this file, and goes on with what is there
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Ends at once after printing, to see what it prints
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let rack = start(&args).await?;
    println!("{}", serde_json::to_string_pretty(&rack.sheet())?);
    if !args.once {
        tokio::signal::ctrl_c().await?;
    }
    rack.stop().await;
    Ok(())
}

/// The n-th server's BMC may move to 192.168.1.99+n, as `provision` asks for.
async fn start(args: &Args) -> std::io::Result<Rack> {
    let mut plan = RackPlan::servers(args.servers.into());
    for number in 1..=args.servers {
        plan = plan.spare_bmc_address(Ipv4Addr::new(192, 168, 1, 99 + number));
    }
    if let Some(file) = &args.keep {
        plan = plan.keep(file);
    }
    plan.start().await
}
