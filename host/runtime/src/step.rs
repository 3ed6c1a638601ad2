//! One call of one exported function: an instance of its own, and its limits.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::Instance;
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::contract::exports::Callable;
use crate::engine::Machine;
use crate::error::{HostError, Limit};
use crate::limits::{LimitHit, Limits, Meter};

/// What a step's store holds: whoever answers the component, and what it may still use up.
pub(crate) trait Confined: Send + 'static {
    fn meter(&mut self) -> &mut Meter;

    /// A failure of the host that ends the step, whatever the component answers.
    fn fault(&mut self) -> Option<HostError> {
        None
    }

    /// Something crosses between host and component, as JSON.
    fn crossing(&self, what: &'static str, content: &str);

    /// Whether anybody listens to that.
    fn is_heard(&self) -> bool;

    fn tell(&self, what: &'static str, content: &impl Serialize) {
        if self.is_heard() {
            self.crossing(what, &serde_json::to_string(content).unwrap_or_default());
        }
    }
}

/// A running step: the store and the instance in it.
pub(crate) struct Running<T: Confined> {
    pub(crate) store: Store<T>,
    pub(crate) instance: Instance,
    pub(crate) callable: Arc<Callable<T>>,
    wall: Duration,
    /// Dropped after the store, whose place it is.
    _place: Option<OwnedSemaphorePermit>,
}

impl<T: Confined> Running<T> {
    pub(crate) async fn start(
        machine: &Machine,
        callable: &Arc<Callable<T>>,
        limits: &Limits,
        state: T,
    ) -> Result<Self, HostError> {
        let (mut store, place) = prepared(machine, callable.memories, limits, state).await;
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
            _place: place,
        })
    }

    /// Note which function is called, with what.
    pub(crate) fn tell(&self, what: &'static str, content: &impl Serialize) {
        self.store.data().tell(what, content);
    }

    /// Note what it answered, or what ended it.
    pub(crate) fn answered<A: Serialize>(
        &self,
        answer: Result<A, HostError>,
    ) -> Result<A, HostError> {
        match &answer {
            Ok(value) => self.tell("answer", value),
            Err(error) => self.tell("fault", &error.code()),
        }
        answer
    }

    pub(crate) fn wall(&self) -> Duration {
        self.wall
    }
}

/// A store with its limits, and the place it takes.
pub(crate) async fn prepared<T: Confined>(
    machine: &Machine,
    memories: u32,
    limits: &Limits,
    state: T,
) -> (Store<T>, Option<OwnedSemaphorePermit>) {
    let place = machine.place(memories).await;
    let mut store = Store::new(&machine.engine, state);
    store.limiter(|state| state.meter());
    store.set_hostcall_fuel(limits.transfer_bytes);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        store.data_mut().meter().tick()?;
        Ok(UpdateDeadline::Yield(1))
    });
    (store, place)
}

/// Call one export within the wall limit. A macro, because each export has a type of its own.
macro_rules! call {
    ($running:expr, $function:ident($($argument:expr),*)) => {{
        let running: &mut $crate::step::Running<_> = $running;
        running.tell("call", &stringify!($function));
        $(running.tell("argument", $argument);)*
        let wall = running.wall();
        let callable = running.callable.clone();
        let call = callable.$function(&mut running.store, &running.instance, $($argument),*);
        let answer = $crate::step::within(wall, call).await;
        let answer = running.answered(answer);
        match $crate::step::Confined::fault(running.store.data_mut()) {
            Some(fault) => Err(fault),
            None => answer,
        }
    }};
}
pub(crate) use call;

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
