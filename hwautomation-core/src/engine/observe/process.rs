//! What this process uses, read from `/proc` (proc(5)). Elsewhere nothing is known, and nothing is told.

use std::fs;

/// Says what the process uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usage {
    pub(super) cpu_seconds: f64,
    pub(super) resident_bytes: u64,
    pub(super) threads: u64,
    pub(super) open_files: u64,
}

/// How many ticks of the processor's clock make a second, whichever rate the kernel itself has: `USER_HZ`.
const TICKS: f64 = 100.0;

/// Reads what the process uses now. The kernel answers from memory: no disk is waited for.
pub(super) fn usage() -> Option<Usage> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    // One of them is the folder that is being read.
    let open_files = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as u64;
    Some(Usage {
        cpu_seconds: cpu_seconds(&stat)?,
        resident_bytes: number(&status, "VmRSS:")? * 1024,
        threads: number(&status, "Threads:")?,
        open_files,
    })
}

/// The times are fields 14 and 15; the second field is the program's name in brackets, which may hold anything.
#[expect(clippy::cast_precision_loss, reason = "exact for the first million years")]
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let (user, system) = (ticks()?, ticks()?);
    Some((user + system) as f64 / TICKS)
}

fn number(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_is_read_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 4 0 100 1000 200";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds("7 (a) S 1"), None);
    }

    #[test]
    fn a_number_is_read_without_its_unit() {
        assert_eq!(number("VmPeak:\t 9 kB\nVmRSS:\t   1234 kB\nThreads:\t3\n", "VmRSS:"), Some(1234));
        assert_eq!(number("Threads:\t3\n", "VmRSS:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_opened_is_counted() {
        let before = usage().unwrap();
        assert!(before.resident_bytes > 100 * 1024 && before.threads > 0);
        let files: Vec<_> = (0..50).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        assert!(usage().unwrap().open_files >= before.open_files + 40, "{} files", files.len());
    }
}
