//! Recordings as golden tests: the component does today what it did when they were made, and a
//! recording that was altered does not pass for one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use passcode_builtin::COMPONENT;
use passcode_recording::{
    Exchange, MANIFEST, NotARecording, Player, RecordedStep, Recording, Verdict,
};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings")
}

fn recordings() -> BTreeMap<String, Recording> {
    let entries = std::fs::read_dir(folder()).expect("the folder");
    let mut all = BTreeMap::new();
    for entry in entries {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            let name = entry.file_name().into_string().expect("a name");
            let recording = Recording::read(&entry.path());
            all.insert(name, recording.expect("a recording"));
        }
    }
    assert!(all.len() >= 20, "{:?}", all.keys());
    all
}

fn player() -> Player {
    Player::load(COMPONENT, None).expect("our component")
}

#[tokio::test]
async fn the_component_does_what_it_did() {
    let player = player();
    for (name, recording) in recordings() {
        let played = player.play(&recording).await;
        for (index, (function, verdict)) in played.steps.iter().enumerate() {
            assert_eq!(
                *verdict,
                Verdict::Identical,
                "{name}, step {} ({function}); made on purpose? tests/recordings/README.md",
                index + 1
            );
        }
    }
}

/// Whether the step's plan has evidence of a passcode policy.
fn passes(step: &RecordedStep) -> bool {
    let answer = step.answer.clone().unwrap_or_default();
    let checks = answer["Ok"]["checks"].as_array().cloned();
    let mut checks = checks.unwrap_or_default().into_iter();
    checks.any(|check| check["id"] == "passcode-policy" && check["verdict"] == "pass")
}

fn adds_nothing(path: &str) -> bool {
    [
        "deviceCompliancePolicyStates",
        "deviceCompliancePolicies",
        "configurationPolicies",
    ]
    .iter()
    .any(|list| path.ends_with(list))
}

/// Every way in which a single answer of a recording could be another one. (Which step, the
/// step with that one answer altered.)
fn alterations(recording: &Recording) -> Vec<(usize, &'static str, RecordedStep)> {
    let mut all = Vec::new();
    for (index, step) in recording.steps.iter().enumerate() {
        for (at, exchange) in step.exchanges.iter().enumerate() {
            let Exchange::Http {
                request,
                response: Some(response),
                ..
            } = exchange
            else {
                continue;
            };
            // Where a configuration policy is evidence enough, nothing else adds to it.
            if passes(step) && adds_nothing(&request.path) {
                continue;
            }
            let mut alter = |what: &'static str, status: u16, body: Option<Value>| {
                let mut altered = step.clone();
                if let Exchange::Http {
                    response: Some(response),
                    ..
                } = &mut altered.exchanges[at]
                {
                    response.status = status;
                    response.body = body;
                }
                all.push((index, what, altered));
            };
            // An answer in which nothing was found or said has nothing that could be missing.
            let says = |body: &Value| body["value"].as_array().is_none_or(|list| !list.is_empty());
            if response.body.as_ref().is_some_and(says) {
                alter("emptied", response.status, Some(json!({})));
            }
            // A refusal that becomes another refusal of the same kind is not told apart by
            // its body alone.
            if response.status < 400 {
                alter("refused", 403, None);
            } else {
                alter("allowed", 200, Some(json!({})));
            }
        }
    }
    all
}

/// Answers that rightly carry no weight: whether beta refuses with a reason or without one, the
/// component goes on to v1.0; and the service's record of actions, where the device's own list
/// has told everything already, or where the record is empty and absence proves nothing; of the
/// policies, compliance where it is missing on Android, and everything where configurations could
/// not be read.
/// (Recording, step, how it was altered.) Their files cannot be altered unnoticed all the same.
const WITHOUT_WEIGHT: [&str; 29] = [
    "answered-503 4 refused",
    "answered-503 5 refused",
    "no-beta 1 emptied",
    "no-beta 1 emptied",
    "no-beta 2 emptied",
    "no-policy 4 emptied",
    "no-policy 4 refused",
    "policy-none 2 refused",
    "policy-none 2 emptied",
    "policy-none 2 refused",
    "policy-unreadable 2 emptied",
    "policy-unreadable 2 refused",
    "policy-unreadable 2 emptied",
    "policy-unreadable 2 emptied",
    "policy-unreadable 2 refused",
    "policy-unreadable 2 emptied",
    "policy-unreadable 2 refused",
    "remove-iphone 4 emptied",
    "remove-iphone 4 refused",
    "reset-dedicated 4 emptied",
    "reset-dedicated 4 refused",
    "reset-fully-managed 4 emptied",
    "reset-fully-managed 4 refused",
    "reset-work-profile 4 emptied",
    "reset-work-profile 4 refused",
    "reveal 2 emptied",
    "reveal 2 refused",
    "sent-unknown 4 refused",
    "sent-unknown 5 refused",
];

