//! Device profiles: what machines of one type have in common.

mod capability;

pub use capability::Capability;
