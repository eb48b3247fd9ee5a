//! The cryptography of RMCP+ sessions (IPMI 2.0, sections 13.28 to 13.33).

mod cbc;
mod keys;
mod rakp;
mod signer;
mod suite;

pub(crate) use cbc::{Cipher, IV_LENGTH};
pub(crate) use keys::Keys;
pub(crate) use rakp::Exchange;
pub(crate) use signer::{Code, Signer};
pub(crate) use suite::Suite;
