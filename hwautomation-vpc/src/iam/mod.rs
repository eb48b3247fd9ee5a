//! IAM access tokens: fetched once for all who ask, renewed before they end.

mod issuer;
mod key;
mod source;
mod token;

pub use source::TokenSource;
