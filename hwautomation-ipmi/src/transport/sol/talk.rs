//! The task of one console: what was typed goes out, what comes is told and kept, and the end is told to the BMC.

use super::super::lanes::Lane;
use super::super::pool::Pool;
use super::super::session::Session;
use super::super::timing::Timing;
use super::super::turn::Turn;
use super::activate::{activate, is_ours, names};
use super::alive::{Alive, Need};
use super::inbound::{Inbound, Taken};
use super::outbound::{Next, Outbound};
use super::pipe::{Pipe, ROOM_ENOUGH};
use super::place::Place;
use crate::error::{ConsoleError, IpmiError};
use crate::model::payload;
use crate::wire::sol::{Incoming, Outgoing};
use crate::wire::{Kind, Opened};
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// Opens a console: logs in beside the session that stands, and takes the serial port. The turn is over then.
pub(crate) async fn open(
    mut turn: Turn<'_>,
    action: String,
) -> Result<(Arc<Pipe>, JoinHandle<()>), IpmiError> {
    let (pool, peer) = (Arc::clone(turn.pool()), turn.peer());
    let timing = pool.timing();
    let mut session = turn.log_in_beside().await?;
    let characters_max = activate(&mut session, &mut turn, timing.command_limit).await?;
    session.listen();
    let pipe = Arc::<Pipe>::default();
    let talk = Talk {
        pool: Arc::downgrade(&pool),
        peer,
        timing,
        outbound: Outbound::new(timing, characters_max),
        inbound: Inbound::new(timing, ROOM_ENOUGH),
        alive: Alive::new(timing, pool.keep_for().alive, Instant::now()),
        session,
        can_say: false,
        place: None,
        end: End { pipe: Arc::clone(&pipe), action },
    };
    Ok((pipe, tokio::spawn(talk.run())))
}

struct Talk {
    pool: Weak<Pool>,
    peer: SocketAddr,
    timing: Timing,
    outbound: Outbound,
    inbound: Inbound,
    alive: Alive,
    /// Dropped, it is closed, which gives the serial port back if it is its own (section 24.2). Nobody is told to give
    /// it back before it is known whose it is: somebody else may have it by now.
    session: Session,
    /// The BMC has said that this session listens, and is believed when it says that another one does, or none.
    can_say: bool,
    /// Held while a question is on its way: a BMC is asked one thing at a time. Goes behind the session, whose room is
    /// free by then.
    place: Option<Place>,
    end: End,
}

/// Tells who has the console that it is over, also when the task is dropped.
struct End {
    pipe: Arc<Pipe>,
    action: String,
}

/// Why a console ends.
enum Over {
    Closed,
    Failed(ConsoleError),
}

impl Talk {
    async fn run(mut self) {
        match self.talk().await {
            Over::Closed => self.hang_up().await,
            Over::Failed(error) => {
                tracing::debug!(peer = %self.peer, %error, "a console ended");
                self.end.tell(error);
            }
        }
    }

    async fn talk(&mut self) -> Over {
        loop {
            let due = match self.act().await {
                Ok(due) => due,
                Err(over) => return over,
            };
            let Self { session, end, .. } = self;
            let next = async {
                tokio::select! {
                    opened = session.hear() => Some(opened),
                    () = end.pipe.changed() => None,
                }
            };
            if let Ok(Some(opened)) = timeout_at(due, next).await
                && let Err(error) = self.hear(opened).await
            {
                return Over::Failed(error);
            }
        }
    }

    /// Does what is to be done now, and returns when there is something to be done next.
    async fn act(&mut self) -> Result<Instant, Over> {
        if self.end.pipe.is_closing() {
            return Err(Over::Closed);
        }
        let now = Instant::now();
        let typed = self.type_on(now).await?;
        let (resume, resumed) = self.inbound.resume(self.end.pipe.room(), now);
        if let Some(receipt) = resume {
            self.send(&Outgoing::Receipt(receipt)).await;
        }
        let alive = self.keep_alive(now).await?;
        Ok([typed, resumed].into_iter().flatten().fold(alive, Instant::min))
    }

    async fn type_on(&mut self, now: Instant) -> Result<Option<Instant>, Over> {
        loop {
            match self.outbound.next(now, |most| self.end.pipe.piece(most)) {
                Next::Send(packet) => self.send(&packet).await,
                Next::Nothing(due) => return Ok(due),
                Next::GiveUp => return Err(self.silence()),
            }
        }
    }

