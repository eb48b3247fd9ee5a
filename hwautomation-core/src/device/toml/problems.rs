//! Everything that is wrong with one file, told at once.

use crate::error::{Error, Result};
use std::fmt::Display;

/// Collects what is wrong in a text.
pub(super) struct Problems<'t> {
    text: &'t str,
    source_name: &'t str,
    found: Vec<Problem>,
    /// Where the text is no TOML. What stands on such a line was not understood, so nothing else is said
    /// about it.
    broken_lines: Vec<usize>,
}

struct Problem {
    line: usize,
    column: usize,
    what: String,
}

impl<'t> Problems<'t> {
    pub(super) fn new(text: &'t str, source_name: &'t str) -> Self {
        Self { text, source_name, found: Vec::new(), broken_lines: Vec::new() }
    }

    /// Adds what is wrong with the key at a byte of the text.
    pub(super) fn add(&mut self, at: usize, key: &str, what: impl Display) {
        let (line, column) = self.place(at);
        if !self.broken_lines.contains(&line) {
            let what = if key.is_empty() { what.to_string() } else { format!("{key}: {what}") };
            self.found.push(Problem { line, column, what });
        }
    }

    /// Adds that a key is missing, unless a broken line may hold it.
    pub(super) fn add_missing(&mut self, at: usize, key: &str, missing: &str) {
        if self.broken_lines.is_empty() {
            self.add(at, key, format_args!("missing key {missing:?}"));
        }
    }

    /// Adds that the text is no TOML. Call it before any other.
    pub(super) fn add_syntax(&mut self, error: &toml::de::Error) {
        let at = error.span().map_or(0, |span| span.start);
        self.add(at, "", error.message());
        self.broken_lines.push(self.place(at).0);
    }

    /// Returns one error that tells everything, in the order of the text.
    pub(super) fn into_result(mut self) -> Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        let lines: Vec<_> = self
            .found
            .iter()
            .map(|Problem { line, column, what }| format!("{}:{line}:{column}: {what}", self.source_name))
            .collect();
        Err(Error::invalid(lines.join("\n")).with_remedy("correct the file; no profile of it was taken"))
    }

    /// Returns line and column, both from 1, the column in characters.
    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
