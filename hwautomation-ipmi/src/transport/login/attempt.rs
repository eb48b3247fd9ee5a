//! One pass through Open Session and RAKP (IPMI 2.0, sections 13.17 to 13.24).
//!
//! RAKP messages 1 and 3 are never sent twice, which upsets BMCs: when one gets lost, all begins anew with fresh ids.

use super::super::session::{SET_PRIVILEGE, Session};
use super::super::timing::Waits;
use super::begun::Begun;
use super::{Failure, Login};
use crate::error::{Completion, IpmiError, Stage, Status};
use crate::model::command::Command;
use crate::quirks::{self, Proof};
use crate::wire::{
    Exchange, OpenAnswer, Payload, Rakp2, Rakp4, Sealed, Suite, bare, open_session, rakp1, rakp3, random,
    random_id, unwrap_bare,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often one attempt asks for a session: a BMC that hears it twice keeps a place too many for some seconds.
const OPENS: u32 = 2;
/// How many waits a session gets to show that it stands although the last message of RAKP did not come.
const PROOFS: u32 = 3;

impl Login<'_> {
    pub(super) async fn attempt(
        &mut self,
        suite: Suite,
        proof: Proof,
        waits: &Waits,
        wait: Duration,
    ) -> Result<Session, Failure> {
        let [tag] = random()?;
        let mut attempt = Attempt { login: self, waits, wait, tag };
        let exchange = attempt.open(suite).await?;
        let (exchange, begun) = attempt.name(exchange).await?;
        attempt.prove(exchange, begun, proof).await
    }
}

struct Attempt<'a, 'b> {
    login: &'a mut Login<'b>,
    waits: &'a Waits,
    /// How long to wait for each answer.
    wait: Duration,
    /// The first message's tag; each has its own.
    tag: u8,
}

impl Attempt<'_, '_> {
    fn tag_of(&self, stage: Stage) -> u8 {
        self.tag.wrapping_add(stage as u8)
    }

    async fn send(&mut self, payload: Payload, body: &[u8]) -> Result<(), IpmiError> {
        self.login.pass.have_place(self.waits.deadline()).await?;
        self.login.link.send(&bare(payload, body), self.waits.deadline()).await
    }

    /// Waits for the answer to a stage; every other datagram is dropped.
    async fn receive<T>(
        &mut self,
        stage: Stage,
        payload: Payload,
        read: impl Fn(&[u8], u8) -> Option<T>,
    ) -> Option<T> {
        let tag = self.tag_of(stage);
        let pick = |datagram: Vec<u8>| read(unwrap_bare(payload, &datagram)?, tag);
        let until = self.waits.within(self.wait);
        let Login { link, pass, .. } = &mut *self.login;
        pass.listen(link, until, pick).await
    }

    fn silent(&self, stage: Stage) -> Failure {
        let limit = self.login.timing.handshake_limit;
        let heard = self.login.link.was_heard();
        Failure::Again(if heard { IpmiError::LoginSilent { stage, limit } } else { IpmiError::Silent(limit) })
    }

    async fn open(&mut self, suite: Suite) -> Result<Exchange, Failure> {
        let console_id = random_id()?;
        let tag = self.tag_of(Stage::Open);
        let request = open_session(tag, self.login.privilege, console_id, suite);
        let read = |body: &[u8], tag| OpenAnswer::read(body, tag, console_id);
        for _ in 0..OPENS {
            self.send(Payload::OpenRequest, &request).await?;
            let pick = |datagram: Vec<u8>| read(unwrap_bare(Payload::OpenAnswer, &datagram)?, tag);
            let (soon, deadline) = (self.waits.within(self.wait), self.waits.deadline());
            let Login { link, pass, .. } = &mut *self.login;
            if let Some(answer) = pass.hear(link, soon, deadline, pick).await {
                return self.begin(suite, console_id, answer);
            }
            if self.waits.are_over() {
                break;
            }
        }
        Err(self.silent(Stage::Open))
    }

    fn begin(&self, suite: Suite, console_id: u32, answer: OpenAnswer) -> Result<Exchange, Failure> {
        match answer {
            OpenAnswer::Refused(code) => Err(refused(Stage::Open, code)),
            OpenAnswer::Opened { algorithms, .. } if algorithms != suite.algorithms() => {
                Err(Failure::NextSuite(IpmiError::NoSuite(vec![suite.id()])))
            }
            OpenAnswer::Opened { managed_id, .. } => Ok(Exchange {
                suite,
                console_id,
                managed_id,
                console_random: random()?,
                managed_random: [0; 16],
                guid: [0; 16],
                role: self.login.role.clone(),
            }),
        }
    }

