//! MAAS's own power control: query, on, off.

use super::answer::Answer;
use super::machines::{listed, no_machine};
use crate::model::power::Power;
use crate::model::state::{PowerFailure, State};
use serde_json::{Value, json};

/// The power driver of machines that MAAS cannot switch.
pub(super) const MANUAL: &str = "manual";

pub(super) fn query(state: &mut State, id: &str) -> Result<Answer, Answer> {
    if is_manual(state, id)? {
        return Ok(Answer::json(&json!({"state": "unknown"})));
    }
    match state.maas_power_query(id) {
        Ok(Power::On) => Ok(Answer::json(&json!({"state": "on"}))),
        Ok(Power::Off) => Ok(Answer::json(&json!({"state": "off"}))),
        Err(failure) => Err(failed(&failure)),
    }
}

pub(super) fn on(state: &mut State, id: &str) -> Result<Answer, Answer> {
    if state.in_maas(id).ok_or_else(no_machine)?.record.owner.is_none() {
        return Err(Answer::text(409, "Can't start node: it hasn't been allocated."));
    }
    switch(state, id, Power::On)
}

pub(super) fn off(state: &mut State, id: &str) -> Result<Answer, Answer> {
    switch(state, id, Power::Off)
}

fn switch(state: &mut State, id: &str, wanted: Power) -> Result<Answer, Answer> {
    if is_manual(state, id)? {
        return Ok(Answer::json(&Value::Null));
    }
    state.maas_power(id, wanted).map_err(|failure| failed(&failure))?;
    listed(state, id).map(|machine| Answer::json(&machine))
}

fn is_manual(state: &State, id: &str) -> Result<bool, Answer> {
    state.in_maas(id).map(|machine| machine.record.power_type == MANUAL).ok_or_else(no_machine)
}

/// Returns what a failed power driver answers.
pub(super) fn failed(failure: &PowerFailure) -> Answer {
    let text = match failure {
        PowerFailure::NoAnswer => "ipmi: connection timeout",
        PowerFailure::NoSuchUser => "ipmi: username invalid",
        PowerFailure::WrongPassword => "ipmi: password invalid",
    };
    Answer::text(500, text)
}
