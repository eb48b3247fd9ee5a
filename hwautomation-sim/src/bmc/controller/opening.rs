//! The handshake: a session is promised, challenged, and begins.

use super::guest::{account, expected, hashed};
use super::{Controller, Outgoing, code, deliver};
use crate::bmc::asked::Asked;
use crate::bmc::crypto::{Exchange, Keys, Suite};
use crate::bmc::ground::{Entry, Ground};
use crate::bmc::handshake::{Open, Rakp1, Rakp3, Status};
use crate::bmc::session::{Account, Active, Answered, Challenge, Session, Stage};
use crate::bmc::wire::{Payload, wrap};
use crate::fault::Action;
use crate::log::{Kind, Outcome};
use crate::model::login::Login;
use crate::model::quirk::Quirk;
use std::net::SocketAddr;
use std::sync::Arc;

/// A message of the handshake.
enum Message<'a> {
    Open(Open),
    Rakp1(Rakp1),
    Rakp3(Rakp3<'a>),
}

impl<'a> Message<'a> {
    fn read(kind: Payload, payload: &'a [u8]) -> Option<Self> {
        match kind {
            Payload::OpenRequest => Open::read(payload).map(Self::Open),
            Payload::Rakp1 => Rakp1::read(payload).map(Self::Rakp1),
            Payload::Rakp3 => Rakp3::read(payload).map(Self::Rakp3),
            _ => None,
        }
    }

    /// The session that it is about, if there is one yet.
    fn session(&self) -> Option<u32> {
        match self {
            Self::Open(_) => None,
            Self::Rakp1(rakp) => Some(rakp.managed),
            Self::Rakp3(rakp) => Some(rakp.managed),
        }
    }

    /// What the log and fault rules call it, and what answers it.
    fn names(&self) -> (Asked<'static>, Payload) {
        match self {
            Self::Open(_) => (Asked::OpenSession, Payload::OpenResponse),
            Self::Rakp1(_) => (Asked::Rakp1, Payload::Rakp2),
            Self::Rakp3(_) => (Asked::Rakp3, Payload::Rakp4),
        }
    }
}

/// The answer to a message of the handshake, what it comes to, and whose it was.
struct Turn {
    payload: Vec<u8>,
    refused: bool,
    account: Option<Arc<Account>>,
}

impl Turn {
    fn accepted(payload: Vec<u8>, account: Option<&Arc<Account>>) -> Self {
        Self { payload, refused: false, account: account.cloned() }
    }

    fn refused(status: Status, write: impl FnOnce(Status) -> Vec<u8>) -> Self {
        Self { payload: write(status), refused: true, account: None }
    }
}

impl Controller {
    /// Answers a message of the handshake.
    pub(super) fn opening(
        &mut self,
        kind: Payload,
        payload: &[u8],
        peer: SocketAddr,
        ground: &impl Ground,
    ) -> Option<Outgoing> {
        let message = Message::read(kind, payload)?;
        if self.quirks.has(Quirk::IgnoresRepetition) && self.was_answered(&message, payload) {
            return None;
        }
        let (asked, answer) = message.names();
        let fault = ground.fault(asked);
        let log = |user, outcome| ground.note(Entry { peer, user, asked, kind: Kind::Read, outcome });
        if fault == Some(Action::Drop) {
            log(None, Outcome::Ignored);
            return None;
        }
        let refusal = match &fault {
            // Completion codes are those of commands.
            Some(Action::Refuse(refusal)) => Some(Status(code(refusal))).filter(|status| status.0 < 0x80),
            _ => None,
        };
        let mut turn = match &message {
            Message::Open(open) => self.open(open, peer, refusal, ground),
            Message::Rakp1(rakp) => self.rakp1(rakp, payload, refusal, ground),
            Message::Rakp3(rakp) => self.rakp3(rakp, payload, refusal, ground)?,
        };
        // A console that was refused begins anew.
        if turn.refused {
            message.session().into_iter().for_each(|id| self.sessions.end_handshake(id));
        }
        let outcome = if turn.refused { Outcome::Refused } else { Outcome::TookEffect };
        log(turn.account.as_ref().map(|account| account.name.as_str()), outcome);
        if fault == Some(Action::Unclear) {
            // The last byte belongs to a proof, or to an algorithm.
            turn.payload.last_mut().into_iter().for_each(|byte| *byte ^= 0xFF);
        }
        deliver(fault.as_ref(), || wrap(answer, &turn.payload))
    }

    /// Says whether the very same message was answered before.
    fn was_answered(&self, message: &Message<'_>, asked: &[u8]) -> bool {
        let session = message.session().and_then(|id| self.sessions.get(id));
        match (message, session.map(|session| &session.stage)) {
            (Message::Rakp1(_), Some(Stage::Challenged(challenge))) => challenge.answered.asked == asked,
            (Message::Rakp3(_), Some(Stage::Active(active))) => active.answered.asked == asked,
            _ => false,
        }
    }

    fn open(&mut self, open: &Open, peer: SocketAddr, refusal: Option<Status>, ground: &impl Ground) -> Turn {
        let place = if self.sessions.is_full() { Err(Status::NO_RESOURCES) } else { Ok(()) };
        let agreed = refusal.map_or(Ok(()), Err).and(place);
        let agreed = agreed.and_then(|()| Ok((self.suite(open, ground)?, open.privilege()?)));
        let (suite, privilege) = match agreed {
            Ok(agreed) => agreed,
            Err(status) => return Turn::refused(status, |status| open.refuse(status)),
        };
        let id = self.new_id();
        let stage = Stage::Opened(privilege, open.privilege);
        let (console, heard) = (open.console, ground.now());
        self.sessions.insert(Session { id, console, suite, heard, peer, handle: 0, stage });
        Turn::accepted(open.accept(id, suite, privilege), None)
    }

