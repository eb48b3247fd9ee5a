//! One timer queue for all sessions that nobody uses at the moment: each is asked something before its BMC drops it,
//! and closed when nobody came for it.

use super::lanes::Lane;
use super::pool::Pool;
use super::seat::Seat;
use super::seats::Found;
use super::standing::Due;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::time::DelayQueue;

/// How soon a session is looked at again that somebody used when it was due.
const BUSY: Duration = Duration::from_millis(500);

/// Numbers keepers, so that a seat knows whether its own is still there.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// Starts the task, with the first session that stays, and anew when its runtime is gone.
#[derive(Debug, Default)]
pub(super) struct Keeper(Mutex<Option<Running>>);

#[derive(Debug)]
struct Running {
    number: u64,
    task: JoinHandle<()>,
    /// Each seat is in the channel or in the queue once, so both are as long as there are sessions.
    seats: UnboundedSender<(SocketAddr, Instant)>,
}

impl Keeper {
    /// Looks after the session of this seat, if it does not already. False when there is no runtime to do it on.
    pub(super) fn keep(&self, pool: &Arc<Pool>, peer: SocketAddr, seat: &mut Seat) -> bool {
        let Ok(runtime) = Handle::try_current() else { return false };
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match running.as_mut() {
            Some(running) if !running.task.is_finished() => running,
            _ => running.insert(Running::start(pool, &runtime)),
        };
        if let Some(standing) = &seat.standing
            && seat.kept_by != Some(running.number)
        {
            let due = standing.due_at(pool.keep_for());
            seat.kept_by = running.seats.send((peer, due)).is_ok().then_some(running.number);
        }
        seat.kept_by.is_some()
    }
}

impl Running {
    fn start(pool: &Arc<Pool>, runtime: &Handle) -> Self {
        let (seats, new) = unbounded_channel();
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let task = runtime.spawn(keep(Arc::downgrade(pool), number, new));
        Self { number, task, seats }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Looks at sessions when they are due, until nobody needs the pool.
async fn keep(pool: Weak<Pool>, number: u64, mut new: UnboundedReceiver<(SocketAddr, Instant)>) {
    let mut queue = DelayQueue::new();
    if let Some(pool) = pool.upgrade() {
        take_over(&pool, number, |peer, due| {
            queue.insert_at(peer, due);
        });
    }
    let mut questions = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some((peer, due)) = new.recv() => drop(queue.insert_at(peer, due)),
            Some(due) = queue.next(), if !queue.is_empty() => {
                let Some(pool) = pool.upgrade() else { return };
                match look(&pool, due.into_inner()) {
                    Look::At(peer, due) => {
                        pool.make_room(peer);
                        queue.insert_at(peer, due);
                    }
                    Look::Ask(peer, seat) => questions.push(ask(pool, peer, seat)),
                    Look::Over => {}
                }
            }
            Some(asked) = questions.next(), if !questions.is_empty() => {
                if let Some((peer, due)) = asked {
                    queue.insert_at(peer, due);
                }
            }
            else => return,
        }
    }
}

/// Takes over what a keeper left whose runtime is gone, and ends the sessions whose sockets went with it.
fn take_over(pool: &Pool, number: u64, mut at: impl FnMut(SocketAddr, Instant)) {
    let over = pool.seats().each_free(|peer, seat| match &seat.standing {
        _ if seat.kept_by == Some(number) => None,
        Some(standing) if standing.session.is_alive() => {
            at(peer, standing.due_at(pool.keep_for()));
            seat.kept_by = Some(number);
            None
        }
        _ => seat.end(),
    });
    // Each tells its BMC, which takes longer than others should wait for their seats.
    drop(over);
}

/// What came of looking at a seat.
enum Look {
    /// It is to be looked at again.
    At(SocketAddr, Instant),
    Ask(SocketAddr, OwnedMutexGuard<Seat>),
    /// There is no session any more.
    Over,
}

fn look(pool: &Arc<Pool>, peer: SocketAddr) -> Look {
    let now = Instant::now();
    let mut seat = match pool.seats().find(peer) {
        Found::Free(seat) => seat,
        Found::Taken => return Look::At(peer, now + BUSY),
        Found::Nothing => return Look::Over,
    };
    match seat.standing.as_ref().map(|standing| standing.due(pool.keep_for(), now)) {
        Some(Due::Nothing(due)) => Look::At(peer, due),
        Some(Due::Ask) => Look::Ask(peer, seat),
        Some(Due::Close) | None => {
            drop(seat.end());
            Look::Over
        }
    }
}

/// Asks in a session, so that it stays, and lets go of its seat.
async fn ask(
    pool: Arc<Pool>,
    peer: SocketAddr,
    seat: OwnedMutexGuard<Seat>,
) -> Option<(SocketAddr, Instant)> {
    let due = asked(&pool, peer, seat).await;
    pool.make_room(peer);
    Some((peer, due?))
}

/// Returns when to ask next. A session in which nobody answers is over.
async fn asked(pool: &Pool, peer: SocketAddr, mut seat: OwnedMutexGuard<Seat>) -> Option<Instant> {
    let limit = pool.timing().command_limit;
    // Without a place the session is tried again soon, and stands meanwhile.
    let Some(mut pass) = pool.lanes().enter_until(Lane::Fast, Instant::now() + limit).await else {
        return Some(Instant::now() + BUSY);
    };
    let standing = seat.standing.as_mut()?;
    if standing.ask(limit, &mut pass).await.is_ok() {
        return Some(standing.due_at(pool.keep_for()));
    }
    tracing::debug!(%peer, "a kept session was gone");
    drop(seat.end());
    None
}
