//! Who did it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names who asked for something. Every event and every command carries one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of actor it is.
    pub kind: ActorKind,
    /// Its name, as the embedding application knows it.
    pub name: String,
}

/// Tells people from programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActorKind {
    /// The engine itself.
    Engine,
    /// A person.
    Person,
    /// Another program.
    Service,
    /// A kind that a newer version of this crate recorded.
    #[serde(other)]
    Other,
}

impl Actor {
    /// Names the engine itself.
    #[must_use]
    pub fn engine() -> Self {
        Self { kind: ActorKind::Engine, name: "engine".to_owned() }
    }

    /// Names a person.
    #[must_use]
    pub fn person(name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Person, name: name.into() }
    }

    /// Names a program.
    #[must_use]
    pub fn service(name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Service, name: name.into() }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
