//! Which addresses answer, and which do not.

use crate::lab::{Lab, SOON, address_beyond_loopback};
use hwautomation_sim::{FARM_BMCS_MAX, FarmPlan};
use std::io::ErrorKind;
use std::net::Ipv4Addr;

/// Far more than the system lets wait for one socket.
const FLOOD_MAX: u64 = 500_000;

#[tokio::test]
async fn each_of_ten_thousand_addresses_answers_from_itself() {
    let lab = Lab::new(FarmPlan::new(10_000)).await;
    let all: Vec<_> = lab.farm.addresses().collect();
    assert_eq!((all.len(), all[9_999]), (10_000, Ipv4Addr::new(127, 64, 39, 94)));
    for (number, address) in all.iter().enumerate() {
        lab.ping(*address, number as u8).await;
        assert_eq!(lab.pong().await, (*address, number as u8));
    }
    let total = lab.farm.total();
    assert_eq!((total.datagrams, total.answers, lab.farm.strays()), (10_000, 10_000, 0));
}

#[tokio::test]
async fn an_address_without_a_bmc_does_not_answer() {
    let lab = Lab::new(FarmPlan::new(300)).await;
    let strangers = [[127, 64, 0, 255], [127, 64, 1, 0], [127, 64, 1, 47], [127, 63, 0, 1], [127, 0, 0, 1]];
    for stranger in strangers {
        lab.ping(stranger.into(), 1).await;
    }
    lab.ping(lab.address(299), 2).await;
    assert_eq!(lab.pong().await, (Ipv4Addr::new(127, 64, 1, 46), 2));
    assert_eq!(lab.farm.strays(), 5);
}

#[tokio::test]
async fn an_address_beyond_loopback_does_not_answer() {
    let Some(beyond) = address_beyond_loopback() else {
        eprintln!("NOT RUN: this machine has no address beyond loopback");
        return;
    };
    let lab = Lab::new(FarmPlan::new(1)).await;
    let client = tokio::net::UdpSocket::bind((beyond, 0)).await.unwrap();
    client.connect((beyond, lab.farm.port())).await.unwrap();
    client.send(&[6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 1, 0, 0]).await.unwrap();
    let refused = tokio::time::timeout(SOON, client.recv(&mut [0; 64])).await.expect("an answer in time");
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused, "nobody listens there");
    lab.ping(lab.address(0), 2).await;
    assert_eq!((lab.pong().await.1, lab.farm.strays()), (2, 0));
}

#[tokio::test]
async fn datagrams_that_were_sent_in_one_call_are_answered_one_by_one() {
    let lab = Lab::new(FarmPlan::new(1)).await;
    let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(SOON)).unwrap();
    let state = quinn_udp::UdpSocketState::new((&client).into()).unwrap();
    let ping = |tag| [6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, tag, 0, 0];
    let joined = quinn_udp::Transmit {
        destination: (lab.address(0), lab.farm.port()).into(),
        ecn: None,
        contents: &[ping(1), ping(2), ping(3)].concat(),
        segment_size: Some(ping(0).len()),
        src_ip: None,
    };
    state.try_send((&client).into(), &joined).unwrap();
    client.set_nonblocking(false).unwrap();
    let heard = tokio::task::spawn_blocking(move || {
        let mut bytes = [0; 64];
        [(); 3].map(|()| client.recv(&mut bytes).map(|_| bytes[9]).unwrap())
    });
    assert_eq!(heard.await.unwrap(), [1, 2, 3]);
    assert_eq!(lab.farm.total().datagrams, 3);
}

#[tokio::test]
async fn garbage_of_any_length_has_no_answer() {
    let lab = Lab::new(FarmPlan::new(1)).await;
    for length in [0, 1, 4, 12, 15, 16, 100, 2_047, 2_048, 2_049, 9_000, 60_000] {
        for byte in [0x00, 0x06, 0xFF] {
            lab.send(lab.address(0), &vec![byte; length]).await;
        }
    }
    lab.ping(lab.address(0), 9).await;
    assert_eq!(lab.pong().await, (lab.address(0), 9));
    assert_eq!(lab.farm.total().answers, 1);
}

#[tokio::test]
async fn what_comes_faster_than_it_is_read_is_counted() {
    let lab = Lab::new(FarmPlan::new(1)).await;
    assert_eq!(lab.farm.overflowed().unwrap(), 0);
    let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut sent = 0;
    // The farm is served by this thread, which does not let it.
    while lab.farm.overflowed().unwrap() == 0 {
        assert!(sent < FLOOD_MAX, "nothing was thrown away of {sent}");
        for _ in 0..1_000 {
            // It is no RMCP, so there is no answer.
            client.send_to(&[0], (lab.address(0), lab.farm.port())).unwrap();
        }
        sent += 1_000;
    }
    let overflowed = lab.farm.overflowed().unwrap();
    let all_read = async {
        while lab.farm.total().datagrams + overflowed < sent {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, all_read).await.expect("what was not thrown away is read");
    assert_eq!(lab.farm.total().datagrams + lab.farm.overflowed().unwrap(), sent);
}

#[tokio::test]
async fn a_farm_that_stops_frees_its_port() {
    let farm = FarmPlan::new(1).port(0).start().await.unwrap();
    let again = || FarmPlan::new(1).port(farm.port()).start();
    assert_eq!(again().await.unwrap_err().kind(), ErrorKind::AddrInUse);
    farm.stop().await;
    assert_eq!(again().await.unwrap().port(), farm.port());
}

#[tokio::test]
async fn a_plan_that_cannot_be_is_refused() {
    let first = Ipv4Addr::new(127, 64, 0, 1);
    for (count, first) in [(FARM_BMCS_MAX + 1, first), (1, Ipv4Addr::new(10, 0, 0, 1)), (0, first)] {
        let refused = FarmPlan::new(count).first_address(first).port(0).start().await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput, "{count} from {first} on");
    }
}