#[tokio::test]
async fn a_recording_with_one_answer_altered_fails_or_differs() {
    let player = player();
    let mut tried = 0;
    let mut unnoticed = Vec::new();
    for (name, recording) in recordings() {
        for (index, what, step) in alterations(&recording) {
            let mut altered = recording.clone();
            altered.steps[index] = step;
            // With the hashes mended, as somebody would who alters it on purpose.
            let played = player.play(&altered).await;
            if played.identical() {
                unnoticed.push(format!("{name} {} {what}", index + 1));
            }
            tried += 1;
        }
    }
    assert_eq!(unnoticed, WITHOUT_WEIGHT, "of {tried}");
    assert!(tried > 60, "{tried}");
}

#[tokio::test]
async fn another_request_or_another_word_is_a_difference() {
    let player = player();
    let recording = &recordings()["reset-dedicated"];
    for (index, step) in recording.steps.iter().enumerate() {
        let mut altered = recording.clone();
        if let Some(Exchange::Http { request, .. }) = altered.steps[index]
            .exchanges
            .iter_mut()
            .find(|exchange| matches!(exchange, Exchange::Http { .. }))
        {
            request.path.push_str("/wipe");
        }
        assert!(!player.play(&altered).await.identical(), "a request");

        let mut altered = recording.clone();
        let mut answer = step.answer.clone().expect("an answer");
        answer["Ok"]["summary"] = json!("something else");
        altered.steps[index].answer = Some(answer);
        assert!(!player.play(&altered).await.identical(), "the answer");

        let mut altered = recording.clone();
        altered.steps[index].exchanges.insert(
            step.exchanges.len(),
            Exchange::Whoami {
                destination: "graph".to_owned(),
                identity: None,
            },
        );
        assert!(!player.play(&altered).await.identical(), "one thing more");
    }
}

#[test]
fn an_answer_altered_in_its_file_is_refused() {
    for (name, recording) in recordings() {
        let manifest = std::fs::read(folder().join(&name).join(MANIFEST)).expect("the manifest");
        for (index, what, step) in alterations(&recording) {
            let mut at = 0;
            let read = Recording::parse(&manifest, |file| {
                at += 1;
                if at == index + 1 {
                    return Ok(serde_json::to_vec_pretty(&step).expect("JSON"));
                }
                Ok(std::fs::read(folder().join(&name).join(file)).expect("a step"))
            });
            assert!(
                matches!(read, Err(NotARecording::Altered { .. })),
                "{name} {} {what}: {read:?}",
                index + 1
            );
        }
    }
}

#[test]
fn a_file_that_was_altered_is_refused() {
    for (name, _) in recordings() {
        let folder = folder().join(name);
        let manifest = std::fs::read(folder.join(MANIFEST)).expect("the manifest");
        let steps = serde_json::from_slice::<Value>(&manifest).expect("JSON")["steps"]
            .as_array()
            .expect("steps")
            .len();
        for victim in 0..steps {
            let mut seen = 0;
            let read = Recording::parse(&manifest, |file| {
                let mut bytes = std::fs::read(folder.join(file)).expect("a step");
                if seen == victim {
                    // One letter, somewhere inside.
                    let at = bytes.len() / 2;
                    bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
                }
                seen += 1;
                Ok(bytes)
            });
            assert!(
                matches!(read, Err(NotARecording::Altered { .. })),
                "{read:?}"
            );
        }
    }
}

#[test]
fn the_recordings_name_nobody() {
    // What the practice tenant's people and devices are called.
    let telling = [
        "contoso",
        "SAMPLE-",
        "d0000001-",
        "KIOSK-",
        "IPHONE-00",
        "BYOD-0",
    ];
    let mut searched = 0;
    for (name, _) in recordings() {
        for file in std::fs::read_dir(folder().join(&name)).expect("a folder") {
            let path = file.expect("a file").path();
            let text = std::fs::read_to_string(&path).expect("text");
            for word in telling {
                assert!(
                    !text.contains(word),
                    "`{word}` stands in {}",
                    path.display()
                );
            }
            searched += 1;
        }
    }
    assert!(searched > 60, "{searched}");
}

#[test]
fn a_manifest_leads_nowhere_else() {
    for file in ["../secret.json", "/etc/passwd", ".hidden", "a/b.json", ""] {
        let manifest = json!({
            "schema": "passcode/recording/v1", "component": "", "contract": "0.1.0",
            "created": "", "masked": true, "practice": true,
            "steps": [{ "file": file, "sha256": "" }],
        });
        let read = Recording::parse(manifest.to_string().as_bytes(), |_| {
            panic!("it was opened: {file}")
        });
        assert!(matches!(read, Err(NotARecording::Form { .. })), "{read:?}");
    }
}

#[test]
fn what_is_no_recording_is_said_so() {
    let cases = [
        ("", "EOF"),
        ("[]", "expected struct"),
        (
            r#"{"schema":"passcode/recording/v1","schema":"x"}"#,
            "twice",
        ),
        (
            r#"{"schema":"passcode/recording/v9","component":"","contract":"","created":"","masked":true,"practice":true,"steps":[]}"#,
            "passcode/recording/v9",
        ),
    ];
    for (text, expected) in cases {
        let error = Recording::parse(text.as_bytes(), |_| Ok(Vec::new())).expect_err(text);
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}
