//! The adapter for MAAS: it commissions machines, says where they are reached and what is in them, keeps their
//! tags, and puts them into rescue mode.
//!
//! [`MaasCommissioner`] is core's [`Commissioner`](hwautomation_core::plugin::Commissioner) over the MAAS REST
//! API 2.0. It was written for MAAS 3.7.3 from recorded answers of one (`tests/data`).
//!
//! Nothing is tried twice and nothing waits here: only the engine retries. Every request is signed anew with
//! OAuth 1.0a PLAINTEXT, over HTTP as MAAS serves it, or better over HTTPS (rustls on ring).
//!
//! # What a run is
//!
//! MAAS counts its result sets; the number of the newest commissioning's set,
//! `current_commissioning_result_id`, names the run. MAAS gives a commissioning its number before it answers the
//! command. A machine that is *Ready* names its run only when the set says *passed*: MAAS also shows *Ready*
//! with the number of a commissioning that could not start, was aborted, or was overruled by a person. A machine
//! that is *New* names none of which there is no result: such a commissioning could not start.
//!
//! # Settings of a machine
//!
//! ```json
//! {"settings": {"maas": {"system_id": "abc123"}}}
//! ```

mod client;
mod config;
mod error;
mod model;
mod provider;

pub use config::{MaasConfig, Timeouts};
pub use provider::MaasCommissioner;
