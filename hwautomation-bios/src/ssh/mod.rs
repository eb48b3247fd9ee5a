//! A shell on the host over SSH.

mod config;
mod error;
mod files;
mod pins;
mod quoting;
mod shell;
mod transport;

pub use config::{SshAuth, SshConfig, SshSettings};
pub use pins::{FilePins, HostKeyPins, MemoryPins};
pub use shell::SshShell;
