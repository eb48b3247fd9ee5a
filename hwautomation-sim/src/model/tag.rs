//! The tags that MAAS knows.

use serde::{Deserialize, Serialize};

/// Is a tag of MAAS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The name: letters, digits, `_` and `-`.
    pub name: String,
    /// What it is for.
    pub comment: String,
    /// Kernel options of machines that carry it.
    pub kernel_opts: String,
    /// The XPath that puts it on machines by itself; it is stored and not evaluated here.
    pub definition: String,
}
