//! What is asked for.

use crate::error::Result;
use crate::id::MachineId;
use crate::record::OnFailure;
use crate::workflow::Submission;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Asks for one workflow on many machines. Read by JSON, or built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The workflow that each machine gets.
    pub workflow: String,
    /// What is asked of each; null when the workflow takes nothing.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub request: Value,
    /// The machines, at most 10,000, in the order in which they are started. None twice.
    pub machines: Vec<BatchMachine>,
    /// How many children are at work at once, 1 to 1000. Default 10.
    #[serde(default = "ten")]
    pub concurrency: u32,
    /// The waves, in order, at most 10. Those that no wave takes come in a last one. Default: all in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Wave>,
    /// When nothing more is started. Counted wave by wave. Default: at the first failure.
    #[serde(default)]
    pub stop_at: StopAt,
    /// What becomes of the children that run then. Default: they come to their end.
    #[serde(default)]
    pub when_stopped: WhenStopped,
    /// How long machines that other workflows hold are waited for when nothing else is left to do in their wave, in
    /// seconds. Then the batch halts. Default 3600.
    #[serde(default = "an_hour")]
    pub held_limit_s: u64,
    /// What happens to a child when a step of it fails for good. Absent: as its workflow says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
    /// How many attempts each step of a child has. Absent: as each step says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// Names a machine of a batch. In JSON its name, or an object with a request of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "MachineJson", into = "MachineJson")]
pub struct BatchMachine {
    /// Its id, alias or address.
    pub name: String,
    /// What is asked of this machine. The fields of an object are put over those of the common request; anything else
    /// but null replaces it.
    pub request: Value,
}

/// Takes some machines. Give one of `count`, `percent` and `machines`; without any it takes the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// The next machines of the list, this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The next machines of the list, this share of the whole list in percent, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// These machines, as the list names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub machines: Vec<String>,
    /// How long to wait after the wave's last child ended, in seconds, at most 90 days. Default 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub soak_s: u64,
}

/// Says when nothing more is started. A failure is a child that failed or halted; one that was cancelled is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
#[non_exhaustive]
pub enum StopAt {
    /// At this many failures in a wave.
    Count {
        /// How many, from 1.
        count: u32,
    },
    /// At this share of failures among those of a wave that came to rest.
    Percent {
        /// The share, 1 to 100.
        percent: u8,
        /// How many must have come to rest before the share counts; at the wave's end it counts in any case.
        /// Default 1.
        #[serde(default = "one")]
        least: u32,
    },
}

/// Says what becomes of running children when the limit of failures is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhenStopped {
    /// They come to their end. The default.
    #[default]
    Finish,
    /// They are cancelled, and undone.
    Cancel,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum MachineJson {
    Name(String),
    With { name: String, request: Value },
}

fn one() -> u32 {
    1
}

fn ten() -> u32 {
    10
}

fn an_hour() -> u64 {
    3600
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<MachineJson> for BatchMachine {
    fn from(json: MachineJson) -> Self {
        match json {
            MachineJson::Name(name) => Self { name, request: Value::Null },
            MachineJson::With { name, request } => Self { name, request },
        }
    }
}

impl From<BatchMachine> for MachineJson {
    fn from(BatchMachine { name, request }: BatchMachine) -> Self {
        if request.is_null() { Self::Name(name) } else { Self::With { name, request } }
    }
}

impl From<&str> for BatchMachine {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), request: Value::Null }
    }
}

impl From<String> for BatchMachine {
    fn from(name: String) -> Self {
        Self { name, request: Value::Null }
    }
}

impl Default for StopAt {
    fn default() -> Self {
        Self::Count { count: 1 }
    }
}

impl Wave {
    /// Takes the next machines of the list.
    #[must_use]
    pub fn count(count: u32) -> Self {
        Self { count: Some(count), ..Self::default() }
    }

    /// Takes the next machines of the list: a share of the whole list in percent, rounded up.
    #[must_use]
    pub fn percent(percent: u8) -> Self {
        Self { percent: Some(percent), ..Self::default() }
    }

