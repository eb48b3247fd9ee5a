//! The bytes of RMCP+ (IPMI 2.0, section 13): pure, no socket and no clock. Whatever arrives may be anything, so
//! everything is read with checks and a malformed datagram is `None`.

mod crypto;
mod keys;
mod message;
mod packet;
mod rakp;
mod reader;
mod sealed;
pub(crate) mod sol;
mod suite;
mod suite_records;
mod window;

pub(crate) use crypto::{random, random_id};
pub(crate) use keys::{Credentials, Exchange, Role};
pub(crate) use message::{Answer, Request};
pub(crate) use packet::{Payload, bare, carries_characters, presession, unwrap_bare, unwrap_presession};
pub(crate) use rakp::{OpenAnswer, Rakp2, Rakp4, open_session, rakp1, rakp3, rakp3_refusal, role_by_name};
pub(crate) use sealed::{Kind, Opened, Sealed};
pub(crate) use suite::Suite;
pub(crate) use suite_records::suite_ids;

#[cfg(test)]
mod captured;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod refused;
