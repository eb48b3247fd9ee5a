//! The loops of reading, against the double of a BMC that may do everything wrongly.

mod anything;
mod clear;
mod double;
mod events;
mod records;
mod sensors;

use std::net::{Ipv4Addr, SocketAddr};

/// The BMC's address: nothing is sent there.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 623);
