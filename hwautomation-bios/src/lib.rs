//! The hwautomation adapter for BIOS settings by the vendors' tools, run on the host over SSH.
//!
//! Two plugins, each of use without the other:
//!
//! - [`SshShell`] is core's [`RemoteShell`](hwautomation_core::plugin::RemoteShell): it runs programs on hosts and
//!   moves files over SSH, with the host's key pinned to the machine's boot generation ([`HostKeyPins`]).
//! - [`SumBackend`] is core's [`BiosBackend`](hwautomation_core::plugin::BiosBackend): it reads and stages the BIOS
//!   settings of Supermicro machines with SUM, the vendor's tool, which it runs on the host over any
//!   [`RemoteShell`](hwautomation_core::plugin::RemoteShell).
//!
//! ```
//! use hwautomation_bios::{MemoryPins, SshConfig, SshShell, SumBackend, SumConfig};
//! use hwautomation_core::plugin::CredentialsByScheme;
//! use std::sync::Arc;
//!
//! let credentials = Arc::new(CredentialsByScheme::usual());
//! let shell = Arc::new(SshShell::new(SshConfig::default(), credentials, Arc::new(MemoryPins::default()))?);
//! let bios = Arc::new(SumBackend::new(shell.clone(), SumConfig::default())?);
//! // builder.shell("ssh", shell).bios("sum", bios)
//! # Ok::<(), hwautomation_core::error::Error>(())
//! ```
//!
//! # What a machine's entry says
//!
//! ```toml
//! credentials.ssh = "file:/run/secrets/fleet-key"   # a private key as OpenSSH writes it, without a passphrase
//! settings.ssh = { username = "ubuntu", auth = "key", port = 22 }
//! settings.sum = { path = "/opt/supermicro/sum/sum", sudo = true }
//! ```
//!
//! All of `settings` has defaults: see [`SshSettings`] and [`SumSettings`].
//!
//! # What it does not do
//!
//! Nothing is tried twice and nothing waits here: only the engine retries. One thing is protocol and stays inside: a
//! kept connection that turns out to be dead before a command was handed to it is replaced, once. RSA is left out,
//! for host keys as for users' keys: Ed25519 and ECDSA are in.

mod ssh;
mod supermicro;

pub use ssh::{FilePins, HostKeyPins, MemoryPins, SshAuth, SshConfig, SshSettings, SshShell};
pub use supermicro::{SumBackend, SumConfig, SumSettings};
