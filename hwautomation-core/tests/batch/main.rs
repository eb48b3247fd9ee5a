//! How a batch behaves, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod campaign;
mod cancel;
mod children;
mod held;
mod large;
mod request;
mod resubmitted;
mod site;
mod status;
mod stop;
mod waves;
