//! The list of machines, one machine, and what may be changed of it.

use super::answer::Answer;
use super::form::Form;
use super::parameters;
use super::view;
use crate::model::lan::mac_text;
use crate::model::machine::Machine;
use crate::model::state::State;
use crate::model::status::Status;
use serde_json::{Map, Value};

/// What every machine of the simulated MAAS is in, by filter.
const PLACES: [(&str, &str); 3] = [("zone", "default"), ("pool", "default"), ("domain", "maas")];

pub(super) fn no_machine() -> Answer {
    Answer::no_such("Machine")
}

/// Returns where a machine stands in the list of all.
pub(super) fn place(state: &State, id: &str) -> usize {
    state.machines.iter().position(|machine| machine.record.system_id == id).unwrap_or_default()
}

/// Returns a machine as MAAS lists it.
pub(super) fn listed(state: &State, id: &str) -> Result<Value, Answer> {
    let machine = state.in_maas(id).ok_or_else(no_machine)?;
    Ok(view::machine(machine, place(state, id)))
}

pub(super) fn read(state: &State, id: &str) -> Result<Answer, Answer> {
    listed(state, id).map(|machine| Answer::json(&machine))
}

/// Returns the machines that all filters let through; the values of one filter are alternatives.
pub(super) fn list(state: &State, query: &Form) -> Result<Answer, Answer> {
    for (name, value) in query.fields() {
        check_filter(state, name, value)?;
    }
    Ok(Answer::json(&listed_where(state, |machine| {
        query.fields().all(|(name, _)| passes(machine, query, name))
    })))
}

/// Returns the machines for which something is true.
pub(super) fn listed_where(state: &State, wanted: impl Fn(&Machine) -> bool) -> Value {
    let machines = state.machines.iter().enumerate().filter(|(_, machine)| wanted(machine));
    machines.map(|(place, machine)| view::machine(machine, place)).collect()
}

fn check_filter(state: &State, name: &str, value: &str) -> Result<(), Answer> {
    let error = |text: String| Err(Answer::fields(&[(name, text)]));
    let known_place = PLACES.iter().any(|(place, _)| *place == name);
    match name {
        "id" | "hostname" => Ok(()),
        "mac_address" if is_mac(value) => Ok(()),
        "mac_address" => error(format!("'{value}' is not a valid MAC address.")),
        "status" if Status::from_filter(value).is_some() => Ok(()),
        "status" => error(format!("Select a valid choice. {value} is not one of the available choices.")),
        "tags" if state.tags.iter().any(|tag| tag.name == value) => Ok(()),
        "tags" => error(format!("No such tag(s): '{value}'.")),
        _ if PLACES.contains(&(name, value)) => Ok(()),
        _ if known_place => error(format!("No such {name}(s): {value}.")),
        _ => error("No such constraint.".to_owned()),
    }
}

fn passes(machine: &Machine, query: &Form, name: &str) -> bool {
    let record = &machine.record;
    match name {
        "id" => query.all(name).any(|id| id == record.system_id),
        "hostname" => query.all(name).any(|hostname| hostname == machine.name),
        "mac_address" => query.all(name).any(|mac| mac == mac_text(machine.hardware.mac)),
        "status" => query.all(name).any(|status| Status::from_filter(status) == Some(record.status)),
        // Of tags the machine must carry every one.
        "tags" => query.all(name).all(|tag| record.tags.contains(tag)),
        _ => query.all(name).all(|value| PLACES.contains(&(name, value))),
    }
}

fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let is_byte = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.len() == 6 && parts.iter().all(is_byte)
}

pub(super) fn power_parameters(state: &State, id: &str) -> Result<Answer, Answer> {
    let machine = state.in_maas(id).ok_or_else(no_machine)?;
    Ok(Answer::json(&parameters::listed(&machine.record)))
}

pub(super) fn power_parameters_of_all(state: &State) -> Answer {
    let records = state.machines.iter().map(|machine| &machine.record);
    let all: Map<String, Value> =
        records.map(|record| (record.system_id.clone(), parameters::listed(record))).collect();
    Answer::json(&Value::Object(all))
}

/// Changes description and power; fields that MAAS does not know are passed over.
pub(super) fn change(state: &mut State, id: &str, form: &Form) -> Result<Answer, Answer> {
    let machine = state.in_maas(id).ok_or_else(no_machine)?;
    check_hostname(state, machine, form)?;
    let record = parameters::changed(&machine.record, form)?;
    if parameters::shares_bmc(state, &record) {
        return Err(Answer::conflict());
    }
    if let Some(machine) = state.in_maas_mut(id) {
        machine.record = record;
    }
    read(state, id)
}

fn check_hostname(state: &State, machine: &Machine, form: &Form) -> Result<(), Answer> {
    match form.get("hostname") {
        None => Ok(()),
        Some(name) if name == machine.name => Ok(()),
        Some(name) if state.machine(name).is_some() => {
            Err(Answer::fields(&[("hostname", "Node with this Hostname already exists.".to_owned())]))
        }
        Some(_) => Err(Answer::text(501, "The simulated MAAS does not rename machines.")),
    }
}
