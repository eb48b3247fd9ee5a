//! Keeps the layers of this workspace: what may use what, who may write, what stays pure, what is public.
//!
//! Every checker is a function from texts to complaints, and each has a test that feeds it a bad text.

mod floors;
mod journal;
mod manifests;
mod purity;
mod signatures;
mod source;
mod strip;

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
