//! The seven steps in their order.

use super::address::GetServerIp;
use super::bmc::ConfigureIpmi;
use super::commission::CommissionServer;
use super::finalize::FinalizeServer;
use super::modify::ModifyBiosConfig;
use super::pull::PullBiosConfig;
use super::push::PushBiosConfig;
use super::{ProvisioningOptions, ProvisioningRequest};
use crate::device::DeviceProfiles;
use crate::workflow::Workflow;
use std::sync::Arc;

/// Makes the workflow that provisions servers.
#[derive(Debug, Clone)]
pub struct ServerProvisioning {
    profiles: Arc<DeviceProfiles>,
    options: Arc<ProvisioningOptions>,
}

impl ServerProvisioning {
    /// Provisions servers of these kinds.
    #[must_use]
    pub fn new(profiles: DeviceProfiles) -> Self {
        Self { profiles: Arc::new(profiles), options: Arc::default() }
    }

    /// Replaces what the site decides.
    #[must_use]
    pub fn options(mut self, options: ProvisioningOptions) -> Self {
        self.options = Arc::new(options);
        self
    }

    /// Returns the workflow `server_provisioning`, whose requests are [`ProvisioningRequest`]s.
    #[must_use]
    pub fn workflow(&self) -> Workflow {
        let (profiles, options) = (&self.profiles, &self.options);
        let known = Arc::clone(profiles);
        Workflow::new(ProvisioningRequest::WORKFLOW)
            .check(move |request, machine| ProvisioningRequest::check(request, machine, &known))
            .limits(ProvisioningRequest::limits)
            .step(CommissionServer { profiles: Arc::clone(profiles), options: Arc::clone(options) })
            .step(GetServerIp { options: Arc::clone(options) })
            .step(PullBiosConfig)
            .step(ModifyBiosConfig { profiles: Arc::clone(profiles) })
            .step(PushBiosConfig { options: Arc::clone(options) })
            .step(ConfigureIpmi { options: Arc::clone(options) })
            .step(FinalizeServer { options: Arc::clone(options) })
    }
}
