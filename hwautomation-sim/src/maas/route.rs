//! From a path, a method and an `op` to what is asked for.

use super::API;
use super::answer::Answer;

/// Is what a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Version,
    Users,
    WhoAmI,
    Machines,
    PowerParametersOfAll,
    Machine(String, MachineCall),
    Tags,
    CreateTag,
    Tag(String, TagCall),
}

/// Is what is asked of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MachineCall {
    Read,
    Change,
    Commission,
    Abort,
    Release,
    RescueMode,
    ExitRescueMode,
    PowerOn,
    PowerOff,
    QueryPowerState,
    PowerParameters,
}

/// Is what is asked of one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagCall {
    Read,
    Change,
    Delete,
    UpdateNodes,
    Machines,
}

/// Operations of a real MAAS that the simulated one does not have, by kind of resource and method.
const LEFT_OUT: [(&str, &str, &[&str]); 5] = [
    ("machines", "GET", &["is_registered", "list_allocated"]),
    (
        "machines",
        "POST",
        &["", "accept", "accept_all", "add_chassis", "allocate", "clone", "release", "set_zone"],
    ),
    ("machine", "GET", &["details", "get_curtin_config", "get_token"]),
    (
        "machine",
        "POST",
        &[
            "clear_default_gateways",
            "deploy",
            "lock",
            "mark_broken",
            "mark_fixed",
            "mount_special",
            "override_failed_testing",
            "restore_default_configuration",
            "restore_networking_configuration",
            "restore_storage_configuration",
            "set_owner_data",
            "set_storage_layout",
            "set_workload_annotations",
            "test",
            "unlock",
            "unmount_special",
        ],
    ),
    ("tag", "GET", &["devices", "nodes", "rack_controllers", "region_controllers"]),
];

/// Places of a real MAAS that the simulated one does not have, by the first part of their path.
const PLACES_LEFT_OUT: [&str; 18] = [
    "account",
    "boot-resources",
    "devices",
    "dnsresources",
    "domains",
    "events",
    "fabrics",
    "ipaddresses",
    "ipranges",
    "maas",
    "nodes",
    "rackcontrollers",
    "resourcepool",
    "resourcepools",
    "scripts",
    "subnets",
    "vlans",
    "zones",
];

/// Is a place in the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    Version,
    Users,
    Machines,
    Machine(String),
    Tags,
    Tag(String),
}

impl Resource {
    /// Finds the place of a path; double slashes count once, and the last slash must be there.
    pub(super) fn find(path: &str) -> Result<Self, Answer> {
        let path = collapsed(path);
        if path.starts_with("/MAAS/api/1.0/") {
            return Err(Answer::gone());
        }
        let missing = || Answer::no_endpoint(&path);
        let inner = path.strip_prefix(API).and_then(|rest| rest.strip_suffix('/')).ok_or_else(missing)?;
        let parts: Vec<&str> = inner.split('/').collect();
        match parts.as_slice() {
            ["version"] => Ok(Self::Version),
            ["users"] => Ok(Self::Users),
            ["machines"] => Ok(Self::Machines),
            ["machines", id] => Ok(Self::Machine((*id).to_owned())),
            ["tags"] => Ok(Self::Tags),
            ["tags", name] => Ok(Self::Tag((*name).to_owned())),
            [first, ..] if PLACES_LEFT_OUT.contains(first) => {
                Err(Answer::text(501, "The simulated MAAS does not have this part of the API."))
            }
            _ => Err(missing()),
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Users => "users",
            Self::Machines => "machines",
            Self::Machine(_) => "machine",
            Self::Tags => "tags",
            Self::Tag(_) => "tag",
        }
    }

