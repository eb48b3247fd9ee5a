//! The rules in their order, and how often each may act.

use super::{Action, Fault};
use crate::log::Face;

/// How many rules there may be; a test needs a handful.
const RULES_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<Fault>);

impl Rules {
    /// Adds a rule behind the others. Past the limit it replaces the last.
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.truncate(RULES_MAX - 1);
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the rules that may still act.
    pub(crate) fn left(&self) -> Vec<Fault> {
        self.0.iter().filter(|fault| fault.remaining != Some(0)).cloned().collect()
    }

    /// Returns what the first rule that matches does, and counts it. A rule that lets the command go well yet gives way to the next.
    pub(crate) fn take(&mut self, face: Face, machine: Option<&str>, command: &str) -> Option<Action> {
        for fault in self.0.iter_mut().filter(|fault| fault.matches(face, machine, command)) {
            if let Some(skip) = fault.skip.checked_sub(1) {
                fault.skip = skip;
                continue;
            }
            if !fault.hits() {
                continue;
            }
            fault.remaining = fault.remaining.map(|remaining| remaining.saturating_sub(1));
            return Some(fault.drawn());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::time::Duration;

    fn asked(rules: &mut Rules, times: usize) -> Vec<Option<Action>> {
        (0..times).map(|_| rules.take(Face::Bmc, Some("srv001"), "chassis control: power on")).collect()
    }

    #[test]
    fn the_first_rule_that_matches_acts() {
        let mut rules = Rules::default();
        rules.add(Fault::new(Action::Drop).face(Face::Maas));
        rules.add(Fault::new(Action::LoseAnswer).command("power on"));
        rules.add(Fault::new(Action::Unclear));
        assert_eq!(asked(&mut rules, 1), [Some(Action::LoseAnswer)]);
    }

    #[test]
    fn a_rule_skips_first_and_then_acts_as_often_as_it_says() {
        let mut rules = Rules::default();
        rules.add(Fault::new(Action::Drop).skip(1).times(2));
        assert_eq!(asked(&mut rules, 4), [None, Some(Action::Drop), Some(Action::Drop), None]);
        assert_eq!(rules.left(), []);
    }

    #[test]
    fn chance_acts_as_often_as_it_says_and_the_same_again_with_the_same_seed() {
        let hits = |seed| {
            let mut rules = Rules::default();
            rules.add(Fault::new(Action::Drop).chance(250, seed));
            asked(&mut rules, 1_000).into_iter().map(|action| action.is_some()).collect::<Vec<_>>()
        };
        let count = hits(1).into_iter().filter(|hit| *hit).count();
        assert!((200..300).contains(&count), "{count} of a thousand");
        assert_eq!(hits(1), hits(1));
        assert_ne!(hits(1), hits(2));
    }

    #[test]
    fn a_delay_by_chance_is_between_its_limits_and_differs() {
        let (least, most) = (Duration::from_millis(10), Duration::from_millis(20));
        let mut rules = Rules::default();
        rules.add(Fault::new(Action::DelayBetween { least, most }));
        let delays: BTreeSet<_> = asked(&mut rules, 100)
            .into_iter()
            .map(|action| match action {
                Some(Action::Delay(delay)) => delay,
                other => panic!("no delay: {other:?}"),
            })
            .collect();
        assert_eq!((delays.first(), delays.last(), delays.len()), (Some(&least), Some(&most), 11));
    }

    #[test]
    fn a_rule_that_chance_passes_over_gives_way_to_the_next() {
        let mut rules = Rules::default();
        rules.add(Fault::new(Action::Drop).chance(0, 0));
        rules.add(Fault::new(Action::Unclear));
        assert_eq!(asked(&mut rules, 1), [Some(Action::Unclear)]);
    }

    #[test]
    fn a_rule_for_another_machine_does_not_act() {
        let mut rules = Rules::default();
        rules.add(Fault::new(Action::Drop).machine("srv002"));
        assert_eq!(asked(&mut rules, 1), [None]);
        assert_eq!(rules.take(Face::Bmc, None, "get device id"), None);
        assert_eq!(rules.left().len(), 1);
    }
}