    /// Takes these machines.
    #[must_use]
    pub fn machines<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { machines: names.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Takes what no other wave takes.
    #[must_use]
    pub fn rest() -> Self {
        Self::default()
    }

    /// Waits this long, in seconds, after the wave's last child ended.
    #[must_use]
    pub fn soak_s(mut self, seconds: u64) -> Self {
        self.soak_s = seconds;
        self
    }
}

impl BatchRequest {
    /// Asks for this workflow on these machines, ten at a time, all in one wave, up to the first failure.
    #[must_use]
    pub fn new<M: Into<BatchMachine>>(
        workflow: impl Into<String>,
        machines: impl IntoIterator<Item = M>,
    ) -> Self {
        Self {
            workflow: workflow.into(),
            request: Value::Null,
            machines: machines.into_iter().map(Into::into).collect(),
            concurrency: ten(),
            waves: Vec::new(),
            stop_at: StopAt::default(),
            when_stopped: WhenStopped::default(),
            held_limit_s: an_hour(),
            on_failure: None,
            attempts: None,
        }
    }

    /// Says what is asked of each machine.
    ///
    /// # Errors
    ///
    /// `Invalid` when it cannot be written as JSON.
    pub fn request(mut self, request: impl Serialize) -> Result<Self> {
        self.request = Submission::new("").request(request)?.request;
        Ok(self)
    }

    /// Replaces how many children are at work at once.
    #[must_use]
    pub fn concurrency(mut self, concurrency: u32) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Replaces the waves.
    #[must_use]
    pub fn waves(mut self, waves: impl IntoIterator<Item = Wave>) -> Self {
        self.waves = waves.into_iter().collect();
        self
    }

    /// Says when nothing more is started.
    #[must_use]
    pub fn stop_at(mut self, stop_at: StopAt) -> Self {
        self.stop_at = stop_at;
        self
    }

    /// Says what happens to a child when a step of it fails for good.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = Some(on_failure);
        self
    }

    /// Makes what a manager takes.
    ///
    /// # Errors
    ///
    /// `Invalid` when it cannot be written as JSON.
    pub fn submission(&self) -> Result<Submission> {
        Submission::new(super::Batch::WORKFLOW).request(self)
    }

    /// Makes what is submitted for one machine.
    pub(super) fn child(&self, machine: &BatchMachine, id: Option<&MachineId>) -> Submission {
        let name = id.map_or(machine.name.as_str(), MachineId::as_str);
        let mut submission = Submission::new(self.workflow.clone()).machine(name);
        submission.request = put_over(&self.request, &machine.request);
        submission.on_failure = self.on_failure;
        submission.attempts = self.attempts;
        submission
    }
}

fn put_over(common: &Value, own: &Value) -> Value {
    match (common, own) {
        (_, Value::Null) => common.clone(),
        (Value::Object(common), Value::Object(own)) => {
            let mut all = common.clone();
            all.extend(own.clone());
            Value::Object(all)
        }
        (_, own) => own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_machines_own_request_is_put_over_the_common_one() {
        let machine = BatchMachine { name: "srv001".to_owned(), request: json!({"ip": 7}) };
        let request =
            BatchRequest::new("x", [machine.clone()]).request(json!({"type": "a", "ip": 1})).unwrap();
        assert_eq!(request.child(&machine, None).request, json!({"type": "a", "ip": 7}));
        assert_eq!(request.child(&"srv001".into(), None).request, json!({"type": "a", "ip": 1}));
    }

    #[test]
    fn a_misspelt_field_is_refused_wherever_it_stands() {
        for json in [
            json!({"workflow": "x", "machines": [], "concurency": 3}),
            json!({"workflow": "x", "machines": [], "waves": [{"soak": 3}]}),
            json!({"workflow": "x", "machines": [], "stop_at": {"percent": 3, "last": 3}}),
            json!({"workflow": "x", "machines": [{"name": "a", "reqest": 3}]}),
        ] {
            assert!(serde_json::from_value::<BatchRequest>(json.clone()).is_err(), "{json}");
        }
    }
}
