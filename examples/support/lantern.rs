//! A simulated lantern, an invented power unit with numbered sockets, on a real socket. A caller sends `pin <pin>`
//! and is answered `ok` or `no`; then `get <socket>`: `on`, `off` or `moving`; or `set <socket> on|off|cycle`: `ok`.
//! After a `set`, the relay moves until somebody has looked.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub const PIN: &str = "4711-0815";
pub const SOCKET: u8 = 3;

/// What goes wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    #[default]
    Nothing,
    /// It answers nothing.
    Silent,
    /// It takes no PIN.
    RefusesPin,
    /// It does as told, and the answers to commands get lost.
    LosesAnswers,
    /// The relay never comes to rest.
    Moves,
}

/// What is true of the lantern.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    pub on: bool,
    /// Where the relay moves to.
    pub moving: Option<bool>,
    pub boots: u64,
    pub commands: u64,
    pub refused_logins: u64,
    pub calls_waiting: u64,
    pub trouble: Trouble,
}

#[derive(Debug, Default)]
pub struct Lantern(watch::Sender<Truth>);

impl Lantern {
    pub async fn start() -> std::io::Result<(Arc<Self>, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (lantern, address) = (Arc::new(Self::default()), listener.local_addr()?);
        tokio::spawn(Arc::clone(&lantern).serve(listener));
        Ok((lantern, address))
    }

    pub fn truth(&self) -> Truth {
        self.0.borrow().clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut Truth)) {
        self.0.send_modify(change);
    }

    pub async fn until(&self, holds: impl Fn(&Truth) -> bool) {
        let mut truth = self.0.subscribe();
        truth.wait_for(|truth| holds(truth)).await.expect("the lantern itself holds the sender");
    }

    async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(Arc::clone(&self).talk(stream));
        }
    }

    async fn talk(self: Arc<Self>, stream: TcpStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        while let Some(line) = lines.next_line().await? {
            if self.truth().trouble == Trouble::Silent {
                self.change(|truth| truth.calls_waiting += 1);
                self.until(|truth| truth.trouble != Trouble::Silent).await;
                return Ok(());
            }
            let words: Vec<&str> = line.split(' ').collect();
            if words[0] == "set" && self.truth().trouble == Trouble::LosesAnswers {
                self.obey(&words);
                return Ok(());
            }
            writer.write_all(format!("{}\n", self.obey(&words)).as_bytes()).await?;
        }
        Ok(())
    }

    fn obey(&self, words: &[&str]) -> &'static str {
        match words {
            ["pin", pin] => self.log_in(pin),
            ["get", "3"] => self.look(),
            ["set", "3", to] => self.set(to),
            _ => "what?",
        }
    }

    fn log_in(&self, pin: &str) -> &'static str {
        if pin == PIN && self.truth().trouble != Trouble::RefusesPin {
            return "ok";
        }
        self.change(|truth| truth.refused_logins += 1);
        "no"
    }

    fn look(&self) -> &'static str {
        let truth = self.truth();
        if truth.trouble == Trouble::Moves || truth.moving.is_some() {
            self.settle();
            return "moving";
        }
        if truth.on { "on" } else { "off" }
    }

    /// Lets the relay come to rest.
    pub fn settle(&self) {
        self.change(|truth| truth.on = truth.moving.take().unwrap_or(truth.on));
    }

    fn set(&self, to: &str) -> &'static str {
        self.change(|truth| {
            truth.commands += 1;
            let on = truth.moving.unwrap_or(truth.on);
            match to {
                "off" if on => truth.moving = Some(false),
                "on" if !on => (truth.moving, truth.boots) = (Some(true), truth.boots + 1),
                "cycle" => (truth.moving, truth.boots) = (Some(true), truth.boots + 1),
                _ => {}
            }
        });
        "ok"
    }
}
