//! The lamp by which a machine is found in its rack (IPMI 2.0, section 28.5).

use super::tempo::later;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Says whether the lamp is lit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identify {
    /// It is dark.
    #[default]
    Off,
    /// It is lit until then, in milliseconds since 1970.
    Until(u64),
    /// It is lit until somebody switches it off.
    On,
}

impl Identify {
    pub(crate) fn lit_for(now: u64, seconds: u8) -> Self {
        if seconds == 0 { Self::Off } else { Self::Until(later(now, Duration::from_secs(seconds.into()))) }
    }

    /// Returns when it goes out by itself.
    pub(crate) const fn due(self) -> Option<u64> {
        match self {
            Self::Until(until) => Some(until),
            Self::Off | Self::On => None,
        }
    }
}
