//! Arrows point down between crates too: core knows no adapter and no protocol, adapters do not know each other,
//! and the simulators know nobody here.

use crate::assert_none;
use crate::source;
use std::fs;
use std::path::Path;

const OURS: &str = "hwautomation-";
const CORE: &str = "hwautomation-core";
const SIM: &str = "hwautomation-sim";
/// The daemon in it is the one place that names every adapter.
const SERVER: &str = "hwautomation-server";
/// Crates, with all whose names begin so, that speak a protocol or a database's language.
const PROTOCOLS: [&str; 25] = [
    "axum",
    "curl",
    "diesel",
    "h2",
    "hickory",
    "hyper",
    "ipmi",
    "isahc",
    "native-tls",
    "nv-redfish",
    "openssh",
    "openssl",
    "postgres",
    "redfish",
    "reqwest",
    "rusqlite",
    "russh",
    "rustls",
    "sqlx",
    "ssh2",
    "tokio-postgres",
    "tokio-rusqlite",
    "tonic",
    "tower-http",
    "ureq",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

/// One line of a manifest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// Lists the dependencies of a manifest, also those for one target, by the names of the packages.
pub(crate) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let (mut kind, mut found) = (None, Vec::new());
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[') {
            let (table, name) = section_of(section.trim_end_matches(']'));
            kind = table.filter(|_| name.is_none());
            found.extend(table.zip(name).map(|(kind, name)| Dependency { name: name.to_owned(), kind }));
        } else if let (Some(kind), Some((key, value))) = (kind, line.split_once('=')) {
            let name = renamed(value).unwrap_or_else(|| key.split('.').next().unwrap_or(key));
            found.push(Dependency { name: name.trim().trim_matches('"').to_owned(), kind });
        }
    }
    found
}

/// Splits `target.x.dev-dependencies.name` into the kind and the name, where there is one.
fn section_of(section: &str) -> (Option<Kind>, Option<&str>) {
    let tables = [
        ("dev-dependencies", Kind::Dev),
        ("build-dependencies", Kind::Build),
        ("dependencies", Kind::Normal),
    ];
    let Some((table, kind)) = tables.into_iter().find(|(table, _)| section.contains(table)) else {
        return (None, None);
    };
    let name = section.split_once(table).and_then(|(_, rest)| rest.strip_prefix('.'));
    (Some(kind), name)
}

fn renamed(value: &str) -> Option<&str> {
    let (_, package) = value.split_once("package")?;
    package.trim_start().strip_prefix('=')?.split('"').nth(1)
}

/// Complains about adapters and protocols in core's manifest; its dev-dependency on itself is fine.
fn check_core(manifest: &str) -> Vec<String> {
    let itself = Dependency { name: CORE.to_owned(), kind: Kind::Dev };
    let wrong =
        dependencies(manifest).into_iter().filter(|dependency| *dependency != itself).filter(|dependency| {
            dependency.name.starts_with(OURS)
                || PROTOCOLS.iter().any(|protocol| begins_with(&dependency.name, protocol))
        });
    wrong
        .map(|dependency| {
            format!("{CORE}/Cargo.toml: depends on {}: it belongs in an adapter", dependency.name)
        })
        .collect()
}

