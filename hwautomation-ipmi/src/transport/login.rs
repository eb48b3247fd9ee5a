//! The way into a BMC (IPMI 2.0, section 13.14): who is there, which cipher suites, Open Session, RAKP.
//!
//! Messages of RAKP are never sent twice, which upsets BMCs: when one gets lost, all begins anew with fresh ids.

use super::link::Link;
use super::session::{SET_PRIVILEGE, Session};
use super::timing::{Timing, Waits};
use crate::error::{Completion, IpmiError, Stage, Status};
use crate::model::command::Command;
use crate::quirks;
use crate::wire::{
    Answer, Credentials, Exchange, OpenAnswer, Payload, Rakp2, Rakp4, Request, Role, Sealed, Suite, bare,
    open_session, presession, rakp1, rakp3, rakp3_refusal, random, random_id, role, suite_ids, unwrap_bare,
    unwrap_presession,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Get Channel Authentication Capabilities and Get Channel Cipher Suites (sections 22.13 and 22.15).
const CAPABILITIES: [u8; 2] = [0x06, 0x38];
const CIPHER_SUITES: [u8; 2] = [0x06, 0x54];
/// "The channel that this is asked on", with the bit that asks for IPMI 2.0.
const THIS_CHANNEL: u8 = 0x0E;
const ASK_2_0: u8 = 0x80;
/// "By algorithm", not "by suite": what is listed are records of suites.
const LIST_BY_SUITE: u8 = 0x80;
/// How many bytes of records one answer has; a shorter one is the last.
const RECORD_BYTES: usize = 16;
/// How many answers are asked for at most: no BMC has more than 60 suites.
const RECORD_INDICES: u8 = 20;
/// The number of the first question: none of those about suites has it.
const GREETING: u8 = 63;
/// How often the suites are asked for: an old BMC that does not know the question is silent.
const SUITE_ASKS: u32 = 3;

/// What a log-in needs.
pub(super) struct Login<'a> {
    pub(super) peer: SocketAddr,
    pub(super) credentials: &'a Credentials,
    /// The privilege level's number (section 6.8).
    pub(super) privilege: u8,
    pub(super) suites: &'a [Suite],
    /// The suite that worked the last time.
    pub(super) known: Option<Suite>,
    pub(super) timing: Timing,
    pub(super) permit: Arc<OwnedSemaphorePermit>,
}

/// Why one attempt did not get through.
enum Failure {
    /// A datagram got lost, or the two sides lost each other.
    Again(IpmiError),
    /// This suite is refused; another may not be.
    NextSuite(IpmiError),
    Final(IpmiError),
}

