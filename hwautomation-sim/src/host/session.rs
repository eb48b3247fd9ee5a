//! One SSH session: who is let in, and which requests are answered with yes.

use std::sync::Arc;

use russh::keys::PublicKey;
use russh::server::{
    Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty};
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::board::Up;
use super::machine::Host;
use crate::log::Outcome;

/// How many channels a connection may have open at once: OpenSSH's `MaxSessions`.
pub(super) const CHANNELS_MAX: usize = 10;

/// Is a channel that was opened, on its way to whoever runs its commands.
pub(super) struct Opened {
    pub(super) channel: Channel<Msg>,
    pub(super) handle: Handle,
    /// Its place among the connection's channels, free again when whoever serves it is done.
    pub(super) place: OwnedSemaphorePermit,
}

/// Answers one client.
pub(super) struct Client {
    host: Arc<Host>,
    login: String,
    authorized: Vec<PublicKey>,
    password: Option<String>,
    opened: mpsc::Sender<Opened>,
    places: Arc<Semaphore>,
}

impl Client {
    pub(super) fn new(up: &Up, host: Arc<Host>, opened: mpsc::Sender<Opened>) -> Self {
        Self {
            host,
            login: up.login.clone(),
            authorized: up.authorized.iter().filter_map(|key| PublicKey::from_openssh(key).ok()).collect(),
            password: up.password.clone(),
            opened,
            places: Arc::new(Semaphore::new(CHANNELS_MAX)),
        }
    }

    fn admits(&self, user: &str, key: &PublicKey) -> Auth {
        let known = self.authorized.iter().any(|known| known.key_data() == key.key_data());
        let admitted = user == self.login && known;
        if !admitted {
            self.host.note_read("login with a key", Outcome::Refused);
        }
        admit(admitted)
    }
}

fn admit(yes: bool) -> Auth {
    match yes {
        true => Auth::Accept,
        false => Auth::reject(),
    }
}

type Answer = Result<(), russh::Error>;

impl Handler for Client {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.admits(user, offer.public_key))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        self.host.note_read("login with a key", Outcome::TookEffect);
        Ok(self.admits(user, key.public_key))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let right = self
            .password
            .as_ref()
            .is_some_and(|right| bool::from(right.as_bytes().ct_eq(password.as_bytes())));
        let admitted = user == self.login && right;
        let outcome = if admitted { Outcome::TookEffect } else { Outcome::Refused };
        self.host.note_read("login with a password", outcome);
        Ok(admit(admitted))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Answer {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        };
        let handle = session.handle();
        reply.accept().await;
        self.opened.send(Opened { channel, handle, place }).await.map_err(|_| russh::Error::Disconnect)
    }

    async fn exec_request(&mut self, channel: ChannelId, _: &[u8], session: &mut Session) -> Answer {
        session.channel_success(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Answer {
        session.channel_success(channel)
    }

    async fn env_request(&mut self, channel: ChannelId, _: &str, _: &str, session: &mut Session) -> Answer {
        // A server without AcceptEnv says no, and the client goes on.
        session.channel_failure(channel)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Answer {
        session.channel_failure(channel)
    }

    async fn subsystem_request(&mut self, channel: ChannelId, _: &str, session: &mut Session) -> Answer {
        session.channel_failure(channel)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Answer {
        session.channel_failure(channel)
    }
}