    /// Says who wants in, and checks that the BMC knows the password. One try: BMCs lock accounts.
    async fn name(&mut self, mut exchange: Exchange) -> Result<(Exchange, Begun), Failure> {
        self.send(Payload::Rakp1, &rakp1(self.tag_of(Stage::Rakp1), &exchange)).await?;
        let mut begun = Begun::new(&self.login.link, self.tag_of(Stage::Rakp3), exchange.managed_id);
        let read = |body: &[u8], tag| Rakp2::read(body, tag, exchange.console_id, exchange.suite);
        match self.receive(Stage::Rakp1, Payload::Rakp2, read).await {
            Some(Rakp2::Refused(code)) => {
                begun.end();
                Err(refused(Stage::Rakp1, code))
            }
            Some(Rakp2::Proof { managed_random, guid, code }) => {
                (exchange.managed_random, exchange.guid) = (managed_random, guid);
                if exchange.accepts_rakp2(&self.login.credentials.password, &code) {
                    return Ok((exchange, begun));
                }
                Err(Failure::Final(IpmiError::WrongPassword))
            }
            None => Err(self.silent(Stage::Rakp1)),
        }
    }

    /// Proves that this side knows the password, and checks that both came to the same keys.
    async fn prove(
        &mut self,
        exchange: Exchange,
        mut begun: Begun,
        proof: Proof,
    ) -> Result<Session, Failure> {
        let Login { credentials, link, timing, place, .. } = &*self.login;
        let password = &credentials.password;
        let sik = exchange.sik(credentials.kg.as_ref().unwrap_or(password));
        let proved = Exchange { role: proof.role(exchange.role.clone()), ..exchange.clone() };
        let proof = rakp3(self.tag_of(Stage::Rakp3), exchange.managed_id, &proved.rakp3_code(password));
        // From here on the BMC may hold the session, and dropping this tells it, wherever this call ends.
        let sealed = Sealed::new(exchange.console_id, exchange.managed_id, exchange.keys(&sik));
        let session = Session::new(Arc::clone(link), sealed, *timing, Arc::clone(place));
        self.send(Payload::Rakp3, &proof).await?;
        begun.end();
        let read = |body: &[u8], tag| Rakp4::read(body, tag, exchange.console_id, exchange.suite);
        match self.receive(Stage::Rakp3, Payload::Rakp4, read).await {
            Some(Rakp4::Refused(code)) => Err(refused(Stage::Rakp3, code)),
            Some(Rakp4::Proof { code }) if !exchange.accepts_rakp4(&sik, &code) => {
                Err(Failure::Final(IpmiError::WrongKg))
            }
            Some(Rakp4::Proof { .. }) => self.rise(session, self.login.timing.command_limit).await,
            // Only the answer may be lost. An answer inside the session, protected by its keys, proves as much.
            None => match self.rise(session, self.wait * PROOFS).await {
                Err(Failure::Again(_)) => Err(self.silent(Stage::Rakp3)),
                through => through,
            },
        }
    }

    /// Takes the privilege: a session begins with that of a user, whatever it may rise to (section 22.18).
    async fn rise(&mut self, mut session: Session, limit: Duration) -> Result<Session, Failure> {
        let name = "setting the session's privilege";
        let command = Command::reads(name, SET_PRIVILEGE, &[self.login.privilege]);
        let limit = self.waits.within(limit).saturating_duration_since(Instant::now());
        match session.exchange(&command, limit, self.login.pass).await {
            Ok(answer) if answer.completion == 0 => Ok(session),
            Ok(answer) => Err(Failure::Final(denied(name, Completion(answer.completion)))),
            Err(IpmiError::Unanswered { .. }) => Err(self.silent(Stage::Privilege)),
            Err(error) => Err(Failure::Final(error)),
        }
    }
}

/// A BMC that is busy or starts denies nobody anything.
fn denied(what: &'static str, completion: Completion) -> IpmiError {
    if completion.passes() {
        return IpmiError::Refused { what, completion };
    }
    IpmiError::Privilege(completion)
}

fn refused(stage: Stage, code: u8) -> Failure {
    let status = Status { stage, code };
    let error = IpmiError::Status(status);
    match stage {
        Stage::Open if quirks::may_mean_another_suite(code) => Failure::NextSuite(error),
        Stage::Rakp1 if quirks::may_be_the_suites_privilege(code) => Failure::NextSuite(error),
        _ if status.lost_each_other() => Failure::Again(error),
        _ => Failure::Final(error),
    }
}
