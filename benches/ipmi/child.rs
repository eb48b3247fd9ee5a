//! Processes of this program that serve: simulated BMCs, on a core of their own.

use crate::{Outcome, fleet};
use hwautomation_sim::{FarmFault, FarmPlan, Power};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

pub const FARM: &str = "serve-farm";
pub const ECHO: &str = "serve-echo";
const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";

/// A process that serves until it is dropped.
pub struct Server {
    child: Child,
    /// Where it ends, the server does.
    stdin: Option<ChildStdin>,
    pub port: u16,
}

impl Server {
    /// Starts BMCs whose machines are all on, with one kind of trouble for a share of them.
    pub fn farm(bmcs: usize, trouble: Trouble) -> Outcome<Self> {
        Self::start(&[FARM, &bmcs.to_string(), trouble.name()])
    }

    pub fn start(arguments: &[&str]) -> Outcome<Self> {
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).arg(std::env::current_exe()?).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let mut port = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut port)?;
        Ok(Self { port: port.trim().parse()?, child, stdin })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.child.wait().expect("it ends with its standard input");
    }
}

/// Names what is wrong with the way to the BMCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// Every answer comes twice.
    Twice,
    /// Every fifth datagram is lost, each way.
    Lost,
    /// Every fifth answer is 1.5 s late.
    Late,
    /// One BMC of a hundred says nothing.
    Dead,
}

impl Trouble {
    pub const ALL: [Self; 5] = [Self::None, Self::Twice, Self::Lost, Self::Late, Self::Dead];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Twice => "replies duplicated",
            Self::Lost => "20 % lost each way",
            Self::Late => "20 % of replies 1.5 s late",
            Self::Dead => "1 % black holes",
        }
    }

    fn faults(self) -> Vec<(f64, FarmFault)> {
        match self {
            Self::None => vec![],
            Self::Twice => vec![(1.0, FarmFault::Twice { chance: 1.0 })],
            Self::Lost => {
                vec![(1.0, FarmFault::LostIn { chance: 0.2 }), (1.0, FarmFault::LostOut { chance: 0.2 })]
            }
            Self::Late => vec![(1.0, FarmFault::Late { by: Duration::from_millis(1_500), chance: 0.2 })],
            Self::Dead => vec![(0.01, FarmFault::BlackHole)],
        }
    }
}

/// Serves BMCs until standard input ends.
pub fn farm(plan: &[&str]) -> Outcome {
    let [bmcs, trouble] = plan else { return Err("serve-farm BMCS TROUBLE".into()) };
    let trouble = Trouble::ALL.into_iter().find(|known| known.name() == *trouble).ok_or("no such trouble")?;
    let plan = FarmPlan::new(bmcs.parse()?).seed(1);
    let plan = trouble.faults().into_iter().fold(plan, |plan, (share, fault)| plan.fault(share, fault));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // The port of RMCP needs rights; without them, another one does.
        let farm = match plan.clone().port(fleet::RMCP).start().await {
            Ok(farm) => farm,
            Err(_) => plan.port(0).start().await?,
        };
        farm.addresses().for_each(|address| farm.set_power(address, Power::On));
        until_told_to_end(farm.port()).await
    })
}

/// Says where it serves, and waits for the end of standard input.
pub async fn until_told_to_end(port: u16) -> Outcome {
    writeln!(std::io::stdout(), "{port}")?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

/// Keeps the client away from the servers' core.
pub fn pin_this_process() -> Outcome {
    let id = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", CLIENT_CORE, &id]).stdout(Stdio::null()).status()?;
    if pinned.success() { Ok(()) } else { Err(format!("taskset cannot pin to core {CLIENT_CORE}").into()) }
}

/// Returns how long this process, which has one busy thread, has been on a processor.
pub fn cpu() -> Outcome<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(Duration::from_nanos(text.split(' ').next().ok_or("no schedstat")?.parse()?))
}
