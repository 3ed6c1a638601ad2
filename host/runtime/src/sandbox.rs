//! A component under its limits and nothing else: no origin, no credential, no ledger, no door.
//! Whatever it asks for is answered by the embedder. For replaying recordings, and for testing
//! components.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cache::Cache;
use crate::component;
use crate::contract::bindings::passcode::action::{auth, http, log};
use crate::contract::exports::{Callable, for_each_export};
use crate::contract::types::{
    ActionResult, Address, Context, Description, Findings, HistoryEntry, HistoryQuery, Order, Plan,
    Problem, Progress, Proposal, Receipt, Rule, Selector,
};
use crate::engine::{self, Machine};
use crate::error::HostError;
use crate::exchange::{Failure, Request, Response};
use crate::identity::Identity;
use crate::imports::{severity_name, used_up};
use crate::limits::{Limits, Meter};
use crate::step::{Confined, Running, call};

/// Answers what a component asks for. `None` ends the step: there is no answer to that.
pub trait Answers: Send + Sync + fmt::Debug {
    /// An answer to a request.
    fn send(&self, request: &Request) -> Option<Result<Response, Failure>>;

    /// Who we are to a destination.
    fn whoami(&self, destination: &str) -> Option<Option<Identity>>;

    /// A line of the component's log; whether it may go on.
    fn log(&self, severity: &str, message: &str) -> bool;
}

/// A component without a host around it.
#[derive(Clone)]
pub struct Sandbox {
    machine: Machine,
    callable: Arc<Callable<Scene>>,
    digest: String,
    limits: Limits,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Load a component; compiled code is kept in `cache`, as by a host.
    ///
    /// # Errors
    ///
    /// As [`crate::Host::load`].
    pub fn load(bytes: &[u8], cache: Option<PathBuf>) -> Result<Self, HostError> {
        let limits = Limits::default();
        let machine = Machine::start(&engine::config(&limits))?;
        let cache = cache.map(Cache::new);
        let loaded = component::load::<Scene>(&machine.engine, &limits, cache.as_ref(), bytes)?;
        Ok(Self {
            machine,
            callable: Arc::new(loaded.callable),
            digest: loaded.digest,
            limits,
        })
    }

    /// SHA-256 of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    async fn start(&self, answers: Arc<dyn Answers>) -> Result<Running<Scene>, HostError> {
        let scene = Scene {
            meter: Meter::new(&self.limits),
            answers,
        };
        Running::start(&self.machine, &self.callable, &self.limits, scene).await
    }

    /// Call a function of the interface `action` by its name, with arguments and answer as JSON.
    ///
    /// # Errors
    ///
    /// If there is no such function, an argument is not what it takes, or the component ends in
    /// a trap or a limit.
    pub async fn call(
        &self,
        function: &str,
        arguments: &[Value],
        answers: Arc<dyn Answers>,
    ) -> Result<Value, HostError> {
        let given = Given {
            function,
            arguments,
        };
        match function {
            "describe" => json(&self.describe(answers).await?),
            "matrix" => json(&self.matrix(answers).await?),
            "addresses" => json(&self.addresses(answers).await?),
            "find" => json(&self.find(&given.take(0)?, &given.take(1)?, answers).await?),
            "prepare" => json(
                &self
                    .prepare(&given.take(0)?, &given.take(1)?, answers)
                    .await?,
            ),
            "commit" => json(
                &self
                    .commit(&given.take(0)?, &given.take(1)?, answers)
                    .await?,
            ),
            "observe" => {
                let (plan, receipt, context) = (given.take(0)?, given.take(1)?, given.take(2)?);
                json(&self.observe(&plan, &receipt, &context, answers).await?)
            }
            "results" => {
                let device: String = given.take(0)?;
                json(&self.results(&device, &given.take(1)?, answers).await?)
            }
            "history" => json(
                &self
                    .history(&given.take(0)?, &given.take(1)?, answers)
                    .await?,
            ),
            other => Err(not_callable(format!(
                "the contract has no function `{other}`"
            ))),
        }
    }
}

/// Each function of the interface `action`, in an instance of its own.
macro_rules! functions {
    ($($function:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Sandbox {
            $(
                /// The function of that name. See `wit/action.wit`.
                ///
                /// # Errors
                ///
                /// If the component ends in a trap or a limit.
                pub async fn $function(
                    &self,
                    $($argument: &$type,)*
                    answers: Arc<dyn Answers>,
                ) -> Result<$answer, HostError> {
                    call!(&mut self.start(answers).await?, $function($($argument),*))
                }
            )*
        }
    };
}

for_each_export!(functions);

#[cfg(feature = "inspect")]
impl Sandbox {
    /// An instance in which nothing is called. For measurements.
    ///
    /// # Errors
    ///
    /// If it runs into a limit.
    pub async fn instantiate(
        &self,
        answers: Arc<dyn Answers>,
    ) -> Result<impl Sized + use<>, HostError> {
        self.start(answers).await
    }
}

struct Given<'a> {
    function: &'a str,
    arguments: &'a [Value],
}

impl Given<'_> {
    fn take<T: DeserializeOwned>(&self, index: usize) -> Result<T, HostError> {
        let wrong = |why: String| {
            not_callable(format!(
                "argument {} of `{}` {why}",
                index + 1,
                self.function
            ))
        };
        let value = self.arguments.get(index);
        let value = value.ok_or_else(|| wrong("is missing".to_owned()))?;
        T::deserialize(value).map_err(|error| wrong(format!("is not what it takes: {error}")))
    }
}

fn json(value: &impl Serialize) -> Result<Value, HostError> {
    serde_json::to_value(value).map_err(|error| HostError::Component(error.to_string()))
}

fn not_callable(message: String) -> HostError {
    HostError::Setup {
        message,
        remedy: "see wit/action.wit for the functions and what they take".to_owned(),
    }
}

/// What the store holds.
struct Scene {
    meter: Meter,
    answers: Arc<dyn Answers>,
}

impl Confined for Scene {
    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }

    fn crossing(&self, _: &'static str, _: &str) {}

    fn is_heard(&self) -> bool {
        false
    }
}

/// The embedder has no answer.
fn no_answer() -> wasmtime::Error {
    wasmtime::Error::msg("there is no answer to what it asks for")
}

impl http::Host for Scene {
    async fn send(
        &mut self,
        destination: String,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::Failure>> {
        if !self.meter.request()? {
            return Ok(Err(used_up().into()));
        }
        let request = Request::of(destination, request);
        let answer = self.answers.send(&request).ok_or_else(no_answer)?;
        Ok(answer.map(Into::into).map_err(Into::into))
    }
}

impl auth::Host for Scene {
    fn whoami(&mut self, destination: String) -> wasmtime::Result<Option<auth::Identity>> {
        let identity = self.answers.whoami(&destination).ok_or_else(no_answer)?;
        Ok(identity.map(Into::into))
    }
}

impl log::Host for Scene {
    fn write(&mut self, severity: log::Severity, message: String) -> wasmtime::Result<()> {
        if self.meter.line(message.len())? && !self.answers.log(severity_name(severity), &message) {
            return Err(no_answer());
        }
        Ok(())
    }
}
