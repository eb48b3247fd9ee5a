//! Reading and staging BIOS settings.

use crate::bios::{Changes, Settings};
use crate::error::Result;
use crate::machine::Machine;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Holds what a read found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BiosReading {
    /// The settings the machine runs with.
    pub in_force: Settings,
    /// What the next reset will change.
    pub pending: Pending,
}

/// Says what waits for the next reset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "pending", content = "settings", rename_all = "snake_case")]
pub enum Pending {
    /// Nothing waits.
    Nothing,
    /// These settings wait.
    Staged(Settings),
    /// This tool cannot tell.
    Unknown,
}

/// Reads and stages the BIOS settings of machines. Never resets a machine.
///
/// # Contract
///
/// - `reads_what_is_in_force`: `read_bios` returns the values the machine runs with, of every setting.
/// - `staged_is_not_in_force`: after `stage_bios`, the values in force are as before, until a reset.
/// - `staged_takes_effect_at_the_next_reset`.
/// - `stages_all_or_none`: when one change is refused, none is staged and the error (`Invalid` or `Refused`)
///   names it.
/// - `staging_twice_is_as_good_as_once`.
/// - `discard_forgets_what_was_staged`: a later reset changes nothing. A tool that cannot discard says
///   `Unsupported`, and what was staged stays.
/// - `an_unknown_setting_is_refused_by_name`: `Invalid`, named in the message, and nothing is staged.
/// - `never_changes_the_power_state`.
/// - `silence_is_an_error`: `Unreachable` or `Timeout`, and not a permanent one; a discard that the tool cannot do
///   at all may be `Unsupported` all the same.
/// - `errors_have_a_remedy_and_show_no_secret`.
#[async_trait]
pub trait BiosBackend: fmt::Debug + Send + Sync + 'static {
    /// Reads the settings in force and what waits.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Unsupported` (the tool or its licence is missing), `Protocol`.
    async fn read_bios(&self, machine: &Machine) -> Result<BiosReading>;

    /// Stages changes for the next reset, all or none.
    ///
    /// # Errors
    ///
    /// Those of [`read_bios`](Self::read_bios), and `Invalid` or `Refused` naming the setting.
    async fn stage_bios(&self, machine: &Machine, changes: &Changes) -> Result<()>;

    /// Forgets what was staged and not yet in force.
    ///
    /// # Errors
    ///
    /// Those of [`read_bios`](Self::read_bios); `Unsupported` when the tool cannot.
    async fn discard_bios(&self, machine: &Machine) -> Result<()>;
}
