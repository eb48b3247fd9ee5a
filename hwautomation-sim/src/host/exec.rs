//! One channel: the command that it asks for, its streams and its end.

use std::sync::Arc;

use russh::server::{Handle, Msg};
use russh::{ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::sync::{mpsc, watch};

use super::files::User;
use super::machine::Host;
use super::session::Opened;
use super::shell::{Ended, Input, Output, Shell, Streams};

/// How many packets of a client's input may wait for a program that does not read: 512 of 32 KiB are 16 MiB.
const INPUT_WAITING: usize = 512;
/// How many pieces of output may wait for a client that does not read.
const OUTPUT_WAITING: usize = 16;

/// Says how a channel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Done,
    /// The whole connection is to be cut.
    Lost,
}

/// Serves a channel to its end.
pub(super) async fn serve(opened: Opened, host: Arc<Host>) -> Left {
    let Opened { channel, handle, place: _place } = opened;
    let (mut read, write) = channel.split();
    let Some(command) = asked(&mut read).await else {
        return Left::Done;
    };
    let running = Running { host, id: write.id(), handle, write };
    running.run(command, read).await
}

/// Is what a client wants to be run.
enum Asked {
    Command(String),
    /// A shell without a terminal: it reads its script from the input.
    Shell,
}

/// Waits for the request that starts something.
async fn asked(read: &mut ChannelReadHalf) -> Option<Asked> {
    loop {
        match read.wait().await? {
            ChannelMsg::Exec { command, .. } => {
                return Some(Asked::Command(String::from_utf8_lossy(&command).into_owned()));
            }
            ChannelMsg::RequestShell { .. } => return Some(Asked::Shell),
            ChannelMsg::Close => return None,
            _ => {}
        }
    }
}

struct Running {
    host: Arc<Host>,
    id: ChannelId,
    handle: Handle,
    write: ChannelWriteHalf<Msg>,
}

impl Running {
    async fn run(self, asked: Asked, read: ChannelReadHalf) -> Left {
        let (input, incoming) = mpsc::channel(INPUT_WAITING);
        let (to, outgoing) = mpsc::channel(OUTPUT_WAITING);
        let (closing, closed) = watch::channel(false);
        let streams = Streams {
            input: Input::client(incoming),
            output: Output::Client { to: to.clone(), error: false },
            error: Output::Client { to, error: true },
        };
        let program = async {
            let (ended, ()) =
                tokio::join!(execute(self.host.clone(), asked, streams), self.carry(outgoing, closed));
            ended
        };
        tokio::select! {
            ended = program => self.finish(ended).await,
            signal = feed(read, input, closing) => self.killed(signal).await,
        }
    }

    /// Carries output to the client while it takes any.
    async fn carry(&self, mut outgoing: mpsc::Receiver<(bool, Vec<u8>)>, mut closed: watch::Receiver<bool>) {
        while let Some((error, bytes)) = outgoing.recv().await {
            let sent = async {
                match error {
                    false => self.write.data_bytes(bytes).await,
                    true => self.write.extended_data_bytes(1, bytes).await,
                }
            };
            tokio::select! {
                _ = sent => {}
                _ = closed.wait_for(|closed| *closed) => {}
            }
        }
    }

    async fn finish(&self, ended: Result<u8, Ended>) -> Left {
        let Ok(status) = ended else {
            return Left::Lost;
        };
        // Failures mean that the client has gone.
        let _ = self.write.exit_status(u32::from(status)).await;
        let _ = self.write.eof().await;
        let _ = self.write.close().await;
        Left::Done
    }

    async fn killed(&self, signal: Sig) -> Left {
        let _ = self.handle.exit_signal_request(self.id, signal, false, String::new(), String::new()).await;
        let _ = self.write.eof().await;
        let _ = self.write.close().await;
        Left::Done
    }
}

async fn execute(host: Arc<Host>, asked: Asked, streams: Streams) -> Result<u8, Ended> {
    let user = match host.login() {
        "root" => User::ROOT,
        _ => User::LOGIN,
    };
    let text = match asked {
        Asked::Command(text) => text,
        Asked::Shell => String::from_utf8_lossy(&streams.input.all().await.unwrap_or_default()).into_owned(),
    };
    Shell::login(host, user).line(&text, &streams).await
}

/// Gives the client's input to the program until a signal comes. A closed channel ends the input, not the program.
async fn feed(mut read: ChannelReadHalf, input: mpsc::Sender<Vec<u8>>, closing: watch::Sender<bool>) -> Sig {
    let mut input = Some(input);
    while let Some(message) = read.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                if let Some(input) = &input {
                    let _ = input.send(data.to_vec()).await;
                }
            }
            ChannelMsg::Eof => input = None,
            ChannelMsg::Signal { signal } => return signal,
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    drop(input);
    closing.send_replace(true);
    std::future::pending().await
}
