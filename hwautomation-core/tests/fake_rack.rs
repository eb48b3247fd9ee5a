//! The fake rack: one model behind every face, and faults that spoil what they name.

use hwautomation_core::bios::{Changes, SettingName, Settings};
use hwautomation_core::device::Capability;
use hwautomation_core::error::{ErrorClass, ErrorKind, Result};
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    BiosBackend, BmcConfigurator, CommissionOptions, CommissionState, Commissioner, CredentialSource,
    KeepReachable, LanChange, PowerAction, PowerController, PowerState, RemoteShell, ShellCommand,
};
use hwautomation_core::store::MachineDirectory;
use hwautomation_core::testing::fake::{FakeCall, FakeRack, Fault, FaultAction};
use std::net::Ipv4Addr;
use std::sync::Arc;

fn rack() -> (Arc<FakeRack>, MachineId, Machine) {
    let rack = FakeRack::new(["srv001", "srv002"]);
    let id = MachineId::from_static("srv001");
    let machine = rack.machine(&id);
    (rack, id, machine)
}

const KEPT: CommissionOptions = CommissionOptions { keep_reachable: KeepReachable::Yes, skip_tests: true };

/// Reads until a commissioning is over.
async fn commissioned(rack: &FakeRack, machine: &Machine) -> Result<CommissionState> {
    rack.commission(machine, &KEPT).await?;
    for _ in 0..2 {
        assert_eq!(rack.commission_state(machine).await?.state, CommissionState::Commissioning);
    }
    Ok(rack.commission_state(machine).await?.state)
}

#[tokio::test]
async fn what_the_commissioner_booted_power_sees_running_and_the_shell_reaches() -> Result<()> {
    let (rack, id, machine) = rack();
    assert_eq!(rack.power_state(&machine).await?, PowerState::Off);
    assert_eq!(commissioned(&rack, &machine).await?, CommissionState::Ready);
    assert_eq!(rack.power_state(&machine).await?, PowerState::On);
    let reached = rack.run(&rack.machine(&id), &ShellCommand::new("true")).await?;
    assert!(reached.succeeded());
    rack.request_power(&machine, PowerAction::ForcedOff).await?;
    let gone = rack.run(&rack.machine(&id), &ShellCommand::new("true")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Unreachable);
    Ok(())
}

#[tokio::test]
async fn staged_settings_come_into_force_at_a_boot_through_any_face() -> Result<()> {
    let (rack, id, machine) = rack();
    let wanted: Settings = [(SettingName::from_static("BootMode"), "UEFI".into())].into_iter().collect();
    let changes = Changes::diff(&rack.true_bios(&id), &wanted);
    rack.stage_bios(&machine, &changes).await?;
    assert!(!changes.not_in_force(&rack.true_bios(&id)).is_empty());
    commissioned(&rack, &machine).await?;
    assert!(changes.not_in_force(&rack.true_bios(&id)).is_empty());
    Ok(())
}

#[tokio::test]
async fn a_delayed_power_command_shows_after_so_many_readings() -> Result<()> {
    let (rack, _, machine) = rack();
    rack.set_power_delay(2);
    rack.request_power(&machine, PowerAction::On).await?;
    for expected in [PowerState::Off, PowerState::Off, PowerState::On] {
        assert_eq!(rack.power_state(&machine).await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_moved_bmc_is_silent_at_its_old_address() -> Result<()> {
    let (rack, id, machine) = rack();
    let address = Some(Ipv4Addr::new(192, 0, 2, 77));
    let change = LanChange { address, ..LanChange::default() };
    rack.set_lan(&machine, machine.bmc_address()?, &change).await?;
    assert_eq!(rack.power_state(&machine).await.unwrap_err().kind(), ErrorKind::Unreachable);
    assert_eq!(rack.power_state(&rack.machine(&id)).await?, PowerState::Off);
    Ok(())
}

#[tokio::test]
async fn a_fault_spoils_what_it_names_as_often_as_it_says() -> Result<()> {
    let (rack, id, machine) = rack();
    let other = rack.machine(&MachineId::from_static("srv002"));
    rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseAnswer).only(id.clone()));
    rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseRequest).only(id.clone()));
    rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::Ignore).only(id.clone()));
    rack.request_power(&other, PowerAction::On).await?;
    let expected = [
        (PowerAction::On, Some(ErrorClass::UnknownOutcome), PowerState::On),
        (PowerAction::ForcedOff, Some(ErrorClass::UnknownOutcome), PowerState::On),
        (PowerAction::ForcedOff, None, PowerState::On),
        (PowerAction::ForcedOff, None, PowerState::Off),
    ];
    for (action, class, truth) in expected {
        let answer = rack.request_power(&machine, action).await;
        assert_eq!((answer.err().map(|error| error.class()), rack.true_power(&id)), (class, truth));
    }
    let mine: Vec<_> = rack.log().into_iter().filter(|logged| logged.machine == id).collect();
    let what: Vec<_> = mine.iter().map(|logged| logged.what.as_str()).collect();
    assert_eq!(what, ["power on", "forced power off", "forced power off"]);
    assert!(mine.iter().all(|logged| logged.source == Capability::Power));
    Ok(())
}

#[tokio::test]
async fn a_hanging_call_ends_when_it_is_dropped() -> Result<()> {
    let (rack, id, machine) = rack();
    rack.inject(Fault::once(Capability::Power, FaultAction::HangAfter));
    tokio::select! {
        biased;
        _ = rack.request_power(&machine, PowerAction::On) => panic!("it was to hang"),
        () = async {} => {}
    }
    assert_eq!((rack.faults_left(), rack.true_power(&id)), (0, PowerState::On));
    Ok(())
}

#[tokio::test]
async fn the_directory_names_the_rack_for_every_capability_it_serves() -> Result<()> {
    let (rack, id, machine) = rack();
    assert_eq!(rack.directory().find("srv001").await?, Some(machine.clone()));
    let name = machine.plugin_for(Capability::Shell)?;
    rack.plugins().get::<dyn RemoteShell>(name)?;
    let bmc = rack.plugins().get::<dyn PowerController>(&PluginName::from_static("fake"))?;
    bmc.request_power(&machine, PowerAction::On).await?;
    let password = rack.credentials().resolve(&machine.credentials["bmc"]).await?;
    assert!(rack.truth(&id).logs_in("admin", password.expose()));
    Ok(())
}
