//! Takes simulated servers from *just racked* to *ready*. Run it: cargo run --release --example provision
//!
//! The rack is simulated, everything else is real: the engine, the drivers for MAAS, IPMI, SSH and Supermicro's SUM,
//! and the sockets between them. `-- --help` says what can be asked for.

mod args;
mod lines;
mod live;
mod report;
mod requests;
mod site;
mod trouble;

use args::Args;
use clap::Parser;
use futures_util::future::try_join_all;
use hwautomation_core::device::DeviceProfiles;
use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::error::{Error, ErrorRecord, Result};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::provisioning::ProvisioningRequest;
use hwautomation_sim::{Rack, RackPlan, RackSheet};
use hwautomation_store::{SqliteConfig, SqliteStore};
use live::Live;
use report::Report;
use site::Freshness;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[tokio::main]
async fn main() -> ExitCode {
    match provision(&Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("provision: {}", ErrorRecord::from(&error));
            ExitCode::from(2)
        }
    }
}

async fn provision(args: &Args) -> Result<ExitCode> {
    let requests = requests::read(args)?;
    let profiles = trouble::spoil_profiles(profiles(args.profiles.as_deref())?, args.fail)?;
    let store = args.db.as_ref().map(|db| SqliteStore::open(SqliteConfig::new(db))).transpose()?;
    let rack = if args.rack.is_none() { Some(start_rack(args, &requests).await?) } else { None };
    let sheet = match (&args.rack, &rack) {
        (Some(file), _) => read_sheet(file)?,
        (None, Some(rack)) => trouble::spoil_sheet(rack.sheet(), args.fail, first(&requests)),
        (None, None) => unreachable!("one of both is there"),
    };
    let freshness = if rack.is_some() { Freshness::Own } else { Freshness::Old };
    let builder = site::manager(&sheet, profiles, beside(args, "pins").as_deref(), freshness)?;
    let builder = match store {
        Some(store) => builder.store(Arc::new(store)),
        None => builder,
    };
    let manager = builder.start().await?;
    let code = if args.plan { plan(&manager, &requests).await } else { run(&manager, &requests, args).await };
    manager.shutdown().await;
    if let Some(rack) = rack {
        rack.stop().await;
    }
    code
}

/// Names the server on which a step is to fail.
fn first(requests: &[ProvisioningRequest]) -> &str {
    requests.first().map_or("srv001", |request| &request.server_id)
}

/// Names a file beside the database.
fn beside(args: &Args, what: &str) -> Option<PathBuf> {
    let db = args.db.as_ref()?;
    Some(PathBuf::from(format!("{}.{what}", db.display())))
}

fn profiles(file: Option<&Path>) -> Result<DeviceProfiles> {
    let Some(file) = file else {
        return DeviceProfiles::from_toml(include_str!("profiles.toml"), "profiles.toml");
    };
    let text =
        std::fs::read_to_string(file).map_err(|cause| unreadable("the device profiles", file, cause))?;
    DeviceProfiles::from_toml(&text, &file.display().to_string())
}

fn read_sheet(file: &Path) -> Result<RackSheet> {
    let text = std::fs::read_to_string(file).map_err(|cause| unreadable("the rack's sheet", file, cause))?;
    serde_json::from_str(&text).map_err(|cause| unreadable("the rack's sheet", file, cause))
}

fn unreadable(what: &str, file: &Path, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::invalid(format!("reading {what} {}", file.display()))
        .with_remedy("correct the file, or name another one")
        .with_source(cause)
}

/// Racks the servers. The hardware outlives this program beside the database, as hardware does.
async fn start_rack(args: &Args, requests: &[ProvisioningRequest]) -> Result<Rack> {
    let mut plan = RackPlan::servers(args.servers.into());
    let racked =
        |address: &Ipv4Addr| (1..=args.servers).any(|n| *address == Ipv4Addr::new(192, 168, 1, 50 + n));
    let targets = requests.iter().filter_map(|request| request.target_ipmi_ip);
    for address in targets.filter(|address| !racked(address)) {
        plan = plan.spare_bmc_address(address);
    }
    if let Some(file) = beside(args, "rack") {
        plan = plan.keep(file);
    }
    let rack = plan.start().await.map_err(|cause| {
        Error::invalid("starting the simulated rack")
            .with_remedy("the file beside --db must be one that this example wrote; loopback must be usable")
            .with_source(cause)
    })?;
    trouble::inject(&rack, args.fail, first(requests));
    Ok(rack)
}

async fn plan(manager: &WorkflowManager, requests: &[ProvisioningRequest]) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for request in requests {
        let plan = manager.plan(&request.submission()?).await?;
        println!("{}:\n{plan}", request.server_id);
        if plan.steps.iter().any(|step| step.error.is_some()) {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Runs the requests until each has ended, a person must decide, or somebody presses Ctrl-C.
async fn run(manager: &WorkflowManager, requests: &[ProvisioningRequest], args: &Args) -> Result<ExitCode> {
    let file = args.report.as_deref().map(report::open).transpose()?;
    let ids = requests::submit(manager, requests, args).await?;
    let interrupted = tokio::select! {
        ended = show(manager, &ids) => ended.map(|()| false)?,
        _pressed = tokio::signal::ctrl_c() => true,
    };
    let reports = try_join_all(ids.iter().map(|id| Report::of(manager, *id))).await?;
    if let (Some(path), Some(file)) = (&args.report, file) {
        report::write(path, file, &reports)?;
    }
    if interrupted {
        eprintln!("\nstopped in the middle. {}", how_to_go_on(args));
        return Ok(ExitCode::from(INTERRUPTED));
    }
    reports.iter().for_each(Report::print_trail);
    reports.iter().for_each(Report::print);
    let ready = reports.iter().filter(|report| report.is_good()).count();
    println!();
    reports.iter().for_each(|report| println!("{}", report.verdict()));
    println!("{ready} of {} servers are ready", reports.len());
    if reports.iter().any(Report::is_halted) && args.db.is_some() {
        println!(
            "when what is wrong is mended, the same command with --retry tells the halted ones to try again"
        );
    }
    Ok(if ready == reports.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What shells report of a program that Ctrl-C ended: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

fn how_to_go_on(args: &Args) -> String {
    match &args.db {
        Some(db) => format!("The history is in {}: the same command goes on from here.", db.display()),
        None => "Nothing of it is kept; with --db FILE the same command would go on from here.".to_owned(),
    }
}

async fn show(manager: &WorkflowManager, ids: &[WorkflowId]) -> Result<()> {
    if console::user_attended() {
        return watch(manager, ids).await;
    }
    try_join_all(ids.iter().map(|id| lines::follow(manager, *id))).await.map(drop)
}

async fn watch(manager: &WorkflowManager, ids: &[WorkflowId]) -> Result<()> {
    let live = Live::new(ids);
    let mut ended = std::pin::pin!(try_join_all(ids.iter().map(|id| manager.wait_or_halt(*id))));
    loop {
        let over = tokio::time::timeout(live::REPAINT, &mut ended).await;
        live.paint(manager).await?;
        if let Ok(over) = over {
            over?;
            live.finish();
            return Ok(());
        }
    }
}
