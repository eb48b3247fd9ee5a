//! Power, guarded by a fresh reading.

use crate::error::{Error, ErrorKind, Result};
use crate::machine::Machine;
use crate::plugin::{PowerAction, PowerController, PowerState};
use crate::workflow::Call;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads and changes the power of one machine.
#[derive(Debug, Clone)]
pub struct PowerHandle {
    pub(in crate::workflow) machine: Arc<Machine>,
    pub(in crate::workflow) plugin: Arc<dyn PowerController>,
    pub(in crate::workflow) ledger: Arc<PowerLedger>,
}

impl PowerHandle {
    /// Lists what the driver can do on this machine.
    #[must_use]
    pub fn supported(&self) -> Vec<PowerAction> {
        self.plugin.supported(&self.machine)
    }

    /// Reads the power state.
    ///
    /// # Errors
    ///
    /// Those of [`PowerController::power_state`].
    pub async fn state(self) -> Result<PowerState> {
        let state = self.plugin.power_state(&self.machine).await?;
        self.ledger.read(&state);
        Ok(state)
    }

    /// Prepares a command. `once` refuses it unless this run of the step read the power state since the last
    /// command and the reading was not unknown, or a person recorded an override.
    pub fn request(self, action: PowerAction) -> Call<()> {
        let Self { machine, plugin, ledger } = self;
        Call::new(action.to_string(), async move { plugin.request_power(&machine, action).await })
            .guarded_by(ledger)
            .boots(action.boots())
    }
}

/// Knows the newest reading since the last command.
#[derive(Debug)]
pub(crate) struct PowerLedger(Mutex<Reading>);

#[derive(Debug)]
enum Reading {
    Missing,
    Known,
    Unknown(String),
    Overridden,
}

impl PowerLedger {
    pub(in crate::workflow) fn new(overridden: bool) -> Self {
        Self(Mutex::new(if overridden { Reading::Overridden } else { Reading::Missing }))
    }

    fn read(&self, state: &PowerState) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *reading = match (state, &*reading) {
            (_, Reading::Overridden) => Reading::Overridden,
            (PowerState::Unknown { reason }, _) => Reading::Unknown(reason.clone()),
            _ => Reading::Known,
        };
    }

    /// A command is on its way: what was read before is no longer true.
    pub(in crate::workflow) fn sent(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Reading::Missing;
    }

    pub(in crate::workflow) fn check(&self, what: &str) -> Result<()> {
        let why = match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Reading::Known | Reading::Overridden => return Ok(()),
            Reading::Missing => "the power state was not read since the last command".to_owned(),
            Reading::Unknown(reason) => format!("the power state is unknown ({reason})"),
        };
        Err(Error::new(ErrorKind::Refused, format!("{what} is not sent: {why}"))
            .transient()
            .with_remedy("read the power state first; if it stays unknown, a person can record an override"))
    }
}
