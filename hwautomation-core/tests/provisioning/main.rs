//! Seven steps on a rack of fakes: in peace, in trouble, and stopped everywhere.

mod adversity;
mod campaign;
mod peace;
mod refusals;
mod trouble;

use hwautomation_core::actor::Actor;
use hwautomation_core::device::DeviceProfiles;
use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::provisioning::{ProvisioningRequest, ServerProvisioning};
use hwautomation_core::record::{WorkflowState, WorkflowStatus};
use hwautomation_core::testing::fake::FakeRack;
use hwautomation_core::time::Clock;
use std::net::Ipv4Addr;
use std::sync::Arc;

const PROFILES: &str = r#"
    [device."a1.c5.large"]
    vendor = "Fake"
    [device."a1.c5.large".bios]
    settings = { BootMode = "UEFI", HyperThreading = false, SystemSerial = "NEW" }
    preserve = ["System*"]
    [device."d1.c1.small"]
    vendor = "Fake"
"#;

const SERVER: &str = "srv001";
const TARGET: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);

fn profiles() -> DeviceProfiles {
    DeviceProfiles::from_toml(PROFILES, "test").expect("the test's profiles are valid")
}

fn provisioning() -> ServerProvisioning {
    ServerProvisioning::new(profiles())
}

fn request() -> ProvisioningRequest {
    ProvisioningRequest::new(SERVER, "a1.c5.large").expect("it is a type").target_ipmi_ip(TARGET)
}

fn server() -> MachineId {
    MachineId::from_static(SERVER)
}

/// A manager over a rack of one machine.
struct Site {
    rack: Arc<FakeRack>,
    manager: WorkflowManager,
}

impl Site {
    async fn start() -> Self {
        Self::on(FakeRack::new([SERVER])).await
    }

    async fn on(rack: Arc<FakeRack>) -> Self {
        Self::with(rack, profiles()).await
    }

    async fn with(rack: Arc<FakeRack>, profiles: DeviceProfiles) -> Self {
        let manager = WorkflowManager::builder()
            .machines(rack.directory())
            .plugins(rack.plugins())
            .profiles(profiles.clone())
            .workflow(ServerProvisioning::new(profiles).workflow())
            .clock(Clock::tokio())
            .start()
            .await
            .expect("the site starts");
        Self { rack, manager }
    }

    async fn submit(&self, request: &ProvisioningRequest) -> WorkflowId {
        let submission = request.submission().expect("it is JSON");
        self.manager.submit(submission, &Actor::service("test")).await.expect("it is accepted")
    }

    /// Runs a request to its end, or until a person must decide.
    async fn run(&self, request: &ProvisioningRequest) -> (WorkflowStatus, WorkflowState) {
        let id = self.submit(request).await;
        let status = self.manager.wait_or_halt(id).await.expect("it ends");
        (status, self.manager.state(id).await.expect("it has a state"))
    }

    fn commands(&self) -> Vec<String> {
        self.rack.log().into_iter().map(|logged| logged.what).collect()
    }
}
