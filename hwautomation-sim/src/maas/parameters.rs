//! The power parameters of a machine in MAAS.

use super::answer::Answer;
use super::form::Form;
use super::power::MANUAL;
use crate::model::record::Record;
use crate::model::state::State;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const IPMI: &str = "ipmi";
/// What the IPMI driver knows, with what it assumes.
const KNOWN: [(&str, &str); 11] = [
    ("cipher_suite_id", "3"),
    ("k_g", ""),
    ("mac_address", ""),
    ("power_address", ""),
    ("power_boot_type", "auto"),
    ("power_driver", "LAN_2_0"),
    ("power_off_mode", "hard"),
    ("power_pass", ""),
    ("power_user", ""),
    ("privilege_level", "OPERATOR"),
    (FLAGS, ""),
];
/// The one parameter that is a list.
const FLAGS: &str = "workaround_flags";
/// What does not count when two machines are compared.
const SECRETS: [&str; 2] = ["k_g", "power_pass"];

/// Returns the parameters with what the driver assumes, in clear, as an administrator sees them.
pub(super) fn listed(record: &Record) -> Value {
    if record.power_type == MANUAL {
        return json!({});
    }
    let mut all: Map<String, Value> =
        KNOWN.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect();
    all.insert(FLAGS.to_owned(), json!(["opensesspriv"]));
    all.extend(record.power_parameters.clone());
    Value::Object(all)
}

/// Returns the record as a form changes it.
pub(super) fn changed(record: &Record, form: &Form) -> Result<Record, Answer> {
    let mut record = record.clone();
    if let Some(description) = form.get("description") {
        description.trim().clone_into(&mut record.description);
    }
    if let Some(power_type) = form.get("power_type") {
        change_type(&mut record, power_type)?;
    }
    let given = given(form)?;
    if !form.is_set("power_parameters_skip_check") {
        check(&record, &given)?;
    }
    record.power_parameters.extend(given);
    Ok(record)
}

fn change_type(record: &mut Record, power_type: &str) -> Result<(), Answer> {
    match power_type {
        _ if power_type == record.power_type => {}
        IPMI => {}
        MANUAL => record.power_parameters.clear(),
        other => {
            let text = format!("Select a valid choice. {other} is not one of the available choices.");
            return Err(Answer::fields(&[("power_type", text)]));
        }
    }
    power_type.clone_into(&mut record.power_type);
    Ok(())
}

fn given(form: &Form) -> Result<BTreeMap<String, Value>, Answer> {
    let mut given = match form.get("power_parameters") {
        None | Some("") => BTreeMap::new(),
        Some(text) => serde_json::from_str(text).map_err(|_| {
            Answer::fields(&[("power_parameters", "The power parameters are no JSON object.".to_owned())])
        })?,
    };
    let named =
        form.fields().filter_map(|(name, value)| Some((name.strip_prefix("power_parameters_")?, value)));
    let named = named.filter(|(name, _)| *name != "skip_check");
    given.extend(named.map(|(name, value)| (name.to_owned(), json!(value))));
    Ok(given)
}

fn check(record: &Record, given: &BTreeMap<String, Value>) -> Result<(), Answer> {
    let is_known = |name: &str| record.power_type == IPMI && KNOWN.iter().any(|(known, _)| *known == name);
    let unknown: Vec<&str> = given.keys().map(String::as_str).filter(|name| !is_known(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Answer::fields(&[("power_parameters", format!("Unknown parameter(s): {}.", unknown.join(", ")))]))
}

/// Says whether another machine has the same BMC: the same parameters, secrets apart.
pub(super) fn shares_bmc(state: &State, record: &Record) -> bool {
    let wanted = public(record);
    let others = state.machines.iter().map(|machine| &machine.record);
    record.power_type != MANUAL
        && others.filter(|other| other.system_id != record.system_id).any(|other| public(other) == wanted)
}

fn public(record: &Record) -> (String, Value) {
    let mut parameters = listed(record);
    if let Some(parameters) = parameters.as_object_mut() {
        parameters.retain(|name, _| !SECRETS.contains(&name.as_str()));
    }
    (record.power_type.clone(), parameters)
}
