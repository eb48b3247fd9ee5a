//! The states that MAAS has for a machine.

use super::power::Environment;
use serde::{Deserialize, Serialize};

/// Is MAAS's state of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are MAAS's own; Status::name has them as MAAS writes them")]
pub enum Status {
    New,
    Commissioning,
    FailedCommissioning,
    Missing,
    Ready,
    Reserved,
    Deployed,
    Retired,
    Broken,
    Deploying,
    Allocated,
    FailedDeployment,
    Releasing,
    FailedReleasing,
    DiskErasing,
    FailedDiskErasing,
    RescueMode,
    EnteringRescueMode,
    FailedEnteringRescueMode,
    ExitingRescueMode,
    FailedExitingRescueMode,
    Testing,
    FailedTesting,
}

/// Every state with its name, in the order of their numbers.
const NAMES: [(Status, &str); 23] = [
    (Status::New, "New"),
    (Status::Commissioning, "Commissioning"),
    (Status::FailedCommissioning, "Failed commissioning"),
    (Status::Missing, "Missing"),
    (Status::Ready, "Ready"),
    (Status::Reserved, "Reserved"),
    (Status::Deployed, "Deployed"),
    (Status::Retired, "Retired"),
    (Status::Broken, "Broken"),
    (Status::Deploying, "Deploying"),
    (Status::Allocated, "Allocated"),
    (Status::FailedDeployment, "Failed deployment"),
    (Status::Releasing, "Releasing"),
    (Status::FailedReleasing, "Releasing failed"),
    (Status::DiskErasing, "Disk erasing"),
    (Status::FailedDiskErasing, "Failed disk erasing"),
    (Status::RescueMode, "Rescue mode"),
    (Status::EnteringRescueMode, "Entering rescue mode"),
    (Status::FailedEnteringRescueMode, "Failed to enter rescue mode"),
    (Status::ExitingRescueMode, "Exiting rescue mode"),
    (Status::FailedExitingRescueMode, "Failed to exit rescue mode"),
    (Status::Testing, "Testing"),
    (Status::FailedTesting, "Failed testing"),
];

impl Status {
    /// Returns MAAS's number of the state.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the name as MAAS writes it.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    /// Returns the state that a filter of MAAS's machine list names: `ready`, `failed_testing`, …
    pub(crate) fn from_filter(text: &str) -> Option<Self> {
        NAMES.iter().find(|(status, _)| status.filter() == text).map(|(status, _)| *status)
    }

    fn filter(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Says whether a commissioning may begin.
    pub(crate) const fn may_commission(self) -> bool {
        matches!(
            self,
            Self::New
                | Self::FailedCommissioning
                | Self::Ready
                | Self::Missing
                | Self::Broken
                | Self::FailedTesting
        )
    }

    /// Says whether the rescue mode may be entered.
    pub(crate) const fn may_enter_rescue_mode(self) -> bool {
        matches!(
            self,
            Self::New
                | Self::FailedCommissioning
                | Self::Ready
                | Self::Reserved
                | Self::Allocated
                | Self::FailedDeployment
                | Self::Deployed
                | Self::Missing
                | Self::Retired
                | Self::Broken
                | Self::FailedDiskErasing
                | Self::FailedEnteringRescueMode
                | Self::FailedTesting
        )
    }

    /// Says whether the rescue mode may be left.
    pub(crate) const fn may_exit_rescue_mode(self) -> bool {
        matches!(
            self,
            Self::RescueMode
                | Self::EnteringRescueMode
                | Self::FailedEnteringRescueMode
                | Self::FailedExitingRescueMode
        )
    }

    /// Says whether there is something to abort.
    pub(crate) const fn may_abort(self) -> bool {
        matches!(self, Self::Commissioning | Self::Testing | Self::Deploying | Self::DiskErasing)
    }

    /// Says whether a release changes something.
    pub(crate) const fn may_release(self) -> bool {
        matches!(
            self,
            Self::Allocated
                | Self::Reserved
                | Self::Broken
                | Self::Deploying
                | Self::Deployed
                | Self::FailedDeployment
                | Self::FailedDiskErasing
                | Self::FailedReleasing
                | Self::DiskErasing
        )
    }

    /// Returns what a machine gets that boots from the network.
    pub(crate) const fn network_boot(self) -> Environment {
        match self {
            Self::New
            | Self::Commissioning
            | Self::Testing
            | Self::DiskErasing
            | Self::Releasing
            | Self::EnteringRescueMode
            | Self::RescueMode => Environment::Ephemeral,
            Self::Deploying => Environment::Installer,
            Self::Deployed => Environment::Disk,
            _ => Environment::Farewell,
        }
    }

    /// Returns the state after a step that did not end in time.
    pub(crate) const fn failed(self) -> Self {
        match self {
            Self::Commissioning => Self::FailedCommissioning,
            Self::Testing => Self::FailedTesting,
            Self::Deploying => Self::FailedDeployment,
            Self::Releasing => Self::FailedReleasing,
            Self::DiskErasing => Self::FailedDiskErasing,
            Self::EnteringRescueMode => Self::FailedEnteringRescueMode,
            Self::ExitingRescueMode => Self::FailedExitingRescueMode,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_the_number_of_its_place_in_the_list() {
        for (place, (status, _)) in NAMES.iter().enumerate() {
            assert_eq!(usize::from(status.number()), place, "{status:?}");
        }
    }

    #[test]
    fn filters_are_written_in_small_letters() {
        assert_eq!(Status::from_filter("ready"), Some(Status::Ready));
        assert_eq!(Status::from_filter("failed_testing"), Some(Status::FailedTesting));
        assert_eq!(Status::from_filter("Ready"), None);
    }
}
