//! A driver plugin of your own, for an invented power unit that is reached over TCP, and a workflow that uses it.
//! Run it: cargo run --release --example custom_plugin
//!
//! An adapter crate has a file for each of the modules below. That the driver keeps the contract of
//! `PowerController`, core's suite proves: cargo test --example custom_plugin

#[path = "support/lantern.rs"]
mod lantern;
#[cfg(test)]
#[path = "support/lantern_fixture.rs"]
mod lantern_fixture;

use controller::LanternController;
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{CredentialSource, PowerAction, PowerState, StaticCredentials};
use hwautomation_core::record::{Resume, RunState};
use hwautomation_core::secret::Secret;
use hwautomation_core::store::MemoryDirectory;
use hwautomation_core::workflow::{StepOutcome, Workflow, WorkflowStep, step_fn};
use lantern::{Lantern, PIN, SOCKET, Trouble};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What the driver reads from a machine's entry: core keeps it as it is and understands none of it.
mod config {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct LanternConfig {
        pub address: SocketAddr,
        pub socket: u8,
        /// How long to wait for an answer, in milliseconds. Default 500.
        #[serde(default = "answer_ms")]
        pub answer_ms: u64,
    }

    fn answer_ms() -> u64 {
        500
    }

    impl LanternConfig {
        pub fn of(machine: &Machine) -> Result<Self> {
            let (_, settings) =
                machine.settings.iter().find(|(name, _)| name.as_str() == "lantern").ok_or_else(|| {
                    Error::invalid(format!("machine {} has no settings for lantern", machine.id))
                        .with_remedy("add settings.lantern with address and socket to its entry")
                })?;
            serde_json::from_value(settings.clone()).map_err(|cause| {
                Error::invalid(format!("reading settings.lantern of machine {}", machine.id))
                    .with_remedy("correct the field that the cause names")
                    .with_source(cause)
            })
        }
    }
}

/// What can go wrong, in the words of the device, and what that means to a caller.
mod error {
    use super::*;
    use hwautomation_core::error::ErrorKind;

    #[derive(Debug, thiserror::Error)]
    pub enum LanternError {
        #[error("the connection failed")]
        Connection(#[from] std::io::Error),
        #[error("it did not answer within {0:?}")]
        Silent(Duration),
        #[error("it refused the PIN")]
        WrongPin,
        #[error("it answered {0:?}")]
        Strange(String),
    }

    impl LanternError {
        /// Turns it into the one error that crosses the border.
        pub fn doing(self, what: String) -> Error {
            let (kind, remedy) = match &self {
                Self::Connection(_) => {
                    (ErrorKind::Unreachable, "check the lantern's address and its network")
                }
                Self::Silent(_) => (ErrorKind::Timeout, "check the lantern; raise answer_ms if it is slow"),
                Self::WrongPin => {
                    (ErrorKind::Unauthorized, "correct the secret that credentials.lantern names")
                }
                Self::Strange(_) => (ErrorKind::Protocol, "check that a lantern listens at this address"),
            };
            Error::new(kind, what).with_remedy(remedy).with_source(self)
        }

        /// The same for a command that was on its way: without an answer, it may have been obeyed.
        pub fn commanding(self, what: String) -> Error {
            let is_answered = matches!(self, Self::WrongPin);
            let error = self.doing(what);
            if is_answered { error } else { error.unknown_outcome() }
        }
    }
}

/// The wire.
mod client {
    use super::{Duration, Secret, config::LanternConfig, error::LanternError};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
    use tokio::net::TcpStream;

    pub struct Client {
        stream: BufStream<TcpStream>,
        limit: Duration,
    }

    impl Client {
        /// Connects and logs in.
        pub async fn open(config: &LanternConfig, pin: &Secret) -> Result<Self, LanternError> {
            let limit = Duration::from_millis(config.answer_ms);
            let connecting = tokio::time::timeout(limit, TcpStream::connect(config.address));
            let stream = connecting.await.map_err(|_| LanternError::Silent(limit))??;
            let mut client = Self { stream: BufStream::new(stream), limit };
            match client.ask(&format!("pin {}", pin.expose())).await?.as_str() {
                "ok" => Ok(client),
                "no" => Err(LanternError::WrongPin),
                other => Err(LanternError::Strange(other.to_owned())),
            }
        }

        /// Sends a line and returns the answer.
        pub async fn ask(&mut self, line: &str) -> Result<String, LanternError> {
            let talk = async {
                self.stream.write_all(format!("{line}\n").as_bytes()).await?;
                self.stream.flush().await?;
                let mut answer = String::new();
                if self.stream.read_line(&mut answer).await? == 0 {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                }
                Ok::<_, LanternError>(answer.trim_end().to_owned())
            };
            tokio::time::timeout(self.limit, talk).await.map_err(|_| LanternError::Silent(self.limit))?
        }
    }
}

/// The only module that sees core's contract.
mod controller {
    use super::{client::Client, config::LanternConfig, error::LanternError, *};
    use async_trait::async_trait;
    use hwautomation_core::error::ErrorKind;
    use hwautomation_core::plugin::PowerController;

