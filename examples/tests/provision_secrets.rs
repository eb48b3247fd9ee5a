//! No secret of an end-to-end run is in what it prints, reports or stores.

mod program;

use program::program;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn example(name: &str, folder: &Path, args: &[&str]) -> Output {
    let run = Command::new(program(name)).args(args).current_dir(folder).stdin(Stdio::null()).output();
    run.expect("the example was built")
}

/// Asks the kept rack for its passwords and keys.
fn secrets(folder: &Path) -> Vec<String> {
    let sheet = example("rack", folder, &["--servers", "1", "--keep", "site.db.rack", "--once"]).stdout;
    let sheet: Value = serde_json::from_slice(&sheet).expect("a sheet is JSON");
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let server = &sheet["servers"][0];
    let key = text(&server["host"]["private_key"]);
    let api_key = text(&sheet["maas"]["api_key"]);
    let mut secrets: Vec<String> =
        key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect();
    secrets.push(text(&server["bmc"]["password"]));
    secrets.push(api_key.rsplit(':').next().expect("it has three parts").to_owned());
    secrets
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[test]
fn no_secret_is_printed_reported_or_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--servers", "1", "--db", "site.db", "--report", "report.json"];
    let run = example("provision", folder.path(), &args);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    let secrets = secrets(folder.path());
    assert!(secrets.len() >= 3 && secrets.iter().all(|secret| secret.len() >= 8), "{}", secrets.len());
    let mut places = vec![("the output".to_owned(), run.stdout), ("the errors".to_owned(), run.stderr)];
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        // The simulated hardware knows its own passwords, as hardware does.
        if !path.ends_with("site.db.rack") {
            places.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
        }
    }
    assert!(
        places.iter().any(|(place, bytes)| place.ends_with("site.db") && holds(bytes, "commission_server"))
    );
    for (place, bytes) in places {
        let found = secrets.iter().position(|secret| holds(&bytes, secret));
        assert_eq!(found, None, "{place} holds the secret of this number");
    }
}
