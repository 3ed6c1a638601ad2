//! Running a component on a recording: it is told what was recorded, and everything it says is
//! compared with what was recorded.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use passcode_host::{Answers, Failure, HostError, Identity, Request, Response, Sandbox};
use serde_json::Value;

use crate::difference;
use crate::document::{Exchange, RecordedStep, Recording};

/// A component, ready to be run on recordings. Without network, ledger or credential.
#[derive(Debug)]
pub struct Player {
    sandbox: Sandbox,
}

/// What a replay brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Each step's function, and what was found.
    pub steps: Vec<(String, Verdict)>,
}

/// What a step's replay brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every request and the answer, byte for byte.
    Identical,
    /// The recording of this step breaks off; as far as it goes, the same.
    BreaksOff,
    /// The first difference.
    Differs(String),
}

impl Played {
    /// Whether nothing differs.
    #[must_use]
    pub fn identical(&self) -> bool {
        !self
            .steps
            .iter()
            .any(|(_, verdict)| matches!(verdict, Verdict::Differs(_)))
    }
}

impl Player {
    /// A player for a component's bytes; compiled code is kept in `cache`.
    ///
    /// # Errors
    ///
    /// If it is not a component of this contract.
    pub fn load(bytes: &[u8], cache: Option<PathBuf>) -> Result<Self, HostError> {
        Ok(Self {
            sandbox: Sandbox::load(bytes, cache)?,
        })
    }

    /// SHA-256 of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.sandbox.digest()
    }

    /// Run every step.
    pub async fn play(&self, recording: &Recording) -> Played {
        let mut steps = Vec::new();
        for step in &recording.steps {
            steps.push((step.function.clone(), self.compare(step).await));
        }
        Played { steps }
    }

    async fn compare(&self, step: &RecordedStep) -> Verdict {
        let (now, script) = self.run(step, Reading::Exact).await;
        if let Some(difference) = script.off {
            return Verdict::Differs(difference);
        }
        if script.broke_off {
            return Verdict::BreaksOff;
        }
        if let Some(left) = step.exchanges[script.position..]
            .iter()
            .find(|exchange| !matches!(exchange, Exchange::HostRead { .. }))
        {
            return Verdict::Differs(format!("it no longer asks for {}", describe(left)));
        }
        match (&step.answer, &step.fault, now) {
            (Some(recorded), _, Ok(now)) => match difference::first(recorded, &now) {
                // The comparison by value finds the place; the bytes decide.
                None if bytes(recorded) == bytes(&now) => Verdict::Identical,
                None => Verdict::Differs("the answer is written otherwise".to_owned()),
                Some(place) => Verdict::Differs(format!("the answer, {place}")),
            },
            (None, Some(recorded), Err(now)) if *recorded == now.code() => Verdict::Identical,
            (None, None, _) => Verdict::BreaksOff,
            (_, _, Ok(_)) => Verdict::Differs("it answers, where it was ended".to_owned()),
            (_, _, Err(now)) => Verdict::Differs(format!("it ends: {now}")),
        }
    }

    pub(crate) async fn run(
        &self,
        step: &RecordedStep,
        reading: Reading,
    ) -> (Result<Value, HostError>, Outcome) {
        let script = Arc::new(Script {
            exchanges: step.exchanges.clone(),
            reading,
            state: Mutex::default(),
        });
        let now = self
            .sandbox
            .call(&step.function, &step.arguments, script.clone())
            .await;
        let outcome = script.state().clone();
        (now, outcome)
    }
}

/// One line of canonical JSON.
fn bytes(value: &Value) -> Vec<u8> {
    passcode_canonical::to_vec(value).unwrap_or_default()
}

/// How closely a component must keep to the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// To the byte.
    Exact,
    /// It may say other words; the order of things stands.
    Loose,
}

/// What a component did with a script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// How many exchanges were used.
    position: usize,
    /// What was exchanged this time.
    pub(crate) exchanges: Vec<Exchange>,
    /// The first thing that was not in the script.
    pub(crate) off: Option<String>,
    /// The recording has no more.
    pub(crate) broke_off: bool,
}

#[derive(Debug)]
struct Script {
    exchanges: Vec<Exchange>,
    reading: Reading,
    state: Mutex<Outcome>,
}

impl Script {
    fn state(&self) -> MutexGuard<'_, Outcome> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The next thing that a component was told. What the host read for itself is passed over.
    fn next(&self, state: &mut Outcome) -> Option<&Exchange> {
        loop {
            let next = self.exchanges.get(state.position)?;
            state.position += 1;
            match next {
                Exchange::HostRead { .. } => state.exchanges.push(next.clone()),
                next => return Some(next),
            }
        }
    }

    fn off(state: &mut Outcome, recorded: Option<&Exchange>, now: &Exchange) {
        let recorded = recorded.map_or_else(|| "nothing more".to_owned(), describe);
        state.off = Some(format!(
            "it asks for {}; recorded is {recorded}",
            describe(now)
        ));
    }
}

impl Answers for Script {
    fn send(&self, request: &Request) -> Option<Result<Response, Failure>> {
        let mut state = self.state();
        let next = self.next(&mut state);
        if let Some(Exchange::Http {
            request: recorded,
            response,
            failure,
        }) = next
            && (recorded == request || self.reading == Reading::Loose)
        {
            state.exchanges.push(Exchange::Http {
                request: request.clone(),
                response: response.clone(),
                failure: failure.clone(),
            });
            return match (response, failure) {
                (Some(response), _) => Some(Ok(response.clone().into())),
                (None, Some(failure)) => Some(Err(failure.clone())),
                (None, None) => {
                    state.broke_off = true;
                    None
                }
            };
        }
        let now = Exchange::Http {
            request: request.clone(),
            response: None,
            failure: None,
        };
        Self::off(&mut state, next, &now);
        None
    }

    fn whoami(&self, destination: &str) -> Option<Option<Identity>> {
        let mut state = self.state();
        let next = self.next(&mut state);
        if let Some(
            exchange @ Exchange::Whoami {
                destination: recorded,
                identity,
            },
        ) = next
            && recorded == destination
        {
            state.exchanges.push(exchange.clone());
            return Some(identity.clone());
        }
        let now = Exchange::Whoami {
            destination: destination.to_owned(),
            identity: None,
        };
        Self::off(&mut state, next, &now);
        None
    }

    fn log(&self, severity: &str, message: &str) -> bool {
        let mut state = self.state();
        let next = self.next(&mut state);
        let now = Exchange::Log {
            severity: severity.to_owned(),
            message: message.to_owned(),
        };
        let fits = match next {
            Some(recorded @ Exchange::Log { .. }) => {
                self.reading == Reading::Loose || *recorded == now
            }
            _ => false,
        };
        if fits {
            state.exchanges.push(now);
        } else {
            Self::off(&mut state, next, &now);
        }
        fits
    }
}

/// An exchange in a few words.
fn describe(exchange: &Exchange) -> String {
    match exchange {
        Exchange::Http { request, .. } => {
            let query: Vec<String> = request
                .query
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let query = match query.is_empty() {
                true => String::new(),
                false => format!("?{}", query.join("&")),
            };
            format!("{} {}{query}", request.method, request.path)
        }
        Exchange::Whoami { destination, .. } => format!("who we are to `{destination}`"),
        Exchange::Log { message, .. } => format!("a line of its log: {message}"),
        Exchange::HostRead { .. } => "a reading of the host's".to_owned(),
    }
}
