//! Core's suites against the simulated BMC, with both cipher suites, and what only IPMI has: log-ins that go wrong.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod accepted;
mod bmc;
mod boot;
mod breaker;
mod console;
mod fleet;
mod fleet_contract;
mod frames;
mod health;
mod hostile;
mod identity;
mod lanes;
mod login;
mod matrix;
mod moves;
mod power;
#[path = "../support/proxy.rs"]
#[allow(dead_code, reason = "the other test binary uses the rest")]
mod proxy;
mod quirks;
mod rack;
mod reading;
mod refusal;
mod rogue;
mod room;
mod sessions;
mod stuck;
mod unread;

mod suite_3 {
    use crate::rack::RackFixture;

    mod power {
        hwautomation_core::power_conformance!(super::RackFixture::start(3).await);
    }

    mod boot {
        hwautomation_core::boot_conformance!(super::RackFixture::start(3).await);
    }

    mod bmc {
        hwautomation_core::bmc_conformance!(super::RackFixture::start(3).await);
    }

    mod health {
        hwautomation_core::health_conformance!(super::RackFixture::start(3).await);
    }
}

mod suite_17 {
    use crate::rack::RackFixture;

    mod power {
        hwautomation_core::power_conformance!(super::RackFixture::start(17).await);
    }

    mod boot {
        hwautomation_core::boot_conformance!(super::RackFixture::start(17).await);
    }

    mod bmc {
        hwautomation_core::bmc_conformance!(super::RackFixture::start(17).await);
    }

    mod health {
        hwautomation_core::health_conformance!(super::RackFixture::start(17).await);
    }
}

mod many {
    use crate::fleet_contract::{IN_FLIGHT, SERVERS};
    use crate::rack::{RackFixture, quick};
    use hwautomation_ipmi::IpmiConfig;

    hwautomation_core::fleet_conformance!(
        RackFixture::start_as(SERVERS, IpmiConfig { in_flight_max: IN_FLIGHT, ..quick() }).await
    );
}
