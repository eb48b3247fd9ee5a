//! RMCP+ over UDP: sessions, one for each BMC at a time, kept for a while and always closed.
//!
//! Here alone datagrams are sent again, log-ins begun anew, and BMCs waited for: that is protocol. What is sent again
//! is what may be done twice; a command that may not is sent once, and its lost answer is an unknown outcome.
//!
//! ```text
//! pool ─ seat (one per BMC: whoever has it talks) ─ session ─ link ─ net (a few sockets for all)
//!   ├─ lanes     how many are talked to at a time; the silent ones apart
//!   ├─ breaker   whether a silent BMC is asked again
//!   ├─ room      how many sessions are open, and who waits for one
//!   ├─ sol       consoles, each with a session for itself and a task
//!   └─ keeper    one timer queue: sessions kept alive, and closed when nobody needs them
//! ```

mod breaker;
mod hearing;
mod identity;
mod keeper;
mod lanes;
mod login;
mod net;
mod pool;
mod refusal;
mod rest;
mod room;
mod seat;
mod seats;
mod session;
pub(crate) mod sol;
mod standing;
pub(crate) mod timing;
mod told;
mod turn;

pub(crate) use identity::Target;
pub(crate) use lanes::Pass;
pub(crate) use pool::Pool;
pub(crate) use rest::rest;
pub(crate) use sol::{Line, Pipe, open as open_console};
pub(crate) use turn::Turn;