fn begins_with(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Complains about crates of this workspace that the manifest of another of them may not name. Adapters meet the
/// simulators in their tests alone.
fn check_other(package: &str, manifest: &str) -> Vec<String> {
    let allowed = |dependency: &Dependency| match package {
        SERVER => dependency.name != SIM || dependency.kind == Kind::Dev,
        SIM => false,
        _ => dependency.name == CORE || (dependency.name == SIM && dependency.kind == Kind::Dev),
    };
    let ours = dependencies(manifest).into_iter().filter(|dependency| dependency.name.starts_with(OURS));
    let wrong = ours.filter(|dependency| !allowed(dependency));
    wrong.map(|dependency| format!("{package}/Cargo.toml: may not depend on {}", dependency.name)).collect()
}

/// Reads the manifests of the other crates beside core; there are none when core is built alone.
fn others(workspace: &Path) -> Vec<(String, String)> {
    let Ok(folders) = fs::read_dir(workspace) else { return Vec::new() };
    let packages = folders.flatten().map(|folder| folder.file_name().to_string_lossy().into_owned());
    packages
        .filter(|package| package.starts_with(OURS) && package != CORE)
        .filter_map(|package| {
            let manifest = fs::read_to_string(workspace.join(&package).join("Cargo.toml")).ok()?;
            Some((package, manifest))
        })
        .collect()
}

#[test]
fn core_names_no_adapter_and_no_protocol() {
    let manifest =
        fs::read_to_string(source::crate_dir().join("Cargo.toml")).expect("the manifest is readable");
    assert_none(&check_core(&manifest));
}

#[test]
fn other_crates_know_core_at_most() {
    let complaints = others(&source::crate_dir().join(".."));
    let complaints: Vec<_> =
        complaints.iter().flat_map(|(package, text)| check_other(package, text)).collect();
    assert_none(&complaints);
}

#[test]
fn a_manifest_is_read_in_every_form() {
    let text = "[features]\nx = []\n[dependencies]\na.workspace = true\n# z = 1\nb-b = \"1\"\nc = { package = \"d\" }\n\
                [dependencies.e]\nversion = \"1\"\n[target.'cfg(unix)'.dev-dependencies]\nf = \"1\"\n\
                [build-dependencies]\ng = \"1\"\n[lints]\nworkspace = true\n";
    let names: Vec<_> = dependencies(text).into_iter().map(|found| (found.name, found.kind)).collect();
    let expected = [
        ("a", Kind::Normal),
        ("b-b", Kind::Normal),
        ("d", Kind::Normal),
        ("e", Kind::Normal),
        ("f", Kind::Dev),
        ("g", Kind::Build),
    ];
    assert_eq!(names, expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn a_protocol_or_an_adapter_in_core_is_found() {
    for line in [
        "[dependencies]\nreqwest = \"0\"",
        "[dev-dependencies]\nrusqlite.workspace = true",
        "[dependencies.hyper-util]\nversion = \"0\"",
        "[dependencies]\nclient = { package = \"russh\", version = \"0\" }",
        "[dev-dependencies]\nhwautomation-store.workspace = true",
        "[dependencies]\nhwautomation-core = { path = \".\" }",
    ] {
        assert_eq!(check_core(line).len(), 1, "{line}");
    }
    assert_none(&check_core(
        "[dependencies]\nserde = \"1\"\n[dev-dependencies]\nhwautomation-core = { path = \".\" }",
    ));
}

#[test]
fn adapters_that_know_each_other_and_simulators_that_know_anybody_are_found() {
    for (package, line) in [
        ("hwautomation-bios", "[dependencies]\nhwautomation-redfish.workspace = true"),
        ("hwautomation-bios", "[dev-dependencies]\nhwautomation-redfish.workspace = true"),
        ("hwautomation-ipmi", "[dependencies]\nhwautomation-sim.workspace = true"),
        ("hwautomation-sim", "[dev-dependencies]\nhwautomation-core.workspace = true"),
        ("hwautomation-server", "[dependencies]\nhwautomation-sim.workspace = true"),
    ] {
        assert_eq!(check_other(package, line).len(), 1, "{package}: {line}");
    }
}

#[test]
fn core_for_all_and_simulators_in_tests_are_no_matter() {
    let adapter = "[dependencies]\nhwautomation-core.workspace = true\n[dev-dependencies]\nhwautomation-sim.workspace = true";
    assert_none(&check_other("hwautomation-ipmi", adapter));
    assert_none(&check_other("hwautomation-server", "[dependencies]\nhwautomation-maas.workspace = true"));
}
