//! The files of a crate, each with its place in the module tree and without what no rule looks at.

use crate::strip::{blank_comments, blank_tests};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// One file of a crate.
pub(crate) struct Source {
    /// The path below `src`, with `/`.
    pub(crate) file: String,
    /// The module path of the file: empty for the root.
    pub(crate) module: Vec<String>,
    /// The text, with comments, literals and test items blanked and its lines kept.
    pub(crate) text: String,
}

impl Source {
    /// Blanks the text of a file; the second value names the modules it declares for tests alone.
    fn new(file: &str, text: &str) -> (Self, Vec<Vec<String>>) {
        let module = module_of(file);
        let (text, test_mods) = blank_tests(&blank_comments(text));
        let test_mods = test_mods.into_iter().map(|name| [module.clone(), vec![name]].concat()).collect();
        (Self { file: file.to_owned(), module, text }, test_mods)
    }

    /// Returns the top-level module that this file belongs to; none for the root.
    pub(crate) fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// Says where a byte of the text stands, as `file:line`.
    pub(crate) fn at(&self, byte: usize) -> String {
        format!("src/{}:{}", self.file, self.text[..byte].matches('\n').count() + 1)
    }
}

/// Reads the crate that these tests belong to.
pub(crate) fn of_this_crate() -> Vec<Source> {
    let src = crate_dir().join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    files.sort();
    let texts = files.iter().map(|path| {
        let below = path.strip_prefix(&src).expect("found below src").to_string_lossy().replace('\\', "/");
        (below, fs::read_to_string(path).expect("a source file is readable"))
    });
    let texts: Vec<_> = texts.collect();
    assert!(
        texts.iter().any(|(file, _)| file == "lib.rs"),
        "found no sources: these checks would prove nothing"
    );
    from_texts(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())))
}

/// Makes sources of (file, text), leaving out files that only tests see.
pub(crate) fn from_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Source> {
    let (sources, test_mods): (Vec<_>, Vec<_>) =
        texts.into_iter().map(|(file, text)| Source::new(file, text)).unzip();
    let test_mods: BTreeSet<_> = test_mods.into_iter().flatten().collect();
    sources
        .into_iter()
        .filter(|source| !test_mods.iter().any(|tests| source.module.starts_with(tests)))
        .collect()
}

/// Returns the folder of the crate that these tests belong to.
pub(crate) fn crate_dir() -> PathBuf {
    PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the crate's folder"))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a source folder is readable") {
        let path = entry.expect("a source folder is readable").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn module_of(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

#[test]
fn a_file_knows_its_module() {
    let modules = ["lib.rs", "time.rs", "engine/mod.rs", "engine/plan/next.rs"].map(module_of);
    assert_eq!(modules.map(|module| module.join("::")), ["", "time", "engine", "engine::plan::next"]);
}

#[test]
fn files_that_only_tests_see_are_left_out() {
    let sources = from_texts([
        ("time.rs", "#[cfg(test)]\nmod cases;\nmod real;"),
        ("time/cases.rs", ""),
        ("time/cases/more.rs", ""),
        ("time/real.rs", ""),
    ]);
    assert_eq!(
        sources.iter().map(|source| source.file.as_str()).collect::<Vec<_>>(),
        ["time.rs", "time/real.rs"]
    );
}
