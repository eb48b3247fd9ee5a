//! One flight at a time: whoever needs a token joins the request that is under way.

use super::issuer::{Grant, Issuer};
use super::key::check_key;
use super::token::{Decision, Token, decide, rest_until};
use crate::config::{Authentication, VpcConfig};
use crate::error::VpcError;
use crate::transport::Transport;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::secret::Secret;
use hwautomation_core::time::{Clock, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::task::AbortHandle;
use tokio_util::task::AbortOnDropHandle;

/// Hands out IAM access tokens. Cheap to clone; clones share token and requests.
///
/// A token counts as gone 10 s before its end. Once 80 % of its life is gone the next caller starts a request
/// for a new one in the background and everybody goes on with the old one, also when that request fails.
/// However many callers wait, one request is under way; a caller that goes away does not end it. When the last
/// clone goes and nobody waits, the request ends too.
#[derive(Debug, Clone)]
pub struct TokenSource(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    issuer: Arc<Issuer>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    flight: Option<Flight>,
    rest_until: Option<Timestamp>,
}

type Outcome = Result<Secret, VpcError>;

/// A request under way in a task of its own, and its outcome for all who wait.
#[derive(Debug, Clone)]
struct Flight {
    outcome: Shared<BoxFuture<'static, Outcome>>,
    task: AbortHandle,
}

enum Step {
    Take(Secret),
    Wait(Flight),
}

impl TokenSource {
    /// Makes a source that exchanges an API key, already resolved from the configuration's reference.
    ///
    /// # Errors
    ///
    /// `Invalid` when the configuration is wrong, does not say `api_key`, or the key cannot be one.
    pub fn api_key(config: &VpcConfig, key: Secret, clock: Clock) -> Result<Self> {
        config.validate(clock.now())?;
        let Authentication::ApiKey { .. } = &config.authentication else {
            return Err(other_authentication("api_key"));
        };
        check_key(&key)?;
        Self::new(&config.iam_url, config, Grant::ApiKey(key), clock)
    }

    /// Makes a source that exchanges the identity of the instance that this program runs on.
    ///
    /// # Errors
    ///
    /// `Invalid` when the configuration is wrong or does not say `instance_identity`.
    pub fn instance_identity(config: &VpcConfig, clock: Clock) -> Result<Self> {
        config.validate(clock.now())?;
        let Authentication::InstanceIdentity { profile, metadata_url } = &config.authentication else {
            return Err(other_authentication("instance_identity"));
        };
        Self::new(metadata_url, config, Grant::InstanceIdentity(profile.clone()), clock)
    }

    fn new(base: &str, config: &VpcConfig, grant: Grant, clock: Clock) -> Result<Self> {
        let transport = Transport::new(base, config, clock.clone())?;
        let issuer = Arc::new(Issuer { transport, grant });
        Ok(Self(Arc::new(Desk { issuer, clock, state: Mutex::default() })))
    }

    /// Returns a token that is good now.
    ///
    /// # Errors
    ///
    /// Those of the request, when no good token is at hand: `Unauthorized` when the credentials are not
    /// accepted, `Busy`, `Unreachable` or `Timeout` when a later try may succeed, `Security` when the
    /// certificate is not trusted, and the other kinds as the reply says.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled, as everything that speaks HTTP does.
    pub async fn token(&self) -> Result<Secret> {
        match self.step() {
            Step::Take(token) => Ok(token),
            Step::Wait(flight) => {
                flight.outcome.await.map_err(|cause| cause.into_error(&self.0.issuer.action()))
            }
        }
    }

    fn step(&self) -> Step {
        let mut state = self.0.state();
        match (decide(state.token.as_ref(), state.rest_until, self.0.clock.now()), state.secret()) {
            (Decision::Use, Some(token)) => Step::Take(token),
            (Decision::UseAndRefresh, Some(token)) => {
                self.join(&mut state);
                Step::Take(token)
            }
            _ => Step::Wait(self.join(&mut state)),
        }
    }

    /// Joins the flight under way, or starts one.
    fn join(&self, state: &mut State) -> Flight {
        match &state.flight {
            Some(flight) if !flight.task.is_finished() => flight.clone(),
            _ => state.flight.insert(self.start()).clone(),
        }
    }

    fn start(&self) -> Flight {
        let flight = fly(Arc::clone(&self.0.issuer), Arc::downgrade(&self.0));
        let handle = AbortOnDropHandle::new(tokio::spawn(flight));
        let task = handle.abort_handle();
        let outcome = handle.map(|joined| joined.unwrap_or(Err(VpcError::Abandoned)));
        Flight { outcome: outcome.boxed().shared(), task }
    }
}

async fn fly(issuer: Arc<Issuer>, desk: Weak<Desk>) -> Outcome {
    let outcome = issuer.issue().await;
    if let Some(desk) = desk.upgrade() {
        desk.land(&outcome);
    }
    outcome.map(|token| token.secret)
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn land(&self, outcome: &Result<Token, VpcError>) {
        let now = self.clock.now();
        let mut state = self.state();
        match outcome {
            Ok(token) => (state.token, state.rest_until) = (Some(token.clone()), None),
            Err(cause) => {
                state.rest_until = Some(rest_until(cause.retry_after(), now));
                if state.token.as_ref().is_some_and(|token| token.is_good(now)) {
                    let action = self.issuer.action();
                    tracing::warn!(action, error = %cause, "IAM token not renewed, the old one is still good");
                }
            }
        }
    }
}

impl State {
    fn secret(&self) -> Option<Secret> {
        self.token.as_ref().map(|token| token.secret.clone())
    }
}

fn other_authentication(wanted: &str) -> Error {
    Error::invalid("making a token source: the configuration authenticates in another way")
        .with_remedy(format!("set authentication.type to {wanted}, or make the other token source"))
}