impl From<IpmiError> for Failure {
    fn from(error: IpmiError) -> Self {
        Self::Final(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(cause: std::io::Error) -> Self {
        Self::Final(cause.into())
    }
}

impl Login<'_> {
    /// Opens a session, and says with which suite.
    pub(super) async fn run(self) -> Result<(Session, Suite), IpmiError> {
        let deadline = Instant::now() + self.timing.handshake_limit;
        let link = Link::open(self.peer).await?;
        self.greet(&link, self.timing.waits(deadline)).await?;
        let suites = match self.known {
            Some(known) => self.preferring(known),
            None => self.choose(&self.offered(&link, deadline).await?),
        };
        self.try_each(&suites, self.timing.waits(deadline)).await
    }

    /// Asks what everybody may ask, until somebody answers anything. What the answer says is not believed: some
    /// BMCs deny what they can (freeipmi's `authcap`).
    async fn greet(&self, link: &Link, mut waits: Waits) -> Result<(), IpmiError> {
        let data = [THIS_CHANNEL | ASK_2_0, self.privilege];
        let [netfn, command] = CAPABILITIES;
        let request = Request { netfn, command, number: GREETING, data: &data };
        while !waits.are_over() {
            let wait = waits.step();
            if outside(link, &request, waits.within(wait)).await?.is_some() {
                return Ok(());
            }
        }
        Err(IpmiError::Silent(self.timing.handshake_limit))
    }

    /// Asks which suites the channel has. Nothing when the BMC does not say: not all know the question.
    async fn offered(&self, link: &Link, deadline: Instant) -> Result<Vec<u8>, IpmiError> {
        let mut records = Vec::new();
        for index in 0..RECORD_INDICES {
            let Some(more) = self.records(link, index, deadline).await? else { return Ok(Vec::new()) };
            records.extend(&more);
            if more.len() < RECORD_BYTES {
                break;
            }
        }
        Ok(suite_ids(&records))
    }

    async fn records(&self, link: &Link, index: u8, deadline: Instant) -> Result<Option<Vec<u8>>, IpmiError> {
        let data = [THIS_CHANNEL, 0, LIST_BY_SUITE | index];
        let [netfn, command] = CIPHER_SUITES;
        let request = Request { netfn, command, number: index, data: &data };
        let waits = self.timing.waits(deadline);
        for _ in 0..SUITE_ASKS {
            let Some(answer) = outside(link, &request, waits.within(self.timing.retransmit)).await? else {
                continue;
            };
            let records = answer.data.get(1..).filter(|_| answer.completion == 0);
            return Ok(records.map(<[u8]>::to_vec));
        }
        Ok(None)
    }

    /// The allowed suites that the BMC offers, or all when it offers none of them: it may be wrong.
    fn choose(&self, offered: &[u8]) -> Vec<Suite> {
        let both: Vec<_> =
            self.suites.iter().copied().filter(|suite| offered.contains(&suite.id())).collect();
        if both.is_empty() { self.suites.to_vec() } else { both }
    }

    fn preferring(&self, known: Suite) -> Vec<Suite> {
        let known_first = self.suites.iter().copied().filter(|suite| *suite == known);
        known_first.chain(self.suites.iter().copied().filter(|suite| *suite != known)).collect()
    }

    async fn try_each(&self, suites: &[Suite], mut waits: Waits) -> Result<(Session, Suite), IpmiError> {
        let mut refusals = Vec::new();
        for suite in suites {
            match self.until_through(*suite, &mut waits).await {
                Ok(session) => return Ok((session, *suite)),
                Err(Failure::NextSuite(refusal)) => refusals.push(refusal),
                Err(Failure::Again(error) | Failure::Final(error)) => return Err(error),
            }
        }
        Err(verdict(suites, refusals))
    }

    /// Begins anew as often as a datagram gets lost, until the time is over.
    async fn until_through(&self, suite: Suite, waits: &mut Waits) -> Result<Session, Failure> {
        let mut lost = 0;
        loop {
            let wait = waits.step();
            let begun = waits.within(wait);
            let error = match self.attempt(suite, waits, wait).await {
                Err(Failure::Again(error)) => error,
                through => return through,
            };
            lost += u32::from(matches!(error, IpmiError::Status(_)));
            if waits.are_over() || lost > quirks::LOST_EACH_OTHER_MAX {
                return Err(Failure::Final(error));
            }
            pause(begun).await;
        }
    }

    async fn attempt(&self, suite: Suite, waits: &Waits, wait: Duration) -> Result<Session, Failure> {
        let link = Link::open(self.peer).await?;
        let [tag] = random()?;
        let attempt = Attempt { login: self, link: &link, waits, wait, tag };
        let exchange = attempt.open(suite).await?;
        let exchange = attempt.name(exchange).await?;
        let password = &self.credentials.password;
        let keys = exchange.keys(self.credentials.kg.as_ref().unwrap_or(password));
        let proof = rakp3(attempt.tag_of(Stage::Rakp3), exchange.managed_id, &exchange.rakp3_code(password));
        // From here on the BMC may hold the session, and dropping this tells it, wherever this call ends.
        let sealed = Sealed::new(exchange.console_id, exchange.managed_id, keys);
        let session = Session::new(link, sealed, self.timing, Arc::clone(&self.permit));
        session.link().send(&bare(Payload::Rakp3, &proof)).await?;
        let attempt = Attempt { login: self, link: session.link(), waits, wait, tag };
        let read = |body: &[u8], tag| Rakp4::read(body, tag, exchange.console_id, suite);
        match attempt.receive(Stage::Rakp3, Payload::Rakp4, read).await? {
            Rakp4::Refused(code) => Err(refused(Stage::Rakp3, code)),
            Rakp4::Proof { code } if exchange.accepts_rakp4(session.keys(), &code) => {
                self.rise(session, waits).await
            }
            Rakp4::Proof { .. } => Err(Failure::Final(IpmiError::WrongKg)),
        }
    }

    /// Takes the privilege: a session begins as a user's.
    async fn rise(&self, mut session: Session, waits: &Waits) -> Result<Session, Failure> {
        let command = Command::reads("setting the session's privilege", SET_PRIVILEGE, &[self.privilege]);
        let limit = waits.within(self.timing.command_limit) - Instant::now();
        match session.exchange(&command, limit).await {
            Ok(answer) if answer.completion == 0 => Ok(session),
            Ok(answer) => Err(Failure::Final(IpmiError::Privilege(Completion(answer.completion)))),
            Err(IpmiError::Unanswered { .. }) => Err(self.silent(Stage::Privilege)),
            Err(error) => Err(Failure::Final(error)),
        }
    }

    fn silent(&self, stage: Stage) -> Failure {
        Failure::Again(IpmiError::LoginSilent { stage, limit: self.timing.handshake_limit })
    }
}

/// One pass through Open Session and RAKP.
struct Attempt<'a> {
    login: &'a Login<'a>,
    link: &'a Link,
    waits: &'a Waits,
    /// How long to wait for each answer.
    wait: Duration,
    /// The first message's tag; each has its own.
    tag: u8,
}

