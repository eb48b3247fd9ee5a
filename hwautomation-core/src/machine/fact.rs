//! Something that was found out about a machine.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Holds a value with who said so, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What was found.
    pub value: Value,
    /// Who said so, such as `maas` or `dmidecode`.
    pub source: String,
    /// When it was seen.
    pub at: Timestamp,
}
