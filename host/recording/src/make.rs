//! From what was heard to a recording that may be kept, and that replays.

use passcode_host::contract::CONTRACT;
use passcode_host::{HostError, Identity};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::document::{Exchange, RecordedResponse, RecordedStep, Recording};
use crate::mask::{Keep, Mask};
use crate::player::{Player, Reading, Verdict};
use crate::recorder::Recorder;

/// Why there is no recording of what was heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {step} (`{function}`) cannot be recorded{}: {why}", if *.masked { " masked" } else { "" })]
pub struct NotRecorded {
    /// Which step, from 1.
    pub step: usize,
    /// Its function.
    pub function: String,
    /// Whether it was to be masked.
    pub masked: bool,
    /// What happened when it was tried.
    pub why: String,
}

impl Recorder {
    /// Make the recording of what was heard. `player` holds the component that was heard.
    ///
    /// # Errors
    ///
    /// If the component does not do the same again: on what it was told, or on the same masked.
    pub async fn recording(&self, player: &Player, keep: Keep) -> Result<Recording, NotRecorded> {
        let heard = self.heard();
        let mut recording = Recording {
            component: player.digest().to_owned(),
            contract: CONTRACT.to_owned(),
            created: OffsetDateTime::now_utc()
                .format(&Rfc3339)
                .unwrap_or_default(),
            masked: keep == Keep::Masked,
            practice: heard.iter().flat_map(|step| &step.arguments).any(practised),
            steps: heard,
        };
        if keep == Keep::Masked {
            recording.steps = masked(player, &recording.steps).await?;
        }
        let played = player.play(&recording).await;
        for (index, (function, verdict)) in played.steps.into_iter().enumerate() {
            if let Verdict::Differs(why) = verdict {
                return Err(NotRecorded {
                    step: index + 1,
                    function,
                    masked: recording.masked,
                    why,
                });
            }
        }
        Ok(recording)
    }
}

/// The same steps about somebody else: the component is run again on masked answers, and what
/// it asks for and says then is what is kept.
async fn masked(player: &Player, heard: &[RecordedStep]) -> Result<Vec<RecordedStep>, NotRecorded> {
    let mut mask = Mask::default();
    for step in heard {
        collect(&mut mask, step);
    }
    // A plan is made in one step and handed to the next: as the masked component made it.
    let mut proposals: Vec<(Value, Value)> = Vec::new();
    let mut steps = Vec::new();
    for (index, step) in heard.iter().enumerate() {
        let not_recorded = |why: String| NotRecorded {
            step: index + 1,
            function: step.function.clone(),
            masked: true,
            why,
        };
        let mut new = apply(&mask, step);
        for (argument, original) in new.arguments.iter_mut().zip(&step.arguments) {
            let made = original
                .get("proposal")
                .and_then(|proposal| proposals.iter().find(|(original, _)| original == proposal));
            if let (Some((_, made)), Some(argument)) = (made, argument.as_object_mut()) {
                argument.insert("proposal".to_owned(), made.clone());
            }
        }
        let (answer, outcome) = player.run(&new, Reading::Loose).await;
        if let Some(off) = outcome.off {
            return Err(not_recorded(off));
        }
        new.exchanges = outcome.exchanges;
        if outcome.broke_off {
            new.answer = None;
            steps.push(new);
            continue;
        }
        match (&step.answer, answer) {
            (Some(original), Ok(answer)) => {
                if outline(original) != outline(&answer) {
                    return Err(not_recorded("it comes to another result".to_owned()));
                }
                if let (Some(original), Some(now)) = (original.get("Ok"), answer.get("Ok")) {
                    proposals.push((original.clone(), now.clone()));
                }
                new.answer = Some(answer);
            }
            (None, Err(error)) if step.fault == Some(error.code()) => {}
            (None, _) if step.fault.is_none() => {}
            (_, Err(error)) => return Err(not_recorded(ended(&error))),
            (None, Ok(_)) => {
                return Err(not_recorded("it answers, where it was ended".to_owned()));
            }
        }
        steps.push(new);
    }
    Ok(steps)
}

/// Whether a call's context says that nothing real happens.
fn practised(argument: &Value) -> bool {
    argument.get("practice") == Some(&Value::Bool(true))
}

fn ended(error: &HostError) -> String {
    format!("it ends: {error}")
}

/// Where an argument stands: its names are the contract's, and some mean something only there.
fn place(function: &str, index: usize) -> &'static str {
    match (function, index) {
        ("find", 0) => "selector",
        ("results", 0) => "deviceId",
        _ => "",
    }
}

fn collect(mask: &mut Mask, step: &RecordedStep) {
    for (index, argument) in step.arguments.iter().enumerate() {
        mask.collect(place(&step.function, index), argument);
    }
    for exchange in &step.exchanges {
        match exchange {
            Exchange::Http { response, .. } => {
                if let Some(response) = response {
                    for (_, value) in &response.headers {
                        mask.collect("requestId", &Value::String(value.clone()));
                    }
                    mask.collect("", response.body.as_ref().unwrap_or(&Value::Null));
                }
            }
            Exchange::Whoami { identity, .. } => {
                let identity = serde_json::to_value(identity).unwrap_or_default();
                mask.collect("identity", &identity);
            }
            Exchange::HostRead { properties } => mask.collect("", properties),
            Exchange::Log { .. } => {}
        }
    }
}

/// Everything that a component is told, masked. What it says is left to it.
fn apply(mask: &Mask, step: &RecordedStep) -> RecordedStep {
    let arguments = step
        .arguments
        .iter()
        .enumerate()
        .map(|(index, argument)| mask.apply(place(&step.function, index), argument))
        .collect();
    let exchanges = step.exchanges.iter().map(|exchange| match exchange {
        Exchange::Http {
            request,
            response,
            failure,
        } => Exchange::Http {
            request: request.clone(),
            response: response.as_ref().map(|response| RecordedResponse {
                status: response.status,
                headers: response.headers.clone(),
                body: response.body.as_ref().map(|body| mask.apply("", body)),
            }),
            failure: failure.as_ref().map(|failure| {
                let message = mask.apply("message", &Value::String(failure.message.clone()));
                passcode_host::Failure {
                    message: message.as_str().unwrap_or_default().to_owned(),
                    ..failure.clone()
                }
            }),
        },
        Exchange::Whoami {
            destination,
            identity,
        } => {
            let masked = mask.apply(
                "identity",
                &serde_json::to_value(identity).unwrap_or_default(),
            );
            Exchange::Whoami {
                destination: destination.clone(),
                identity: serde_json::from_value::<Option<Identity>>(masked)
                    .ok()
                    .flatten(),
            }
        }
        Exchange::HostRead { properties } => Exchange::HostRead {
            properties: mask.apply("", properties),
        },
        log @ Exchange::Log { .. } => log.clone(),
    });
    RecordedStep {
        function: step.function.clone(),
        arguments,
        exchanges: exchanges.collect(),
        answer: None,
        fault: step.fault.clone(),
    }
}

/// What an answer comes to, whoever it is about: its form, its numbers, and the words that are
/// codes.
fn outline(answer: &Value) -> Value {
    const CODES: [&str; 9] = [
        "code",
        "state",
        "verdict",
        "effect",
        "level",
        "kind",
        "touched",
        "settledBy",
        "passcode",
    ];
    match answer {
        Value::String(_) => Value::Null,
        Value::Array(items) => items.iter().map(outline).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| {
                let code = value.is_string() && CODES.contains(&name.as_str());
                let value = if code { value.clone() } else { outline(value) };
                (name.clone(), value)
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
