//! Judges whatever may arrive: four functions of bytes that panic when the code under them is wrong.
//!
//! `cargo fuzz` calls them (`fuzz/README.md`), and so do tests, over the same corpus and mutations of it
//! (`campaign.rs`). An ordinary build has none of this: `cargo fuzz` sets `cfg(fuzzing)` itself, so there is no feature
//! that somebody could turn on, or that documents with all features would show.
//!
//! What the code under test says is compared with what the independent side says (`peer.rs`, `bmc.rs`, `seen.rs`),
//! which is written from the specification and shares nothing with it.

mod bmc;
pub(crate) mod console;
mod datagrams;
mod health;
mod identity;
mod login;
mod models;
mod outside;
mod peer;
mod script;
mod seen;

#[cfg(test)]
mod campaign;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod mutation;

#[cfg(test)]
pub(crate) use {
    bmc::Bmc,
    outside::{MESSAGE_2_0, answer, suites},
    peer::{FRONT, Hash, Peer},
    seen::Seen,
};

/// Reads what comes on a console.
pub fn console(input: &[u8]) {
    console::run(input);
}

/// Reads datagrams that arrive in a session and outside of one.
pub fn datagrams(input: &[u8]) {
    datagrams::run(input);
}

/// Reads the answers of a BMC while a session is opened.
pub fn login(input: &[u8]) {
    login::run(input);
}

/// Reads one answer as that to every command.
pub fn models(input: &[u8]) {
    models::run(input);
}
