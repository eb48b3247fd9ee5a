//! What somebody who works with a rack is given.

use hwautomation_sim::{RackPlan, RackSheet, ServerPlan};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpStream;

#[tokio::test]
async fn every_nominal_socket_has_one_of_its_own_on_the_loopback_interface() {
    let spare = Ipv4Addr::new(192, 168, 1, 100);
    let rack = RackPlan::servers(3).spare_bmc_address(spare).start().await.unwrap();
    let sheet = rack.sheet();
    let nominal: Vec<&str> = sheet.connect.keys().map(String::as_str).collect();
    let expected = [
        "192.168.1.100:623",
        "192.168.1.51:623",
        "192.168.1.52:623",
        "192.168.1.53:623",
        "192.168.2.51:22",
        "192.168.2.52:22",
        "192.168.2.53:22",
    ];
    assert_eq!(nominal, expected);
    let real: BTreeSet<SocketAddr> = sheet.connect.values().map(|text| text.parse().unwrap()).collect();
    assert!(real.iter().all(|socket| socket.ip().is_loopback() && socket.port() != 0), "{real:?}");
    assert_eq!(rack.sheet(), sheet);
}

#[tokio::test]
async fn a_sheet_is_written_and_read_again() {
    let rack = RackPlan::servers(2).start().await.unwrap();
    let sheet = rack.sheet();
    let text = serde_json::to_string(&sheet).unwrap();
    assert_eq!(serde_json::from_str::<RackSheet>(&text).unwrap(), sheet);
    assert_eq!(sheet.maas.api_key.split(':').count(), 3);
    assert!(sheet.maas.url.starts_with("http://127.0.0.1:") && sheet.maas.url.ends_with("/MAAS"));
    let first = &sheet.servers[0];
    assert_eq!((first.name.as_str(), first.device_type.as_str()), ("srv001", "a1.c5.large"));
    assert_eq!((first.bmc.username.as_str(), first.bmc.password.len()), ("ADMIN", 16));
    assert!(first.host.private_key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
}

#[tokio::test]
async fn secrets_differ_between_racks_and_servers() {
    let (one, two) =
        (RackPlan::servers(2).start().await.unwrap(), RackPlan::servers(2).start().await.unwrap());
    let (one, two) = (one.sheet(), two.sheet());
    assert_ne!(one.maas.api_key, two.maas.api_key);
    assert_ne!(one.servers[0].host.private_key, two.servers[0].host.private_key);
    assert_ne!(one.servers[0].bmc.password, one.servers[1].bmc.password);
    assert_ne!(one.servers[0].system_id, one.servers[1].system_id);
}

#[tokio::test]
async fn a_server_is_what_its_plan_says() {
    let server = ServerPlan::new("node-7")
        .device_type("b2.large")
        .system_id("abc123")
        .bmc_address(Ipv4Addr::new(10, 0, 0, 7))
        .host_address(Ipv4Addr::new(10, 0, 1, 7))
        .bmc_user("root", "calvin");
    let rack = RackPlan::new().server(server).start().await.unwrap();
    let sheet = &rack.sheet().servers[0];
    assert_eq!((sheet.name.as_str(), sheet.device_type.as_str()), ("node-7", "b2.large"));
    assert_eq!((sheet.bmc.username.as_str(), sheet.bmc.password.as_str()), ("root", "calvin"));
    assert_eq!(sheet.host.address, Ipv4Addr::new(10, 0, 1, 7));
    let truth = rack.truth("node-7");
    assert_eq!((truth.system_id.as_str(), truth.lan.gateway), ("abc123", Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!(truth.power_parameters["power_pass"], "calvin");
}

#[tokio::test]
async fn the_sheet_knows_the_password_of_now() {
    let rack = RackPlan::servers(1).start().await.unwrap();
    rack.change("srv001", |machine| machine.bmc.users[1].password = b"another".to_vec());
    assert_eq!(rack.sheet().servers[0].bmc.password, "another");
}

#[tokio::test]
async fn a_rack_that_is_stopped_has_no_sockets_left() {
    let rack = RackPlan::servers(1).start().await.unwrap();
    let url = rack.sheet().maas.url;
    let socket = url.trim_start_matches("http://").trim_end_matches("/MAAS").to_owned();
    assert!(TcpStream::connect(&socket).await.is_ok());
    rack.stop().await;
    assert!(TcpStream::connect(&socket).await.is_err());
}
