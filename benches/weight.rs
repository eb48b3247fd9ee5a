//! What a workflow that waits weighs: the growth of a process of its own, divided by their number.

use crate::lab::{Bell, Kind, Lab, Outcome, runtime};
use hwautomation_core::record::{Resume, SubState};
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::process::Command;
use std::time::Duration;

/// The argument by which the bench calls itself.
pub const CHILD: &str = "--weigh";
const IN_FLIGHT: usize = 64;
const HOUR: Duration = Duration::from_secs(3600);
const LIMIT: Duration = Duration::from_secs(600);

/// What so many weigh, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight {
    /// Each one more, once every cache is full.
    pub each: u64,
    /// The whole process, while the first so many wait, and while all do that were weighed.
    pub process: [u64; 2],
}

/// How many times the count fills every cache, and how many times it waits at the end.
const FULL_AT: usize = 3;
pub const LAST_AT: usize = 6;

/// Weighs in a fresh process.
pub fn weigh_in_child(kind: Kind, count: usize) -> Outcome<Weight> {
    let mut child = Command::new(std::env::current_exe()?);
    let output = child.args([CHILD, &kind.to_string(), &count.to_string()]).output()?;
    if !output.status.success() {
        return Err(format!("weighing {kind}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let numbers = text.split_whitespace().map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let [each, first, last] = numbers[..] else { return Err("the child prints three numbers".into()) };
    Ok(Weight { each, process: [first, last] })
}

/// Weighs in this process and prints bytes.
pub fn weigh_here(kind: Kind, count: usize) -> Outcome {
    runtime()?.block_on(async {
        let looked = Bell::default();
        let counter = looked.clone();
        let wait = step_fn("wait", Resume::Rerun, move |_| {
            counter.ring();
            async { StepOutcome::wait("the machine to answer", HOUR, 24 * HOUR) }
        });
        let lab = Lab::start(kind, IN_FLIGHT, Workflow::new("wait").step(wait)).await?;
        let mut bytes = Vec::new();
        for times in 1..=LAST_AT {
            bytes.push(grow(&lab, &looked, times * count).await?);
        }
        let (first, last) = (bytes[0], bytes[LAST_AT - 1]);
        let more = last.saturating_sub(bytes[FULL_AT - 1]) / ((LAST_AT - FULL_AT) * count) as u64;
        println!("{more} {first} {last}");
        Ok(())
    })
}

/// Submits until so many wait, and returns the bytes that are resident then.
async fn grow(lab: &Lab, looked: &Bell, count: usize) -> Outcome<u64> {
    lab.submit("wait", count - looked.rung()).await?;
    looked.until(count).await?;
    // Until the last wait is stored as well.
    lab.manager.pause();
    let deadline = std::time::Instant::now() + LIMIT;
    while waiting(lab, count).await? < count {
        assert!(std::time::Instant::now() < deadline, "every workflow waits");
        tokio::task::yield_now().await;
    }
    lab.manager.resume();
    resident_bytes()
}

async fn waiting(lab: &Lab, count: usize) -> Outcome<usize> {
    let (mut waiting, mut before) = (0, None);
    while waiting < count {
        let page = lab.manager.list(&WorkflowFilter::open(), before, 500).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        waiting += page.iter().filter(|row| row.sub_state == Some(SubState::Waiting)).count();
    }
    Ok(waiting)
}

/// The second number of statm, in pages. Every platform this runs on has pages of 4 KiB unless it says otherwise.
fn resident_bytes() -> Outcome<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).ok_or("statm has no second number")?.parse()?;
    Ok(pages * page_bytes()?)
}

fn page_bytes() -> Outcome<u64> {
    let smaps = std::fs::read_to_string("/proc/self/smaps")?;
    let line = smaps.lines().find_map(|line| line.strip_prefix("KernelPageSize:"));
    let kib: u64 =
        line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("smaps names no page size")?.parse()?;
    Ok(kib * 1024)
}
