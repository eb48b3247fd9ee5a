//! How far it is, on standard error, if that is a terminal.

use crate::power::hostlist::fold;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;
use tokio::time::Instant;

/// Often enough to look alive.
pub const REPAINT: Duration = Duration::from_millis(100);
/// Who takes longer is named.
const SLOW: Duration = Duration::from_secs(1);
/// Longer lists would name nobody.
const NAMED_MAX: u64 = 64;

/// A bar with counts, and the names of those that are waited for in the end.
pub struct Progress {
    bar: ProgressBar,
    since: Instant,
    failed: usize,
    /// How many answered in a second, until the last that did.
    rate: f64,
}

impl Progress {
    /// Begins. Where standard error is no terminal, nothing is painted.
    pub fn new(command: &'static str, hosts: usize) -> Self {
        let style = ProgressStyle::with_template("{prefix:.bold} {bar:20.green/dim} {pos}/{len} {wide_msg}")
            .expect("the template is valid")
            .progress_chars("━━─");
        let bar = ProgressBar::new(hosts as u64).with_style(style).with_prefix(command);
        bar.enable_steady_tick(REPAINT);
        Self { bar, since: Instant::now(), failed: 0, rate: 0.0 }
    }

    /// Counts an answer.
    pub fn answered(&mut self, is_good: bool) {
        self.failed += usize::from(!is_good);
        self.bar.inc(1);
        self.rate = self.bar.position() as f64 / self.since.elapsed().as_secs_f64().max(0.001);
    }

    /// Says what is waited for: those that have accepted, and by name the last that have not answered.
    pub fn waits<'a>(&self, accepted: usize, open: impl Iterator<Item = &'a str>) {
        let open_count = self.bar.length().unwrap_or(0) - self.bar.position();
        if self.bar.is_hidden() {
            return;
        }
        let named = open_count <= NAMED_MAX && self.since.elapsed() >= SLOW;
        let names = if named { fold(open) } else { String::new() };
        self.bar.set_message(message(self.rate, self.failed, accepted, &names));
    }

    /// Prints a line without tearing the bar.
    pub fn print(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

/// Takes the bar away, also when somebody stopped it.
impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn message(rate: f64, failed: usize, accepted: usize, names: &str) -> String {
    let mut parts = vec![if rate < 10.0 { format!("{rate:.1}/s") } else { format!("{rate:.0}/s") }];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if accepted > 0 {
        parts.push(format!("{accepted} accepted"));
    }
    if !names.is_empty() {
        parts.push(format!("waits for {names}"));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_what_is_wrong_and_what_is_waited_for() {
        assert_eq!(message(0.0, 0, 0, ""), "0.0/s");
        assert_eq!(message(9.94, 2, 0, "u[7,9]"), "9.9/s, 2 failed, waits for u[7,9]");
        assert_eq!(message(410.4, 0, 12, "u1"), "410/s, 12 accepted, waits for u1");
    }
}
