//! One call of one exported function: an instance of its own, its limits, and its door.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use wasmtime::component::Instance;
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::authority::{Authority, Phase};
use crate::contract::bindings::passcode::action::{auth, http, log};
use crate::contract::exports::Callable;
use crate::door::{Binding, Door, Stopped, Wish};
use crate::error::{HostError, Limit};
use crate::host::Shared;
use crate::limits::{LimitHit, Limits, Meter, TICK};
use crate::tap::Crossing;

/// How often a component may go on after a limit said no, before it is ended.
const PATIENCE: u32 = 100;
const MOST_LOG_LINES: u32 = 10_000;

/// What a step's store holds.
pub(crate) struct Step {
    pub(crate) door: Door,
    shared: Arc<Shared>,
    phase: Phase,
    meter: Meter,
    requests: u32,
    ticks: u32,
    log_left: usize,
    log_lines: u32,
}

/// A running step: the store and the instance in it.
pub(crate) struct Running {
    pub(crate) store: Store<Step>,
    pub(crate) instance: Instance,
    pub(crate) callable: Arc<Callable>,
    wall: Duration,
}

impl Running {
    pub(crate) async fn start(
        shared: &Arc<Shared>,
        callable: &Arc<Callable>,
        authority: &Arc<Authority>,
        binding: Binding,
    ) -> Result<Self, HostError> {
        let limits: &Limits = &shared.limits;
        let step = Step {
            phase: binding.phase,
            door: Door::new(shared.clone(), authority.clone(), binding),
            shared: shared.clone(),
            meter: Meter {
                memory_left: limits.memory_bytes,
                table_left: limits.table_elements,
            },
            requests: 0,
            ticks: 0,
            log_left: limits.log_bytes,
            log_lines: 0,
        };
        let most_ticks =
            u32::try_from(limits.cpu.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX);
        let mut store = Store::new(shared.engine(), step);
        store.limiter(|step| &mut step.meter);
        store.set_hostcall_fuel(limits.transfer_bytes);
        store.set_epoch_deadline(1);
        // The epoch also moves on while the guest waits for an answer, but then this runs once,
        // on return: that one tick is given back for each request. So it is the guest's own
        // computing that is counted.
        store.epoch_deadline_callback(move |mut store| {
            let step = store.data_mut();
            step.ticks += 1;
            if step.ticks > most_ticks.saturating_add(step.requests) {
                return Err(LimitHit(Limit::Cpu).into());
            }
            Ok(UpdateDeadline::Yield(1))
        });
        let instance = callable
            .pre
            .instantiate_async(&mut store)
            .await
            .map_err(|error| fault(&error))?;
        Ok(Self {
            store,
            instance,
            callable: callable.clone(),
            wall: limits.wall,
        })
    }

    /// Note what crosses as an argument.
    pub(crate) fn tell(&self, argument: &impl Serialize) {
        let step = self.store.data();
        step.shared.tap(step.phase, "argument", argument);
    }

    pub(crate) fn door(&mut self) -> &mut Door {
        &mut self.store.data_mut().door
    }
}

/// Call one export within the wall limit. A macro, because each export has a type of its own.
macro_rules! call {
    ($running:expr, $function:ident($($argument:expr),*)) => {{
        let running: &mut $crate::step::Running = $running;
        $(running.tell($argument);)*
        let wall = running.wall();
        $crate::step::within(wall, running.$function($($argument),*)).await
    }};
}
pub(crate) use call;

impl Running {
    pub(crate) fn wall(&self) -> Duration {
        self.wall
    }
}

