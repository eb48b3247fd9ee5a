//! An answer in few words, for a table. Pure.

use crate::power::answer::{Answer, Failure, Said};
use crate::power::health;
use hwautomation_core::error::ErrorRecord;
use hwautomation_core::plugin::{BootRequest, BootSetting, Health, PowerState};

/// One host's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub host: String,
    /// One or two words.
    pub state: String,
    /// What is to be known beside it; often nothing.
    pub detail: String,
    pub tone: Tone,
}

/// How a state is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    Good,
    /// As good, and to be told apart.
    Quiet,
    Doubtful,
    Bad,
}

impl Row {
    /// Puts a host's answer into words.
    pub fn of(host: &str, answer: &Answer) -> Self {
        let (state, detail, tone) = match &answer.result {
            Ok(Said::Power { power, note }) => said_power(power, note.unwrap_or_default()),
            Ok(Said::Accepted { .. }) => ("accepted".to_owned(), String::new(), Tone::Good),
            Ok(Said::Boot(setting)) => boot(*setting),
            Ok(Said::Sensors { sensors, health, .. }) => health::sensors(sensors, *health),
            Ok(Said::Events { entries, log }) => health::events(entries, log),
            Ok(Said::Cleared { .. }) => ("cleared".to_owned(), String::new(), Tone::Good),
            Ok(Said::Lamp { lamp }) => ((*lamp).to_owned(), String::new(), Tone::Good),
            Err(failure) => failed(failure),
        };
        Self { host: host.to_owned(), state, detail, tone }
    }
}

impl From<Health> for Tone {
    fn from(health: Health) -> Self {
        match health {
            Health::Ok => Self::Good,
            Health::Unknown => Self::Quiet,
            Health::Warning => Self::Doubtful,
            Health::Critical | Health::NonRecoverable => Self::Bad,
        }
    }
}

fn said_power(power: &PowerState, note: &str) -> (String, String, Tone) {
    let (state, note, tone) = match power {
        PowerState::On => ("on", note, Tone::Good),
        PowerState::Off => ("off", note, Tone::Quiet),
        PowerState::Unknown { reason } => ("unknown", reason.as_str(), Tone::Doubtful),
    };
    (state.to_owned(), note.to_owned(), tone)
}

fn boot(setting: BootSetting) -> (String, String, Tone) {
    let BootSetting::Override(BootRequest { device, lasting, firmware }) = setting else {
        return ("boot order".to_owned(), String::new(), Tone::Quiet);
    };
    (device.to_string(), format!("{lasting}, by {firmware}"), Tone::Good)
}

fn failed(failure: &Failure) -> (String, String, Tone) {
    let detail = cause(&failure.error);
    match &failure.power {
        _ if failure.is_unclear() => {
            let now = failure.power.as_ref().map(|power| format!("; it is {power}")).unwrap_or_default();
            ("unknown outcome".to_owned(), detail + &now, Tone::Bad)
        }
        Some(power) => (said_power(power, "").0, detail, Tone::Bad),
        None => (failure.error.kind.to_string(), detail, Tone::Bad),
    }
}

/// What comes between a driver's words on what it did to which machine, and why it failed. The host stands beside it.
const THROUGH: &str = " through its BMC at ";

/// Says why it failed, without what the rest of the line says.
pub fn cause(error: &ErrorRecord) -> String {
    let rest = error.message.split_once(THROUGH).and_then(|(_, rest)| rest.split_once(": "));
    let text = rest.map_or(error.message.as_str(), |(_, why)| why);
    error.chain.iter().fold(text.to_owned(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests;
