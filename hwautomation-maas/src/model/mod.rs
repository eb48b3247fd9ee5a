//! What MAAS says, as our types. Pure.
//!
//! Unknown fields are ignored and unknown values kept as text: MAAS adds both from release to release.

mod addresses;
mod bmc;
mod complaint;
mod hardware;
mod machine;
mod result;
mod status;
mod tag;

pub(crate) use bmc::{BmcHost, PowerParameters};
pub(crate) use complaint::{Complaint, clean};
pub(crate) use machine::Machine;
pub(crate) use status::Status;
pub(crate) use tag::check_name;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Holds the part of a user that we read.
#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) username: String,
}

/// Reads an answer, or says where it is broken without repeating any of it: it may hold passwords.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        format!("its {} bytes are not what MAAS documents, at line {line} column {column}", body.len())
    })
}
