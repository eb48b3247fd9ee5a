//! The quick start is one program in three places.

use std::fs;
use std::path::Path;

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(&path).unwrap_or_else(|cause| panic!("reading {}: {cause}", path.display()))
}

/// Returns the first code block of a page.
fn first_block(page: &str) -> String {
    let lines = page.lines().skip_while(|line| !line.starts_with("```rust")).skip(1);
    lines.take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
}

/// Returns the documentation of a crate, its first code block marked as Rust, which it is by default.
fn crate_docs(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let text: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    text.join("\n").replacen("```\n", "```rust\n", 1)
}

#[test]
fn the_readme_begins_with_the_example() {
    assert_eq!(first_block(&read("README.md")), read("examples/quickstart.rs"));
}

#[test]
fn the_crate_docs_begin_with_the_example() {
    assert_eq!(
        first_block(&crate_docs(&read("hwautomation-core/src/lib.rs"))),
        read("examples/quickstart.rs")
    );
}

#[test]
fn another_block_is_found_to_be_another() {
    assert_eq!(first_block("text\n```text\nno\n```\n```rust\nfn main() {}\n```\n"), "fn main() {}\n");
}
