//! A step of your own over a contract of your own: it cuts a machine's power at a smart plug, and a crash in the
//! middle does not cut it twice. Run it: cargo run --release --example custom_step

#[path = "support/plug.rs"]
mod plug;

use async_trait::async_trait;
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{MachineId, StepName};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Resume, RunState, UndoOf};
use hwautomation_core::store::{MemoryDirectory, MemoryStore};
use hwautomation_core::time::Timestamp;
use hwautomation_core::workflow::{
    Probed, ProbedIntent, StepOutcome, StepOutput, UndoOutcome, Workflow, WorkflowContext, WorkflowStep,
};
use plug::Plug;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long the machine stays without power.
const DARK: Duration = Duration::from_millis(300);
const POLL: Duration = Duration::from_millis(50);
const LIMIT: Duration = Duration::from_secs(10);

/// What the step needs. The engine has never heard of it.
#[async_trait]
trait Outlet: Debug + Send + Sync + 'static {
    async fn is_on(&self) -> Result<bool>;
    async fn turn_on(&self) -> Result<()>;
    async fn turn_off(&self) -> Result<()>;
}

/// Cuts the power, leaves the machine dark for a while, and gives the power back.
#[derive(Debug)]
struct Relight;

/// When the power was back. A later step reads it with `ctx.output::<Relit>()`.
#[derive(Debug, Serialize, Deserialize)]
struct Relit {
    at: Timestamp,
}

impl StepOutput for Relit {
    const NAME: &'static str = "relit";
}

#[async_trait]
impl WorkflowStep for Relight {
    fn name(&self) -> StepName {
        StepName::from_static("relight")
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    /// Called anew after each wait, failure and crash; `once` returns what is recorded and sends nothing again.
    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let outlet = ctx.plugin::<dyn Outlet>("plug")?;
        ctx.report_sub_task("cutting the power");
        let dark_since = ctx.once("cut", async { outlet.turn_off().await.map(|()| ctx.now()) }).await?;
        if ctx.now().since(dark_since) < DARK {
            return StepOutcome::wait("the capacitors to drain", POLL, LIMIT);
        }
        ctx.report_sub_task("giving the power back");
        ctx.once("light", outlet.turn_on()).await?;
        if !outlet.is_on().await? {
            return StepOutcome::wait("the outlet to have power", POLL, LIMIT);
        }
        StepOutcome::done(Relit { at: ctx.now() })
    }

    /// Asked when nobody recorded what became of an effect. Only looks.
    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let is_on = ctx.plugin::<dyn Outlet>("plug")?.is_on().await?;
        println!("What became of {}? The outlet is {}.", intent.name, if is_on { "on" } else { "off" });
        match (intent.name.as_str(), is_on) {
            ("cut", false) => Probed::happened(intent.opened_at),
            ("light", true) => Probed::happened(()),
            _ => Ok(Probed::DidNotHappen),
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let outlet = ctx.plugin::<dyn Outlet>("plug")?;
        if outlet.is_on().await? {
            return Ok(UndoOutcome::Nothing);
        }
        ctx.once("light", outlet.turn_on()).await?;
        Ok(UndoOutcome::Undone)
    }
}

/// Speaks to the plug. A command that was sent and not answered has an unknown outcome.
#[derive(Debug)]
struct TcpOutlet(SocketAddr);

impl TcpOutlet {
    async fn ask(&self, command: &str) -> Result<String> {
        let failed = |what| move |cause| Error::new(ErrorKind::Unreachable, what).with_source(cause);
        let mut stream = TcpStream::connect(self.0).await.map_err(failed("calling the plug"))?;
        let mut answer = String::new();
        let talk = async {
            stream.write_all(format!("{command}\n").as_bytes()).await?;
            stream.read_to_string(&mut answer).await
        };
        talk.await.map_err(|cause| failed("talking to the plug")(cause).unknown_outcome())?;
        match answer.trim() {
            "" => Err(Error::new(ErrorKind::Unreachable, "the plug hung up").unknown_outcome()),
            answer => Ok(answer.to_owned()),
        }
    }

    async fn tell(&self, command: &str) -> Result<()> {
        match self.ask(command).await?.as_str() {
            "ok" => Ok(()),
            answer => Err(strange(command, answer)),
        }
    }
}

fn strange(command: &str, answer: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("the plug answered {answer:?} to {command}"))
}

#[async_trait]
impl Outlet for TcpOutlet {
    async fn is_on(&self) -> Result<bool> {
        match self.ask("get").await?.as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            answer => Err(strange("get", answer)),
        }
    }

    async fn turn_on(&self) -> Result<()> {
        self.tell("on").await
    }

    async fn turn_off(&self) -> Result<()> {
        self.tell("off").await
    }
}

async fn start(store: &Arc<MemoryStore>, plug: SocketAddr) -> Result<WorkflowManager> {
    let machine = Machine::new(MachineId::from_static("srv001"));
    WorkflowManager::builder()
        .store(Arc::clone(store) as _)
        .machines(Arc::new(MemoryDirectory::new([machine])))
        .plugin::<dyn Outlet>("plug", Arc::new(TcpOutlet(plug)))
        .workflow(Workflow::new("relight").step(Relight))
        .start()
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (plug, address) = Plug::start().await?;
    let (store, operator) = (Arc::new(MemoryStore::new()), Actor::person("operator"));
    let relight = || Submission::new("relight").machine("srv001");

    println!(
        "The plug cuts the power; before it can say so, the manager dies. The next one asks before it acts."
    );
    plug.set_mute(true);
    let first = start(&store, address).await?;
    let id = first.submit(relight(), &operator).await?;
    plug.was_cut(1).await;
    drop(first);
    plug.set_mute(false);
    // A store on disk does this by itself when it is opened anew.
    store.end_leases();
    let second = start(&store, address).await?;
    let status = second.wait(id).await?;
    println!("{status}");
    assert_eq!((status.state, plug.cuts(), plug.is_off()), (RunState::Completed, 1, false));

    println!("A run that is cancelled while the machine is dark gives the power back.");
    let id = second.submit(relight(), &operator).await?;
    plug.was_cut(2).await;
    second.cancel(id, "the rack is in use", &operator).await?;
    let status = second.wait(id).await?;
    println!("{status}");
    assert_eq!((status.state, plug.cuts(), plug.is_off()), (RunState::Cancelled, 2, false));
    Ok(())
}
