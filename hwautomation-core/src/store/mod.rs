//! Where history lives: the contracts of stores and directories, and their reference in memory.

mod append;
mod counts;
mod directory;
mod filter;
mod hints;
mod history;
mod inbox;
mod kinds;
mod memory;
mod overlay;
mod permit;
pub mod refusal;
mod retention;

pub use append::{After, Append, Appended, Begin, Lease, LeaseKey};
pub use counts::{Counts, Standing};
pub use directory::{MachineDirectory, MemoryDirectory};
pub use filter::{Only, WorkflowFilter};
pub use hints::{EventListener, Hint, HintListener, Hints};
pub use history::HistoryStore;
pub use inbox::{Command, InboxItem, ItemId, NewItem, Posted};
pub use kinds::Kinds;
pub use memory::MemoryStore;
pub use overlay::OverlayDirectory;
pub use permit::{Acquired, GiveBack, HOLDERS_MAX, PermitRow, PermitWait, Wanted};
pub use retention::{Pruned, Retention};
