//! Takes the serial port for a session (IPMI 2.0, section 24.1).

use super::super::lanes::Pass;
use super::super::session::Session;
use super::super::turn::Turn;
use crate::error::{Completion, ConsoleError, IpmiError};
use crate::model::payload::{self, Terms};
use crate::quirks;
use crate::wire::Answer;
use std::time::Duration;

/// How often it is tried: an answer that got lost leaves this session itself in the way.
const ACTIVATIONS_MAX: u32 = 3;

/// Takes it, and returns how many characters a packet to the BMC may have.
pub(super) async fn activate(
    session: &mut Session,
    turn: &mut Turn<'_>,
    limit: Duration,
) -> Result<usize, IpmiError> {
    let command = payload::activate();
    for _ in 0..ACTIVATIONS_MAX {
        let Answer { completion, data } = session.exchange(&command, limit, turn.pass()).await?;
        match completion {
            0 => return accept(&payload::terms(&data)?, turn.peer().port()),
            payload::ACTIVE if is_ours(session, limit, turn.pass()).await? => {
                // Unanswered, the next try says what came of it.
                drop(session.exchange(&payload::deactivate(), limit, turn.pass()).await);
            }
            completion => return Err(refusal(command.name, Completion(completion))),
        }
    }
    Err(ConsoleError::Taken.into())
}

/// Asks whether the session that listens is this one. A BMC that cannot say has another one.
pub(super) async fn is_ours(
    session: &mut Session,
    limit: Duration,
    pass: &mut Pass,
) -> Result<bool, IpmiError> {
    let answer = session.exchange(&payload::who_listens(), limit, pass).await?;
    Ok(names(&answer, session))
}

/// Tells whether an answer to that question names this session.
pub(super) fn names(answer: &Answer, session: &Session) -> bool {
    answer.completion == 0 && payload::listener(&answer.data) == Some(session.managed_id())
}

fn accept(terms: &Terms, reached_at: u16) -> Result<usize, IpmiError> {
    if quirks::is_console_port(terms.port, reached_at) {
        return Ok(quirks::console_characters(terms));
    }
    Err(ConsoleError::Port(terms.port).into())
}

fn refusal(what: &'static str, completion: Completion) -> IpmiError {
    match completion.0 {
        payload::ACTIVE | payload::TOO_MANY => ConsoleError::Taken.into(),
        payload::DISABLED => ConsoleError::Off.into(),
        payload::UNENCRYPTED => ConsoleError::Unprotected.into(),
        _ => IpmiError::Refused { what, completion },
    }
}
