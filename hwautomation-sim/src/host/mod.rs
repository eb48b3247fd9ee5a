//! The SSH face: the environment that runs on a simulated machine, from outside.
//!
//! One [`Door`] per nominal host address. Behind it is an SSH server whose commands are run by the simulated shell (`shell`) over simulated
//! programs (`program`) and a file system in memory (`files`) that lasts one boot. No command ever starts a process or opens a file of the real
//! machine: what a client may send is looked up in a table of functions.

mod door;
mod exec;
mod files;
mod hardware;
mod key;
mod machine;
mod program;
mod session;
mod shell;
#[cfg(test)]
mod tests;

pub(crate) use door::Door;
