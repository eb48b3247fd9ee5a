//! What the log says of a request, and which machine it is about. The texts are stable: fault rules and tests name them.

use super::form::Form;
use super::route::{Call, MachineCall, TagCall};
use crate::log::Kind;
use crate::model::state::State;

/// Is a request as the log and the fault rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// The machines that it is about, by name; an unknown one is not there.
    pub(super) machines: Vec<String>,
}

impl Command {
    pub(super) fn of(call: &Call, form: &Form, state: &State) -> Self {
        let kind = if reads(call) { Kind::Read } else { Kind::Command };
        Self { text: text(call, form), kind, machines: machines(call, form, state) }
    }
}

const fn reads(call: &Call) -> bool {
    match call {
        Call::Version
        | Call::Users
        | Call::WhoAmI
        | Call::Machines
        | Call::PowerParametersOfAll
        | Call::Tags => true,
        Call::Machine(_, call) => {
            matches!(call, MachineCall::Read | MachineCall::QueryPowerState | MachineCall::PowerParameters)
        }
        Call::Tag(_, call) => matches!(call, TagCall::Read | TagCall::Machines),
        Call::CreateTag => false,
    }
}

fn text(call: &Call, form: &Form) -> String {
    match call {
        Call::Version => "read version".to_owned(),
        Call::Users => "read users".to_owned(),
        Call::WhoAmI => "whoami".to_owned(),
        Call::Machines => "read machines".to_owned(),
        Call::PowerParametersOfAll => "power_parameters".to_owned(),
        Call::Machine(_, call) => machine_text(*call, form),
        Call::Tags => "read tags".to_owned(),
        Call::CreateTag => format!("tag create {}", form.get("name").unwrap_or_default()),
        Call::Tag(name, call) => format!("tag {} {name}", tag_verb(*call, form)),
    }
}

fn machine_text(call: MachineCall, form: &Form) -> String {
    match call {
        MachineCall::Read => "read machine".to_owned(),
        MachineCall::Change => format!("change machine: {}", changes(form)),
        MachineCall::Commission => "commission".to_owned(),
        MachineCall::Abort => "abort".to_owned(),
        MachineCall::Release => "release".to_owned(),
        MachineCall::RescueMode => "rescue_mode".to_owned(),
        MachineCall::ExitRescueMode => "exit_rescue_mode".to_owned(),
        MachineCall::PowerOn => "power_on".to_owned(),
        MachineCall::PowerOff => "power_off".to_owned(),
        MachineCall::QueryPowerState => "query_power_state".to_owned(),
        MachineCall::PowerParameters => "power_parameters".to_owned(),
    }
}

/// Returns the names of the changed fields; of their values only the address, which is no secret.
fn changes(form: &Form) -> String {
    let field = |(name, value): (&str, &str)| match name.strip_prefix("power_parameters_").unwrap_or(name) {
        "power_address" => format!("power_address {value}"),
        name => name.to_owned(),
    };
    form.fields().map(field).collect::<Vec<_>>().join(", ")
}

fn tag_verb(call: TagCall, form: &Form) -> &'static str {
    match call {
        TagCall::Read => "read",
        TagCall::Change => "change",
        TagCall::Delete => "delete",
        TagCall::UpdateNodes if form.get("add").is_none() && form.get("remove").is_some() => "remove",
        TagCall::UpdateNodes => "add",
        TagCall::Machines => "machines",
    }
}

fn machines(call: &Call, form: &Form, state: &State) -> Vec<String> {
    let ids: Vec<&str> = match call {
        Call::Machine(id, _) => vec![id],
        Call::Tag(_, TagCall::UpdateNodes) => form.all("add").chain(form.all("remove")).collect(),
        _ => Vec::new(),
    };
    ids.into_iter().filter_map(|id| state.in_maas(id)).map(|machine| machine.name.clone()).collect()
}
