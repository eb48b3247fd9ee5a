//! The BMCs of the example `rack`.

use crate::lab::{PATIENCE, bare_with};
use crate::program::program;
use serde_json::Value;
use std::process::{Child, Command, Stdio};

/// Ends the rack with the test.
struct Rack(Child);

impl Drop for Rack {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cycle_is_seen() {
    let mut command = Command::new(program("rack"));
    command.args(["--servers", "1"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut rack = Rack(command.spawn().expect("the example was built"));
    let out = rack.0.stdout.take().unwrap();
    let sheet: Value = serde_json::Deserializer::from_reader(out).into_iter().next().unwrap().unwrap();
    let bmc = &sheet["servers"][0]["bmc"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let host = text(&sheet["connect"][format!("{}:623", text(&bmc["address"]))]);
    let (user, password) = (text(&bmc["username"]), text(&bmc["password"]));
    let run = async |line: &str| {
        let line = format!("{line} --user {user} --password-env BMC {host}");
        tokio::time::timeout(PATIENCE, bare_with(&line, &password)).await.expect("it ends").ended(0)
    };
    run("on").await;
    let cycled = run("cycle --wait 10s").await;
    assert!(cycled.out.contains("it was off in between"), "{cycled:#?}");
}
