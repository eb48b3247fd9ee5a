//! The socket of one host address: who connects reaches the environment that runs now, or nobody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::server::{Config, run_stream};
use russh::{MethodKind, MethodSet, SshId};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::board::{Site, Up, until_gone};
use super::exec::{Left, serve};
use super::machine::{Boot, Host};
use super::session::{CHANNELS_MAX, Client};
use crate::fault::Action;

/// How many connections one host takes at once. OpenSSH begins to refuse at 10 that have not logged in and gives up at 100.
const CONNECTIONS_MAX: usize = 100;
/// How long a failed login takes: enough to be seen, little enough for tests.
const REJECTION: Duration = Duration::from_millis(20);
/// How many logins one connection may try: OpenSSH's `MaxAuthTries`.
const TRIES_MAX: usize = 6;
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(3600);
/// How much may be under way between the socket and the server.
const PIPE: usize = 64 * 1024;

/// Is one nominal host address.
#[derive(Debug)]
pub(crate) struct Door {
    site: Arc<dyn Site>,
    /// The last boot that somebody connected to: its files are there as long as it runs.
    boot: Mutex<Option<Arc<Boot>>>,
}

impl Door {
    pub(crate) fn new(site: Arc<dyn Site>) -> Self {
        Self { site, boot: Mutex::new(None) }
    }

    /// Takes connections until it is dropped; then all of them die.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => if let Ok((stream, peer)) = accepted {
                    match self.site.up().filter(|_| connections.len() < CONNECTIONS_MAX) {
                        Some(up) => drop(connections.spawn(self.clone().connection(stream, peer.to_string(), up))),
                        None => hang_up(stream),
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn connection(self: Arc<Self>, mut stream: TcpStream, peer: String, up: Up) {
        if let Some(Action::Drop | Action::Refuse(_) | Action::LoseAnswer) = self.judge(&up).await {
            return hang_up(stream);
        }
        // The faults may have changed the host key just now.
        let Some(up) = self.site.up() else {
            return hang_up(stream);
        };
        let boot = self.boot(&up);
        let source = format!("{peer} {}", up.login);
        let host = Arc::new(Host::new(boot.clone(), &up, source));
        let _ = stream.set_nodelay(true);
        tokio::select! {
            () = attend(&mut stream, host, &up) => {}
            () = until_gone(self.site.as_ref(), &boot.machine, boot.number) => {}
        }
        hang_up(stream);
    }

    /// Asks the faults about a connection.
    async fn judge(&self, up: &Up) -> Option<Action> {
        let action = up.board.judge("connect");
        if let Some(Action::Delay(delay)) = action {
            super::program::pause(delay).await;
        }
        action
    }

    fn boot(&self, up: &Up) -> Arc<Boot> {
        let mut last = self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(boot) = last.as_ref().filter(|boot| up.is_same(&boot.machine, boot.number)) {
            return boot.clone();
        }
        let boot = Arc::new(Boot::new(self.site.clone(), up));
        if let Some(old) = last.replace(boot.clone()) {
            old.end();
        }
        boot
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let last = self.boot.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(boot) = last {
            boot.end();
        }
    }
}

/// Ends a connection as a machine that lost power would if the client could notice: at once, with nothing more said.
fn hang_up(stream: TcpStream) {
    let _ = stream.set_zero_linger();
    drop(stream);
}

/// Serves a connection until the client leaves, or a fault cuts it.
async fn attend(stream: &mut TcpStream, host: Arc<Host>, up: &Up) {
    let (mut outside, inside) = tokio::io::duplex(PIPE);
    let (opened, mut channels) = mpsc::channel(CHANNELS_MAX);
    let client = Client::new(up, host.clone(), opened);
    let session = run_stream(Arc::new(config(up)), inside, client);
    let mut commands = JoinSet::new();
    let pump = copy_bidirectional(stream, &mut outside);
    tokio::pin!(session, pump);
    let (mut started, mut open) = (false, true);
    loop {
        tokio::select! {
            // Setting up reads the client's greeting; after that the session runs in a task of the library's.
            result = &mut session, if !started => match result {
                Ok(_) => started = true,
                Err(_) => return,
            },
            _ = &mut pump, if open => open = false,
            Some(channel) = channels.recv() => drop(commands.spawn(serve(channel, host.clone()))),
            Some(left) = commands.join_next() => if matches!(left, Ok(Left::Lost)) {
                return;
            },
            // What a client started goes on without it.
            else => return,
        }
        if !open && commands.is_empty() {
            return;
        }
    }
}

fn config(up: &Up) -> Config {
    let methods = match up.password {
        Some(_) => MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password][..]),
        None => MethodSet::from(&[MethodKind::PublicKey][..]),
    };
    Config {
        server_id: SshId::Standard("SSH-2.0-hwautomation_sim".into()),
        methods,
        auth_rejection_time: REJECTION,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![up.key.clone()],
        max_auth_attempts: TRIES_MAX,
        inactivity_timeout: Some(SILENCE),
        ..Config::default()
    }
}
