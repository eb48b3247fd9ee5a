//! A bare UDP request/response loop on one socket that many could share: the limit of what any client can do with
//! datagrams of this size.

use crate::Outcome;
use crate::child::{self, Server};
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// How long a chassis status and its answer are inside a session, by cipher suite.
pub fn packet_bytes(suite: u8) -> usize {
    // RMCP and session header, initial vector, one block, pad and next header, code.
    if suite == 17 { 16 + 16 + 16 + 4 + 16 } else { 16 + 16 + 16 + 4 + 12 }
}

/// Sends back what comes until standard input ends.
pub fn echo() -> Outcome {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    writeln!(std::io::stdout(), "{}", socket.local_addr()?.port())?;
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            socket.send_to(&buffer[..length], peer).ok();
        }
    });
    std::io::Read::read_to_end(&mut std::io::stdin(), &mut Vec::new())?;
    Ok(())
}

/// Measures how many round trips there are a second, and how many a second of the client's processor time.
pub fn rate(suite: u8, in_flight: usize, measured: Duration) -> Outcome<[f64; 2]> {
    let process = Server::start(&[child::ECHO])?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let server = SocketAddr::from(([127, 0, 0, 1], process.port));
    let request = vec![7; packet_bytes(suite)];
    let mut answer = [0; 2048];
    for _ in 0..in_flight {
        socket.send_to(&request, server)?;
    }
    let (begun, cpu, mut done) = (Instant::now(), child::cpu()?, 0u32);
    while begun.elapsed() < measured {
        for _ in 0..in_flight {
            socket.recv_from(&mut answer)?;
            socket.send_to(&request, server)?;
        }
        done += u32::try_from(in_flight)?;
    }
    let (took, cpu) = (begun.elapsed(), child::cpu()? - cpu);
    Ok([took, cpu].map(|time| f64::from(done) / time.as_secs_f64()))
}
