//! What the rooms of this face do together, against captured sessions and against a console of the tests' own.

mod commands;
mod console;
mod hostile;
mod known_answers;
mod login;
mod quirks;
mod sensors;
mod serial;
mod sessions;
