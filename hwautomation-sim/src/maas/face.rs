//! One request from its arrival to its answer.

use super::answer::Answer;
use super::command::Command;
use super::form::Form;
use super::lifecycle::{self, Scripts};
use super::line::End;
use super::oauth::{self, Gate};
use super::route::{Call, MachineCall, Resource, TagCall};
use super::{account, machines, power, tags};
use crate::fault::Action;
use crate::log::{Face as Way, Kind, Note, Outcome};
use crate::model::state::State as Rack;
use crate::world::World;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Request, Response, header, request::Parts};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a body may be; Django's own limit (`DATA_UPLOAD_MAX_MEMORY_SIZE`) is of this size.
const BODY_MAX: usize = 2_621_440;
/// How many answers to reads are remembered for stale reads; past it they are all forgotten.
const REMEMBERED_MAX: usize = 4_096;

/// Is the region controller.
pub(super) struct Face {
    world: Arc<World>,
    gate: Gate,
    /// The last answer to each read, by path and query.
    remembered: Mutex<BTreeMap<String, Answer>>,
}

/// Is a request that was understood.
struct Asked {
    call: Call,
    query: Form,
    form: Form,
    command: Command,
    /// Path and query, which tell reads apart.
    place: String,
    /// The peer's socket and the user.
    source: String,
}

/// Answers a request.
pub(super) async fn respond(
    State(face): State<Arc<Face>>,
    ConnectInfo(end): ConnectInfo<End>,
    request: Request<Body>,
) -> Response<Body> {
    end.speed_up();
    let (head, body) = request.into_parts();
    let answer = match to_bytes(body, BODY_MAX).await {
        Ok(body) => face.answer(&head, &body, &end).await,
        Err(_) => Answer::bad_request(),
    };
    answer.into_response()
}

impl Face {
    pub(super) fn new(world: Arc<World>) -> Self {
        let gate = world.look(|state| Gate::new(&state.access));
        Self { world, gate, remembered: Mutex::default() }
    }

    async fn answer(&self, head: &Parts, body: &Bytes, end: &End) -> Answer {
        match self.understand(head, body, end) {
            Ok(asked) => self.under_faults(&asked, end).await,
            Err(answer) => answer,
        }
    }

    fn understand(&self, head: &Parts, body: &Bytes, end: &End) -> Result<Asked, Answer> {
        let resource = Resource::find(head.uri.path())?;
        let query = Form::urlencoded(head.uri.query().unwrap_or_default().as_bytes());
        self.admit(&resource, head, &query).inspect_err(|_| self.turned_away(end))?;
        let form = Form::read(text(&head.headers, header::CONTENT_TYPE), body)?;
        let op = query.get("op").or_else(|| form.get("op"));
        let call = resource.call(head.method.as_str(), op)?;
        let command = self.world.look(|state| Command::of(&call, &form, state));
        let source = format!("{} {}", end.peer, account::USER);
        let place = head.uri.to_string();
        Ok(Asked { call, query: query.without("op"), form: form.without("op"), command, place, source })
    }

    /// Checks who asks. The version needs no credentials, and the machines have a handler for those who have none.
    fn admit(&self, resource: &Resource, head: &Parts, query: &Form) -> Result<(), Answer> {
        let authorization =
            Some(text(&head.headers, header::AUTHORIZATION)).filter(|text| oauth::is_signed(text));
        match (resource, authorization) {
            (Resource::Version, _) => Ok(()),
            (Resource::Machines, None) if head.method == "POST" => {
                Err(Answer::text(501, "The simulated MAAS does not enlist machines."))
            }
            (Resource::Machines, None) => Err(Answer::unrecognised(head.method.as_str(), query.get("op"))),
            (_, authorization) => self.gate.check(authorization, seconds()),
        }
    }

    /// Tells the log of somebody who was not let in.
    fn turned_away(&self, end: &End) {
        self.world.note(Note {
            machine: None,
            face: Way::Maas,
            source: end.peer.to_string(),
            command: "login with an API key".to_owned(),
            kind: Kind::Read,
            outcome: Outcome::Refused,
        });
    }

    async fn under_faults(&self, asked: &Asked, end: &End) -> Answer {
        let Command { text, machines, .. } = &asked.command;
        let action = self.world.fault(Way::Maas, machines.first().map(String::as_str), text);
        match action {
            Some(Action::Drop) => self.cut(end, Answer::deleted()),
            Some(Action::LoseAnswer) => self.cut(end, self.done(asked, Scripts::Pass)),
            Some(Action::Refuse(refusal)) => self.undone(asked, Outcome::Refused, Answer::refusal(refusal)),
            Some(Action::AcceptWithoutEffect) => self.pretended(asked),
            Some(Action::Unclear) => {
                self.done(asked, Scripts::Pass);
                Answer::json(&Value::Null)
            }
            Some(Action::Delay(delay)) => {
                sleep(delay).await;
                self.done(asked, Scripts::Pass)
            }
            Some(Action::Slow) => {
                end.slow_down();
                self.done(asked, Scripts::Pass)
            }
            Some(Action::FailCommissioning) => self.done(asked, Scripts::Fail),
            _ => self.done(asked, Scripts::Pass),
        }
    }

