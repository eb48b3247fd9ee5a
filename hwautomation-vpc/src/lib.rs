//! The adapter for bare-metal servers in IBM Cloud VPC.
//!
//! What it does today: it checks a configuration ([`VpcConfig`]) and obtains IAM access tokens
//! ([`TokenSource`]) by API key or by the identity of the instance that it runs on. Every failure is core's
//! [`Error`](hwautomation_core::error::Error) with a class and a remedy. It does not talk to the VPC service yet.
//!
//! Nothing is tried twice and nothing waits here: only the engine retries. TLS is rustls on ring.

mod config;
mod error;
mod iam;
mod model;
mod transport;

pub use config::{Authentication, Timeouts, TrustedProfile, VpcConfig};
pub use iam::TokenSource;
