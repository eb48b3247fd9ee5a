//! The rules of the machine model, looked at through a rack.

use hwautomation_sim::{
    Action, Change, Control, Environment, Face, Fault, Hardware, Power, Rack, RackPlan, Status, Tempo, Value,
};
use std::net::Ipv4Addr;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);
const SRV: &str = "srv001";

async fn rack() -> Rack {
    RackPlan::servers(2).start().await.expect("a rack of two servers starts")
}

async fn until(rack: &Rack, what: &str, is_so: impl Fn(&hwautomation_sim::Truth) -> bool) {
    assert!(rack.wait_until(LIMIT, |rack| is_so(&rack.truth(SRV))).await, "{what}: {:?}", rack.truth(SRV));
}

fn control(rack: &Rack, control: Control) {
    rack.change(SRV, |machine| machine.control(control)).expect("the machine takes the command");
}

fn change(path: &[&str], name: &str, value: Value) -> Change {
    Change { menus: path.iter().map(ToString::to_string).collect(), name: name.into(), order: None, value }
}

#[tokio::test]
async fn a_ready_machine_that_boots_from_the_network_ends_powered_off() {
    let rack = rack().await;
    rack.change(SRV, |machine| machine.record.status = Status::Ready);
    control(&rack, Control::PowerOn);
    until(&rack, "it was on, and is off again", |truth| truth.boots == 1 && truth.power == Power::Off).await;
    assert!(!rack.truth(SRV).ssh);
    let by_itself = rack.log().into_iter().find(|entry| entry.face == Face::Host).unwrap();
    assert!(by_itself.command.starts_with("power off by itself"), "{by_itself:?}");
}

#[tokio::test]
async fn a_new_machine_that_boots_gets_the_ephemeral_environment_and_a_lease() {
    let rack = rack().await;
    assert_eq!(rack.truth(SRV).leased_address, None);
    control(&rack, Control::PowerOn);
    until(&rack, "ssh answers", |truth| truth.ssh).await;
    let truth = rack.truth(SRV);
    assert_eq!(truth.environment, Some(Environment::Ephemeral));
    assert_eq!(truth.leased_address, Some(truth.host_address));
}

#[tokio::test]
async fn an_accepted_command_shows_only_after_its_time() {
    let tempo = Tempo { power_edge: Duration::from_secs(3600), ..Tempo::quick() };
    let rack = RackPlan::servers(1).tempo(tempo).start().await.unwrap();
    control(&rack, Control::PowerOn);
    assert_eq!(rack.truth(SRV).power, Power::Off);
    control(&rack, Control::PowerOff);
    assert_eq!(rack.truth(SRV).power, Power::Off);
}

#[tokio::test]
async fn what_needs_power_is_refused_without_it() {
    let rack = rack().await;
    for control in [Control::PowerCycle, Control::HardReset, Control::DiagnosticInterrupt, Control::SoftOff] {
        assert!(rack.change(SRV, |machine| machine.control(control)).is_err(), "{control:?}");
    }
    assert!(rack.change(SRV, |machine| machine.control(Control::PowerOff)).is_ok());
    assert_eq!(rack.truth(SRV).boots, 0);
}

#[tokio::test]
async fn the_power_button_does_nothing_to_a_machine_without_a_system() {
    let rack = RackPlan::servers(1).tempo(Tempo::instant()).start().await.unwrap();
    rack.change(SRV, |machine| machine.bmc.boot_flags.0 = [0x80, 0x08, 0, 0, 0]);
    control(&rack, Control::PowerOn);
    assert_eq!(rack.truth(SRV).environment, Some(Environment::Nothing));
    control(&rack, Control::SoftOff);
    assert_eq!(rack.truth(SRV).power, Power::On);
    control(&rack, Control::PowerOff);
    assert_eq!(rack.truth(SRV).power, Power::Off);
}

#[tokio::test]
async fn a_boot_device_counts_once_unless_it_is_persistent() {
    let rack = RackPlan::servers(1).tempo(Tempo::instant()).start().await.unwrap();
    rack.change(SRV, |machine| machine.bmc.boot_flags.0 = [0x80, 0x08, 0, 0, 0]);
    control(&rack, Control::PowerOn);
    assert_eq!(rack.truth(SRV).boot_override, None);
    control(&rack, Control::HardReset);
    assert_eq!(rack.truth(SRV).environment, Some(Environment::Ephemeral));
    rack.change(SRV, |machine| machine.bmc.boot_flags.0 = [0xC0, 0x08, 0, 0, 0]);
    control(&rack, Control::HardReset);
    assert!(rack.truth(SRV).boot_override.is_some_and(|set| set.persistent));
    assert_eq!(rack.truth(SRV).environment, Some(Environment::Nothing));
}

