//! What a wave does next. Pure.

use super::request::StopAt;

/// Counts the machines of a wave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// They completed.
    pub(super) completed: usize,
    /// They failed in this round.
    pub(super) failed: usize,
    /// They were cancelled in this round.
    pub(super) cancelled: usize,
    /// They are halted and wait for a person.
    pub(super) halted: usize,
    /// They are at work.
    pub(super) active: usize,
    /// They are to be started, or tried again.
    pub(super) to_start: usize,
    /// Other workflows hold them.
    pub(super) held: usize,
}

/// Says what a wave does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Start up to this many.
    Start(usize),
    /// Look again later.
    Wait,
    /// Halt for a person.
    Stop,
    /// Everything ended.
    Done,
}

impl Counts {
    /// Tells whether nothing of the wave is left that would go on by itself, but held machines.
    pub(super) fn is_idle(&self) -> bool {
        self.active == 0 && self.to_start == 0
    }

    /// Tells whether the limit of failures is reached.
    pub(super) fn is_too_bad(&self, stop_at: StopAt) -> bool {
        let failures = self.failed + self.halted;
        match stop_at {
            StopAt::Count { count } => failures > 0 && failures >= count as usize,
            StopAt::Percent { percent, least } => {
                let rested = failures + self.completed + self.cancelled;
                let counts = rested >= least as usize || (self.is_idle() && self.held == 0);
                failures > 0 && counts && failures * 100 >= rested * usize::from(percent)
            }
        }
    }
}

/// Decides. `places` is how many more children may be at work.
pub(super) fn next(counts: &Counts, places: usize, stopping: bool) -> Next {
    match counts {
        _ if stopping && counts.active == 0 => Next::Stop,
        _ if stopping => Next::Wait,
        _ if counts.to_start > 0 && places > 0 => Next::Start(places.min(counts.to_start)),
        _ if counts.is_idle() && counts.held == 0 && counts.halted == 0 => Next::Done,
        _ => Next::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIFTH: StopAt = StopAt::Percent { percent: 20, least: 5 };

    #[test]
    fn a_share_counts_from_its_least_number_on_and_at_the_end() {
        let early = Counts { failed: 1, completed: 1, active: 1, ..Counts::default() };
        assert!(!early.is_too_bad(FIFTH));
        assert!(Counts { active: 0, ..early }.is_too_bad(FIFTH));
        assert!(Counts { completed: 4, ..early }.is_too_bad(FIFTH));
        assert!(!Counts { completed: 5, ..early }.is_too_bad(FIFTH));
        assert!(!Counts { completed: 9, ..Counts::default() }.is_too_bad(FIFTH));
    }

    #[test]
    fn a_halted_machine_is_a_failure_and_a_cancelled_one_is_none() {
        let two = StopAt::Count { count: 2 };
        assert!(Counts { failed: 1, halted: 1, ..Counts::default() }.is_too_bad(two));
        assert!(!Counts { failed: 1, cancelled: 7, ..Counts::default() }.is_too_bad(two));
    }

    #[test]
    fn nothing_starts_while_it_stops_and_it_stops_when_nothing_is_at_work() {
        let counts = Counts { to_start: 3, active: 1, ..Counts::default() };
        assert_eq!(next(&counts, 2, false), Next::Start(2));
        assert_eq!(next(&counts, 0, false), Next::Wait);
        assert_eq!(next(&counts, 2, true), Next::Wait);
        assert_eq!(next(&Counts { active: 0, ..counts }, 2, true), Next::Stop);
    }

    #[test]
    fn a_wave_is_done_when_all_of_it_ended() {
        assert_eq!(next(&Counts { completed: 2, failed: 1, ..Counts::default() }, 5, false), Next::Done);
        assert_eq!(next(&Counts { held: 1, ..Counts::default() }, 5, false), Next::Wait);
        assert_eq!(next(&Counts { halted: 1, ..Counts::default() }, 5, false), Next::Wait);
    }
}
