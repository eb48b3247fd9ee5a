//! Which machine comes in which wave, and what is wrong with a request. Pure.

use super::request::{BatchRequest, StopAt, Wave};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How many waves a batch has: its definition has a step for each.
pub(super) const WAVES_MAX: usize = 10;
/// How many machines a batch has: their names are part of its first event, which each look reads.
pub(super) const MACHINES_MAX: usize = 10_000;
/// How many children may be at work at once.
pub(super) const CONCURRENCY_MAX: u32 = 1000;

/// How long a wave may soak, in seconds: 90 days, as long as its children may take.
pub(super) const SOAK_MAX_S: u64 = 90 * 86_400;

/// Holds the machines of one wave, by their places in the list, and how long it soaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ordered {
    pub(super) places: Vec<usize>,
    pub(super) soak_s: u64,
}

/// Says which machines come in which wave. Machines that no wave takes come in a last one.
pub(super) fn waves(request: &BatchRequest) -> Vec<Ordered> {
    let names: HashMap<&str, usize> =
        request.machines.iter().enumerate().map(|(place, machine)| (machine.name.as_str(), place)).collect();
    let named = request.waves.iter().flat_map(|wave| &wave.machines);
    let named: BTreeSet<usize> = named.filter_map(|name| names.get(name.as_str()).copied()).collect();
    let mut rest = (0..request.machines.len()).filter(|place| !named.contains(place));
    let mut waves: Vec<Ordered> = Vec::with_capacity(request.waves.len() + 1);
    for wave in &request.waves {
        let places = if wave.machines.is_empty() {
            rest.by_ref().take(size(wave, request.machines.len())).collect()
        } else {
            wave.machines.iter().filter_map(|name| names.get(name.as_str()).copied()).collect()
        };
        waves.push(Ordered { places, soak_s: wave.soak_s });
    }
    let last: Vec<usize> = rest.collect();
    if !last.is_empty() {
        waves.push(Ordered { places: last, soak_s: 0 });
    }
    waves
}

fn size(wave: &Wave, whole: usize) -> usize {
    let percent = wave.percent.map(|percent| (whole * usize::from(percent)).div_ceil(100));
    let count = wave.count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    count.or(percent).unwrap_or(usize::MAX)
}

/// Lists all that is wrong with a request, as far as it can be told without a look at the machines.
pub(super) fn faults(request: &BatchRequest) -> Vec<String> {
    let mut faults = Vec::new();
    if request.machines.is_empty() {
        faults.push("machines is empty".to_owned());
    }
    if request.machines.len() > MACHINES_MAX {
        faults.push(format!("{} machines are more than {MACHINES_MAX}", request.machines.len()));
    }
    if !(1..=CONCURRENCY_MAX).contains(&request.concurrency) {
        faults.push(format!("concurrency is {}; give 1 to {CONCURRENCY_MAX}", request.concurrency));
    }
    if request.attempts == Some(0) {
        faults.push("attempts is 0; give 1 or more, or leave it out".to_owned());
    }
    faults.extend(stop_fault(request.stop_at));
    let mut seen = HashSet::new();
    let repeated = request.machines.iter().filter(|machine| !seen.insert(machine.name.as_str()));
    faults.extend(repeated.map(|machine| format!("machine {} is named twice", machine.name)));
    faults.extend(wave_faults(request, &seen));
    faults
}

fn stop_fault(stop_at: StopAt) -> Option<String> {
    match stop_at {
        StopAt::Count { count: 0 } => Some("stop_at.count is 0; give 1 or more".to_owned()),
        StopAt::Percent { percent, .. } if !(1..=100).contains(&percent) => {
            Some(format!("stop_at.percent is {percent}; give 1 to 100"))
        }
        _ => None,
    }
}

fn wave_faults(request: &BatchRequest, known: &HashSet<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut taken = HashSet::new();
    for (wave, number) in request.waves.iter().zip(1..) {
        let ways = [wave.count.is_some(), wave.percent.is_some(), !wave.machines.is_empty()];
        if ways.iter().filter(|given| **given).count() > 1 {
            faults.push(format!("wave {number} says more than one of count, percent and machines"));
        }
        if wave.percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
            faults.push(format!("wave {number} has a percent outside 1 to 100"));
        }
        if wave.soak_s > SOAK_MAX_S {
            let soak_s = wave.soak_s;
            faults.push(format!(
                "wave {number} soaks for {soak_s} s; give at most {SOAK_MAX_S}, which is 90 days"
            ));
        }
        for name in &wave.machines {
            if !known.contains(name.as_str()) {
                faults.push(format!("wave {number} names {name}, which is not among the machines"));
            } else if !taken.insert(name.as_str()) {
                faults.push(format!("wave {number} names {name}, which is taken"));
            }
        }
    }
    let waves = waves(request);
    let empty = waves.iter().zip(1..).filter(|(wave, _)| wave.places.is_empty() && faults.is_empty());
    let empty: Vec<String> = empty.map(|(_, number)| format!("wave {number} has no machine left")).collect();
    faults.extend(empty);
    if waves.len() > WAVES_MAX {
        faults.push(format!("{} waves are more than {WAVES_MAX}", waves.len()));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: usize, waves: impl IntoIterator<Item = Wave>) -> BatchRequest {
        BatchRequest::new("x", (0..count).map(|number| format!("srv{number}"))).waves(waves)
    }

    fn places(request: &BatchRequest) -> Vec<Vec<usize>> {
        waves(request).into_iter().map(|wave| wave.places).collect()
    }

    #[test]
    fn first_one_then_a_tenth_then_the_rest() {
        let request = of(21, [Wave::count(1), Wave::percent(10)]);
        let sizes: Vec<usize> = places(&request).iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 3, 17]);
        assert_eq!(faults(&request), Vec::<String>::new());
    }

    #[test]
    fn named_machines_come_in_their_wave_only() {
        let request = of(4, [Wave::count(1), Wave::machines(["srv0", "srv3"])]);
        assert_eq!(places(&request), [vec![1], vec![0, 3], vec![2]]);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let mut request =
            of(2, [Wave::machines(["srv9", "srv1", "srv1"]), Wave { count: Some(0), ..Wave::percent(0) }]);
        request.machines.push("srv0".into());
        request.concurrency = 0;
        request.stop_at = StopAt::Percent { percent: 101, least: 1 };
        request.attempts = Some(0);
        assert_eq!(faults(&request).len(), 8, "{:#?}", faults(&request));
        assert_eq!(faults(&of(2, [Wave::count(1).soak_s(90 * 86_400)])), Vec::<String>::new());
        let long = faults(&of(2, [Wave::count(1).soak_s(90 * 86_400 + 1)]));
        assert_eq!(long, ["wave 1 soaks for 7776001 s; give at most 7776000, which is 90 days"]);
        assert_eq!(faults(&of(2, [Wave::rest(), Wave::count(1)])), ["wave 2 has no machine left"]);
        assert_eq!(faults(&of(11, vec![Wave::count(1); 10])).len(), 1);
        assert_eq!(faults(&of(0, [])).len(), 1);
    }
}
