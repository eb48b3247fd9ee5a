//! How the engine behaves, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod adversity;
mod cancel;
mod failure;
mod garbage;
mod lab;
mod late_answers;
mod odd_store;
mod once;
mod people;
mod pressing;
mod report;
mod run;
mod secrets;
mod submit;
mod wait;
