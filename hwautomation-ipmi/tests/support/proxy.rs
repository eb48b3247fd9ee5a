//! A proxy for datagrams that loses, doubles, reorders and delays them, always in the same way for one seed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the way does to datagrams.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Weather {
    Fair,
    /// Nothing arrives anywhere.
    Dead,
    /// Questions arrive; answers do not.
    NoAnswers,
    /// Per mille: lost each way, doubled, held back behind later ones, late by as much as a log-in takes.
    Rough {
        lost: u64,
        doubled: u64,
        reordered: u64,
        late: u64,
    },
}

/// Decides whether an answer is lost, when the way is told to ask.
type Judge = dyn Fn(&[u8]) -> bool + Send + Sync;

struct Way {
    target: SocketAddr,
    weather: Mutex<Weather>,
    judge: Mutex<Option<Box<Judge>>>,
    random: Mutex<u64>,
    /// Log-ins that one side refused.
    refused: AtomicU64,
    /// The last proof was refused by the client, and what the BMC says to that counts no second time.
    client_refused: AtomicBool,
    opened: AtomicU64,
    named: AtomicU64,
    questions: AtomicU64,
    withheld: watch::Sender<u64>,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    way: Arc<Way>,
    _tasks: JoinSet<()>,
}

/// How late a reordered and a late datagram are: some, and more than a client of these tests waits.
const REORDERED_BY: Duration = Duration::from_millis(15);
const LATE_BY: Duration = Duration::from_millis(200);

impl Proxy {
    pub(crate) async fn start(target: SocketAddr, seed: u64) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), target, seed).await
    }

    /// Starts one at this address.
    pub(crate) async fn start_at(at: SocketAddr, target: SocketAddr, seed: u64) -> Self {
        let socket = Arc::new(UdpSocket::bind(at).await.unwrap());
        let address = socket.local_addr().unwrap();
        let way = Arc::new(Way {
            target,
            weather: Mutex::new(Weather::Fair),
            judge: Mutex::default(),
            random: Mutex::new(seed),
            refused: AtomicU64::new(0),
            client_refused: AtomicBool::new(false),
            opened: AtomicU64::new(0),
            named: AtomicU64::new(0),
            questions: AtomicU64::new(0),
            withheld: watch::Sender::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(forward(socket, Arc::clone(&way)));
        Self { address, way, _tasks: tasks }
    }

    pub(crate) fn set(&self, weather: Weather) {
        *self.way.weather.lock().unwrap() = weather;
    }

    /// Loses the answers that this function says.
    pub(crate) fn lose(&self, judge: impl Fn(&[u8]) -> bool + Send + Sync + 'static) {
        *self.way.judge.lock().unwrap() = Some(Box::new(judge));
    }

    pub(crate) fn heal(&self) {
        self.set(Weather::Fair);
        *self.way.judge.lock().unwrap() = None;
    }

    pub(crate) fn refused_logins(&self) -> u64 {
        self.way.refused.load(Ordering::SeqCst)
    }

    /// Counts Open Session requests that arrived.
    pub(crate) fn opened(&self) -> u64 {
        self.way.opened.load(Ordering::SeqCst)
    }

    /// Counts RAKP messages 1 that arrived: how often somebody said who wants in.
    pub(crate) fn named(&self) -> u64 {
        self.way.named.load(Ordering::SeqCst)
    }

    /// Counts all datagrams of clients that arrived.
    pub(crate) fn questions(&self) -> u64 {
        self.way.questions.load(Ordering::SeqCst)
    }

    /// Counts answers withheld so far, to be waited for.
    pub(crate) fn withheld(&self) -> watch::Receiver<u64> {
        self.way.withheld.subscribe()
    }
}

async fn forward(socket: Arc<UdpSocket>, way: Arc<Way>) {
    let mut behind: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut buffer = [0; 2048];
    while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
        let there = match behind.entry(client) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(place) => {
                let there = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
                there.connect(way.target).await.unwrap();
                tasks.spawn(backward(Arc::clone(&socket), Arc::clone(&there), client, Arc::clone(&way)));
                Arc::clone(place.insert(there))
            }
        };
        let datagram = buffer[..length].to_vec();
        way.note_question(&datagram);
        if matches!(*way.weather.lock().unwrap(), Weather::Dead) {
            continue;
        }
        for delay in way.fate() {
            let (there, datagram) = (Arc::clone(&there), datagram.clone());
            tasks.spawn(async move {
                later(delay).await;
                drop(there.send(&datagram).await);
            });
        }
    }
}

async fn backward(socket: Arc<UdpSocket>, there: Arc<UdpSocket>, client: SocketAddr, way: Arc<Way>) {
    let mut buffer = [0; 2048];
    let mut tasks = JoinSet::new();
    loop {
        let Ok(length) = there.recv(&mut buffer).await else { continue };
        let datagram = buffer[..length].to_vec();
        if way.withholds(&datagram) {
            way.withheld.send_modify(|count| *count += 1);
            continue;
        }
        way.note_answer(&datagram);
        for delay in way.fate() {
            let (socket, datagram) = (Arc::clone(&socket), datagram.clone());
            tasks.spawn(async move {
                later(delay).await;
                drop(socket.send_to(&datagram, client).await);
            });
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the way is slow on purpose")]
async fn later(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

impl Way {
    /// SplitMix64.
    fn roll(&self) -> u64 {
        let mut state = self.random.lock().unwrap();
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % 1000
    }

    /// Says how often and how late a datagram arrives.
    fn fate(&self) -> Vec<Duration> {
        let Weather::Rough { lost, doubled, reordered, late } = *self.weather.lock().unwrap() else {
            return vec![Duration::ZERO];
        };
        if self.roll() < lost {
            return Vec::new();
        }
        let copies = if self.roll() < doubled { 2 } else { 1 };
        let delay = |_| match (self.roll() < reordered, self.roll() < late) {
            (_, true) => LATE_BY,
            (true, _) => REORDERED_BY,
            _ => Duration::ZERO,
        };
        (0..copies).map(delay).collect()
    }

    fn withholds(&self, datagram: &[u8]) -> bool {
        let weather = *self.weather.lock().unwrap();
        let judged = self.judge.lock().unwrap().as_ref().is_some_and(|judge| judge(datagram));
        judged || matches!(weather, Weather::Dead | Weather::NoAnswers)
    }

    /// RAKP message 3 with a status says that the client refused the BMC's proof.
    fn note_question(&self, datagram: &[u8]) {
        self.questions.fetch_add(1, Ordering::SeqCst);
        match (datagram.get(5), datagram.get(17)) {
            (Some(0x14), Some(status)) => {
                self.client_refused.store(*status != 0, Ordering::SeqCst);
                self.refused.fetch_add(u64::from(*status != 0), Ordering::SeqCst);
            }
            (Some(0x10), _) => {
                self.opened.fetch_add(1, Ordering::SeqCst);
            }
            (Some(0x12), _) => {
                self.named.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
    }

    /// RAKP messages 2 and 4 with a status say that the BMC refused.
    fn note_answer(&self, datagram: &[u8]) {
        let refused = match (datagram.get(5), datagram.get(17)) {
            (Some(0x13), Some(1..)) => true,
            (Some(0x15), Some(1..)) => !self.client_refused.load(Ordering::SeqCst),
            _ => false,
        };
        self.refused.fetch_add(u64::from(refused), Ordering::SeqCst);
    }
}
