//! What the numbers depend on: processors, disk, and how durable a commit really is.

use crate::lab::{Outcome, folder, runtime};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const SYNCS: usize = 201;
/// A page of SQLite.
const PAGE: [u8; 4096] = [7; 4096];

pub fn print() -> Outcome {
    let folder = folder()?;
    let store = SqliteStore::open(SqliteConfig::new(folder.path().join("history.db")))?;
    let pragmas = runtime()?.block_on(store.pragmas())?;
    let file_system = file_system(folder.path())?;
    println!("processors: {}", std::thread::available_parallelism()?);
    println!("load in the minute before: {}", load()?);
    println!("file system: {file_system}");
    println!("journal_mode={} synchronous={}", pragmas.journal_mode, pragmas.synchronous);
    println!(
        "fdatasync of a page: {:.2} ms, the middle of {SYNCS}",
        sync_time(folder.path())?.as_secs_f64() * 1e3
    );
    assert!(pragmas.journal_mode == "wal" && pragmas.synchronous == "full", "commits are durable");
    assert_ne!(file_system, "tmpfs", "build on a disk: nothing here would be durable");
    Ok(())
}

/// Returns how many programs ran or waited for a processor or a disk: others make every number here smaller.
fn load() -> Outcome<String> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    Ok(load.split(' ').next().unwrap_or_default().to_owned())
}

/// Returns the kind of file system that is mounted nearest above the path.
fn file_system(path: &Path) -> Outcome<String> {
    let path = path.canonicalize()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let at = words.next().filter(|at| path.starts_with(at))?;
        Some((at.len(), words.next()?.to_owned()))
    });
    Ok(above.max().ok_or("no mount holds the folder")?.1)
}

fn sync_time(folder: &Path) -> Outcome<Duration> {
    let mut file = File::create(folder.join("sync"))?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&PAGE)?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[SYNCS / 2])
}
