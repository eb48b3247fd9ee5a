//! The messages that open a session: read, and answered (IPMI 2.0, sections 13.17 to 13.24).

mod open;
mod rakp;
mod status;

pub(crate) use open::Open;
pub(crate) use rakp::{Rakp1, Rakp3};
pub(crate) use status::Status;

/// Writes an answer that refuses: tag, why, and whose session it is about.
fn refusal(tag: u8, status: Status, console: u32) -> Vec<u8> {
    let mut payload = vec![tag, status.0, 0, 0];
    payload.extend(console.to_le_bytes());
    payload
}