    /// One for all machines: which lantern and which socket, the machine's entry says.
    #[derive(Debug)]
    pub struct LanternController {
        credentials: Arc<dyn CredentialSource>,
    }

    impl LanternController {
        pub fn new(credentials: Arc<dyn CredentialSource>) -> Self {
            Self { credentials }
        }

        async fn open(&self, machine: &Machine, config: &LanternConfig) -> Result<Client> {
            let reference = machine.credentials.get("lantern").ok_or_else(|| {
                Error::invalid(format!("machine {} has no credentials for lantern", machine.id))
                    .with_remedy("say where the PIN lies, under credentials.lantern in its entry")
            })?;
            let pin = self.credentials.resolve(reference).await?;
            let opened = Client::open(config, &pin).await;
            opened.map_err(|error| error.doing(format!("logging in to the lantern of {}", machine.id)))
        }
    }

    #[async_trait]
    impl PowerController for LanternController {
        fn supported(&self, _machine: &Machine) -> Vec<PowerAction> {
            vec![PowerAction::On, PowerAction::ForcedOff, PowerAction::Cycle]
        }

        async fn power_state(&self, machine: &Machine) -> Result<PowerState> {
            let config = LanternConfig::of(machine)?;
            let answer = self.open(machine, &config).await?.ask(&format!("get {}", config.socket)).await;
            let state = answer.and_then(|answer| match answer.as_str() {
                "on" => Ok(PowerState::On),
                "off" => Ok(PowerState::Off),
                "moving" => Ok(PowerState::Unknown { reason: "the relay is moving".to_owned() }),
                other => Err(LanternError::Strange(other.to_owned())),
            });
            state.map_err(|error| error.doing(format!("reading the power state of {}", machine.id)))
        }

        async fn request_power(&self, machine: &Machine, action: PowerAction) -> Result<()> {
            let what = format!("{action} of {}", machine.id);
            let to = match action {
                PowerAction::On => "on",
                PowerAction::ForcedOff => "off",
                PowerAction::Cycle => "cycle",
                _ => {
                    return Err(Error::new(ErrorKind::Unsupported, what)
                        .with_remedy("a lantern can do: on, forced off, cycle"));
                }
            };
            let config = LanternConfig::of(machine)?;
            let mut client = self.open(machine, &config).await?;
            match client.ask(&format!("set {} {to}", config.socket)).await {
                Ok(answer) if answer == "ok" => Ok(()),
                Ok(other) => Err(LanternError::Strange(other).commanding(what)),
                Err(error) => Err(error.commanding(what)),
            }
        }
    }
}

/// Brings the power to a goal. Both commands it is used for are harmless twice, hence `Rerun`.
fn power_to(name: &'static str, action: PowerAction, goal: PowerState) -> impl WorkflowStep {
    let (poll, limit) = (Duration::from_millis(50), Duration::from_secs(10));
    step_fn(name, Resume::Rerun, move |ctx| {
        let goal = goal.clone();
        async move {
            let found = ctx.power()?.state().await?;
            if let PowerState::Unknown { reason } = found {
                return StepOutcome::wait(format!("a clear reading: {reason}"), poll, limit);
            }
            ctx.once(name, ctx.power()?.request(action)).await?;
            if found != goal {
                return StepOutcome::wait(format!("the power to be {goal}"), poll, limit);
            }
            StepOutcome::finished()
        }
    })
}

fn machine_at(lantern: SocketAddr) -> Result<Machine> {
    let entry = json!({
        "id": "bench-3",
        "plugins": { "power": "lantern" },
        "credentials": { "lantern": "static:pin" },
        "settings": { "lantern": { "address": lantern, "socket": SOCKET } },
    });
    serde_json::from_value(entry)
        .map_err(|cause| Error::invalid("reading a machine's entry").with_source(cause))
}

fn pins() -> Arc<dyn CredentialSource> {
    Arc::new(StaticCredentials::default().with("pin", Secret::new(PIN)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (lantern, address) = Lantern::start().await?;
    let workflow = Workflow::new("cold-boot")
        .step(power_to("turn-off", PowerAction::ForcedOff, PowerState::Off))
        .step(power_to("turn-on", PowerAction::On, PowerState::On));
    let manager = WorkflowManager::builder()
        .machines(Arc::new(MemoryDirectory::new([machine_at(address)?])))
        .power("lantern", Arc::new(LanternController::new(pins())))
        .workflow(workflow)
        .start()
        .await?;

    lantern.change(|truth| (truth.on, truth.trouble) = (true, Trouble::LosesAnswers));
    println!("The lantern does as told, and its answers to commands get lost.");
    let id =
        manager.submit(Submission::new("cold-boot").machine("bench-3"), &Actor::person("operator")).await?;
    lantern.until(|truth| truth.commands == 1).await;
    lantern.change(|truth| truth.trouble = Trouble::Nothing);

    let status = manager.wait(id).await?;
    println!("{status}");
    let truth = lantern.truth();
    assert_eq!((status.state, truth.on, truth.boots), (RunState::Completed, true, 1));
    Ok(())
}
