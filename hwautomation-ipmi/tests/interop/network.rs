//! The BMC's network, as the simulator's script sees it.

use crate::support::lab::Lab;
use hwautomation_core::plugin::{BmcConfigurator, LanAddressSource, LanChange, LanSettings};
use std::net::Ipv4Addr;

fn initially() -> LanSettings {
    LanSettings {
        source: LanAddressSource::Static,
        address: Ipv4Addr::new(10, 0, 0, 5),
        subnet_mask: Ipv4Addr::new(255, 255, 255, 0),
        gateway: Some(Ipv4Addr::new(10, 0, 0, 1)),
        vlan: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_is_read() {
    let Some(lab) = Lab::start().await else { return };
    assert_eq!(lab.driver.read_lan(&lab.machine(), lab.at()).await.unwrap(), initially());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_differs_is_written_and_it_is_in_force_afterwards() {
    let Some(lab) = Lab::start().await else { return };
    let change = LanChange {
        address: Some(Ipv4Addr::new(10, 0, 0, 77)),
        subnet_mask: Some(initially().subnet_mask),
        gateway: Some(Ipv4Addr::new(10, 0, 0, 254)),
        ..LanChange::default()
    };
    lab.driver.set_lan(&lab.machine(), lab.at(), &change).await.unwrap();
    let mut written =
        lab.sim.lan_writes().join(" ").replace("set ", "").split(' ').map(str::to_owned).collect::<Vec<_>>();
    written.sort();
    assert_eq!(written, ["10.0.0.254", "10.0.0.77", "default_gw_ip_addr", "ip_addr"]);
    let expected =
        LanSettings { address: Ipv4Addr::new(10, 0, 0, 77), gateway: change.gateway, ..initially() };
    assert_eq!(lab.driver.read_lan(&lab.machine(), lab.at()).await.unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn dhcp_and_back_is_read_as_it_is() {
    let Some(lab) = Lab::start().await else { return };
    for source in [LanAddressSource::Dhcp, LanAddressSource::Static] {
        let change = LanChange { source: Some(source), ..LanChange::default() };
        lab.driver.set_lan(&lab.machine(), lab.at(), &change).await.unwrap();
        assert_eq!(lab.driver.read_lan(&lab.machine(), lab.at()).await.unwrap().source, source);
    }
}
