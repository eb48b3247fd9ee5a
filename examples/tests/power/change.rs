//! Commands: accepted is not done.

use crate::lab::{PATIENCE, Server, farm, farm_with, left_no_session, power};
use hwautomation_sim::{BmcFarm, Fault, Outcome, Power, Tempo};
use serde_json::json;
use std::time::Duration;

fn all(farm: &BmcFarm, power: Power) -> bool {
    farm.addresses().all(|address| farm.power(address) == power)
}

fn switch(farm: &BmcFarm, power: Power) {
    farm.addresses().for_each(|address| farm.set_power(address, power));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_ends_when_the_machines_are_on() {
    let (farm, hosts) = farm(40).await;
    let run = power(&format!("on --json {hosts}")).await.ended(0);
    assert!(all(&farm, Power::On));
    assert!(run.lines().iter().all(|line| line["power"] == "on" && line["ok"] == true), "{run:#?}");
    assert_eq!(farm.total().power_commands, 40, "each was told once");
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_wait_it_ends_when_the_command_is_accepted() {
    let (farm, hosts) = farm_with(3, Tempo::realistic()).await;
    let run = power(&format!("on --no-wait --json {hosts}")).await.ended(0);
    assert!(
        run.lines().iter().all(|line| line["accepted"] == true && line.get("power").is_none()),
        "{run:#?}"
    );
    assert!(all(&farm, Power::Off), "they need two seconds");
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn off_for_many_needs_a_yes_and_for_one_it_does_not() {
    let (farm, hosts) = farm(3).await;
    switch(&farm, Power::On);
    for command in ["off", "cycle", "reset", "nmi"] {
        let run = power(&format!("{command} {hosts}")).await.ended(2);
        assert!(run.err.contains("of 3 machines needs a yes") && run.err.contains("--yes"), "{run:#?}");
    }
    assert_eq!(farm.total().datagrams, 0, "nobody was asked anything");
    power(&format!("off 127.64.0.1:{}", farm.port())).await.ended(0);
    assert_eq!(farm.total().power_commands, 1);
    power(&format!("off --yes {hosts}")).await.ended(0);
    assert!(all(&farm, Power::Off));
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_is_done_when_the_machine_was_seen_off_and_on() {
    let tempo = Tempo { cycle_pause: Duration::from_millis(1_500), ..Tempo::instant() };
    let (farm, hosts) = farm_with(3, tempo).await;
    switch(&farm, Power::On);
    let run = power(&format!("cycle --yes {hosts}")).await.ended(0);
    assert_eq!(run.out.matches("on     it was off in between").count(), 3, "{run:#?}");
    assert!(all(&farm, Power::On));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_nobody_saw_is_not_called_done() {
    let server = Server::with(Power::On, Fault::ignores_power_commands()).await;
    let run = server.power("cycle --wait 1s").await.ended(1);
    let line = run.line(&server.host);
    assert_eq!((&line["accepted"], &line["power"]), (&json!(true), &json!("on")), "{line}");
    assert_eq!(line["error"]["class"], "unknown_outcome", "{line}");
    assert_eq!(server.reached("chassis control").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_accepts_and_does_nothing_is_found_out() {
    let server = Server::with(Power::Off, Fault::ignores_power_commands()).await;
    let run = server.power("on --wait 700ms").await.ended(1);
    let line = run.line(&server.host);
    assert_eq!(
        (&line["accepted"], &line["power"], &line["ok"]),
        (&json!(true), &json!("off"), &json!(false))
    );
    let message = line["error"]["message"].as_str().unwrap();
    assert!(message.contains("power on was accepted, and after 0.70 s it is off"), "{message}");
    assert_eq!(server.reached("chassis control").len(), 1, "it was told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_told_and_never_sent_again() {
    let server = Server::with(Power::On, Fault::lost_power_answer()).await;
    let run = server.power("reset --timeout 1s").await.ended(1);
    let error = &run.line(&server.host)["error"];
    assert_eq!(error["class"], "unknown_outcome", "{error}");
    let reached = server.reached("chassis control");
    assert_eq!(
        reached.iter().filter(|entry| entry.outcome == Outcome::TookEffect).count(),
        1,
        "{reached:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_answer_was_lost_the_state_tells_what_came_of_on() {
    let server = Server::with(Power::Off, Fault::lost_power_answer()).await;
    let run = server.power("on --timeout 1s").await.ended(0);
    let line = run.line(&server.host);
    assert_eq!((&line["power"], &line["note"]), (&json!("on"), &json!("the answer to the command was lost")));
    assert_eq!(server.reached("chassis control").len(), 1, "{:#?}", server.rack.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_does_not_listen_is_still_on_and_told_so() {
    // No system runs during POST, and nobody hears the power button.
    let (farm, hosts) = farm_with(2, Tempo { post: PATIENCE * 10, ..Tempo::instant() }).await;
    switch(&farm, Power::On);
    let run = power(&format!("soft --wait 500ms {hosts}")).await.ended(1);
    assert_eq!(
        run.out.matches("graceful power off was accepted, and after 0.50 s it is on").count(),
        2,
        "{run:#?}"
    );
    assert!(run.err.contains("`off` cuts the power"), "{run:#?}");
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boot_device_is_set_read_and_taken_away() {
    let (farm, hosts) = farm(3).await;
    let read = async |line: &str| power(&format!("{line} --fold {hosts}")).await.ended(0).out;
    assert!(read("boot").await.contains("3  boot order  127.64.0.[1-3]"));
    let set = read("boot --device pxe --persistent").await;
    assert!(set.contains("until it is changed, by UEFI"), "{set}");
    assert_eq!(read("boot").await, set);
    assert!(read("boot --device bios --legacy").await.contains("for the next boot, by legacy BIOS"));
    assert!(read("boot --device none").await.contains("boot order"));
    assert!(read("boot").await.contains("boot order"));
    assert_eq!(farm.total().power_commands, 0);
    left_no_session(&farm);
}
