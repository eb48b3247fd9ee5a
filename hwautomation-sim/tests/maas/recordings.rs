//! What a real MAAS 3.7.3 was asked and answered, asked again of the simulated one.

use crate::client::{Answer, Client};
use hwautomation_sim::{Rack, RackPlan, ServerPlan, Tempo};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

const SHAPE: &str = include_str!("../data/maas/machine_shape.json");

#[derive(Debug, Deserialize)]
struct Recording {
    name: String,
    method: String,
    url: String,
    authorization: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    body: String,
    status: u16,
    answer_type: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    answer: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    Json(Value),
    Text(String),
    Begins(String),
    Keys(Vec<String>),
    Machine(BTreeMap<String, Value>),
    Machines(Vec<String>),
}

#[tokio::test]
async fn credentials_and_paths_are_answered_as_recorded() {
    replay(include_str!("../data/maas/auth.json")).await;
}

#[tokio::test]
async fn machines_are_listed_filtered_and_changed_as_recorded() {
    replay(include_str!("../data/maas/machines.json")).await;
}

#[tokio::test]
async fn tags_behave_as_recorded() {
    replay(include_str!("../data/maas/tags.json")).await;
}

#[tokio::test]
async fn power_commissioning_and_abort_behave_as_recorded() {
    replay(include_str!("../data/maas/lifecycle.json")).await;
}

#[tokio::test]
async fn power_parameters_change_as_recorded() {
    replay(include_str!("../data/maas/power.json")).await;
}

async fn replay(recordings: &str) {
    let recordings: Vec<Recording> = serde_json::from_str(recordings).expect("the recordings are readable");
    let rack = rack().await;
    let client = client(&rack);
    for recording in recordings {
        let Recording { method, url, authorization, content_type, body, .. } = &recording;
        let answer = client.send(method, url, authorization.as_deref(), content_type.as_deref(), body).await;
        recording.check(&client, &answer.expect("MAAS answers"));
    }
    rack.stop().await;
}

/// Starts the two machines of the recordings. A commissioning does not end while they are replayed.
async fn rack() -> Rack {
    let tempo = Tempo { power_edge: Duration::ZERO, commission: Duration::from_secs(3600), ..Tempo::quick() };
    let plan = RackPlan::new().server(ServerPlan::new("alpha")).server(ServerPlan::new("beta"));
    plan.tempo(tempo).start().await.expect("a rack of two servers starts")
}

fn client(rack: &Rack) -> Client {
    let mut client = Client::new(rack);
    for name in ["alpha", "beta"] {
        let mac =
            rack.change(name, |machine| machine.hardware.mac).map(|byte| format!("{byte:02x}")).join("%3A");
        client.words.insert(name.to_owned(), client.id(name));
        client.words.insert(format!("{name}_mac"), mac);
    }
    client
}

impl Recording {
    fn check(&self, client: &Client, answer: &Answer) {
        let name = &self.name;
        assert_eq!(answer.status, self.status, "{name}: {answer:?}");
        assert_eq!(answer.header("content-type"), self.answer_type, "{name}: {answer:?}");
        for (header, value) in &self.headers {
            assert_eq!(answer.header(header), value, "{name}: {answer:?}");
        }
        match &self.answer {
            Expected::Json(value) => {
                let value: Value = serde_json::from_str(&client.filled(&value.to_string()))
                    .expect("the words need no escape");
                assert_eq!(answer.json(), value, "{name}");
            }
            Expected::Text(text) => assert_eq!(answer.body, client.filled(text), "{name}"),
            Expected::Begins(text) => assert!(answer.body.starts_with(text), "{name}: {answer:?}"),
            Expected::Keys(keys) => {
                keys.iter().for_each(|key| assert!(answer.json().get(key).is_some(), "{name}: {key}"))
            }
            Expected::Machine(values) => self.check_machine(&answer.json(), values),
            Expected::Machines(hostnames) => self.check_machines(&answer.json(), hostnames),
        }
    }

    fn check_machine(&self, machine: &Value, values: &BTreeMap<String, Value>) {
        for (key, value) in values {
            assert_eq!(&machine[key], value, "{}: {key}", self.name);
        }
        self.check_shape(machine, &serde_json::from_str(SHAPE).expect("the shape is JSON"), "machine");
    }

    fn check_machines(&self, machines: &Value, hostnames: &[String]) {
        let machines = machines.as_array().unwrap_or_else(|| panic!("{}: {machines}", self.name));
        let listed: Vec<&str> = machines.iter().filter_map(|machine| machine["hostname"].as_str()).collect();
        assert_eq!(listed, hostnames, "{}", self.name);
        machines.iter().for_each(|machine| self.check_machine(machine, &BTreeMap::new()));
    }

    /// Compares keys and kinds of values, down into objects and the first entries of lists.
    fn check_shape(&self, value: &Value, shape: &Value, at: &str) {
        match (value, shape) {
            (Value::Object(value), Value::Object(shape)) => {
                let (has, wants): (Vec<_>, Vec<_>) = (value.keys().collect(), shape.keys().collect());
                assert_eq!(has, wants, "{}: the keys of {at}", self.name);
                shape
                    .iter()
                    .for_each(|(key, shape)| self.check_shape(&value[key], shape, &format!("{at}.{key}")));
            }
            (Value::Array(values), Value::Array(shapes)) => {
                if let (Some(value), Some(shape)) = (values.first(), shapes.first()) {
                    self.check_shape(value, shape, &format!("{at}[0]"));
                }
            }
            (_, Value::String(kind)) => {
                let fits = kind == "null" || value.is_null() || kind == kind_of(value);
                assert!(fits, "{}: {at} is {value} and not {kind}", self.name);
            }
            _ => panic!("{}: {at} is {value} and not {shape}", self.name),
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Null => "null",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}
