//! What is handed over: a run and its rows, as values without behaviour.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

/// What makes a text safe to show: `passcode_host::plain`. Control and bidirectional characters
/// do not survive it.
pub type Plain = fn(&str) -> String;

/// A run, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunView {
    /// Its name: a UUID.
    pub id: String,
    /// What a job system calls it.
    pub key: Option<String>,
    /// What people call it.
    pub title: String,
    /// The tenant.
    pub tenant: String,
    /// Whether the tenant is a practice tenant, where nothing real happens.
    pub practice: bool,
    /// What was asked for: `reset`, `remove`, `auto`.
    pub action: String,
    /// SHA-256 of what was asked for, in hexadecimal.
    pub digest: Option<String>,
    /// The hash of the set of plans, which is what was approved.
    pub set: Option<String>,
    /// How far the run is: `planning`, `planned`, `running`, `stopped`, `finished`, `denied`.
    pub state: String,
    /// Who planned it.
    pub planner: String,
    /// How that is known: `proven` by a sign-in, or `claimed`.
    pub planner_proof: String,
    /// Who approved it.
    pub approvals: Vec<ApprovalView>,
    /// How strong that is altogether: `four-eyes`, `checksum`, `not-enough`, `denied`, `none`.
    pub assurance: String,
    /// When it was planned.
    #[serde(with = "time::serde::rfc3339::option")]
    pub created: Option<OffsetDateTime>,
    /// When sending began.
    #[serde(with = "time::serde::rfc3339::option")]
    pub started: Option<OffsetDateTime>,
    /// When its last row ended, or it was stopped.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended: Option<OffsetDateTime>,
    /// The audit's head as it was at the end: count and hash.
    pub audit_head: Option<String>,
    /// SHA-256 of the component that carried it out.
    pub component_digest: Option<String>,
    /// The version of this software.
    pub version: String,
    /// How many rows are in which state, as the ledger counts them. In JSON beside the sums of the
    /// rows that were handed over; the page shows only those sums.
    pub tally: BTreeMap<String, u64>,
    /// Why it was done.
    pub reason: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
}

/// An approval, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApprovalView {
    /// Who.
    pub who: String,
    /// The fingerprint of the key that signed.
    pub key: Option<String>,
    /// When it was handed in.
    #[serde(with = "time::serde::rfc3339::option")]
    pub at: Option<OffsetDateTime>,
    /// It does not count from this moment on.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires: Option<OffsetDateTime>,
    /// SHA-256 of the statement that was signed, in hexadecimal.
    pub statement: Option<String>,
    /// How strong: `four-eyes` (signed by another person's key), `checksum`, `not-counted`, or
    /// `denied`.
    pub assurance: String,
    /// Why it is no more than that.
    pub why: Option<String>,
}

/// A device of a run, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowView {
    /// Its number in the run, from 1.
    pub number: u64,
    /// Where it was asked for: `devices.csv:12`.
    pub source: String,
    /// The device's identifier.
    pub device_id: Option<String>,
    /// The device's name.
    pub device_name: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its user's sign-in name.
    pub user: Option<String>,
    /// What sort of device: `ios-supervised`, `android-work-profile`, ….
    pub kind: Option<String>,
    /// Which lock the passcode opens.
    pub level: Option<String>,
    /// Its plan.
    pub plan: Option<String>,
    /// The id we sent the request under.
    pub client_request_id: Option<String>,
    /// The id the service gave it.
    pub request_id: Option<String>,
    /// The one state it is in.
    pub state: String,
    /// The stable code of what was wrong.
    pub code: Option<String>,
    /// That in words.
    pub message: Option<String>,
    /// When it was planned.
    #[serde(with = "time::serde::rfc3339::option")]
    pub planned_at: Option<OffsetDateTime>,
    /// When its request was sent.
    #[serde(with = "time::serde::rfc3339::option")]
    pub sent_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// When its passcode was delivered.
    #[serde(with = "time::serde::rfc3339::option")]
    pub delivered_at: Option<OffsetDateTime>,
    /// To where.
    pub delivered_to: Option<String>,
}

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The disk, or whatever it was written to.
    #[error(
        "the report could not be written: {0}; check the folder, who may write there and how much room there is"
    )]
    Write(#[from] std::io::Error),
}

const INSTANT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const MINUTE: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// An instant for a program: RFC 3339, UTC, to the millisecond.
pub(crate) fn instant(at: OffsetDateTime) -> String {
    format(at, INSTANT)
}

/// An instant for a person: UTC, to the second.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    format(at, MINUTE)
}

/// Years outside of four digits have no such form; then there is none.
fn format(at: OffsetDateTime, form: &[FormatItem<'_>]) -> String {
    at.checked_to_offset(time::UtcOffset::UTC)
        .and_then(|at| at.format(form).ok())
        .unwrap_or_default()
}

/// A length of time in words: `41 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn span(seconds: u64) -> String {
    let two = |large: u64, unit: &str, small: u64, of: &str| {
        if small == 0 {
            format!("{large} {unit}")
        } else {
            format!("{large} {unit} {small} {of}")
        }
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// A number as people read it: `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share in percent that is never rounded up to all or down to nothing.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return "100 %".to_owned();
    }
    let tenths = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    match tenths {
        0 => "under 0.1 %".to_owned(),
        1_000.. => "over 99.9 %".to_owned(),
        tenths if tenths % 10 == 0 => format!("{} %", tenths / 10),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_counts_and_shares_read_well() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (200, "3 min 20 s"),
            (7_500, "2 h 5 min"),
            (273_600, "3 d 4 h"),
        ] {
            assert_eq!(span(seconds), expected);
        }
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), expected);
        }
        for (part, whole, expected) in [
            (0, 0, "0 %"),
            (1, 3, "33.3 %"),
            (1, 2, "50 %"),
            (1, 100_000, "under 0.1 %"),
            (99_999, 100_000, "over 99.9 %"),
            (5, 5, "100 %"),
        ] {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn instants_are_in_utc() {
        let at = time::macros::datetime!(2026-01-02 03:04:05.678 +02:00);
        assert_eq!(instant(at), "2026-01-02T01:04:05.678Z");
        assert_eq!(moment(at), "2026-01-02 01:04:05");
    }
}
