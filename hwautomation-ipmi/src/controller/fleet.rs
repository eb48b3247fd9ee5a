//! The power of many machines in one call. A machine is begun when the stream of answers is polled and there is a place
//! for it; one that turns out to be busy or dead gives its place to the next. What was begun goes on by itself, so a
//! caller who does not look holds up nobody, and nobody is begun for a caller who is behind with reading.

use super::errands::Errands;
use super::{IpmiController, power};
use crate::error::IpmiError;
use crate::transport::{Pass, Pool, Target, Turn};
use futures_util::{FutureExt, stream};
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    FleetAnswer, FleetAnswers, FleetPower, PowerAction, PowerController, PowerState,
};
use std::borrow::Cow;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

impl FleetPower for IpmiController {
    fn supported_of(&self, machine: &Machine) -> Vec<PowerAction> {
        self.supported(machine)
    }

    fn read_power_of<'a>(&'a self, machines: &'a [Machine]) -> FleetAnswers<'a, PowerState> {
        let read = |mut errand: Errand| async move {
            let mut turn = errand.turn().await?;
            power::state(&mut turn).await
        };
        self.each(machines, "reading the power state".into(), read)
    }

    fn request_power_of<'a>(&'a self, machines: &'a [Machine], action: PowerAction) -> FleetAnswers<'a, ()> {
        let request = move |mut errand: Errand| async move {
            let command = power::command(action)?;
            let mut turn = errand.turn().await?;
            power::request(&mut turn, action, &command).await
        };
        self.each(machines, format!("requesting {action}").into(), request)
    }
}

impl IpmiController {
    fn each<'a, T, F>(
        &'a self,
        machines: &'a [Machine],
        what: Cow<'static, str>,
        ask: impl Fn(Errand) -> F + Copy + Send + 'static,
    ) -> FleetAnswers<'a, T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, IpmiError>> + Send + 'static,
    {
        let mut fleet = Fleet { driver: self, machines, what, next: 0, begun: None, queued: None };
        Box::pin(stream::poll_fn(move |context| fleet.poll(context, ask)))
    }

    fn target_of(&self, machine: &Machine) -> Result<Box<Target<'static>>> {
        let (at, privilege) = (machine.bmc_address()?, self.config.power_privilege);
        Target::of(&self.config, &self.suites, machine, at, privilege)
            .map(|target| Box::new(target.into_owned()))
    }
}

/// What one call needs, apart from the caller.
struct Errand {
    pool: Arc<Pool>,
    /// Apart, so that what is moved about is small.
    target: Box<Target<'static>>,
    pass: Option<Pass>,
    /// Without a pass: is told when there was one.
    admitted: Option<oneshot::Sender<()>>,
}

impl Errand {
    async fn turn(&mut self) -> Result<Turn<'_>, IpmiError> {
        if let Some(admitted) = self.admitted.take() {
            self.pass = Some(self.pool.admit().await?);
            // The stream may be gone, and this call soon is.
            admitted.send(()).ok();
        }
        self.pool.turn(&self.target, self.pass.take()).await
    }
}

/// A call that waits for a place.
struct Queued {
    index: usize,
    admitted: oneshot::Receiver<()>,
}

/// The machines of one call, and how far it is.
struct Fleet<'a, T> {
    driver: &'a IpmiController,
    machines: &'a [Machine],
    what: Cow<'static, str>,
    /// Which machine is begun next.
    next: usize,
    /// The calls, from the first poll on.
    begun: Option<Errands<Result<T, IpmiError>>>,
    /// The last one that was begun waits for a place. One waits at a time.
    queued: Option<Queued>,
}

impl<T: Send + 'static> Fleet<'_, T> {
    /// What was answered comes first, and machines are begun when nothing is there to be read.
    fn poll<F>(
        &mut self,
        context: &mut Context<'_>,
        ask: impl Fn(Errand) -> F + Copy + Send + 'static,
    ) -> Poll<Option<FleetAnswer<T>>>
    where
        F: Future<Output = Result<T, IpmiError>> + Send + 'static,
    {
        if let Poll::Ready(Some(answer)) = self.poll_answer(context) {
            return Poll::Ready(Some(answer));
        }
        // The first may have answered while the others are begun.
        while !self.begun.as_ref().is_some_and(Errands::has_answer)
            && !self.is_queued(context)
            && let Some(machine) = self.machines.get(self.next)
        {
            let index = self.next;
            self.next += 1;
            match self.errand(index, machine) {
                Ok(errand) => self.begun.get_or_insert_with(Errands::start).begin(index, move || ask(errand)),
                Err(error) => return Poll::Ready(Some(FleetAnswer { index, result: Err(error) })),
            }
        }
        self.poll_answer(context)
    }

    /// Waits for the next answer; `None` when no call is under way.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Option<FleetAnswer<T>>> {
        let Some(begun) = &mut self.begun else { return Poll::Ready(None) };
        begun.poll_answer(context).map(|answer| {
            let (index, result) = answer?;
            let queued = self.queued.take_if(|queued| queued.index == index);
            let result = result.unwrap_or_else(|| Err(lost(queued)));
            Some(FleetAnswer { index, result: result.or_else(|error| self.failed(index, error)) })
        })
    }

    fn is_queued(&mut self, context: &mut Context<'_>) -> bool {
        self.queued.take_if(|queued| matches!(queued.admitted.poll_unpin(context), Poll::Ready(Ok(()))));
        self.queued.is_some()
    }

    fn errand(&mut self, index: usize, machine: &Machine) -> Result<Errand> {
        let (target, pool) = (self.driver.target_of(machine)?, Arc::clone(&self.driver.pool));
        let pass = pool.try_admit();
        let admitted = pass.is_none().then(|| {
            let (tell, admitted) = oneshot::channel();
            self.queued = Some(Queued { index, admitted });
            tell
        });
        Ok(Errand { pool, target, pass, admitted })
    }

    /// Says of which machine an error is.
    fn failed(&self, index: usize, error: IpmiError) -> Result<T> {
        let privilege = self.driver.config.power_privilege;
        self.driver.call(&self.machines[index], self.what.clone(), privilege)?.end(Err(error))
    }
}

/// Says what is known of a call that ended without an answer.
fn lost(queued: Option<Queued>) -> IpmiError {
    match queued.map(|mut queued| queued.admitted.try_recv()) {
        Some(Err(_)) => IpmiError::NotBegun,
        Some(Ok(())) | None => IpmiError::Abandoned,
    }
}
