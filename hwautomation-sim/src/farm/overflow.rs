//! What the system threw away because too much waited to be read.

use std::io;

/// Where the system tells of its UDP sockets, one a line (Linux, proc(5)).
const SOCKETS: &str = "/proc/self/net/udp";
/// Where a line has the local address and port, in hexadecimal digits.
const LOCAL: usize = 1;
/// Where a line has the number of datagrams that were dropped.
const DROPS: usize = 12;

/// Returns how many datagrams for the socket of all addresses with that port were dropped.
pub(super) fn dropped(port: u16) -> io::Result<u64> {
    find(&std::fs::read_to_string(SOCKETS)?, port)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no socket is bound to port {port}")))
}

fn find(sockets: &str, port: u16) -> Option<u64> {
    let local = format!("00000000:{port:04X}");
    let mut lines = sockets.lines().map(|line| line.split_whitespace());
    let mut line = lines.find(|line| line.clone().nth(LOCAL) == Some(local.as_str()))?;
    line.nth(DROPS)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::find;

    const SOCKETS: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  300: 0100007F:026F 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11 2 0000000000000000 7
  301: 00000000:026F 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12 2 0000000000000000 42
";

    #[test]
    fn the_line_of_all_addresses_is_read() {
        assert_eq!(find(SOCKETS, 623), Some(42));
        assert_eq!(find(SOCKETS, 624), None);
    }
}
