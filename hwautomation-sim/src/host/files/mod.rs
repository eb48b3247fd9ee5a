//! The file system of one boot: in memory, bounded, gone at the next boot. Nothing here ever opens a real file.

mod failure;
mod path;
mod tree;

pub(crate) use failure::Failure;
pub(crate) use path::{absolute, file_name};
pub(crate) use tree::{Files, Keep, Stat, User};