    async fn keep_alive(&mut self, now: Instant) -> Result<Instant, Over> {
        loop {
            match self.alive.need(now) {
                Need::Nothing(due) => return Ok(due),
                Need::AskIfFree => match self.pool.upgrade().and_then(|pool| Place::free(&pool, self.peer)) {
                    Some(place) => {
                        self.ask(now).await;
                        self.place = Some(place);
                    }
                    None => self.alive.is_busy(now),
                },
                Need::Ask => self.ask(now).await,
                Need::GiveUp => return Err(self.silence()),
            }
        }
    }

    /// Asks who has the serial port. Others wait for the first answer, but not for a BMC that is silent.
    async fn ask(&mut self, now: Instant) {
        self.place = None;
        self.alive.asks(now);
        if let Err(cause) = self.session.send(&payload::who_listens()).await {
            tracing::debug!(peer = %self.peer, error = %cause, "a console's question was not sent");
        }
    }

    /// Understands what came.
    async fn hear(&mut self, opened: Opened) -> Result<(), ConsoleError> {
        match opened.kind {
            Kind::Message => {
                self.is_alive();
                return self.learn(opened.body);
            }
            Kind::Characters if self.inbound.is_late(opened.number) => {}
            Kind::Characters => {
                if let Some(packet) = Incoming::read(&opened.body) {
                    return self.take(&packet).await;
                }
            }
        }
        Ok(())
    }

    /// Learns whose the serial port is. The packet that says that it is another one's may have got lost.
    fn learn(&mut self, message: Zeroizing<Vec<u8>>) -> Result<(), ConsoleError> {
        let Some(answer) = self.session.answer(&payload::who_listens(), message) else { return Ok(()) };
        match names(&answer, &self.session) {
            true => self.can_say = true,
            false if self.can_say && answer.completion == 0 => return Err(ConsoleError::Ended),
            false => {}
        }
        Ok(())
    }

    async fn take(&mut self, packet: &Incoming<'_>) -> Result<(), ConsoleError> {
        let now = Instant::now();
        let length = packet.characters.len();
        let taken = self.inbound.take(packet.sequence, length, self.end.pipe.room(), now);
        // Before the receipt wakes who typed: he may look at the line at once.
        self.note(packet, &taken);
        if let Some(receipt) = &packet.receipt
            && let Some(piece) = self.outbound.received(receipt, now)
        {
            self.end.pipe.accepted(&piece);
            self.is_alive();
        }
        match taken {
            Taken::New(receipt) => {
                self.end.pipe.put(packet.characters);
                self.send(&Outgoing::Receipt(receipt)).await;
            }
            Taken::Again(receipt) => self.send(&Outgoing::Receipt(receipt)).await,
            Taken::Nothing => {}
        }
        if packet.port.ends { Err(ConsoleError::Ended) } else { Ok(()) }
    }

    fn note(&self, packet: &Incoming<'_>, taken: &Taken) {
        if self.end.pipe.note(|line| line.learn(packet, taken)) {
            tracing::warn!(peer = %self.peer, "a BMC loses characters of its machine's console");
        }
    }

    fn is_alive(&mut self) {
        self.place = None;
        self.alive.heard(Instant::now());
    }

    /// Sends a packet. One that the network does not take is lost, like one that gets lost on its way.
    async fn send(&mut self, packet: &Outgoing) {
        if let Err(cause) = self.session.send_characters(packet).await {
            tracing::debug!(peer = %self.peer, error = %cause, "a console's packet was not sent");
        }
    }

    fn silence(&self) -> Over {
        Over::Failed(ConsoleError::Silent(self.timing.waits_together(super::TRIES_MAX)))
    }

    /// Asks whose the serial port is, gives it back if it is this session's, which some BMCs need to be told, closes the
    /// session, and waits for the BMC to say so: each for one command's time at most, and so for the calls before it.
    /// Without a place, or where nobody answers, the session is closed, and nobody waits.
    async fn hang_up(&mut self) {
        let Some(pool) = self.pool.upgrade() else { return };
        let limit = self.timing.command_limit;
        // A question may be on its way: its place is its own.
        self.place = None;
        self.place = Place::within(&pool, self.peer, limit).await;
        let Some(mut pass) = pool.lanes().enter_until(Lane::Fast, Instant::now() + limit).await else {
            return;
        };
        let session = &mut self.session;
        match is_ours(session, limit, &mut pass).await {
            Ok(false) => {}
            Ok(true) => drop(session.exchange(&payload::deactivate(), limit, &mut pass).await),
            Err(_) => return,
        }
        session.finish(limit, &mut pass).await;
    }
}

impl End {
    fn tell(&self, error: ConsoleError) {
        self.pipe.end(|| IpmiError::from(error).into_error(&self.action));
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.tell(ConsoleError::Abandoned);
    }
}
