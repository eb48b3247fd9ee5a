//! What else `provision` and `rack` promise: another process's rack, requests by file, profiles, and trying again.

mod program;

use program::program;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn provision(folder: &Path, args: &[&str]) -> Output {
    let run = Command::new(program("provision")).args(args).current_dir(folder).stdin(Stdio::null()).output();
    run.expect("the example was built")
}

fn good(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// A rack in a process of its own, until it is dropped.
struct Rack(Child);

impl Rack {
    /// Starts it, and writes its sheet to `rack.json`.
    fn start(folder: &Path) -> (Self, Value) {
        let mut child = Command::new(program("rack"))
            .args(["--servers", "1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the example was built");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut sheet = String::new();
        for line in lines {
            let line = line.expect("it prints text");
            sheet += &line;
            if line == "}" {
                break;
            }
        }
        std::fs::write(folder.join("rack.json"), &sheet).expect("it is written");
        (Self(child), serde_json::from_str(&sheet).expect("a sheet is JSON"))
    }
}

impl Drop for Rack {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it is our child");
    }
}

#[test]
fn another_processs_rack_can_be_provisioned_again_and_again_by_any_name_of_its_servers() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_rack, sheet) = Rack::start(folder.path());
    let request = |server: &Value, target: &str| {
        let request = json!([{"server_id": server, "device_type": "a1.c5.large", "target_ipmi_ip": target}]);
        std::fs::write(folder.path().join("request.json"), request.to_string()).expect("it is written");
        good(&provision(folder.path(), &["--rack", "rack.json", "--request", "request.json"]))
    };
    let server = &sheet["servers"][0];
    let first = request(&server["name"], "192.168.1.100");
    assert!(first.contains("moving the BMC from 192.168.1.51 to 192.168.1.100"), "{first}");
    // The sheet says where it was racked; where it is now, MAAS knows.
    let second = request(&server["system_id"], "192.168.1.100");
    assert!(second.contains("every BIOS setting is as the device profile wants it"), "{second}");
    assert!(!second.contains("moving the BMC"), "{second}");
}

#[test]
fn a_halted_run_is_told_to_try_again_and_then_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--servers", "1", "--db", "site.db"];
    let failed = provision(folder.path(), &[&args[..], &["--fail", "get_server_ip"]].concat());
    assert_eq!(failed.status.code(), Some(1));
    let still = provision(folder.path(), &args);
    assert_eq!(still.status.code(), Some(1), "{}", String::from_utf8_lossy(&still.stdout));
    let retried = good(&provision(folder.path(), &[&args[..], &["--retry"]].concat()));
    assert!(retried.contains("srv001: ready"), "{retried}");
    let again = good(&provision(folder.path(), &args));
    assert!(!again.contains(": started"), "{again}");
}

#[test]
fn profiles_of_ones_own_are_what_is_pushed() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = r#"
        [device."a1.c5.large"]
        vendor = "Supermicro"
        plugins = { commissioner = "maas", power = "ipmi", boot = "ipmi", bmc = "ipmi", shell = "ssh", bios = "sum" }
        bios.settings = { "Turbo Mode" = "Disable" }
    "#;
    std::fs::write(folder.path().join("own.toml"), profile).expect("it is written");
    let args = ["--servers", "1", "--profiles", "own.toml", "--report", "report.json"];
    good(&provision(folder.path(), &args));
    let report = std::fs::read_to_string(folder.path().join("report.json")).expect("it was written");
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    let events = report[0]["events"].as_array().expect("a list");
    let pushed = events
        .iter()
        .map(|event| &event["kind"]["output"])
        .find(|output| output["name"] == "pushed_bios")
        .expect("it was pushed");
    let changes = &pushed["value"]["changes"];
    assert_eq!(changes.as_array().map(Vec::len), Some(1), "{changes}");
    assert_eq!((&changes[0]["name"], &changes[0]["to"]), (&json!("Turbo Mode"), &json!("Disable")));
}