/// Wait for a call, no longer than the wall limit. What the service was doing then is as
/// unknown as after a crash.
pub(crate) async fn within<T>(
    wall: Duration,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, HostError> {
    match tokio::time::timeout(wall, call).await {
        Err(_) => Err(HostError::Limit(Limit::Wall)),
        Ok(Err(error)) => Err(fault(&error)),
        Ok(Ok(value)) => Ok(value),
    }
}

/// What ended a call, by name.
fn fault(error: &wasmtime::Error) -> HostError {
    if let Some(LimitHit(limit)) = error.downcast_ref::<LimitHit>() {
        return HostError::Limit(*limit);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => HostError::Limit(Limit::Stack),
        Some(Trap::Interrupt) => HostError::Limit(Limit::Cpu),
        Some(trap) => HostError::Component(trap.to_string()),
        // wasmtime has no type for this one.
        None if format!("{error:#}").contains("allocated for hostcalls has been exhausted") => {
            HostError::Limit(Limit::Transfer)
        }
        // Nor for too many memories, tables or instances.
        None if format!("{error:#}").contains("resource limit exceeded") => {
            HostError::Limit(Limit::Memory)
        }
        None => HostError::Component(format!("{error:#}")),
    }
}

impl http::Host for Step {
    async fn send(
        &mut self,
        destination: String,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::Failure>> {
        self.requests += 1;
        if self.requests > self.shared.limits.requests {
            if self.requests > self.shared.limits.requests.saturating_add(PATIENCE) {
                return Err(LimitHit(Limit::Requests).into());
            }
            return Ok(Err(http::Failure {
                sent: http::Sent::No,
                reason: http::FailureReason::Exhausted(Limit::Requests.name().to_owned()),
                message: "this step has used up its requests".to_owned(),
            }));
        }
        #[cfg(feature = "inspect")]
        if let Some(stub) = &self.shared.before_the_door {
            let (status, headers, body) = (stub.0)(&request.method.to_string(), &request.path);
            return Ok(Ok(http::Response {
                status,
                headers,
                body,
            }));
        }
        let wish = Wish {
            destination,
            method: request.method,
            path: request.path,
            query: request.query,
            body: request.body,
        };
        let changes = wish.method != crate::contract::types::Method::Get;
        let answer = match self.door.send(wish).await {
            Ok(passed) => Ok(http::Response {
                status: passed.status,
                headers: passed.headers,
                body: passed.body,
            }),
            Err(stopped) => Err(failure(&stopped, changes && self.door.sent.is_some())),
        };
        match &answer {
            Ok(response) => self.shared.tap(
                self.phase,
                "response",
                &(response.status, &response.headers, &response.body),
            ),
            Err(failure) => self.shared.tap(self.phase, "failure", &failure.message),
        }
        Ok(answer)
    }
}

/// What a component hears of a request without an answer.
fn failure(stopped: &Stopped, may_be_sent: bool) -> http::Failure {
    use http::FailureReason as Reason;

    let perhaps = if may_be_sent {
        http::Sent::Unknown
    } else {
        http::Sent::No
    };
    let (sent, reason, message) = match stopped {
        Stopped::Refused(broken) => (
            http::Sent::No,
            Reason::Refused(broken.name().to_owned()),
            broken.to_string(),
        ),
        Stopped::NoCredential(message) => (http::Sent::No, Reason::NoCredential, message.clone()),
        Stopped::NotSent => (
            http::Sent::No,
            Reason::Unreachable,
            "the service could not be reached".to_owned(),
        ),
        Stopped::Interrupted => (
            perhaps,
            Reason::Interrupted,
            "the connection broke, or no answer came in time".to_owned(),
        ),
        Stopped::Unreadable(why) => (perhaps, Reason::Unreadable, (*why).to_owned()),
        Stopped::Answered(_) => (
            perhaps,
            Reason::Unreadable,
            "the service did not answer as expected".to_owned(),
        ),
        Stopped::Withheld => (
            if may_be_sent {
                http::Sent::Yes
            } else {
                http::Sent::No
            },
            Reason::Withheld,
            "the answer repeats a passcode outside its place and was withheld".to_owned(),
        ),
        Stopped::Ledger => (
            perhaps,
            Reason::Refused("ledger".to_owned()),
            "the ledger does not allow it".to_owned(),
        ),
    };
    http::Failure {
        sent,
        reason,
        message,
    }
}

impl auth::Host for Step {
    fn whoami(&mut self, destination: String) -> wasmtime::Result<Option<auth::Identity>> {
        let identity = self.shared.identity(&destination);
        self.shared.tap(self.phase, "identity", &identity);
        Ok(identity.map(|identity| auth::Identity {
            tenant: identity.tenant,
            acting: match identity.acting {
                crate::identity::Acting::Delegated => auth::Acting::Delegated,
                crate::identity::Acting::Application => auth::Acting::Application,
                crate::identity::Acting::Opaque => auth::Acting::Opaque,
            },
            name: identity.name,
            permissions: identity.permissions,
        }))
    }
}

impl log::Host for Step {
    fn write(&mut self, severity: log::Severity, message: String) -> wasmtime::Result<()> {
        self.log_lines += 1;
        if self.log_lines > MOST_LOG_LINES {
            return Err(LimitHit(Limit::Log).into());
        }
        if let Some(left) = self.log_left.checked_sub(message.len()) {
            self.log_left = left;
            let severity = match severity {
                log::Severity::Debug => "debug",
                log::Severity::Info => "info",
                log::Severity::Warn => "warn",
            };
            self.shared.log(severity, &crate::text::plain(&message));
        }
        Ok(())
    }
}

impl Shared {
    pub(crate) fn tap(&self, phase: Phase, what: &'static str, content: &impl Serialize) {
        if let Some(tap) = &self.tap {
            let content = serde_json::to_string(content).unwrap_or_default();
            tap.crossing(&Crossing {
                phase,
                what,
                content: &content,
            });
        }
    }
}