impl Attempt<'_> {
    fn tag_of(&self, stage: Stage) -> u8 {
        self.tag.wrapping_add(stage as u8)
    }

    /// Waits for the answer to a stage; every other datagram is dropped.
    async fn receive<T>(
        &self,
        stage: Stage,
        payload: Payload,
        read: impl Fn(&[u8], u8) -> Option<T>,
    ) -> Result<T, Failure> {
        let tag = self.tag_of(stage);
        let pick = |datagram: &[u8]| read(unwrap_bare(payload, datagram)?, tag);
        let answer = self.link.receive(self.waits.within(self.wait), pick).await?;
        answer.ok_or_else(|| self.login.silent(stage))
    }

    async fn open(&self, suite: Suite) -> Result<Exchange, Failure> {
        let console_id = random_id()?;
        let tag = self.tag_of(Stage::Open);
        let request = open_session(tag, self.login.privilege, console_id, suite);
        self.link.send(&bare(Payload::OpenRequest, &request)).await?;
        let read = |body: &[u8], tag| OpenAnswer::read(body, tag, console_id);
        match self.receive(Stage::Open, Payload::OpenAnswer, read).await? {
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
                role: Role {
                    byte: role(self.login.privilege),
                    username: self.login.credentials.username.clone(),
                },
            }),
        }
    }

    /// Says who wants in, and checks that the BMC knows the password. One try: BMCs lock accounts.
    async fn name(&self, mut exchange: Exchange) -> Result<Exchange, Failure> {
        let request = rakp1(self.tag_of(Stage::Rakp1), &exchange);
        self.link.send(&bare(Payload::Rakp1, &request)).await?;
        let read = |body: &[u8], tag| Rakp2::read(body, tag, exchange.console_id, exchange.suite);
        let code = match self.receive(Stage::Rakp1, Payload::Rakp2, read).await {
            Ok(Rakp2::Refused(code)) => return Err(refused(Stage::Rakp1, code)),
            Ok(Rakp2::Proof { managed_random, guid, code }) => {
                (exchange.managed_random, exchange.guid) = (managed_random, guid);
                code
            }
            Err(silence) => {
                self.give_up(&exchange).await?;
                return Err(silence);
            }
        };
        if exchange.accepts_rakp2(&self.login.credentials.password, &code) {
            return Ok(exchange);
        }
        self.give_up(&exchange).await?;
        Err(Failure::Final(IpmiError::WrongPassword))
    }

    /// Tells the BMC to forget what was begun: it has few places, and would keep this one for a minute.
    async fn give_up(&self, exchange: &Exchange) -> Result<(), IpmiError> {
        let refusal = rakp3_refusal(self.tag_of(Stage::Rakp3), exchange.managed_id);
        self.link.send(&bare(Payload::Rakp3, &refusal)).await
    }
}

/// Asks outside of a session, once.
async fn outside(link: &Link, request: &Request<'_>, until: Instant) -> Result<Option<Answer>, IpmiError> {
    link.send(&presession(&request.bytes())).await?;
    link.receive(until, |datagram| Answer::of_unprotected(request, unwrap_presession(datagram)?)).await
}

fn refused(stage: Stage, code: u8) -> Failure {
    let status = Status { stage, code };
    let error = IpmiError::Status(status);
    if stage == Stage::Open && quirks::may_mean_another_suite(code) {
        return Failure::NextSuite(error);
    }
    if status.lost_each_other() { Failure::Again(error) } else { Failure::Final(error) }
}

/// What to say when each suite was refused. A full BMC or a low privilege is told as such, whatever else was said.
fn verdict(suites: &[Suite], refusals: Vec<IpmiError>) -> IpmiError {
    let telling = |error: &IpmiError| match error {
        IpmiError::Status(status) => status.is_about_the_session(),
        _ => false,
    };
    let ids = suites.iter().map(|suite| suite.id()).collect();
    refusals.into_iter().find(telling).unwrap_or(IpmiError::NoSuite(ids))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a log-in that lost its way begins anew a little later: protocol"
)]
async fn pause(until: Instant) {
    tokio::time::sleep_until(until).await;
}
