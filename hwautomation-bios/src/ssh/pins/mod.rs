//! Which host key belongs to which boot generation of a machine.
//!
//! An ephemeral image has a new key at each boot, so a key cannot be known before it is seen. What can be known is
//! when a boot happened: core counts the boots that it ordered or saw as a machine's *boot generation*. The first key
//! seen in a generation is pinned; another one in the same generation is somebody else.

mod file;
mod memory;
mod table;

pub use file::FilePins;
pub use memory::MemoryPins;

use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::id::MachineId;
use std::fmt;

/// Remembers which host key a machine has in its boot generation.
///
/// One pin for each machine is enough: that of the newest generation. A question about an older generation gets the
/// newest pin, so that a caller with old knowledge of the machine cannot pin again.
///
/// # Contract
///
/// - A machine that was never pinned, or only in an older generation, has no pin.
/// - `pin` returns the key that is pinned once it returns: the given one if there was none, else the one that was
///   there. Of two callers at the same time, one pins and both get the same answer.
/// - What `pin` returned is remembered as long as the store lasts.
/// - A store that cannot read or write says so (`Storage`, `Corrupt`), and nothing is run on the host.
#[async_trait]
pub trait HostKeyPins: fmt::Debug + Send + Sync + 'static {
    /// Returns the fingerprint pinned for this or a newer generation, such as `SHA256:...`.
    ///
    /// # Errors
    ///
    /// `Storage` or `Corrupt`, when the store cannot be read.
    async fn pinned(&self, machine: &MachineId, generation: u64) -> Result<Option<String>>;

    /// Pins a fingerprint unless there is a pin, and returns the one that is pinned then.
    ///
    /// # Errors
    ///
    /// `Storage` or `Corrupt`, when the store cannot be read or written.
    async fn pin(&self, machine: &MachineId, generation: u64, seen: &str) -> Result<String>;
}
