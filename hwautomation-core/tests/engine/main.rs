//! How the engine behaves, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod adversity;
mod cancel;
mod failure;
mod garbage;
mod lab;
mod late_answers;
mod observe;
mod odd_store;
mod once;
mod people;
mod permits;
mod pressing;
mod recorder;
mod report;
mod retention;
mod run;
mod seams;
mod secrets;
mod spans;
mod submit;
mod wait;
