//! What MAAS does with machines and tags.

use crate::bench::{Bench, SRV, WITH_SSH};
use hwautomation_sim::{Environment, Outcome, Power, RackPlan, SeenPower, Status};
use serde_json::json;

#[tokio::test]
async fn a_commissioning_with_ssh_ends_ready_and_reachable() {
    let bench = Bench::new().await;
    let answer = bench.op("commission", WITH_SSH).await.json();
    assert_eq!((&answer["status_name"], &answer["owner"]), (&json!("Commissioning"), &json!("admin")));
    assert_eq!(
        (&answer["ip_addresses"], &answer["interface_set"][0]["discovered"]),
        (&json!([]), &json!(null))
    );
    bench.until("it is ready", |truth| truth.status == Status::Ready).await;

    assert!(bench.truth().ssh);
    let machine = bench.machine().await.json();
    let address = json!(bench.truth().host_address.to_string());
    assert_eq!(machine["ip_addresses"], json!([address]));
    assert_eq!(machine["interface_set"][0]["discovered"][0]["ip_address"], address);
    assert_eq!(machine["hardware_info"]["system_vendor"], "Supermicro");
    assert_eq!(bench.power().await.json(), json!({"state": "on"}));
}

#[tokio::test]
async fn a_commissioning_without_ssh_ends_ready_and_off() {
    let bench = Bench::new().await;
    assert_eq!(bench.op("commission", "").await.status, 200);
    bench.until("it is tested", |truth| truth.status == Status::Testing).await;
    bench
        .until("it is ready and off", |truth| truth.status == Status::Ready && truth.power == Power::Off)
        .await;
    assert!(!bench.truth().ssh);
    assert_eq!(bench.power().await.json(), json!({"state": "off"}));
}

#[tokio::test]
async fn every_commissioning_has_a_number_of_its_own() {
    let bench = Bench::new().await;
    bench.ready_with_ssh().await;
    let first = bench.machine().await.json()["current_commissioning_result_id"].clone();
    bench.ready_with_ssh().await;
    let second = bench.machine().await.json()["current_commissioning_result_id"].clone();
    assert!(second.as_u64() > first.as_u64(), "{first} {second}");
}

#[tokio::test]
async fn a_ready_machine_that_is_switched_on_ends_off() {
    let bench = Bench::new().await;
    bench.ready_with_ssh().await;
    bench.rack.change(SRV, |machine| machine.reboot());
    bench.until("it is off", |truth| truth.power == Power::Off).await;
    assert_eq!((bench.truth().status, bench.truth().ssh), (Status::Ready, false));
}

#[tokio::test]
async fn a_machine_goes_into_rescue_mode_and_back_to_ready() {
    let bench = Bench::new().await;
    bench.ready_with_ssh().await;
    assert_eq!(bench.op("rescue_mode", "").await.json()["status_name"], "Entering rescue mode");
    bench.until("it is in rescue mode", |truth| truth.status == Status::RescueMode && truth.ssh).await;
    let again = bench.op("rescue_mode", "").await;
    assert_eq!(
        (again.status, again.body.as_str()),
        (409, "Invalid transition: Rescue mode -> Entering rescue mode.")
    );
    assert_eq!(bench.op("exit_rescue_mode", "").await.json()["status_name"], "Exiting rescue mode");
    bench
        .until("it is ready and off", |truth| truth.status == Status::Ready && truth.power == Power::Off)
        .await;
}

#[tokio::test]
async fn a_deployed_machine_comes_back_from_rescue_mode_running() {
    let bench = Bench::new().await;
    bench.rack.change(SRV, |machine| machine.record.status = Status::Deployed);
    assert_eq!(bench.op("rescue_mode", "").await.status, 200);
    bench.until("it is in rescue mode", |truth| truth.status == Status::RescueMode).await;
    assert_eq!(bench.op("exit_rescue_mode", "").await.status, 200);
    bench.until("it runs from its disk", |truth| truth.environment == Some(Environment::Disk)).await;
    assert_eq!(bench.truth().status, Status::Deployed);
}

#[tokio::test]
async fn a_rescue_mode_that_cannot_begin_leaves_the_machine_as_it_was() {
    let bench = Bench::new().await;
    bench.ready_with_ssh().await;
    bench.rack.change(SRV, |machine| {
        machine.record.power_parameters.insert("power_address".to_owned(), json!("10.99.0.1"))
    });
    assert_eq!(bench.op("rescue_mode", "").await.status, 500);
    let machine = bench.machine().await.json();
    assert_eq!(
        (&machine["status_name"], &machine["commissioning_status_name"]),
        (&json!("Ready"), &json!("Passed"))
    );
}

#[tokio::test]
async fn an_aborted_commissioning_ends_off_in_the_state_before() {
    let bench = Bench::new().await;
    assert_eq!(bench.op("commission", WITH_SSH).await.status, 200);
    assert_eq!(bench.op("abort", "").await.status, 200);
    bench.until("it is off", |truth| truth.power == Power::Off).await;
    assert_eq!((bench.truth().status, bench.truth().owner), (Status::New, None));
    assert_eq!(bench.op("abort", "").await.status, 409);
}

