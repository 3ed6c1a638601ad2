//! Listening: every crossing of a step is kept, in memory, until the recording is made.

use std::collections::BTreeMap;
use std::sync::Mutex;

use passcode_host::{Crossing, Tap};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::{Exchange, RecordedStep};

/// Hears a host's steps. Give it to `HostBuilder::tap`, and make the recording at the end
/// (`Recorder::recording`). Nothing is on disk before that, so nothing unmasked ever is.
#[derive(Debug, Default)]
pub struct Recorder {
    steps: Mutex<BTreeMap<u64, RecordedStep>>,
}

impl Recorder {
    /// The steps so far, as they were, unmasked.
    #[must_use]
    pub fn heard(&self) -> Vec<RecordedStep> {
        let steps = self
            .steps
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        steps
            .values()
            .filter(|step| !step.function.is_empty())
            .cloned()
            .collect()
    }
}

impl Tap for Recorder {
    fn crossing(&self, crossing: &Crossing<'_>) {
        let mut steps = self
            .steps
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let step = steps.entry(crossing.step).or_insert_with(|| RecordedStep {
            function: String::new(),
            arguments: Vec::new(),
            exchanges: Vec::new(),
            answer: None,
            fault: None,
        });
        note(step, crossing.what, crossing.content);
    }
}

/// Add what crossed to its step. What is said of the last thing asked for completes it.
fn note(step: &mut RecordedStep, what: &str, content: &str) {
    match what {
        "call" => step.function = read(content).unwrap_or_default(),
        "argument" => step.arguments.push(read(content).unwrap_or_default()),
        "request" => {
            if let Some(request) = read(content) {
                step.exchanges.push(Exchange::Http {
                    request,
                    response: None,
                    failure: None,
                });
            }
        }
        "response" => {
            if let Some(Exchange::Http { response, .. }) = step.exchanges.last_mut() {
                *response = read::<passcode_host::Response>(content).map(Into::into);
            }
        }
        "failure" => {
            if let Some(Exchange::Http { failure, .. }) = step.exchanges.last_mut() {
                *failure = read(content);
            }
        }
        "whoami" => {
            if let Some(destination) = read(content) {
                step.exchanges.push(Exchange::Whoami {
                    destination,
                    identity: None,
                });
            }
        }
        "identity" => {
            if let Some(Exchange::Whoami { identity, .. }) = step.exchanges.last_mut() {
                *identity = read::<Option<_>>(content).flatten();
            }
        }
        "log" => {
            if let Some((severity, message)) = read(content) {
                step.exchanges.push(Exchange::Log { severity, message });
            }
        }
        "host-read" => step.exchanges.push(Exchange::HostRead {
            properties: read(content).unwrap_or_default(),
        }),
        "answer" => step.answer = read::<Value>(content),
        "fault" => step.fault = read(content),
        _ => {}
    }
}

fn read<T: DeserializeOwned>(content: &str) -> Option<T> {
    serde_json::from_str(content).ok()
}
