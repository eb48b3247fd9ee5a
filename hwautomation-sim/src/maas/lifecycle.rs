//! Commissioning, abort, release and rescue mode.

use super::account::USER;
use super::answer::Answer;
use super::form::Form;
use super::machines::{listed, no_machine};
use super::power;
use crate::model::commissioning::Order;
use crate::model::machine::Machine;
use crate::model::power::Power;
use crate::model::record::{ScriptResult, SeenPower};
use crate::model::state::State;
use crate::model::status::Status;

/// Whether the scripts of a commissioning will fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scripts {
    Pass,
    Fail,
}

pub(super) fn commission(
    state: &mut State,
    id: &str,
    form: &Form,
    scripts: Scripts,
) -> Result<Answer, Answer> {
    let before = find(state, id)?.clone();
    check_scripts(form)?;
    if !before.record.status.may_commission() {
        return Err(unavailable("Commission"));
    }
    let order = order(state, form, scripts);
    machine(state, id)?.begin_commissioning(order, USER);
    // The answer shows the power as it was seen before.
    let answer = with_power(listed(state, id)?, before.record.power_state);
    match state.maas_power(id, Power::On) {
        Ok(()) => Ok(answer),
        Err(failure) => {
            machine(state, id)?.record.commissioning_result = ScriptResult::None;
            machine(state, id)?.record.testing_result = ScriptResult::None;
            Err(take_back(state, id, "COMMISSIONING", &power::failed(&failure)))
        }
    }
}

fn order(state: &mut State, form: &Form, scripts: Scripts) -> Order {
    let tests = form.all("testing_scripts").all(|name| name != "none");
    Order {
        result_id: state.result_id(),
        testing_id: tests.then(|| state.result_id()),
        enable_ssh: form.is_set("enable_ssh"),
        fails: scripts == Scripts::Fail,
    }
}

fn check_scripts(form: &Form) -> Result<(), Answer> {
    let known =
        ["none", "commissioning", "bmc-config", "update_firmware", "configure_hba", "smartctl-validate"];
    for field in ["commissioning_scripts", "testing_scripts"] {
        let mut names = form.all(field).flat_map(|names| names.split(','));
        if let Some(name) = names.find(|name| !known.contains(name)) {
            let text = format!("Select a valid choice. {name} is not one of the available choices.");
            return Err(Answer::fields(&[(field, text)]));
        }
    }
    Ok(())
}

pub(super) fn abort(state: &mut State, id: &str) -> Result<Answer, Answer> {
    let status = find(state, id)?.record.status;
    if !status.may_abort() {
        let text = format!("Cannot abort in current state: node {id} is in state {}.", status.name());
        return Err(Answer::text(409, text));
    }
    let message = format!("Aborted {}", status.name().to_lowercase());
    // A real region controller answers before the power is off, which is when the state changes.
    let mut shown = find(state, id)?.clone();
    state.maas_power(id, Power::Off).map_err(|failure| power::failed(&failure))?;
    shown.record.owner = None;
    shown.record.status_message = Some(message.clone());
    let place = super::machines::place(state, id);
    machine(state, id)?.abort();
    machine(state, id)?.record.status_message = Some(message);
    Ok(Answer::json(&super::view::machine(&shown, place)))
}

pub(super) fn release(state: &mut State, id: &str) -> Result<Answer, Answer> {
    let record = &find(state, id)?.record;
    if matches!(record.status, Status::Releasing | Status::Ready) {
        return answer(state, id);
    }
    if !record.status.may_release() {
        let text = format!("Machine cannot be released in its current state ('{}').", record.status.name());
        return Err(Answer::text(409, text));
    }
    if record.power_state != SeenPower::Off {
        state.maas_power(id, Power::Off).map_err(|failure| power::failed(&failure))?;
    }
    machine(state, id)?.release();
    answer(state, id)
}

pub(super) fn rescue_mode(state: &mut State, id: &str) -> Result<Answer, Answer> {
    let status = find(state, id)?.record.status;
    if !status.may_enter_rescue_mode() {
        return Err(invalid_transition(status, Status::EnteringRescueMode));
    }
    machine(state, id)?.enter_rescue_mode();
    match state.maas_power(id, Power::On) {
        Ok(()) => answer(state, id),
        Err(failure) => Err(take_back(state, id, "ENTERING_RESCUE_MODE", &power::failed(&failure))),
    }
}

pub(super) fn exit_rescue_mode(state: &mut State, id: &str) -> Result<Answer, Answer> {
    let record = &find(state, id)?.record;
    if !record.status.may_exit_rescue_mode() {
        return Err(invalid_transition(record.status, Status::ExitingRescueMode));
    }
    // What was deployed is started again, everything else stays off.
    let wanted = if record.previous == Status::Deployed { Power::On } else { Power::Off };
    state.maas_power(id, wanted).map_err(|failure| power::failed(&failure))?;
    machine(state, id)?.exit_rescue_mode();
    answer(state, id)
}

/// Goes back to the state before, since the machine could not be switched; returns the answer to that.
fn take_back(state: &mut State, id: &str, what: &str, refusal: &Answer) -> Answer {
    if let Ok(machine) = machine(state, id) {
        machine.abort();
        let back = machine.record.status.name().to_uppercase().replace(' ', "_");
        let action = format!("({USER}) - Aborting {what} and reverting to {back}.");
        let advice = "Unable to power control the node. Please check power credentials.";
        machine.record.status_message = Some(format!("Failed to query node's BMC - {action} {advice}"));
    }
    refusal.clone()
}

fn unavailable(action: &str) -> Answer {
    let text = format!("{action} is not available because of the current state of the node.");
    Answer::fields(&[("__all__", text)])
}

fn invalid_transition(from: Status, to: Status) -> Answer {
    Answer::text(409, format!("Invalid transition: {} -> {}.", from.name(), to.name()))
}

fn answer(state: &State, id: &str) -> Result<Answer, Answer> {
    listed(state, id).map(|machine| Answer::json(&machine))
}

fn with_power(mut listed: serde_json::Value, seen: SeenPower) -> Answer {
    if let Some(power) = listed.get_mut("power_state") {
        *power = seen.text().into();
    }
    Answer::json(&listed)
}

fn find<'a>(state: &'a State, id: &str) -> Result<&'a Machine, Answer> {
    state.in_maas(id).ok_or_else(no_machine)
}

fn machine<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Machine, Answer> {
    state.in_maas_mut(id).ok_or_else(no_machine)
}
