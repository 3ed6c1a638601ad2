//! Rows and reports for programs.

use std::fmt;
use std::io::Write;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::summary::Summary;
use crate::view::{Plain, ReportError, RowView, RunView, instant};
use crate::words::{self, Class};

const REPORT: &str = "passcode/run-report/v1";
const ROW: &str = "passcode/run-row/v1";

/// A report as one JSON document, `passcode/run-report/v1`, that is being written: first the
/// run, then its rows, at the end the sums.
pub struct JsonReport<W: Write> {
    out: W,
    plain: Plain,
    any: bool,
}

impl<W: Write> JsonReport<W> {
    /// Begin with the run.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn begin(mut out: W, run: &RunView, plain: Plain) -> Result<Self, ReportError> {
        let practice = if run.practice {
            "\"practice\":true,"
        } else {
            ""
        };
        let run = harmless(&run_document(run).to_string(), plain);
        write!(
            out,
            "{{\"schema\":\"{REPORT}\",{practice}\"run\":{run},\n\"rows\":["
        )?;
        Ok(Self {
            out,
            plain,
            any: false,
        })
    }

    /// Write a row.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn row(&mut self, row: &RowView) -> Result<(), ReportError> {
        self.out.write_all(if self.any { b",\n" } else { b"\n" })?;
        self.any = true;
        let text = harmless(&Value::Object(row_document(row)).to_string(), self.plain);
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// End with the sums, and give the writer back.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn finish(mut self, summary: &Summary) -> Result<W, ReportError> {
        let summary = harmless(&summary_document(summary).to_string(), self.plain);
        write!(self.out, "],\n\"summary\":{summary}}}\n")?;
        Ok(self.out)
    }
}

impl<W: Write> fmt::Debug for JsonReport<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonReport")
            .field("any", &self.any)
            .finish()
    }
}

/// A row as one line, `passcode/run-row/v1`, with its line's end.
#[must_use]
pub fn row_line(run: &str, practice: bool, row: &RowView, plain: Plain) -> String {
    let mut document = Map::new();
    document.insert("schema".to_owned(), json!(ROW));
    if practice {
        document.insert("practice".to_owned(), json!(true));
    }
    document.insert("run".to_owned(), json!(run));
    document.extend(row_document(row));
    let mut line = harmless(&Value::Object(document).to_string(), plain);
    line.push('\n');
    line
}

/// A run as a value, as it stands in a report.
#[must_use]
pub fn run_document(run: &RunView) -> Value {
    json!({
        "id": run.id,
        "key": run.key,
        "title": run.title,
        "tenant": run.tenant,
        "practice": run.practice,
        "action": run.action,
        "digest": run.digest,
        "set": run.set,
        "state": run.state,
        "planner": run.planner,
        "plannerProof": run.planner_proof,
        "approvals": run.approvals.iter().map(|approval| json!({
            "who": approval.who,
            "key": approval.key,
            "at": at(approval.at),
            "expires": at(approval.expires),
            "statement": approval.statement,
            "assurance": approval.assurance,
            "why": approval.why,
        })).collect::<Vec<_>>(),
        "assurance": run.assurance,
        "created": at(run.created),
        "started": at(run.started),
        "ended": at(run.ended),
        "auditHead": run.audit_head,
        "componentDigest": run.component_digest,
        "version": run.version,
        "tally": run.tally,
        "reason": run.reason,
        "ticket": run.ticket,
    })
}

fn row_document(row: &RowView) -> Map<String, Value> {
    let word = words::word(&row.state);
    let fields = [
        ("number", json!(row.number)),
        ("source", json!(row.source)),
        ("state", json!(row.state)),
        ("class", json!(word.class.word())),
        ("deviceId", json!(row.device_id)),
        ("deviceName", json!(row.device_name)),
        ("serialNumber", json!(row.serial)),
        ("userPrincipalName", json!(row.user)),
        ("kind", json!(row.kind)),
        ("level", json!(row.level)),
        ("code", json!(row.code)),
        ("message", json!(row.message)),
        ("next", json!(word.next)),
        ("plannedAt", at(row.planned_at)),
        ("sentAt", at(row.sent_at)),
        ("endedAt", at(row.ended_at)),
        ("deliveredAt", at(row.delivered_at)),
        ("deliveredTo", json!(row.delivered_to)),
        ("plan", json!(row.plan)),
        ("clientRequestId", json!(row.client_request_id)),
        ("requestId", json!(row.request_id)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn summary_document(summary: &Summary) -> Value {
    let classes: Map<String, Value> = Class::ALL
        .iter()
        .map(|class| (class.word().to_owned(), json!(summary.of_class(*class))))
        .collect();
    json!({
        "rows": summary.rows(),
        "states": summary.states(),
        "classes": classes,
        "secondsFromSentToEnded": summary.spans().map(|spans| json!({
            "count": spans.count,
            "half": spans.half,
            "nineInTen": spans.nine_in_ten,
            "longest": spans.longest,
        })),
        "firstSent": at(summary.first_sent()),
        "lastEnded": at(summary.last_ended()),
    })
}

fn at(at: Option<OffsetDateTime>) -> Value {
    json!(at.map(instant))
}

/// JSON that a terminal can show: what [`Plain`] would take out is escaped instead, so that
/// nothing is lost and nothing acts. Outside of ASCII such characters stand only inside strings.
pub(crate) fn harmless(json: &str, plain: Plain) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut bytes = [0; 4];
        let shown: &str = c.encode_utf8(&mut bytes);
        if c == '\u{7f}' || (!c.is_ascii() && plain(shown) != shown) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}