#[tokio::test]
async fn bios_changes_come_into_force_only_at_a_reset() {
    let rack = RackPlan::servers(1).tempo(Tempo::instant()).start().await.unwrap();
    control(&rack, Control::PowerOn);
    let path = "Advanced|Boot Feature|Quiet Boot";
    let off = change(&["Advanced", "Boot Feature"], "Quiet Boot", Value::CheckBox(false));
    rack.change(SRV, |machine| machine.bios.stage(&[off]));
    let truth = rack.truth(SRV);
    assert_eq!((truth.bios.value(path), truth.bios.pending.len()), (Some(Value::CheckBox(true)), 1));
    for look in [Control::DiagnosticInterrupt, Control::PowerOn] {
        control(&rack, look);
        assert_eq!(rack.truth(SRV).bios.value(path), Some(Value::CheckBox(true)));
    }
    control(&rack, Control::HardReset);
    let truth = rack.truth(SRV);
    assert_eq!((truth.bios.value(path), truth.bios.pending.len()), (Some(Value::CheckBox(false)), 0));
}

#[tokio::test]
async fn the_same_setting_of_two_pages_is_two_settings() {
    let rack = RackPlan::servers(1).tempo(Tempo::instant()).start().await.unwrap();
    let page = ["Advanced", "PCIe/PCI/PnP Configuration", "RSC-R1UW SLOT2"];
    rack.change(SRV, |machine| machine.bios.stage(&[change(&page, "OPROM", Value::Option("Legacy".into()))]));
    control(&rack, Control::PowerOn);
    let bios = rack.truth(SRV).bios;
    let of = |slot: &str| bios.value(&format!("Advanced|PCIe/PCI/PnP Configuration|RSC-R1UW {slot}|OPROM"));
    assert_eq!(of("SLOT1"), Some(Value::Option("EFI".into())));
    assert_eq!(of("SLOT2"), Some(Value::Option("Legacy".into())));
}

#[tokio::test]
async fn a_bmc_says_nothing_after_a_restart_and_then_answers_again() {
    let rack = rack().await;
    rack.change(SRV, |machine| machine.reset_bmc());
    let truth = rack.truth(SRV);
    assert_eq!((truth.bmc_answers, truth.bmc_resets), (false, 1));
    until(&rack, "the BMC is back", |truth| truth.bmc_answers).await;
}

#[tokio::test]
async fn a_power_cycle_is_off_for_a_while_and_boots_anew() {
    // Long enough to be seen on a machine that is busy with other things.
    let tempo = Tempo { cycle_pause: Duration::from_secs(2), ..Tempo::quick() };
    let rack = RackPlan::servers(1).tempo(tempo).start().await.unwrap();
    control(&rack, Control::PowerOn);
    until(&rack, "ssh answers", |truth| truth.ssh).await;
    control(&rack, Control::PowerCycle);
    until(&rack, "it is off in between", |truth| truth.power == Power::Off).await;
    until(&rack, "ssh answers again", |truth| truth.ssh).await;
    assert_eq!(rack.truth(SRV).boots, 2);
}

#[tokio::test]
async fn the_other_machine_is_left_alone() {
    let rack = rack().await;
    control(&rack, Control::PowerOn);
    until(&rack, "ssh answers", |truth| truth.ssh).await;
    let other = rack.truth("srv002");
    assert_eq!((other.power, other.boots), (Power::Off, 0));
}

#[tokio::test]
async fn faults_are_listed_until_they_have_acted() {
    let rack = rack().await;
    rack.inject(Fault::new(Action::Drop).times(1));
    rack.inject(Fault::silent_bmc());
    assert_eq!(rack.faults_left().len(), 2);
    rack.clear_faults();
    assert_eq!(rack.faults_left(), []);
}

#[tokio::test]
async fn a_plan_with_an_address_twice_is_refused() {
    let spare = Ipv4Addr::new(192, 168, 1, 51);
    let error = RackPlan::servers(1).spare_bmc_address(spare).start().await.unwrap_err();
    assert!(error.to_string().contains("192.168.1.51 is in the plan twice"), "{error}");
    let error = RackPlan::servers(201).start().await.unwrap_err();
    assert!(error.to_string().contains("at most 200"), "{error}");
}

#[test]
fn servers_differ_in_what_must_differ() {
    let (one, two) = (Hardware::supermicro(1), Hardware::supermicro(2));
    assert_ne!(one.serial, two.serial);
    assert_ne!(one.uuid, two.uuid);
    assert_ne!(one.mac, two.mac);
}
