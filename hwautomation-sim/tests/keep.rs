//! A rack that is kept goes on where it was.
#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

use hwautomation_sim::{Control, Power, Rack, RackPlan, Tempo, Truth};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SRV: &str = "srv001";
const LIMIT: Duration = Duration::from_secs(20);

async fn rack(file: &Path) -> Rack {
    RackPlan::servers(2).keep(file).start().await.unwrap()
}

async fn until(rack: &Rack, is_so: impl Fn(&Truth) -> bool) {
    assert!(rack.wait_until(LIMIT, |rack| is_so(&rack.truth(SRV))).await, "{:?}", rack.truth(SRV));
}

#[tokio::test]
async fn a_rack_that_is_dropped_in_the_middle_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack");
    // Long enough to stop in on a machine that is busy with other things.
    let tempo = Tempo { post: Duration::from_secs(2), ..Tempo::quick() };
    let first = RackPlan::servers(2).tempo(tempo).keep(&file).start().await.unwrap();
    first.change(SRV, |machine| machine.control(Control::PowerOn)).unwrap();
    until(&first, |truth| truth.power == Power::On).await;
    let (truth, sheet) = (first.truth(SRV), first.sheet());
    assert!(!truth.ssh);
    drop(first);
    let second = rack(&file).await;
    let again = second.truth(SRV);
    assert_eq!((again.power, again.boots, &again.system_id), (Power::On, 1, &truth.system_id));
    assert_eq!((&again.users, &again.lan, &again.bios), (&truth.users, &truth.lan, &truth.bios));
    let sheet_again = second.sheet();
    assert_eq!((&sheet_again.servers, &sheet_again.maas.api_key), (&sheet.servers, &sheet.maas.api_key));
    let nominal = |sheet: &hwautomation_sim::RackSheet| sheet.connect.keys().cloned().collect::<Vec<_>>();
    assert_eq!(nominal(&sheet_again), nominal(&sheet));
    until(&second, |truth| truth.ssh).await;
    assert_eq!(second.truth(SRV).boots, 1);
}

#[tokio::test]
async fn what_became_due_while_nobody_was_there_has_happened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack");
    let tempo = Tempo { post: Duration::from_millis(1), load: Duration::from_millis(1), ..Tempo::instant() };
    let first = RackPlan::servers(1).tempo(tempo).keep(&file).start().await.unwrap();
    first.change(SRV, |machine| machine.control(Control::PowerOn)).unwrap();
    first.stop().await;
    drop(first);
    let second = rack(&file).await;
    until(&second, |truth| truth.ssh).await;
    assert_eq!(second.truth(SRV).boots, 1);
}

#[tokio::test]
async fn the_log_goes_on_without_a_gap_and_without_a_line_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack");
    for _ in 0..3 {
        let rack = RackPlan::servers(1).tempo(Tempo::instant()).keep(&file).start().await.unwrap();
        // A ready machine says that it switches itself off.
        rack.change(SRV, |machine| machine.record.status = hwautomation_sim::Status::Ready);
        rack.change(SRV, |machine| machine.control(Control::PowerOn)).unwrap();
        assert_eq!(rack.truth(SRV).power, Power::Off);
    }
    let rack = rack(&file).await;
    let orders: Vec<u64> = rack.log().iter().map(|entry| entry.order).collect();
    assert_eq!(orders, [0, 1, 2]);
    let text = std::fs::read_to_string(folder.path().join("rack.log")).unwrap();
    assert_eq!(text.lines().count(), 3);
}

#[tokio::test]
async fn a_process_that_died_between_state_and_log_lost_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("rack"), folder.path().join("rack.log"));
    let first = RackPlan::servers(1).tempo(Tempo::instant()).keep(&file).start().await.unwrap();
    first.change(SRV, |machine| machine.record.status = hwautomation_sim::Status::Ready);
    first.change(SRV, |machine| machine.control(Control::PowerOn)).unwrap();
    let entries = first.log();
    assert_eq!(entries.len(), 1);
    drop(first);
    let kept = std::fs::read(&file).unwrap();
    for torn in ["", "{\"order\":0,\"at_", "{\"order\":0,\"at_ms\":1\n"] {
        std::fs::write(&file, &kept).unwrap();
        std::fs::write(&log, torn).unwrap();
        assert_eq!(rack(&file).await.log(), entries, "{torn:?}");
    }
}

#[tokio::test]
async fn a_rack_that_was_kept_before_there_were_sensors_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack");
    drop(rack(&file).await);
    let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let machine = kept["state"]["machines"][0].as_object_mut().unwrap();
    machine.remove("screen").unwrap();
    machine["tempo"].as_object_mut().unwrap().remove("sel_erase").unwrap();
    let bmc = machine["bmc"].as_object_mut().unwrap();
    for field in ["sensors", "sdr_reads", "sel", "identify", "meter", "login", "quirks", "stale", "watch"] {
        bmc.remove(field).unwrap();
    }
    std::fs::write(&file, serde_json::to_vec(&kept).unwrap()).unwrap();
    let rack = rack(&file).await;
    assert!(rack.change(SRV, |machine| machine.bmc.sensor_named("FAN1").is_some()));
}

#[tokio::test]
async fn a_file_that_is_no_rack_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack");
    std::fs::write(&file, "something else").unwrap();
    let error = RackPlan::servers(1).keep(&file).start().await.unwrap_err();
    assert!(error.to_string().contains("is no kept rack"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "something else");
}

/// Reads the file again and again until it is told to end; says how often it was not whole.
fn watch(file: &Path, ended: &AtomicBool) -> usize {
    let mut broken = 0;
    while !ended.load(Ordering::Relaxed) {
        let text = std::fs::read(file).unwrap();
        broken += usize::from(serde_json::from_slice::<serde_json::Value>(&text).is_err());
    }
    broken
}

#[tokio::test]
async fn the_file_is_whole_at_every_moment_and_says_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack");
    let rack = rack(&file).await;
    let ended = AtomicBool::new(false);
    let broken = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&file, &ended));
        for number in 0..300 {
            rack.change(SRV, |machine| machine.record.description = format!("number {number}"));
            let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            assert_eq!(kept["state"]["machines"][0]["record"]["description"], format!("number {number}"));
        }
        ended.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert_eq!(broken, 0);
}
