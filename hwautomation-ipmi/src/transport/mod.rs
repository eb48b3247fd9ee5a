//! RMCP+ over UDP: sessions, one for each BMC at a time, kept for a while and always closed.
//!
//! Here alone datagrams are sent again and log-ins begun anew: that is protocol. What is sent again is what may be
//! done twice; a command that may not is sent once, and its lost answer is an unknown outcome.

mod identity;
mod link;
mod login;
mod pool;
mod seat;
mod session;
mod timing;

pub(crate) use identity::Target;
pub(crate) use pool::Pool;
pub(crate) use seat::Turn;
