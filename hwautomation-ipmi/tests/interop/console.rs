//! The console of OpenIPMI's simulator, whose serial port is a pseudo-terminal here: what is typed comes back in
//! capitals. It takes 28 characters at a time, has a port of its own, and tells nobody that his console was ended.

use crate::support::PATIENCE;
use crate::support::lab::{NOMINAL, machine_of, quick};
use crate::support::peer::{IpmiSim, PASSWORD, Peer, USER};
use crate::support::proxy::{Proxy, Weather};
use hwautomation_core::error::ErrorKind;
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{PowerController, PowerState, StaticCredentials};
use hwautomation_core::secret::Secret;
use hwautomation_ipmi::{Console, IpmiConfig, IpmiController};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// A BMC, and the terminal that is its machine's serial port.
struct Lab {
    sim: IpmiSim,
    _serial: File,
}

impl Lab {
    fn start() -> Option<Self> {
        let (path, serial) = serial_port();
        let lines = format!("  sol \"{path}\" 115200\n");
        let sim = IpmiSim::start_with(Peer { lines: &lines, ..Peer::default() })?;
        Some(Self { sim, _serial: serial })
    }

    /// Makes a driver that reaches the BMC there.
    fn driver(&self, at: SocketAddr) -> IpmiController {
        let connect = ConnectMap::default().with(SocketAddr::new(NOMINAL.into(), 623), at);
        let credentials = StaticCredentials::default().with("bmc", Secret::new(PASSWORD));
        IpmiController::new(IpmiConfig { connect, ..quick() }, Arc::new(credentials)).unwrap()
    }
}

fn machine() -> Machine {
    machine_of(USER)
}

/// Makes a terminal at whose other end somebody answers in capitals, until the process ends.
fn serial_port() -> (String, File) {
    let machine: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&machine).unwrap();
    unlockpt(&machine).unwrap();
    let path = ptsname(&machine, Vec::new()).unwrap().into_string().unwrap();
    let serial = File::options().read(true).write(true).open(&path).unwrap();
    let mut modes = tcgetattr(&serial).unwrap();
    modes.make_raw();
    tcsetattr(&serial, OptionalActions::Now, &modes).unwrap();
    std::thread::spawn(move || {
        let (mut machine, mut part) = (File::from(machine), [0; 256]);
        while let Ok(length @ 1..) = machine.read(&mut part) {
            machine.write_all(&part[..length].to_ascii_uppercase()).unwrap();
        }
    });
    (path, serial)
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|at| b'!' + (at % 89) as u8).collect()
}

/// Types it and reads the answer, a part at a time: a serial port holds little.
async fn echoes(console: &Console, text: &[u8]) {
    let mut ends = console;
    for part in text.chunks(500) {
        ends.write_all(part).await.unwrap();
        let mut back = vec![0; part.len()];
        timeout(PATIENCE, ends.read_exact(&mut back)).await.expect("it comes back").unwrap();
        assert_eq!(back, part.to_ascii_uppercase());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_reaches_the_serial_port_and_calls_go_on() {
    let Some(lab) = Lab::start() else { return };
    let driver = lab.driver(lab.sim.address);
    let console = driver.console(&machine()).await.unwrap();
    echoes(&console, &text(20_000)).await;
    assert_eq!(driver.power_state(&machine()).await.unwrap(), PowerState::Off);
    echoes(&console, &text(100)).await;
    console.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_has_the_console_at_a_time_and_a_dropped_one_gives_it_back() {
    let Some(lab) = Lab::start() else { return };
    let driver = lab.driver(lab.sim.address);
    for _ in 0..5 {
        let console = driver.console(&machine()).await.unwrap();
        assert_eq!(driver.console(&machine()).await.unwrap_err().kind(), ErrorKind::Conflict);
        // In two packets: what has the number of the last one before is a repetition to this BMC, whoever sends it.
        echoes(&console, &text(40)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_that_somebody_ended_is_found_out_by_who_types() {
    let Some(lab) = Lab::start() else { return };
    let driver = lab.driver(lab.sim.address);
    let console = driver.console(&machine()).await.unwrap();
    driver.end_console(&machine()).await.unwrap();
    (&console).write_all(b"x").await.unwrap();
    let error = timeout(PATIENCE, (&console).read(&mut [0; 8])).await.expect("it is told").unwrap_err();
    assert!(error.to_string().contains("did not answer"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_at_another_port_is_refused() {
    let Some(lab) = Lab::start() else { return };
    let proxy = Proxy::start(lab.sim.address, 1).await;
    let error = lab.driver(proxy.address).console(&machine()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.message().contains(&format!("UDP port {}", lab.sim.address.port())), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_where_datagrams_are() {
    let Some(lab) = Lab::start() else { return };
    // Another address with the same port: the BMC says to which one packets go.
    let here = SocketAddr::new([127, 0, 0, 2].into(), lab.sim.address.port());
    let proxy = Proxy::start_at(here, lab.sim.address, 7).await;
    let console = lab.driver(proxy.address).console(&machine()).await.unwrap();
    // Lost only, and not more: this BMC gives characters up after a few losses, and takes a copy that is late for new.
    proxy.set(Weather::Rough { lost: 50, doubled: 0, reordered: 0, late: 0 });
    echoes(&console, &text(1_000)).await;
}
