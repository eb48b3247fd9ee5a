//! How the engine behaves, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod adversity;
mod cancel;
mod failure;
mod lab;
mod observe;
mod odd_store;
mod once;
mod recorder;
mod run;
mod secrets;
mod spans;
mod submit;
mod wait;
