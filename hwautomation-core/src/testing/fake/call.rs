//! The calls that a fake driver takes, for faults to name.

use crate::device::Capability;
use std::fmt;

/// Names one method of one contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FakeCall {
    /// `PowerController::power_state`.
    PowerState,
    /// `PowerController::request_power`.
    PowerRequest,
    /// `BootController::boot_setting`.
    BootRead,
    /// `BootController::set_boot`.
    BootSet,
    /// `BootController::clear_boot`.
    BootClear,
    /// `BiosBackend::read_bios`.
    BiosRead,
    /// `BiosBackend::stage_bios`.
    BiosStage,
    /// `BiosBackend::discard_bios`.
    BiosDiscard,
    /// `BmcConfigurator::read_lan`.
    LanRead,
    /// `BmcConfigurator::set_lan`.
    LanSet,
    /// `BmcConfigurator::users`.
    UsersRead,
    /// `BmcConfigurator::set_user`.
    UserSet,
    /// `BmcConfigurator::cold_reset`.
    BmcReset,
    /// `HealthReader::sensors`.
    SensorsRead,
    /// `HealthReader::events`.
    EventsRead,
    /// `HealthReader::clear_events`.
    EventsClear,
    /// `Commissioner::commission_state`.
    CommissionRead,
    /// `Commissioner::commission`.
    CommissionStart,
    /// `Commissioner::abort_commission`.
    CommissionAbort,
    /// `Commissioner::enter_rescue`.
    RescueEnter,
    /// `Commissioner::leave_rescue`.
    RescueLeave,
    /// `Commissioner::host_addresses`, `bmc_address`, `hardware` and `tags`.
    DetailsRead,
    /// `Commissioner::set_bmc_address`.
    PowerAddressSet,
    /// `Commissioner::add_tag`.
    TagAdd,
    /// `Commissioner::remove_tag`.
    TagRemove,
    /// `Commissioner::release`.
    Release,
    /// `RemoteShell::run`.
    ShellRun,
    /// `RemoteShell::put`.
    FilePut,
    /// `RemoteShell::get`.
    FileGet,
}

impl FakeCall {
    /// Returns the capability that the call belongs to.
    #[must_use]
    pub fn face(self) -> Capability {
        match self {
            Self::PowerState | Self::PowerRequest => Capability::Power,
            Self::BootRead | Self::BootSet | Self::BootClear => Capability::Boot,
            Self::BiosRead | Self::BiosStage | Self::BiosDiscard => Capability::Bios,
            Self::LanRead | Self::LanSet | Self::UsersRead | Self::UserSet | Self::BmcReset => {
                Capability::Bmc
            }
            Self::SensorsRead | Self::EventsRead | Self::EventsClear => Capability::Health,
            Self::ShellRun | Self::FilePut | Self::FileGet => Capability::Shell,
            _ => Capability::Commissioner,
        }
    }

    /// Tells whether the call changes something, rather than reads.
    #[must_use]
    pub fn is_command(self) -> bool {
        !matches!(
            self,
            Self::PowerState
                | Self::BootRead
                | Self::BiosRead
                | Self::LanRead
                | Self::UsersRead
                | Self::SensorsRead
                | Self::EventsRead
                | Self::CommissionRead
                | Self::DetailsRead
                | Self::FileGet
        )
    }
}

impl fmt::Display for FakeCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PowerState => "reading the power state",
            Self::PowerRequest => "commanding the power",
            Self::BootRead => "reading the boot device",
            Self::BootSet => "setting the boot device",
            Self::BootClear => "clearing the boot device",
            Self::BiosRead => "reading the BIOS settings",
            Self::BiosStage => "staging BIOS settings",
            Self::BiosDiscard => "discarding BIOS settings",
            Self::LanRead => "reading the BMC's network",
            Self::LanSet => "setting the BMC's network",
            Self::UsersRead => "reading the BMC's users",
            Self::UserSet => "setting a BMC user",
            Self::BmcReset => "resetting the BMC",
            Self::SensorsRead => "reading the sensors",
            Self::EventsRead => "reading the event log",
            Self::EventsClear => "clearing the event log",
            Self::CommissionRead => "reading the commissioning state",
            Self::CommissionStart => "commissioning",
            Self::CommissionAbort => "aborting a commissioning",
            Self::RescueEnter => "entering rescue mode",
            Self::RescueLeave => "leaving rescue mode",
            Self::PowerAddressSet => "telling the BMC's address",
            Self::DetailsRead => "asking the commissioning service",
            Self::TagAdd => "adding a tag",
            Self::TagRemove => "removing a tag",
            Self::Release => "releasing",
            Self::ShellRun => "running a command",
            Self::FilePut => "writing a file",
            Self::FileGet => "reading a file",
        })
    }
}
