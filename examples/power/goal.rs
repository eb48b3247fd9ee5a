//! When a machine is as asked: accepted is not done. Pure.

use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::plugin::{PowerAction, PowerState};

/// What a command is to lead to, and what was seen on the way.
#[derive(Debug, Clone)]
pub struct Goal {
    action: PowerAction,
    was_off: bool,
    last: Option<PowerState>,
}

/// What can be said after a look.
#[derive(Debug, PartialEq)]
pub enum Seen {
    /// It is as asked, with what is to be known beside it.
    Done(Option<&'static str>),
    /// Not yet.
    NotYet,
}

impl Goal {
    pub fn of(action: PowerAction) -> Self {
        Self { action, was_off: false, last: None }
    }

    /// Takes a reading.
    pub fn look(&mut self, power: PowerState) -> Seen {
        self.was_off |= power == PowerState::Off;
        let is_on = power == PowerState::On;
        let is_off = power == PowerState::Off;
        self.last = Some(power);
        match self.action {
            PowerAction::On if is_on => Seen::Done(None),
            PowerAction::ForcedOff | PowerAction::GracefulOff if is_off => Seen::Done(None),
            PowerAction::Cycle if is_on && self.was_off => Seen::Done(Some("it was off in between")),
            PowerAction::Reset if is_on => Seen::Done(Some("accepted; a reset leaves no trace to read back")),
            _ => Seen::NotYet,
        }
    }

    /// Tells whether a look proves that the command was carried out, also when its answer was lost.
    pub fn is_proof(&self) -> bool {
        matches!(self.action, PowerAction::On | PowerAction::ForcedOff | PowerAction::GracefulOff)
    }

    /// Tells whether what is looked for passes by, so that looks must not be far apart.
    pub fn is_fleeting(&self) -> bool {
        self.action == PowerAction::Cycle
    }

    /// Returns the last reading.
    pub fn last(&self) -> Option<&PowerState> {
        self.last.as_ref()
    }

    /// Says why it is not as asked, after so long.
    pub fn missed(&self, waited: &str) -> Error {
        let last = match &self.last {
            Some(power) => format!("it is {power}"),
            None => "its power could not be read".to_owned(),
        };
        let action = self.action;
        match (action, &self.last) {
            (PowerAction::Cycle, Some(PowerState::On)) => Error::new(
                ErrorKind::Mismatch,
                format!("{action} was accepted, but it was never seen off in {waited}: nobody knows whether it was cycled"),
            )
            .unknown_outcome()
            .with_remedy("ask the machine how long it has been up; a BMC that accepts and does nothing needs a firmware update"),
            (PowerAction::GracefulOff, Some(PowerState::On)) => Error::new(
                ErrorKind::Timeout,
                format!("{action} was accepted, and after {waited} {last}"),
            )
            .with_remedy("its operating system may need longer or not listen to the power button; `off` cuts the power"),
            _ => Error::new(ErrorKind::Timeout, format!("{action} was accepted, and after {waited} {last}"))
                .with_remedy("read its state again later; a BMC that accepts and does nothing needs a restart or a firmware update"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PowerState::{Off, On};

    fn unknown() -> PowerState {
        PowerState::Unknown { reason: "busy".to_owned() }
    }

    /// After how many looks it is done.
    fn done_after(action: PowerAction, looks: &[PowerState]) -> Option<usize> {
        let mut goal = Goal::of(action);
        looks.iter().position(|power| goal.look(power.clone()) != Seen::NotYet)
    }

    #[test]
    fn on_and_off_are_done_when_they_are_read_and_unknown_is_neither() {
        assert_eq!(done_after(PowerAction::On, &[Off, unknown(), On]), Some(2));
        assert_eq!(done_after(PowerAction::ForcedOff, &[On, unknown(), Off]), Some(2));
        assert_eq!(done_after(PowerAction::GracefulOff, &[On, On]), None);
    }

    #[test]
    fn a_cycle_is_done_when_it_was_off_and_is_on() {
        assert_eq!(done_after(PowerAction::Cycle, &[On, On, Off, On]), Some(3));
        assert_eq!(done_after(PowerAction::Cycle, &[On, On]), None);
        assert_eq!(done_after(PowerAction::Cycle, &[Off, Off]), None);
        assert_eq!(done_after(PowerAction::Reset, &[Off, On]), Some(1));
    }

    #[test]
    fn what_was_missed_says_how_it_is() {
        let missed = |action, looks: &[PowerState]| {
            let mut goal = Goal::of(action);
            assert!(looks.iter().all(|power| goal.look(power.clone()) == Seen::NotYet));
            goal.missed("60 s")
        };
        let error = missed(PowerAction::GracefulOff, &[On]);
        assert_eq!(error.message(), "graceful power off was accepted, and after 60 s it is on");
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("`off` cuts")), "{error}");
        let error = missed(PowerAction::Cycle, &[On]);
        assert!(error.message().contains("never seen off"), "{error}");
        assert_eq!(error.class(), hwautomation_core::error::ErrorClass::UnknownOutcome);
        let error = missed(PowerAction::Cycle, &[Off]);
        assert!(error.message().contains("after 60 s it is off"), "{error}");
        assert!(missed(PowerAction::On, &[]).message().contains("could not be read"));
    }
}