    /// Chooses the suite, as the firmware does.
    fn suite(&self, open: &Open, ground: &impl Ground) -> Result<Suite, Status> {
        if self.quirks.has(Quirk::AnswersSuiteThree) {
            return Ok(Suite::Three);
        }
        let mut offered = ground.look(|machine| Suite::offered(&machine.bmc.login));
        if self.quirks.has(Quirk::TakesSuitesNotOffered) {
            offered = Suite::ALL.to_vec();
        }
        if self.quirks.has(Quirk::CannotDoSuiteSeventeen) {
            offered.retain(|suite| *suite != Suite::Seventeen);
        }
        let instead = self.quirks.refuses_suites_with().map(Status);
        open.suite(&offered).map_err(|status| instead.unwrap_or(status))
    }

    /// A number that is neither zero, which means "no session", nor in use.
    fn new_id(&mut self) -> u32 {
        loop {
            let mut id = [0; 4];
            (self.random)(&mut id);
            let id = u32::from_le_bytes(id);
            if id != 0 && self.sessions.get(id).is_none() {
                return id;
            }
        }
    }

    fn rakp1(&mut self, rakp: &Rakp1, asked: &[u8], refusal: Option<Status>, ground: &impl Ground) -> Turn {
        let mut managed_random = [0; 16];
        (self.random)(&mut managed_random);
        let Some(session) = self.sessions.get_mut(rakp.managed) else {
            return Turn::refused(Status::INVALID_SESSION, |status| rakp.refuse(status, 0));
        };
        let console = session.console;
        let refuse = |status| Turn::refused(status, |status| rakp.refuse(status, console));
        let (limit, asked_first) = match (&session.stage, refusal) {
            (_, Some(status)) => return refuse(status),
            (Stage::Opened(limit, asked_first), None) => (*limit, *asked_first),
            (Stage::Challenged(challenge), None) if challenge.answered.asked == asked => {
                return Turn::accepted(challenge.answered.answer.clone(), Some(&challenge.account));
            }
            _ => return refuse(Status::INVALID_SESSION),
        };
        let suite = session.suite;
        let found =
            ground.look(|machine| (account(machine, rakp, suite, limit), machine.bmc.guid_of_handshake()));
        let (account, guid) = match found {
            (Ok(account), guid) => (Arc::new(account), guid),
            (Err(status), _) => return refuse(status),
        };
        remember(ground, |login, now| login.begins(account.number, now));
        let role = hashed(&self.quirks, rakp.role, asked_first);
        let exchange = Exchange {
            suite: session.suite,
            console,
            managed: rakp.managed,
            console_random: rakp.console_random,
            managed_random,
            guid,
            role,
            username: rakp.username.clone().unwrap_or_default(),
        };
        let mut answer = rakp.challenge(&exchange, &account.password);
        if self.quirks.has(Quirk::LongProof) {
            answer.push(0);
        }
        let turn = Turn::accepted(answer.clone(), Some(&account));
        let answered = Answered { asked: asked.to_vec(), answer };
        session.heard = ground.now();
        session.stage = Stage::Challenged(Box::new(Challenge { exchange, account, answered }));
        turn
    }

    /// Nothing is said to a console that gave up.
    fn rakp3(
        &mut self,
        rakp: &Rakp3<'_>,
        asked: &[u8],
        refusal: Option<Status>,
        ground: &impl Ground,
    ) -> Option<Turn> {
        let Some(session) = self.sessions.get_mut(rakp.managed) else {
            return Some(Turn::refused(Status::INVALID_SESSION, |status| rakp.refuse(status, 0)));
        };
        let console = session.console;
        let refuse = |status| Some(Turn::refused(status, |status| rakp.refuse(status, console)));
        let challenge = match &session.stage {
            Stage::Challenged(challenge) => challenge,
            Stage::Active(active) if active.answered.asked == asked => {
                return Some(Turn::accepted(active.answered.answer.clone(), Some(&active.account)));
            }
            _ => return refuse(Status::INVALID_SESSION),
        };
        if rakp.status != 0 {
            self.sessions.remove(rakp.managed);
            return None;
        }
        let (exchange, account) = (&challenge.exchange, &challenge.account);
        if !rakp.proves(&expected(&self.quirks, exchange), &account.password) {
            return refuse(Status::INVALID_INTEGRITY_CHECK);
        }
        if let Some(status) = refusal {
            return refuse(status);
        }
        remember(ground, |login, _| login.succeeds(account.number));
        let bmc_key = ground.look(|machine| machine.bmc.login.key.clone());
        let key = exchange.session_key(if bmc_key.is_empty() { &account.password } else { &bmc_key });
        let answer = rakp.accept(exchange, &key);
        let turn = Turn::accepted(answer.clone(), Some(account));
        let answered = Answered { asked: asked.to_vec(), answer };
        let active = Active::new(Keys::derive(session.suite, &key), Arc::clone(account), answered);
        session.heard = ground.now();
        session.stage = Stage::Active(Box::new(active));
        Some(turn)
    }
}

/// Changes what is remembered of log-ins, where it ever matters.
fn remember(ground: &impl Ground, change: impl FnOnce(&mut Login, u64)) {
    if ground.look(|machine| machine.bmc.login.lock_out.is_some()) {
        ground.change(|machine| change(&mut machine.bmc.login, machine.now));
    }
}
