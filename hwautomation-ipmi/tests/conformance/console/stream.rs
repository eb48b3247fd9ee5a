//! The stream itself, both ways.

use super::*;
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_comes_back_byte_for_byte() {
    let fixture = start().await;
    let console = open(&fixture).await;
    echoes(&console, &text(100 * 1024)).await;
    console.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_split_between_two_tasks() {
    let fixture = start().await;
    let (mut reader, mut writer) = tokio::io::split(open(&fixture).await);
    let typing = tokio::spawn(async move { writer.write_all(b"uptime").await.map(|()| writer) });
    let mut back = [0; 6];
    timeout(PATIENCE, reader.read_exact(&mut back)).await.unwrap().unwrap();
    assert_eq!(back, *b"uptime");
    reader.unsplit(typing.await.unwrap().unwrap()).close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_break_comes_where_it_belongs() {
    let fixture = start().await;
    let console = open(&fixture).await;
    let mut ends = &console;
    ends.write_all(b"before").await.unwrap();
    console.send_break().unwrap();
    console.send_break().unwrap();
    ends.write_all(b"behind").await.unwrap();
    timeout(PATIENCE, ends.flush()).await.unwrap().unwrap();
    assert_eq!(read_until(&console, "behind").await, "before[break][break]behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn power_commands_go_on_meanwhile_and_a_boot_is_seen() {
    let fixture = start().await;
    let console = open(&fixture).await;
    assert!(console.line().takes_characters, "nobody said otherwise");
    let machine = fixture.machine();
    assert_eq!(fixture.driver.power_state(&machine).await.unwrap(), PowerState::On);
    fixture.driver.request_power(&machine, PowerAction::Reset).await.unwrap();
    read_until(&console, "boot 3").await;
    fixture.set_on(Power::Off);
    (&console).write_all(b"nobody takes this").await.unwrap();
    timeout(PATIENCE, (&console).flush()).await.unwrap().unwrap();
    assert!(!console.line().takes_characters);
    assert_eq!(fixture.driver.power_state(&machine).await.unwrap(), PowerState::Off);
    assert_eq!(counted(&fixture, "open session"), 2, "one for calls, one for the console");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_holds_up_the_bmc_and_loses_nothing() {
    let fixture = start().await;
    let console = open(&fixture).await;
    let mut ends = &console;
    // More than waits to be read, by less than the machine's screen holds.
    let text = text(64 * 1024 + CHUNK);
    for part in text.chunks(CHUNK / 2) {
        ends.write_all(part).await.unwrap();
        timeout(PATIENCE, ends.flush()).await.unwrap().unwrap();
    }
    let mut back = vec![0; text.len()];
    timeout(PATIENCE, ends.read_exact(&mut back)).await.expect("all of it comes").unwrap();
    assert!(back == text, "each byte once");
    echoes(&console, b"and on").await;
}
