//! Consoles: the simulated machine echoes what is typed, and its BMC has one place for who listens.

mod rough;
mod sessions;
mod stream;
mod taken;

use super::rack::{NAME, PATIENCE, RackFixture, quick};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::{Console, IpmiConfig};
use hwautomation_sim::{Power, Status};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// How much is typed before it is read back: less than the simulated machine's screen holds.
const CHUNK: usize = 2_000;

/// A driver with short waits, and a machine on which a system runs and echoes.
async fn start() -> RackFixture {
    start_as(quick()).await
}

async fn start_as(config: IpmiConfig) -> RackFixture {
    let fixture = RackFixture::start_as(1, config).await;
    fixture.set_on(Power::Off);
    fixture.change(|machine| machine.record.status = Status::New);
    fixture.set_on(Power::On);
    assert!(fixture.rack.wait_until(PATIENCE, |rack| rack.truth(NAME).ssh).await, "a system runs");
    fixture
}

async fn open(fixture: &RackFixture) -> Console {
    fixture.driver.console(&fixture.machine()).await.unwrap()
}

/// Bytes that differ from their neighbours, and end no line: the machine answers that with more than it was sent.
fn text(length: usize) -> Vec<u8> {
    (0..length).map(|at| b'!' + (at % 89) as u8).collect()
}

/// Types it and reads it back, a part at a time.
async fn echoes(console: &Console, text: &[u8]) {
    let mut ends = console;
    for part in text.chunks(CHUNK) {
        ends.write_all(part).await.unwrap();
        let mut back = vec![0; part.len()];
        timeout(PATIENCE, ends.read_exact(&mut back)).await.expect("it comes back").unwrap();
        assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(part));
    }
}

/// Reads until this comes.
async fn read_until(console: &Console, awaited: &str) -> String {
    let (mut ends, mut text, mut part) = (console, String::new(), [0; 512]);
    while !text.contains(awaited) {
        let length = timeout(PATIENCE, ends.read(&mut part)).await.expect("it comes").unwrap();
        text += &String::from_utf8_lossy(&part[..length]);
    }
    text
}

fn counted(fixture: &RackFixture, command: &'static str) -> u64 {
    fixture.count(|entry| entry.command == command)
}

/// Waits until the BMC was told so.
async fn told(fixture: &RackFixture, command: &'static str, times: u64) {
    let told = fixture.rack.wait_until(PATIENCE, |_| counted(fixture, command) >= times).await;
    assert!(told, "{command}: {} of {times}", counted(fixture, command));
}
