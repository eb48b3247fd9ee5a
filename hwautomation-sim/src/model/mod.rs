//! The machine model: pure state and due times, without sockets, locks or clocks.
//!
//! Every access settles first what has become due (see [`Machine::settle`](machine::Machine)), so a machine needs no task of its own and a kept
//! rack goes on after a restart as if nobody had looked away.

pub(crate) mod bios;
pub(crate) mod bmc;
pub(crate) mod boot;
pub(crate) mod commissioning;
pub(crate) mod hardware;
pub(crate) mod identify;
pub(crate) mod lan;
pub(crate) mod login;
pub(crate) mod machine;
pub(crate) mod power;
pub(crate) mod preset;
pub(crate) mod quirk;
pub(crate) mod record;
pub(crate) mod screen;
pub(crate) mod sel;
pub(crate) mod sensor;
mod settle;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod tag;
pub(crate) mod tempo;
pub(crate) mod truth;
pub(crate) mod users;
pub(crate) mod watch;
