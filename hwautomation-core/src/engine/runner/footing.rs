//! What comes next where a run cannot be gone on with, or not here, or not now.

use super::open::Footing;
use super::{Flow, Runner};
use crate::engine::plan::{self, Action};
use crate::store::GiveBack;
use crate::time::Timestamp;

impl Runner {
    /// Decides what comes next.
    pub(super) fn decide(&self, now: Timestamp) -> Action {
        let (shared, state) = (&self.shared, self.journal.state());
        let next = || (shared.decide)(state, now);
        match &self.footing {
            Footing::Never(why) => plan::next_unrunnable(state, now, why),
            Footing::Firm(_) => next(),
            Footing::NotNow(why) => {
                let known = shared.troubles.stands(state.id, state.last_at);
                plan::next_held_up(state, now, next(), why, known.map_or(now, |trouble| trouble.since))
            }
            Footing::Elsewhere => {
                let why = format!("no program that was asked has the workflow {}", state.spec.name);
                plan::next_held_up(state, now, next(), &why, shared.working_since())
            }
        }
    }

    /// Lets go instead of calling a step that cannot be called here now. What is held for a call goes back: others may
    /// be served before it can ask again.
    pub(super) fn hold_up(&mut self, now: Timestamp) -> Option<Flow> {
        let state = self.journal.state();
        let until = match &self.footing {
            Footing::Firm(_) | Footing::Never(_) => return None,
            // Due for whoever knows it, behind the others: so each of many gets its look whether it must end.
            Footing::Elsewhere => now,
            Footing::NotNow(why) => {
                let again_at = self.shared.troubles.obstacle(state.id, why, now);
                let presses_at = state.presses_at().filter(|at| *at > now);
                presses_at.map_or(again_at, |at| at.min(again_at))
            }
        };
        self.journal.give_back(GiveBack::Call);
        Some(Flow::LetGo(until))
    }
}
