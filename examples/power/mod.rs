//! The program. A test includes it, too, for its pure parts.

mod access;
mod advice;
mod answer;
mod args;
mod ask;
mod clear;
mod command;
mod confirm;
mod duration;
mod fleet;
mod goal;
mod health;
mod hostlist;
mod hosts;
mod json;
mod login;
mod marks;
mod one;
mod options;
mod out;
mod progress;
mod read_health;
mod report;
mod resolve;
mod row;
mod run;
mod show;
#[cfg_attr(not(target_os = "linux"), path = "simulate_elsewhere.rs")]
mod simulate;
mod stop;
mod table;
mod task;
mod verdict;
mod watch;

use self::args::{Args, Command};
use clap::Parser;
use fleet::Fleet;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use login::Credentials;
use out::Out;
use simulate::Simulation;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use stop::Stop;
use task::Task;

/// Does what the command line says.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let code = match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let code = runtime.block_on(power(&args.command));
            // A name that the system still looks for holds nobody up.
            runtime.shutdown_background();
            code
        }
        Err(cause) => Err(Error::internal("starting the runtime").with_source(cause)),
    };
    ExitCode::from(code.unwrap_or_else(|error| refused(&error)))
}

/// Says why nothing was asked.
fn refused(error: &Error) -> u8 {
    eprintln!("power: {}", row::cause(&error.into()));
    if let Some(remedy) = error.remedy() {
        eprintln!("→ {}", advice::in_options(remedy));
    }
    match error.kind() {
        ErrorKind::Cancelled => verdict::STOPPED,
        _ => verdict::USAGE,
    }
}

async fn power(command: &Command) -> Result<u8> {
    let ask = command.ask();
    command.check()?;
    let named = if ask.hosts.is_empty() { None } else { Some(hosts::read(&ask.hosts)?) };
    if let Some(hosts) = &named {
        resolve::check(&hosts.names)?;
        tell_repeated(hosts);
    }
    ask.access.config(1)?;
    let simulation = match ask.simulate {
        Some(count) => Some(Simulation::start(count).await?),
        None => None,
    };
    let (simulated, known) = simulation.as_ref().map(Simulation::hosts).unwrap_or_default();
    let hosts = named.map_or(simulated, |hosts| hosts.names);
    confirm::confirm(command.action(), &hosts, command.is_confirmed()).await?;
    let mut stop = Stop::new().map_err(|cause| Error::internal("listening for Ctrl-C").with_source(cause))?;
    let simulated_login = simulation.as_ref().map(|_| (simulate::USER, simulate::PASSWORD));
    let credentials = Credentials::new(&ask.access, simulated_login, &mut stop).await?;
    let fleet = find(hosts, &known, &credentials, &mut stop).await?;
    let ipmi = driver(command, &fleet, &credentials)?;
    let code = asked(command, &fleet, &ipmi, &mut stop).await;
    if let Some(simulation) = simulation {
        simulation.stop().await;
    }
    Ok(code)
}

fn tell_repeated(hosts: &hosts::Hosts) {
    if !hosts.repeated.is_empty() {
        let list = hostlist::fold(hosts.repeated.iter().map(String::as_str));
        eprintln!("named more than once, asked once: {list}");
    }
}

/// Does what is asked, and returns the exit status.
async fn asked(command: &Command, fleet: &Fleet, ipmi: &Arc<IpmiController>, stop: &mut Stop) -> u8 {
    let (task, mut out) = (Task::Command(command), Out::new(&command.ask().output));
    let ended = run::run(task, &mut out, fleet, ipmi, stop).await;
    report::report(task, &mut out, fleet, &ended);
    let code = out.code(ended.code());
    match command {
        // What was shown is cleared after it was shown: whatever happens in between, nothing is lost unseen.
        Command::Sel(sel) if sel.clear && !ended.is_stopped => {
            let (fleet, shown) = clear::what_was_shown(fleet, &ended.answers);
            if shown.is_empty() {
                return code;
            }
            if !out.is_whole() {
                eprintln!("nothing is cleared, since not everything could be shown");
                return code.max(verdict::BAD);
            }
            let task = Task::Clear(&shown);
            let ended = run::run(task, &mut out, &fleet, ipmi, stop).await;
            report::report(task, &mut out, &fleet, &ended);
            out.code(code.max(ended.code()))
        }
        _ => code,
    }
}

/// Finds out where every BMC is.
async fn find(
    hosts: Vec<String>,
    known: &HashMap<String, std::net::SocketAddr>,
    credentials: &Credentials,
    stop: &mut Stop,
) -> Result<Fleet> {
    let found = tokio::select! {
        found = resolve::resolve(hosts, known) => found,
        () = stop.asked() => return Err(Error::new(ErrorKind::Cancelled, "stopped, so nothing was sent")),
    };
    let fleet = Fleet::new(found, &credentials.login)?;
    for (alias, host) in &fleet.aliases {
        eprintln!("{alias} is the same BMC as {host}, asked once");
    }
    Ok(fleet)
}

fn driver(command: &Command, fleet: &Fleet, credentials: &Credentials) -> Result<Arc<IpmiController>> {
    let config = command.ask().access.config(fleet.machines.len())?;
    let config = IpmiConfig { connect: fleet.connect(), ..config };
    IpmiController::new(config, credentials.source.clone()).map(Arc::new)
}
