//! What the shell suite asks of the rack.

use super::RackFixture;
use async_trait::async_trait;
use hwautomation_core::plugin::{RemoteShell, ShellCommand};
use hwautomation_core::testing::conformance::shell::ShellFixture;
use std::sync::Arc;

#[async_trait]
impl ShellFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn RemoteShell> {
        self.shell.clone()
    }

    fn print_args(&self, args: &[&str]) -> ShellCommand {
        ShellCommand::new("args").args(args.iter().copied())
    }

    fn printed_args(&self, stdout: &[u8]) -> Vec<String> {
        stdout.split_inclusive(|byte| *byte == b'\n').flat_map(serde_json::from_slice).collect()
    }

    fn failing(&self) -> (ShellCommand, u32) {
        (ShellCommand::new("false"), 1)
    }

    fn copy_input(&self) -> ShellCommand {
        ShellCommand::new("tee").args(["/dev/stderr"])
    }

    fn slow(&self) -> ShellCommand {
        ShellCommand::new("sleep").args(["3600"])
    }

    fn path(&self) -> String {
        "/tmp/conformance".to_owned()
    }

    async fn true_file(&self, path: &str) -> Option<Vec<u8>> {
        self.truth().files.get(path).cloned()
    }

    async fn host_calls(&self) -> u64 {
        self.truth().host_calls
    }

    async fn change_host_key(&self) {
        self.change(|truth| truth.host_key += 1);
    }
}
