//! Effects: which event about one may follow, and what it changes.

use super::apply::{Verdicted, allow};
use super::{Intent, WaitState, WorkflowState};
use crate::id::{IntentName, StepName};
use crate::record::{ClosedBy, IntentResult, Side};
use crate::time::Timestamp;

impl WorkflowState {
    pub(super) fn open_intent(
        &mut self,
        name: &StepName,
        side: Side,
        intent: &IntentName,
        number: u32,
        at: Timestamp,
    ) -> Verdicted {
        self.check_side(name, side)?;
        let step = self.step_mut(name)?;
        let known = step.intents.get(&(side, intent.clone()));
        allow(
            known.is_none_or(|known| !known.is_open() && known.value.is_none()),
            "the effect is open or happened",
        )?;
        allow(
            number == known.map_or(1, |known| known.number + 1),
            "the effect's number is not the next one",
        )?;
        let opened = Intent::begin(number, at, known);
        step.intents.insert((side, intent.clone()), opened);
        // An override is for one effect only.
        self.power_override = None;
        Ok(())
    }

    pub(super) fn close_intent(
        &mut self,
        name: &StepName,
        side: Side,
        intent: &IntentName,
        result: &IntentResult,
        by: ClosedBy,
    ) -> Verdicted {
        if by == ClosedBy::Call {
            self.check_side(name, side)?;
        }
        let step = self.step_mut(name)?;
        let known = step.intents.get_mut(&(side, intent.clone())).filter(|known| known.is_open());
        known.ok_or("the effect is not open")?.end(result, by);
        Ok(())
    }

    pub(super) fn await_effect(
        &mut self,
        name: &StepName,
        side: Side,
        intent: &IntentName,
        wait: WaitState,
    ) -> Verdicted {
        let known = self.step_mut(name)?.intents.get_mut(&(side, intent.clone()));
        let known = known.filter(|known| known.is_open()).ok_or("the effect is not open")?;
        known.awaited = Some(wait);
        Ok(())
    }

    /// An effect belongs to a step that runs, or to one that is being undone.
    pub(super) fn check_side(&mut self, name: &StepName, side: Side) -> Verdicted {
        match side {
            Side::Run => {
                allow(self.undo.is_none(), "the run goes backwards")?;
                allow(self.step_mut(name)?.is_active(), "the step is not running")
            }
            Side::Undo => self.active_undo(name).map(|_| ()),
        }
    }
}
