//! What each step hands on. The names are stored: they never change.

use crate::bios::{Changes, Settings};
use crate::plugin::{BiosReading, CommissionRun, HardwareSummary, LanSettings};
use crate::workflow::StepOutput;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

macro_rules! outputs {
    ($($(#[$doc:meta])* $name:ident = $stored:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type),+
            }

            impl StepOutput for $name {
                const NAME: &'static str = $stored;
            }
        )+
    };
}

outputs! {
    /// Tells of the commissioning.
    Commissioned = "commissioned" {
        /// Which commissioning it was.
        run: CommissionRun,
        /// What the service found in the machine.
        hardware: HardwareSummary,
    }

    /// Tells where the machine is reached.
    ServerAddresses = "server_addresses" {
        /// Where the host lets us in by SSH.
        host: IpAddr,
        /// Where the BMC is, if anybody knows.
        bmc: Option<IpAddr>,
        /// Who said so: `directory`, `commissioner`, `host`, or `nobody`.
        bmc_known_by: String,
    }

    /// Holds the BIOS settings as they were found.
    PulledBios = "pulled_bios" {
        /// What was in force and what waited.
        reading: BiosReading,
    }

    /// Says what has to change in the BIOS.
    PlannedBios = "planned_bios" {
        /// The changes to make.
        changes: Changes,
        /// The changes that the profile asks for and its preserve list forbids.
        skipped: Changes,
    }

    /// Tells of the BIOS changes, each of which was read back.
    PushedBios = "pushed_bios" {
        /// The changes that are in force.
        changes: Changes,
        /// What changed besides: settings that depend on those, or somebody else's.
        also_changed: Changes,
        /// All settings, as they were read back.
        in_force: Settings,
    }

    /// Tells of the BMC's network, as it was read back.
    BmcConfigured = "bmc_configured" {
        /// The network settings.
        lan: LanSettings,
    }

    /// Says that the server is ready.
    Provisioned = "provisioned" {
        /// The tags that it has.
        tags: BTreeSet<String>,
    }
}