    const fn methods(&self) -> &'static str {
        match self {
            Self::Version => "GET",
            Self::Users | Self::Machines | Self::Tags => "POST, GET",
            Self::Machine(_) | Self::Tag(_) => "PUT, POST, GET, DELETE",
        }
    }

    /// Returns what a method and an `op` ask of this place.
    pub(super) fn call(self, method: &str, op: Option<&str>) -> Result<Call, Answer> {
        if !self.methods().split(", ").any(|known| known == method) {
            return Err(Answer::method_not_allowed(self.methods()));
        }
        let refusal = self.refusal(method, op);
        let found = match self {
            Self::Version => op.is_none().then_some(Call::Version),
            Self::Users => users(method, op),
            Self::Machines => machines(method, op),
            Self::Machine(id) => machine(method, op).map(|call| Call::Machine(id, call)),
            Self::Tags => tags(method, op),
            Self::Tag(name) => tag(method, op).map(|call| Call::Tag(name, call)),
        };
        found.ok_or(refusal)
    }

    fn refusal(&self, method: &str, op: Option<&str>) -> Answer {
        let wanted = (self.kind(), method);
        let left_out = |(kind, method, ops): &(&str, &str, &[&str])| {
            (*kind, *method) == wanted && ops.contains(&op.unwrap_or_default())
        };
        if LEFT_OUT.iter().any(left_out) || wanted == ("machine", "DELETE") {
            return Answer::text(501, "The simulated MAAS does not have this operation.");
        }
        Answer::unrecognised(method, op)
    }
}

fn users(method: &str, op: Option<&str>) -> Option<Call> {
    match (method, op) {
        ("GET", None) => Some(Call::Users),
        ("GET", Some("whoami")) => Some(Call::WhoAmI),
        _ => None,
    }
}

fn machines(method: &str, op: Option<&str>) -> Option<Call> {
    match (method, op) {
        ("GET", None) => Some(Call::Machines),
        ("GET", Some("power_parameters")) => Some(Call::PowerParametersOfAll),
        _ => None,
    }
}

fn machine(method: &str, op: Option<&str>) -> Option<MachineCall> {
    match (method, op) {
        ("GET", None) => Some(MachineCall::Read),
        ("GET", Some("query_power_state")) => Some(MachineCall::QueryPowerState),
        ("GET", Some("power_parameters")) => Some(MachineCall::PowerParameters),
        ("PUT", None) => Some(MachineCall::Change),
        ("POST", Some("commission")) => Some(MachineCall::Commission),
        ("POST", Some("abort")) => Some(MachineCall::Abort),
        ("POST", Some("release")) => Some(MachineCall::Release),
        ("POST", Some("rescue_mode")) => Some(MachineCall::RescueMode),
        ("POST", Some("exit_rescue_mode")) => Some(MachineCall::ExitRescueMode),
        ("POST", Some("power_on")) => Some(MachineCall::PowerOn),
        ("POST", Some("power_off")) => Some(MachineCall::PowerOff),
        _ => None,
    }
}

fn tags(method: &str, op: Option<&str>) -> Option<Call> {
    match (method, op) {
        ("GET", None) => Some(Call::Tags),
        ("POST", None) => Some(Call::CreateTag),
        _ => None,
    }
}

fn tag(method: &str, op: Option<&str>) -> Option<TagCall> {
    match (method, op) {
        ("GET", None) => Some(TagCall::Read),
        ("GET", Some("machines")) => Some(TagCall::Machines),
        ("PUT", None) => Some(TagCall::Change),
        ("DELETE", None) => Some(TagCall::Delete),
        ("POST", Some("update_nodes")) => Some(TagCall::UpdateNodes),
        _ => None,
    }
}

fn collapsed(path: &str) -> String {
    let mut collapsed = String::with_capacity(path.len());
    for letter in path.chars() {
        if letter != '/' || !collapsed.ends_with('/') {
            collapsed.push(letter);
        }
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_its_last_slash_is_unknown() {
        assert_eq!(Resource::find("/MAAS/api/2.0//machines/"), Ok(Resource::Machines));
        for path in ["/MAAS/api/2.0/machines", "/MAAS/api/2.0/", "/MAAS/api/2.0/nosuch/", "/", ""] {
            assert_eq!(Resource::find(path), Err(Answer::no_endpoint(path)), "{path}");
        }
    }

    #[test]
    fn an_operation_belongs_to_a_method() {
        let machine = || Resource::Machine("abc123".to_owned());
        assert!(machine().call("POST", Some("commission")).is_ok());
        let unrecognised = Err(Answer::unrecognised("GET", Some("commission")));
        assert_eq!(machine().call("GET", Some("commission")), unrecognised);
        assert_eq!(machine().call("POST", Some("deploy")).unwrap_err().status, 501);
        assert_eq!(machine().call("PATCH", None).unwrap_err().status, 405);
    }
}
