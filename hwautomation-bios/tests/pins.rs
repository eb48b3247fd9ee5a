//! The stores of pinned host keys keep their contract.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use hwautomation_bios::{FilePins, HostKeyPins, MemoryPins};
use hwautomation_core::error::ErrorKind;
use hwautomation_core::id::MachineId;
use std::os::unix::fs::PermissionsExt;

const ONE: &str = "SHA256:one";
const TWO: &str = "SHA256:two";

fn machine(name: &str) -> MachineId {
    MachineId::new(name).unwrap()
}

async fn keeps_its_contract(pins: &dyn HostKeyPins) {
    let (first, other) = (machine("srv001"), machine("srv002"));
    assert_eq!(pins.pinned(&first, 0).await.unwrap(), None);
    assert_eq!(pins.pin(&first, 3, ONE).await.unwrap(), ONE);
    // The first one of a generation stays, also for who thinks of an older one.
    assert_eq!(pins.pin(&first, 3, TWO).await.unwrap(), ONE);
    assert_eq!(pins.pin(&first, 2, TWO).await.unwrap(), ONE);
    assert_eq!(pins.pinned(&first, 3).await.unwrap().as_deref(), Some(ONE));
    assert_eq!(pins.pinned(&first, 4).await.unwrap(), None);
    assert_eq!(pins.pinned(&other, 3).await.unwrap(), None);
    assert_eq!(pins.pin(&first, 4, TWO).await.unwrap(), TWO);
    assert_eq!(pins.pinned(&first, 3).await.unwrap().as_deref(), Some(TWO));
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    keeps_its_contract(&MemoryPins::default()).await;
}

#[tokio::test]
async fn a_file_keeps_the_contract_and_one_line_for_each_machine() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pins");
    let pins = FilePins::open(&path).unwrap();
    keeps_its_contract(&pins).await;
    drop(pins);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("srv001 4 {TWO}\n"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let pins = FilePins::open(&path).unwrap();
    assert_eq!(pins.pinned(&machine("srv001"), 4).await.unwrap().as_deref(), Some(TWO));
}

#[tokio::test]
async fn of_many_who_pin_at_once_one_does() {
    let pins = MemoryPins::default();
    let machine = machine("srv001");
    let (first, second) = tokio::join!(pins.pin(&machine, 1, ONE), pins.pin(&machine, 1, TWO));
    assert_eq!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn a_broken_file_and_a_missing_folder_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pins");
    std::fs::write(&path, "srv001 4 SHA256:two\nsrv002 four SHA256:two\n").unwrap();
    let error = FilePins::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains("line 2"), "{error}");
    assert_eq!(FilePins::open(dir.path().join("none/pins")).unwrap_err().kind(), ErrorKind::Storage);
}

#[tokio::test]
async fn a_pin_that_cannot_be_written_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pins");
    let pins = FilePins::open(&path).unwrap();
    // A folder in the way of the new file, which not even root writes into as a file.
    std::fs::create_dir(dir.path().join("pins.next")).unwrap();
    assert_eq!(pins.pin(&machine("srv001"), 1, ONE).await.unwrap_err().kind(), ErrorKind::Storage);
    assert_eq!(pins.pinned(&machine("srv001"), 1).await.unwrap(), None);
}
