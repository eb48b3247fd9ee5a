//! Where a machine stands in MAAS (`NODE_STATUS` of MAAS 3.7), and what core calls that.

use super::clean;
use hwautomation_core::plugin::CommissionState;
use serde::Deserialize;

/// Names a status by MAAS's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "i64")]
pub(crate) enum Status {
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
    /// A number that this crate does not know.
    Unknown(i64),
}

/// All that are known, by number.
const BY_NUMBER: [Status; 23] = [
    Status::New,
    Status::Commissioning,
    Status::FailedCommissioning,
    Status::Missing,
    Status::Ready,
    Status::Reserved,
    Status::Deployed,
    Status::Retired,
    Status::Broken,
    Status::Deploying,
    Status::Allocated,
    Status::FailedDeployment,
    Status::Releasing,
    Status::FailedReleasing,
    Status::DiskErasing,
    Status::FailedDiskErasing,
    Status::RescueMode,
    Status::EnteringRescueMode,
    Status::FailedEnteringRescueMode,
    Status::ExitingRescueMode,
    Status::FailedExitingRescueMode,
    Status::Testing,
    Status::FailedTesting,
];

impl From<i64> for Status {
    fn from(number: i64) -> Self {
        let index = usize::try_from(number).ok();
        index.and_then(|index| BY_NUMBER.get(index).copied()).unwrap_or(Self::Unknown(number))
    }
}

impl Status {
    /// Returns core's word for it; `name` is MAAS's, for what core has no word for.
    pub(crate) fn state(self, name: &str) -> CommissionState {
        match self {
            Self::New => CommissionState::New,
            Self::Commissioning => CommissionState::Commissioning,
            Self::Testing => CommissionState::Testing,
            Self::Ready => CommissionState::Ready,
            Self::Reserved | Self::Allocated => CommissionState::Allocated,
            Self::Deployed | Self::Deploying => CommissionState::Deployed,
            Self::RescueMode => CommissionState::Rescue,
            Self::Releasing | Self::DiskErasing | Self::EnteringRescueMode | Self::ExitingRescueMode => {
                CommissionState::Changing
            }
            Self::FailedCommissioning | Self::FailedTesting => CommissionState::Failed,
            Self::FailedEnteringRescueMode | Self::FailedExitingRescueMode => CommissionState::RescueFailed,
            Self::Broken => CommissionState::Broken,
            Self::Missing
            | Self::Retired
            | Self::FailedDeployment
            | Self::FailedReleasing
            | Self::FailedDiskErasing
            | Self::Unknown(_) => CommissionState::Other(self.name(name)),
        }
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::Unknown(number) if name.is_empty() => format!("status {number}"),
            _ if name.is_empty() => format!("{self:?}"),
            _ => clean(name),
        }
    }

    /// Tells whether a commissioning goes on, its tests included.
    pub(crate) fn is_commissioning(self) -> bool {
        matches!(self, Self::Commissioning | Self::Testing)
    }

    /// Tells whether the machine boots from its disk, where its network is as configured for that.
    pub(super) fn runs_its_own_system(self) -> bool {
        matches!(self, Self::Deployed | Self::Deploying)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_state() {
        use CommissionState as S;
        let other = || S::Other("Name".to_owned());
        let expected = [
            S::New,
            S::Commissioning,
            S::Failed,
            other(),
            S::Ready,
            S::Allocated,
            S::Deployed,
            other(),
            S::Broken,
            S::Deployed,
            S::Allocated,
            other(),
            S::Changing,
            other(),
            S::Changing,
            other(),
            S::Rescue,
            S::Changing,
            S::RescueFailed,
            S::Changing,
            S::RescueFailed,
            S::Testing,
            S::Failed,
            other(),
        ];
        for (number, state) in (0..).zip(expected) {
            assert_eq!(Status::from(number).state("Name"), state, "status {number}");
        }
    }

    #[test]
    fn an_unknown_status_is_kept_in_maas_words() {
        for number in [-1, 23, i64::MAX] {
            assert_eq!(
                Status::from(number).state("Teleporting"),
                CommissionState::Other("Teleporting".into())
            );
        }
        assert_eq!(Status::from(99).state(""), CommissionState::Other("status 99".into()));
        assert_eq!(Status::from(7).state(""), CommissionState::Other("Retired".into()));
    }
}