    fn cut(&self, end: &End, unheard: Answer) -> Answer {
        end.cut();
        unheard
    }

    /// Does what is asked and writes it down.
    fn done(&self, asked: &Asked, scripts: Scripts) -> Answer {
        let answer = self.world.with(|state| {
            let result = act(state, asked, scripts);
            let outcome = if result.is_ok() { Outcome::TookEffect } else { Outcome::Refused };
            asked.note(state, outcome);
            result.unwrap_or_else(|refusal| refusal)
        });
        if asked.command.kind == Kind::Read {
            self.remember(asked, &answer);
        }
        answer
    }

    fn undone(&self, asked: &Asked, outcome: Outcome, answer: Answer) -> Answer {
        self.world.with(|state| asked.note(state, outcome));
        answer
    }

    /// Answers a command as if it were done, and a read as it was answered before.
    fn pretended(&self, asked: &Asked) -> Answer {
        let before =
            self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(&asked.place).cloned();
        match (asked.command.kind, before) {
            (Kind::Read, Some(stale)) => self.undone(asked, Outcome::TookEffect, stale),
            (Kind::Read, None) => self.done(asked, Scripts::Pass),
            (Kind::Command, _) => {
                let result = self.world.look(|state| act(&mut state.clone(), asked, Scripts::Pass));
                let outcome = if result.is_ok() { Outcome::Ignored } else { Outcome::Refused };
                self.undone(asked, outcome, result.unwrap_or_else(|refusal| refusal))
            }
        }
    }

    fn remember(&self, asked: &Asked, answer: &Answer) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(asked.place.clone(), answer.clone());
    }
}

impl Asked {
    /// Writes one entry for each machine that it is about, or one without a machine.
    fn note(&self, state: &mut Rack, outcome: Outcome) {
        let Command { text, kind, machines } = &self.command;
        let about: Vec<Option<String>> =
            if machines.is_empty() { vec![None] } else { machines.iter().cloned().map(Some).collect() };
        for machine in about {
            let (source, command) = (self.source.clone(), text.clone());
            state.note(Note { machine, face: Way::Maas, source, command, kind: *kind, outcome });
        }
    }
}

fn act(state: &mut Rack, asked: &Asked, scripts: Scripts) -> Result<Answer, Answer> {
    let Asked { call, query, form, .. } = asked;
    match call {
        Call::Version => Ok(account::version()),
        Call::Users => Ok(account::users()),
        Call::WhoAmI => Ok(account::who_am_i()),
        Call::Machines => machines::list(state, query),
        Call::PowerParametersOfAll => Ok(machines::power_parameters_of_all(state)),
        Call::Machine(id, MachineCall::Commission) => lifecycle::commission(state, id, form, scripts),
        Call::Machine(id, call) => act_on_machine(state, id, *call, form),
        Call::Tags => Ok(tags::list(state)),
        Call::CreateTag => tags::create(state, form),
        Call::Tag(name, call) => act_on_tag(state, name, *call, form),
    }
}

fn act_on_machine(state: &mut Rack, id: &str, call: MachineCall, form: &Form) -> Result<Answer, Answer> {
    match call {
        MachineCall::Read => machines::read(state, id),
        MachineCall::Change => machines::change(state, id, form),
        MachineCall::Commission => lifecycle::commission(state, id, form, Scripts::Pass),
        MachineCall::Abort => lifecycle::abort(state, id),
        MachineCall::Release => lifecycle::release(state, id),
        MachineCall::RescueMode => lifecycle::rescue_mode(state, id),
        MachineCall::ExitRescueMode => lifecycle::exit_rescue_mode(state, id),
        MachineCall::PowerOn => power::on(state, id),
        MachineCall::PowerOff => power::off(state, id),
        MachineCall::QueryPowerState => power::query(state, id),
        MachineCall::PowerParameters => machines::power_parameters(state, id),
    }
}

fn act_on_tag(state: &mut Rack, name: &str, call: TagCall, form: &Form) -> Result<Answer, Answer> {
    match call {
        TagCall::Read => tags::read(state, name),
        TagCall::Change => tags::change(state, name, form),
        TagCall::Delete => tags::delete(state, name),
        TagCall::UpdateNodes => tags::update_nodes(state, name, form),
        TagCall::Machines => tags::machines(state, name),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[expect(clippy::disallowed_methods, reason = "the fault of an answer that takes its time")]
async fn sleep(delay: Duration) {
    tokio::time::sleep(delay).await;
}
