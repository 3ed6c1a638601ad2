//! `--record` and `--replay`.

use std::path::Path;

use passcode_recording::{Keep, NotARecording, Recording, Verdict, prepare_folder};
use passcode_runner::Ended;
use serde_json::json;

use crate::app::App;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring;

/// Whatever keeps a recording from being made is said before anything is sent.
pub(super) fn before(app: &App) -> Result<(), Failure> {
    match &app.global.record {
        None if app.global.record_personal_data => Err(Failure::usage(
            "--record-personal-data says how to record, and nothing is recorded",
            "add `--record DIR`, or leave it out",
        )),
        Some(folder) => prepare_folder(folder).map_err(|error| refused(&error)),
        None => Ok(()),
    }
}

/// Keep what was heard. That it cannot be kept changes nothing about what was done.
pub(super) async fn after(app: &App) {
    let (Some(folder), Some(recorder)) = (&app.global.record, &app.recorder) else {
        return;
    };
    let keep = match app.global.record_personal_data {
        true => Keep::PersonalData,
        false => Keep::Masked,
    };
    let made = match wiring::player(app) {
        Ok(player) => recorder
            .recording(&player, keep)
            .await
            .map_err(|error| error.to_string())
            .and_then(|recording| {
                let written = recording.write(folder).map_err(|error| error.to_string());
                written.map(|()| recording.steps.len())
            }),
        Err(failure) => Err(failure.message.clone()),
    };
    match made {
        Ok(steps) => app.tell(&format!(
            "recorded {steps} steps in {}{}",
            folder.display(),
            match keep {
                Keep::Masked => "",
                Keep::PersonalData => "; they name people and devices",
            }
        )),
        Err(why) => crate::console::note(&format!("warning: there is no recording: {why}")),
    }
}

/// Run the component on a recording.
pub(crate) async fn replay(app: &App, folder: &Path, verb: bool) -> Result<Reply, Failure> {
    if verb || app.global.record.is_some() {
        return Err(Failure::usage(
            "--replay takes no command: the recording says what was done",
            "leave everything out but `--replay DIR` and how the answer is written",
        ));
    }
    let recording = Recording::read(folder).map_err(|error| refused(&error))?;
    let player = wiring::player(app)?;
    if player.digest() != recording.component {
        app.tell("the recording was made with another component; this one is compared with it");
    }
    let played = player.play(&recording).await;
    let mut rows = Rows::list(&["step", "function", "requests", "result"]);
    let mut steps = Vec::new();
    for (index, (function, verdict)) in played.steps.iter().enumerate() {
        let exchanges = &recording.steps[index].exchanges;
        let requests = exchanges
            .iter()
            .filter(|exchange| matches!(exchange, passcode_recording::Exchange::Http { .. }));
        let requests = requests.count();
        let (word, why) = match verdict {
            Verdict::Identical => ("identical", None),
            Verdict::BreaksOff => ("breaks off", None),
            Verdict::Differs(why) => ("differs", Some(why)),
        };
        let result = match why {
            Some(why) => format!("{word}: {why}"),
            None => word.to_owned(),
        };
        rows.push(vec![
            (index + 1).to_string(),
            function.clone(),
            requests.to_string(),
            result,
        ]);
        steps.push(json!({
            "step": index + 1,
            "function": function,
            "requests": requests,
            "result": word,
            "difference": why,
            "answer": recording.steps[index].answer,
        }));
    }
    let ended = match played.identical() {
        true => Ended::Done,
        false => Ended::Fault,
    };
    let body = json!({
        "identical": played.identical(),
        "component": player.digest(),
        "recordedComponent": recording.component,
        "recorded": recording.created,
        "masked": recording.masked,
        "steps": steps,
    });
    Ok(Reply::new(ended, "replay", recording.practice, body)
        .items("replayed-step", recording.practice, steps)
        .rows(rows))
}

fn refused(error: &NotARecording) -> Failure {
    let (code, remedy) = match error {
        NotARecording::NotEmpty { .. } => {
            ("folder-not-empty", "name a folder that is new or empty")
        }
        NotARecording::Altered { .. } => (
            "recording-altered",
            "use the recording as it was made, or make a new one",
        ),
        NotARecording::File { .. } | NotARecording::Form { .. } => {
            ("not-a-recording", "name a folder that `--record` made")
        }
    };
    Failure::new(Ended::Usage, code, error.to_string()).remedy(remedy.to_owned())
}
