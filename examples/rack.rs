//! Starts a simulated rack, and prints where everything is, as JSON. Run it: cargo run --release --example rack
//!
//! It runs until Ctrl-C. `provision --rack FILE` provisions its servers from another terminal, and `ipmitool`, `curl`
//! and `ssh` can talk to it too.

use clap::Parser;
use hwautomation_sim::{Rack, RackPlan, RackSheet, Tempo};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

/// How long a power cycle is off: `power cycle` waits until it has seen that.
const CYCLE_PAUSE: Duration = Duration::from_millis(1_200);

/// Starts a simulated rack, prints every address, credential and the connect map as JSON, and runs until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "rack")]
struct Args {
    /// How many servers it has
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=49))]
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
    eprintln!("{}", hints(&rack.sheet()));
    if !args.once {
        tokio::signal::ctrl_c().await?;
    }
    rack.stop().await;
    Ok(())
}

/// The n-th server's BMC may move to 192.168.1.99+n, as `provision` asks for.
async fn start(args: &Args) -> std::io::Result<Rack> {
    let mut plan =
        RackPlan::servers(args.servers.into()).tempo(Tempo { cycle_pause: CYCLE_PAUSE, ..Tempo::quick() });
    for number in 1..=args.servers {
        plan = plan.spare_bmc_address(Ipv4Addr::new(192, 168, 1, 99 + number));
    }
    if let Some(file) = &args.keep {
        plan = plan.keep(file);
    }
    plan.start().await
}

/// Says how others' programs reach the first server, so that the lines can be pasted.
fn hints(sheet: &RackSheet) -> String {
    let Some(server) = sheet.servers.first() else { return String::new() };
    let port = |nominal: String| {
        let socket = sheet.connect.get(&nominal).and_then(|socket| socket.rsplit_once(':'));
        socket.map_or("?", |(_, port)| port)
    };
    let (bmc, host, maas) = (&server.bmc, &server.host, &sheet.maas);
    let key: Vec<&str> = maas.api_key.split(':').collect();
    let (bmc_port, ssh_port) = (port(format!("{}:623", bmc.address)), port(format!("{}:22", host.address)));
    format!(
        "# {name}'s BMC, as long as it is at {address} (connect says which port stands for which address):
ipmitool -I lanplus -C 17 -H 127.0.0.1 -p {bmc_port} -U {user} -P '{password}' chassis status
# MAAS (a nonce is taken once):
curl -H \"Authorization: OAuth oauth_version=\\\"1.0\\\", oauth_signature_method=\\\"PLAINTEXT\\\", \\
oauth_consumer_key=\\\"{consumer}\\\", oauth_token=\\\"{token}\\\", oauth_signature=\\\"%26{secret}\\\", \\
oauth_nonce=\\\"$RANDOM$RANDOM\\\", oauth_timestamp=\\\"$(date +%s)\\\"\" {url}/api/2.0/machines/{system_id}/
# Its host is off and has no system: SSH answers while MAAS commissions it with enable_ssh, and in rescue mode.
# The private key is in the JSON, servers[0].host.private_key; put it into a file KEY that only you can read:
ssh -i KEY -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p {ssh_port} {login}@127.0.0.1 uname -a",
        name = server.name,
        address = bmc.address,
        user = bmc.username,
        password = bmc.password,
        consumer = key.first().unwrap_or(&""),
        token = key.get(1).unwrap_or(&""),
        secret = key.get(2).unwrap_or(&""),
        url = maas.url,
        system_id = server.system_id,
        login = host.username,
    )
}
