//! A simulated smart plug with one outlet, on a real socket. It takes one line a connection, `get`, `on` or `off`,
//! and answers `on`, `off` or `ok`.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is true of the plug.
#[derive(Debug, Default)]
pub struct State {
    pub off: bool,
    /// How often it went from on to off.
    pub cuts: u32,
    /// Whether it does as told and then says nothing.
    pub mute: bool,
}

#[derive(Debug, Default)]
pub struct Plug(watch::Sender<State>);

impl Plug {
    /// Plugs it in, lit.
    pub async fn start() -> std::io::Result<(Arc<Self>, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (plug, address) = (Arc::new(Self::default()), listener.local_addr()?);
        tokio::spawn(Arc::clone(&plug).serve(listener));
        Ok((plug, address))
    }

    pub fn is_off(&self) -> bool {
        self.0.borrow().off
    }

    pub fn cuts(&self) -> u32 {
        self.0.borrow().cuts
    }

    pub fn set_mute(&self, mute: bool) {
        self.0.send_modify(|state| state.mute = mute);
    }

    /// Waits until the power was cut this often.
    pub async fn was_cut(&self, times: u32) {
        self.until(|state| state.cuts >= times).await;
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        let mut state = self.0.subscribe();
        state.wait_for(|state| holds(state)).await.expect("the plug itself holds the sender");
    }

    async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(Arc::clone(&self).answer(stream));
        }
    }

    async fn answer(self: Arc<Self>, mut stream: TcpStream) -> std::io::Result<()> {
        let mut line = String::new();
        BufReader::new(&mut stream).read_line(&mut line).await?;
        let answer = self.obey(line.trim());
        self.until(|state| !state.mute).await;
        stream.write_all(format!("{answer}\n").as_bytes()).await
    }

    fn obey(&self, command: &str) -> &'static str {
        match command {
            "get" => return if self.is_off() { "off" } else { "on" },
            "on" => self.0.send_modify(|state| state.off = false),
            "off" => self.0.send_modify(|state| {
                state.cuts += u32::from(!state.off);
                state.off = true;
            }),
            _ => return "what?",
        }
        "ok"
    }
}
