//! Somebody took the console, and who had it was not told: no packet of characters reaches him any more.

use super::*;
use crate::proxy::Proxy;
use crate::rack::PASSWORD;
use hwautomation_core::machine::ConnectMap;
use hwautomation_core::plugin::StaticCredentials;
use hwautomation_core::secret::Secret;
use hwautomation_ipmi::IpmiController;
use std::net::SocketAddr;
use std::sync::Arc;

/// What is in a packet, and that it is characters (IPMI 2.0, table 13-16).
const PAYLOAD: usize = 5;
const CHARACTERS: u8 = 0xC1;

/// Two drivers, of which the first hears no characters once its console is open.
struct Lab {
    fixture: RackFixture,
    driver: IpmiController,
    proxy: Proxy,
}

impl Lab {
    async fn start(config: IpmiConfig) -> Self {
        let fixture = start_as(config.clone()).await;
        let nominal = SocketAddr::new(fixture.truth().lan.address.into(), 623);
        let bmc = fixture.socket(nominal);
        // Another address with the same port: the BMC says to which one packets go.
        let proxy = Proxy::start_at(SocketAddr::new([127, 0, 0, 9].into(), bmc.port()), bmc, 1).await;
        let connect = ConnectMap::default().with(nominal, proxy.address);
        let credentials = StaticCredentials::default().with("bmc", Secret::new(PASSWORD));
        let driver = IpmiController::new(IpmiConfig { connect, ..config }, Arc::new(credentials)).unwrap();
        Self { fixture, driver, proxy }
    }

    /// Opens a console that hears no characters from then on.
    async fn first(&self) -> Console {
        let console = self.driver.console(&self.fixture.machine()).await.unwrap();
        self.proxy.lose(|datagram| datagram.get(PAYLOAD) == Some(&CHARACTERS));
        console
    }

    /// Takes the console for somebody else.
    async fn second(&self) -> Console {
        self.fixture.driver.end_console(&self.fixture.machine()).await.unwrap();
        open(&self.fixture).await
    }

    /// Waits until the first one is over, and sees that the second one is not.
    async fn goes_on(&self, second: &Console) {
        told(&self.fixture, "close session", 1).await;
        assert_eq!(counted(&self.fixture, "deactivate payload 1"), 1, "by who took it");
        echoes(second, b"still mine").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_closes_a_console_that_is_another_ones_leaves_it_to_him() {
    let lab = Lab::start(quick()).await;
    let (first, second) = (lab.first().await, lab.second().await);
    first.close().await;
    lab.goes_on(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drops_a_console_that_is_another_ones_leaves_it_to_him() {
    let lab = Lab::start(quick()).await;
    let (first, second) = (lab.first().await, lab.second().await);
    drop(first);
    lab.goes_on(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_no_receipt_on_a_console_that_is_another_ones_leaves_it_to_him() {
    let lab = Lab::start(IpmiConfig { retransmit: Duration::from_millis(10), ..quick() }).await;
    let (first, second) = (lab.first().await, lab.second().await);
    (&first).write_all(b"x").await.unwrap();
    timeout(PATIENCE, (&first).read(&mut [0; 8])).await.unwrap().unwrap_err();
    lab.goes_on(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_is_told_that_the_console_is_another_ones() {
    let lab = Lab::start(IpmiConfig { keep_alive: Duration::from_millis(100), ..quick() }).await;
    let first = lab.first().await;
    told(&lab.fixture, "get payload instance 1", 1).await;
    let second = lab.second().await;
    let error = timeout(PATIENCE, (&first).read(&mut [0; 8])).await.expect("it is told").unwrap_err();
    assert!(error.to_string().contains("ended the console"), "{error}");
    lab.goes_on(&second).await;
}
