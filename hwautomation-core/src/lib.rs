//! Workflows for bare-metal servers that survive crashes, and the contracts of the drivers that do the work.
//!
//! ```
//! //! Turns a machine of a fake rack on, once. Run it: cargo run --release --example quickstart
//!
//! use hwautomation_core::actor::Actor;
//! use hwautomation_core::engine::{Submission, WorkflowManager};
//! use hwautomation_core::plugin::{PowerAction, PowerState};
//! use hwautomation_core::record::Resume;
//! use hwautomation_core::testing::fake::FakeRack;
//! use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
//! use std::time::Duration;
//!
//! #[tokio::main]
//! async fn main() -> hwautomation_core::error::Result<()> {
//!     let turn_on = step_fn("turn-on", Resume::Rerun, |ctx| async move {
//!         if ctx.power()?.state().await? == PowerState::On {
//!             return StepOutcome::finished();
//!         }
//!         ctx.report_sub_task("turning on");
//!         ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
//!         StepOutcome::wait("power to come on", Duration::from_millis(100), Duration::from_secs(60))
//!     });
//!     let rack = FakeRack::new(["srv001"]);
//!     let manager = WorkflowManager::builder()
//!         .machines(rack.directory())
//!         .power("fake", rack)
//!         .workflow(Workflow::new("power-on").step(turn_on))
//!         .start()
//!         .await?;
//!     let id =
//!         manager.submit(Submission::new("power-on").machine("srv001"), &Actor::person("operator")).await?;
//!     println!("{}", manager.wait(id).await?);
//!     for event in manager.events(id, 1, 100).await? {
//!         println!("{event}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Where to begin
//!
//! | you want to | begin at |
//! |---|---|
//! | run workflows | [`engine::WorkflowManager`], [`engine::Submission`] |
//! | provision servers | [`provisioning::ServerProvisioning`], [`provisioning::ProvisioningRequest`] |
//! | run a workflow on many machines | [`batch::Batch`], [`batch::BatchRequest`] |
//! | write a step | [`workflow::WorkflowStep`], [`workflow::WorkflowContext`]; the light way in is [`workflow::step_fn`] |
//! | write a driver | the traits of [`plugin`], such as [`plugin::PowerController`], and the suite in `testing::conformance` |
//! | keep history elsewhere | [`store::HistoryStore`], and its suite |
//! | read or show history | [`record::Event`], [`record::WorkflowState`], [`record::WorkflowStatus`] |
//!
//! # Modules
//!
//! A module uses lower floors only.
//!
//! | floor | modules | what they hold |
//! |---:|---|---|
//! | 7 | `testing` | fakes, faults, conformance suites, a campaign that stops a workflow everywhere (feature `testing`) |
//! | 6 | [`provisioning`], [`batch`] | a server from just racked to ready, in seven steps; many machines as one workflow |
//! | 5 | [`engine`] | how workflows run: one pure function decides, the runner acts, the journal records |
//! | 4 | [`workflow`], [`store`] | what a workflow is; where history and machines live |
//! | 3 | [`plugin`], [`record`], [`bios`] | what a driver promises; events and what they add up to; BIOS settings, all pure |
//! | 2 | [`machine`], [`device`] | who a machine is and what is known about it; what machines of one kind have in common |
//! | 1 | [`error`], [`id`], [`time`], [`secret`], [`actor`] | the words that everything else is written in |
//!
//! # What it guarantees
//!
//! - *Nothing accepted is lost.* Once [`submit`](engine::WorkflowManager::submit) returns, the run ends in one recorded
//!   verdict, also across crashes, as far as the store is durable. [`store::MemoryStore`] lasts as long as the process.
//! - *Recorded before acted, stored before told.* A subscriber never hears of what a crash could still undo.
//! - *A step may run several times; an effect happens once per intent*, if it goes through
//!   [`once`](workflow::WorkflowContext::once). If its outcome is not known, the step's [`Resume`](record::Resume) says
//!   whether it is repeated, asked about, or left to a person.
//! - *One workflow holds a machine at a time*, and only the owner of its lease writes.
//! - *Every wait has a reason, a beginning and an end*, and [`WorkflowStatus`](record::WorkflowStatus) says what happens
//!   then.
//! - *No secret is recorded.* A [`Secret`](secret::Secret) has no serialised form, and its text is removed from whatever
//!   is stored.
//!
//! What it does not do: it opens no sockets and speaks no protocol; drivers do. It keeps no history on disk;
//! `hwautomation-store` does. It retries, so drivers must not.
//!
//! # Features
//!
//! - `profiles` (default): device profiles from TOML text.
//! - `testing`: fakes, faults, the conformance suites and the campaign, for tests and first steps.

pub mod actor;
pub mod batch;
pub mod bios;
pub mod device;
pub mod engine;
pub mod error;
pub mod id;
pub mod machine;
pub mod plugin;
pub mod provisioning;
pub mod record;
pub mod secret;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod workflow;
