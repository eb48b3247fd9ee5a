//! The socket of one nominal address: a datagram in, its answer out, late if a fault wants that.

use super::controller::Outgoing;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// How long a datagram may be: IPMI's are a tenth of it, and what is cut off makes no sense anyway.
const DATAGRAM_MAX: usize = 2048;
/// How many answers may wait for their time; what comes on top is lost, as it is when a network is full.
const LATE_MAX: usize = 64;

/// Answers datagrams until it is dropped.
pub(crate) async fn serve(
    socket: Arc<UdpSocket>,
    receive: impl Fn(&[u8], SocketAddr) -> Option<Outgoing> + Send,
) {
    let mut late = JoinSet::new();
    let mut buffer = vec![0; DATAGRAM_MAX];
    loop {
        // An error is about an earlier datagram: nobody listened for its answer any more.
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
        while late.try_join_next().is_some() {}
        let Some(answer) = buffer.get(..length).and_then(|datagram| receive(datagram, peer)) else {
            continue;
        };
        if answer.delay.is_zero() {
            send(&socket, &answer, peer).await;
        } else if late.len() < LATE_MAX {
            late.spawn(send_late(Arc::clone(&socket), answer, peer));
        }
    }
}

async fn send_late(socket: Arc<UdpSocket>, answer: Outgoing, peer: SocketAddr) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a fault of the simulator delays this answer, and nothing else"
    )]
    tokio::time::sleep(answer.delay).await;
    send(&socket, &answer, peer).await;
}

async fn send(socket: &UdpSocket, answer: &Outgoing, peer: SocketAddr) {
    let copies = std::iter::repeat_n(&answer.bytes, answer.copies.into());
    for bytes in answer.before.iter().chain(copies).chain(&answer.after) {
        // UDP promises nothing, and neither does a BMC.
        if let Err(error) = socket.send_to(bytes, peer).await {
            tracing::debug!(%peer, %error, "an answer was not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outgoing, serve};
    use std::time::Duration;
    use tokio::net::UdpSocket;

    /// Answers with what came, as late and as often as its first two bytes say.
    async fn echo() -> (UdpSocket, tokio::task::JoinHandle<()>) {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        client.connect(server.local_addr().unwrap()).await.unwrap();
        let task = tokio::spawn(serve(server.into(), |datagram, _| {
            let [delay, copies, ..] = *datagram else { return None };
            let delay = Duration::from_millis(u64::from(delay) * 10);
            Some(Outgoing { bytes: datagram.to_vec(), delay, copies, ..Outgoing::default() })
        }));
        (client, task)
    }

    async fn heard(client: &UdpSocket) -> Vec<u8> {
        let mut buffer = [0; 16];
        let answer = tokio::time::timeout(Duration::from_secs(10), client.recv(&mut buffer)).await;
        buffer[..answer.expect("an answer in time").unwrap()].to_vec()
    }

    #[tokio::test]
    async fn a_late_answer_holds_up_no_other() {
        let (client, task) = echo().await;
        for datagram in [&[20, 1, 1][..], &[0, 1, 2], &[1], &[0, 2, 3]] {
            client.send(datagram).await.unwrap();
        }
        for wanted in [2, 3, 3, 1] {
            assert_eq!(heard(&client).await[2], wanted);
        }
        task.abort();
    }
}
