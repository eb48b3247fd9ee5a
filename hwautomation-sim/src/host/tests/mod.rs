//! The face over a machine that is only a few fields: without the rack, so that what fails here fails in the face.

mod commands;
mod double;
mod login;
mod words;