#[tokio::test]
async fn a_wrong_power_address_fails_the_commissioning_and_leaves_the_machine_new() {
    let bench = Bench::new().await;
    let path = format!("machines/{}/", bench.client.id(SRV));
    let put = bench.client.put(&path, "power_parameters_power_address=10.99.0.1&nosuchfield=1").await;
    assert_eq!(put.status, 200, "{put:?}");

    let answer = bench.op("commission", WITH_SSH).await;
    assert_eq!((answer.status, answer.body.as_str()), (500, "ipmi: connection timeout"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let machine = bench.machine().await.json();
    assert_eq!((&machine["status_name"], &machine["power_state"]), (&json!("New"), &json!("error")));
    assert!(
        machine["status_message"].as_str().unwrap().starts_with("Failed to query node's BMC - "),
        "{machine}"
    );
    assert_eq!(bench.truth().boots, 0);
    assert_eq!(bench.power().await.status, 500);
    assert_eq!(bench.commands().last().unwrap(), &("commission".to_owned(), Outcome::Refused));
}

#[tokio::test]
async fn a_new_power_address_is_where_maas_looks_for_the_bmc() {
    let moved = "192.168.1.99".parse().unwrap();
    let bench = Bench::of(RackPlan::servers(1).spare_bmc_address(moved)).await;
    bench.rack.change(SRV, |machine| machine.bmc.lan.address = moved);
    assert_eq!(bench.power().await.status, 500);
    let path = format!("machines/{}/", bench.client.id(SRV));
    assert_eq!(bench.client.put(&path, "power_parameters_power_address=192.168.1.99").await.status, 200);
    assert_eq!(bench.power().await.json(), json!({"state": "off"}));
    let parameters = bench.client.get(&format!("{path}?op=power_parameters")).await.json();
    assert_eq!(parameters["power_address"], "192.168.1.99");
    assert_eq!(bench.commands()[0].0, "change machine: power_address 192.168.1.99");
}

#[tokio::test]
async fn a_wrong_bmc_password_is_said_and_not_shown() {
    let bench = Bench::new().await;
    let path = format!("machines/{}/", bench.client.id(SRV));
    assert_eq!(bench.client.put(&path, "power_parameters_power_pass=verysecret").await.status, 200);
    assert_eq!(bench.power().await.body, "ipmi: password invalid");
    assert!(!format!("{:?}", bench.rack.log()).contains("verysecret"));
}

#[tokio::test]
async fn two_machines_with_one_bmc_are_a_conflict() {
    let bench = Bench::new().await;
    let other = bench.rack.truth("srv002").lan.address;
    let path = format!("machines/{}/", bench.client.id(SRV));
    let answer = bench.client.put(&path, &format!("power_parameters_power_address={other}")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (409, "5"));
    assert_eq!(bench.truth().power_parameters["power_address"], json!(bench.truth().lan.address.to_string()));
}

#[tokio::test]
async fn a_release_of_an_allocated_machine_ends_when_it_is_off() {
    let bench = Bench::new().await;
    bench.ready_with_ssh().await;
    bench.rack.change(SRV, |machine| {
        machine.record.status = Status::Allocated;
        machine.record.owner = Some("admin".to_owned());
        machine.record.power_state = SeenPower::On;
    });
    assert_eq!(bench.op("release", "").await.status, 200);
    bench
        .until("it is ready and off", |truth| truth.status == Status::Ready && truth.power == Power::Off)
        .await;
    bench.rack.change(SRV, |machine| machine.record.status = Status::New);
    let answer = bench.op("release", "").await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (409, "Machine cannot be released in its current state ('New').")
    );
}

#[tokio::test]
async fn maas_switches_a_machine_that_somebody_holds() {
    let bench = Bench::new().await;
    bench.rack.change(SRV, |machine| machine.record.owner = Some("admin".to_owned()));
    assert_eq!(bench.op("power_on", "").await.json()["power_state"], "on");
    bench.until("it is on", |truth| truth.power == Power::On).await;
    assert_eq!(bench.op("power_off", "").await.json()["power_state"], "off");
    bench.until("it is off", |truth| truth.power == Power::Off).await;
}

#[tokio::test]
async fn tags_are_noted_for_every_machine_that_carries_them() {
    let bench = Bench::new().await;
    assert_eq!(bench.client.post("tags/", "name=rack-a").await.status, 200);
    let (one, two) = (bench.client.id(SRV), bench.client.id("srv002"));
    let answer = bench.client.post("tags/rack-a/?op=update_nodes", &format!("add={one}&add={two}")).await;
    assert_eq!(answer.json(), json!({"added": 2, "removed": 0}));
    assert!(bench.truth().tags.contains("rack-a"));
    let noted = bench.rack.log().into_iter().filter(|entry| entry.command == "tag add rack-a");
    let noted: Vec<_> = noted.map(|entry| entry.machine.unwrap()).collect();
    assert_eq!(noted, [SRV, "srv002"]);
}

#[tokio::test]
async fn what_is_not_simulated_is_said_to_be_so() {
    let bench = Bench::new().await;
    assert_eq!(bench.op("deploy", "").await.status, 501);
    assert_eq!(bench.client.post("machines/", "hostname=x").await.status, 501);
    assert_eq!(bench.client.get("events/?op=query").await.status, 501);
}

#[tokio::test]
async fn a_body_past_the_limit_is_refused() {
    let bench = Bench::new().await;
    let answer = bench.client.ask("POST", "tags/", &format!("name={}", "x".repeat(3_000_000))).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 400));
    assert_eq!(bench.client.get("tags/").await.json(), json!([]));
}

#[tokio::test]
async fn a_stopped_rack_answers_no_more() {
    let bench = Bench::new().await;
    bench.rack.stop().await;
    assert!(bench.client.ask("GET", "version/", "").await.is_err());
}
