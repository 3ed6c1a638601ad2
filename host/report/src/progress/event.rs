//! What happens in a run, also as lines for programs.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::view::{Plain, instant};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is a plan for a row.
    Planned {
        /// The row's number.
        row: u64,
    },
    /// A row ended without a plan: `not-found`, `refused`, `duplicate`, ….
    SetAside {
        /// The row's number.
        row: u64,
        /// The word of its state.
        outcome: String,
    },
    /// A row's request was sent.
    Sent {
        /// The row's number.
        row: u64,
    },
    /// A row that had a plan ended.
    Ended {
        /// The row's number.
        row: u64,
        /// The word of its state.
        outcome: String,
    },
    /// The run waits.
    Waiting {
        /// For what, in words.
        why: String,
        /// Until then, as time since the run began in this process; if it is known.
        until: Option<Duration>,
    },
    /// The service asked for patience.
    Throttled {
        /// For so many seconds.
        seconds: u32,
    },
    /// How much of the requests budget is used.
    Budget {
        /// So many requests of the present window.
        used: u32,
        /// Of so many.
        of: u32,
    },
}

/// An event as one line, `passcode/run-event/v1`, without its line's end. `now` is the wall
/// clock's time of it, `at` its time since the run began in this process.
#[must_use]
pub fn event_json(
    run: &str,
    now: OffsetDateTime,
    at: Duration,
    event: &Event,
    plain: Plain,
) -> String {
    let mut line = json!({
        "schema": "passcode/run-event/v1",
        "run": run,
        "at": instant(now),
    });
    let (name, fields) = match event {
        Event::Planned { row } => ("planned", json!({ "row": row })),
        Event::SetAside { row, outcome } => {
            ("set-aside", json!({ "row": row, "outcome": outcome }))
        }
        Event::Sent { row } => ("sent", json!({ "row": row })),
        Event::Ended { row, outcome } => ("ended", json!({ "row": row, "outcome": outcome })),
        Event::Waiting { why, until } => {
            let until = until.map(|until| instant(now + until.saturating_sub(at)));
            ("waiting", json!({ "why": why, "until": until }))
        }
        Event::Throttled { seconds } => ("throttled", json!({ "seconds": seconds })),
        Event::Budget { used, of } => ("budget", json!({ "used": used, "of": of })),
    };
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.insert("event".to_owned(), json!(name));
        line.extend(fields);
    }
    crate::json::harmless(&line.to_string(), plain)
}
