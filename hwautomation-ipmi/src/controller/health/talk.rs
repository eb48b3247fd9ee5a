//! A long talk with a BMC, that lets others in between.

use crate::controller::Call;
use crate::error::IpmiError;
use crate::model::command::Command;
use crate::transport::{self, Turn};
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How long one turn is held. Hundreds of sensors take a slow BMC a minute, and who waits to cut the power waits no
/// longer than this and one answer.
const TURN_MAX: Duration = Duration::from_secs(1);

/// Whoever can be asked: a BMC, or the double of one.
pub(super) trait Asks: Send {
    /// Sends a command and returns the data of its answer.
    fn ask(
        &mut self,
        command: &Command,
    ) -> impl Future<Output = Result<Zeroizing<Vec<u8>>, IpmiError>> + Send;

    /// Lets the BMC work for a moment, and others talk to it.
    fn rest(&mut self) -> impl Future<Output = ()> + Send;
}

/// Asks a BMC, in as many turns as it takes.
pub(super) struct Talk<'a> {
    call: &'a Call<'a>,
    turn: Option<(Turn<'a>, Instant)>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(call: &'a Call<'a>) -> Self {
        Self { call, turn: None }
    }

    async fn turn(&mut self) -> Result<&mut Turn<'a>, IpmiError> {
        let held = self.turn.take_if(|(_, since)| since.elapsed() >= TURN_MAX);
        // First it is given back: turns come in the order of asking.
        drop(held);
        if self.turn.is_none() {
            self.turn = Some((self.call.turn().await?, Instant::now()));
        }
        Ok(&mut self.turn.as_mut().expect("it was just put there").0)
    }
}

impl Asks for Talk<'_> {
    async fn ask(&mut self, command: &Command) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
        self.turn().await?.send(command).await
    }

    async fn rest(&mut self) {
        self.turn = None;
        transport::rest().await;
    }
}
