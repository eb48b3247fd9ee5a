//! Whether the programs of others are there. A missing one is said loudly, and is a failure where peers are required.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Finds all of these programs.
pub(crate) fn programs(names: &[&str]) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&str| std::env::split_paths(&paths).any(|path| path.join(name).exists());
    let missing: Vec<_> = names.iter().copied().filter(|name| !is_there(name)).collect();
    found(missing.is_empty().then_some(()), missing.join(" and ")).is_some()
}

/// Finds what this script of the repository has made.
pub(crate) fn made_by(script: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(script);
    let output = Command::new(&path).arg("--where").stderr(Stdio::null()).output();
    let said = output.ok().filter(|output| output.status.success());
    let place = said.and_then(|output| String::from_utf8(output.stdout).ok());
    found(place.map(|place| PathBuf::from(place.trim())), format!("what scripts/{script} makes"))
}

fn found<T>(peer: Option<T>, name: impl Display) -> Option<T> {
    let unwanted = std::env::var("HWAUTOMATION_NO_PEERS").is_ok_and(|no| no == "1");
    if unwanted {
        eprintln!("NOT RUN: programs of others are unwanted");
        return None;
    }
    if peer.is_none() {
        let required = std::env::var("HWAUTOMATION_PEERS").is_ok_and(|peers| peers == "required");
        assert!(!required, "{name} is missing; scripts/setup-peers installs it");
        eprintln!("NOT RUN: {name} is missing; scripts/setup-peers installs it");
    }
    peer
}
