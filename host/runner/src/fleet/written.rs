//! What is written about a row, in words and as a step. Pure.

use std::time::Duration;

use passcode_ledger::Reported;
use passcode_ledger::run::{Row, Stage, Step};

use super::hands::Did;

/// What the ledger says of an attempt that another process made and that ended badly.
pub(super) fn recorded(row: &Row) -> (String, String) {
    let attempt = row.attempt.as_ref();
    let status = attempt.and_then(|attempt| attempt.settlement.status);
    let word = attempt.map_or("ended", |attempt| Reported::of(attempt).as_str());
    let answer = status.map_or_else(String::new, |status| format!(", status {status}"));
    (
        word.to_owned(),
        format!("as the ledger has it: {word}{answer}"),
    )
}

/// What is written about a row.
pub(super) fn step(row: &Row, did: &Did) -> Step {
    let mut step = Step {
        number: row.new.number,
        epoch: row.epoch,
        to: row.stage,
        after: Duration::ZERO,
        device: None,
        label: None,
        plan: None,
        outcome: None,
        code: None,
        message: None,
    };
    let json = |label| serde_json::to_string(label).ok();
    match did {
        Did::Planned {
            device,
            label,
            plan,
        } => {
            step.to = Stage::Planned;
            step.device = Some(device.clone());
            step.label = json(label);
            step.plan = Some(*plan);
        }
        Did::Sent { look_in } => {
            step.to = Stage::Sent;
            step.after = *look_in;
        }
        Did::Later {
            after,
            code,
            message,
        } => {
            if row.stage == Stage::Sent {
                // Nothing was executed after all: it is to be sent, and only when that may be.
                step.to = Stage::Planned;
            }
            step.after = *after;
            step.code = Some(code.clone());
            step.message = Some(message.clone());
        }
        Did::Ended { ended, device, why } => {
            step.to = Stage::Ended;
            step.outcome = Some(ended.word().to_owned());
            if let Some((device, label)) = device {
                step.device = Some(device.clone());
                step.label = json(label);
            }
            // What was wrong on the way is no longer wrong.
            let (code, message) = why.clone().unwrap_or_default();
            (step.code, step.message) = (Some(code), Some(message));
        }
        // The row stays as it was.
        Did::Halt { .. } => {}
    }
    step
}
