//! Where the examples are that cargo builds beside the tests.

use std::path::{Path, PathBuf};

/// Returns the path of an example.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.parent().and_then(Path::parent).expect("tests lie in a folder of the target folder");
    target.join("examples").join(name)
}
