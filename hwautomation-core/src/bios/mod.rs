//! tmp
use serde::{Deserialize, Serialize};
/// tmp
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes;
/// tmp
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings;
