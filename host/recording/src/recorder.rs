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
            if let Some(Exchange::Http { response, .. }) = oldest_open(step) {
                *response = read::<passcode_host::Response>(content).map(Into::into);
            }
        }
        "failure" => {
            if let Some(Exchange::Http { failure, .. }) = oldest_open(step) {
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

/// The oldest request without an answer: of several that were made together, the answers come
/// in the order of the requests.
fn oldest_open(step: &mut RecordedStep) -> Option<&mut Exchange> {
    step.exchanges.iter_mut().find(|exchange| {
        matches!(
            exchange,
            Exchange::Http {
                response: None,
                failure: None,
                ..
            }
        )
    })
}

fn read<T: DeserializeOwned>(content: &str) -> Option<T> {
    serde_json::from_str(content).ok()
}

#[cfg(test)]
mod tests {
    use passcode_host::Phase;

    use super::*;

    #[test]
    fn answers_to_requests_made_together_belong_to_them_in_order() {
        let recorder = Recorder::default();
        let hear = |what, content: &str| {
            recorder.crossing(&Crossing {
                step: 1,
                phase: Phase::Prepare,
                what,
                content,
            });
        };
        hear("call", "\"prepare\"");
        for path in ["/a", "/b", "/c"] {
            let request =
                serde_json::json!({ "destination": "graph", "method": "get", "path": path });
            hear("request", &request.to_string());
        }
        hear("response", r#"{"status":200,"headers":[]}"#);
        hear(
            "failure",
            r#"{"sent":"no","reason":"unreachable","message":""}"#,
        );
        let heard = recorder.heard();
        let became: Vec<(String, Option<u16>, bool)> = heard[0]
            .exchanges
            .iter()
            .map(|exchange| match exchange {
                Exchange::Http {
                    request,
                    response,
                    failure,
                } => (
                    request.path.clone(),
                    response.as_ref().map(|response| response.status),
                    failure.is_some(),
                ),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [
            ("/a", Some(200), false),
            ("/b", None, true),
            ("/c", None, false),
        ];
        let expected = expected.map(|(path, status, failed)| (path.to_owned(), status, failed));
        assert_eq!(became, expected, "the step ended before the third");
    }
}
