//! Serial over LAN: what a machine writes to its serial port, and what is typed (IPMI 2.0, chapter 15).

mod flow;
mod packet;

pub(crate) use flow::{CHARACTERS_MAX, RETRIES_MAX, RETRY, Sol};
pub(crate) use packet::Packet;
