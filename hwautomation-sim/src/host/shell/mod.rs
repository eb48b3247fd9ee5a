//! A small POSIX shell over the simulated host. It starts no process and opens no file of the real machine: every program it knows is a function
//! of this crate, every file lives in [`super::files`]. What it does not know it refuses aloud.

mod builtin;
mod expand;
mod parse;
mod redirect;
mod redirection;
mod run;
mod start;
mod stream;
mod syntax;
mod word;

pub(crate) use run::{Ended, Shell};
pub(crate) use stream::{Input, Output, Streams};
