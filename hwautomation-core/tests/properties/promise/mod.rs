//! The promise, clause by clause: what must be true of any story, however it went.

mod backward;
mod calls;
mod effects;
mod history;
mod people;
mod status;
mod time;

use crate::story::{Story, Told};

/// Says which clause was broken and how.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) clause: &'static str,
    pub(crate) how: String,
}

type Kept = Result<(), String>;
type OfRun = fn(&Story, &Told) -> Kept;

macro_rules! clauses {
    ($($room:ident: $($clause:ident),+;)+) => { [$($((stringify!($clause), $room::$clause as OfRun)),+),+] };
}

/// What each run promises. The first ones are needed to read a history at all.
const CLAUSES: [(&str, OfRun); 28] = clauses! {
    history: the_history_folds, seq_has_no_gaps, it_ends_in_one_verdict_in_time, the_row_says_what_the_events_say;
    effects: a_command_is_recorded_before_it_is_sent, a_command_is_sent_once_per_intent,
        nothing_is_sent_after_it_happened, an_effect_happens_once, who_lost_the_lease_sends_nothing;
    calls: what_succeeded_never_runs_again, a_step_is_called_by_one_at_a_time, guarded_work_is_not_dropped,
        guarded_work_is_not_begun_twice, a_step_is_asked_before_it_runs_again, attempts_stay_within_the_limit,
        what_may_pass_is_tried_again, a_retry_keeps_its_pause;
    people: an_accepted_cancel_is_heard, a_cancelled_run_ends_as_cancelled, nothing_forward_follows_a_cancel,
        signals_are_neither_lost_nor_doubled, only_what_a_person_must_decide_halts, a_halt_ends_by_a_person_or_in_time;
    backward: undo_goes_newest_first, what_was_begun_is_undone_or_named;
    time: nothing_runs_after_the_deadline, a_wait_looks_again_in_time;
    status: a_run_that_rests_says_why;
};

/// Lists every clause that a story breaks.
pub(crate) fn broken_in(story: &Story) -> Vec<Broken> {
    let mut broken: Vec<Broken> =
        history::positions_have_no_gaps(story).err().map(store_clause).into_iter().collect();
    broken.extend(
        history::a_machine_has_one_run_at_a_time(story)
            .err()
            .map(|how| Broken { clause: "a_machine_has_one_run_at_a_time", how }),
    );
    for run in &story.runs {
        for (clause, kept) in CLAUSES {
            if let Err(how) = kept(story, run) {
                broken.push(Broken { clause, how: format!("run {}: {how}", run.plan) });
                if clause == "the_history_folds" {
                    break;
                }
            }
        }
    }
    broken
}

fn store_clause(how: String) -> Broken {
    Broken { clause: "positions_have_no_gaps", how }
}

/// Complains unless it is so.
fn require(so: bool, otherwise: impl FnOnce() -> String) -> Kept {
    if so { Ok(()) } else { Err(otherwise()) }
}
