//! What a page begins and ends with: which run, how it ended, who answers for it.

use std::fmt::Write as _;

use super::charts;
use super::escape::Escape;
use crate::summary::Summary;
use crate::view::{ApprovalView, RunView, count, moment, span};
use crate::words::{self, Class};

pub(super) fn banner(run: &RunView) -> String {
    if run.practice {
        "<p class=\"practice\"><strong>Practice tenant</strong> Nothing in this report happened to a real device.</p>\n"
            .to_owned()
    } else {
        String::new()
    }
}

pub(super) fn head(run: &RunView, summary: &Summary, escape: Escape) -> String {
    let mut out = String::from("<header>\n");
    let _ = writeln!(out, "<p class=\"kicker\">Passcode run report</p>");
    let _ = writeln!(out, "<h1>{}</h1>", escape.name(&run.title));
    let mut facts = vec![
        format!(
            "<span class=\"chip state\">{}</span>",
            escape.brief(&run.state)
        ),
        format!("action <strong>{}</strong>", escape.brief(&run.action)),
        format!("tenant <strong>{}</strong>", escape.name(&run.tenant)),
    ];
    if let Some(started) = run.started {
        facts.push(format!("started <strong>{} UTC</strong>", moment(started)));
        if let Some(ended) = run.ended {
            let seconds = u64::try_from((ended - started).whole_seconds()).unwrap_or_default();
            facts.push(format!("took <strong>{}</strong>", span(seconds)));
        }
    }
    out.push_str("<ul class=\"meta\">");
    for fact in facts {
        let _ = write!(out, "<li>{fact}</li>");
    }
    out.push_str("</ul>\n");
    let _ = writeln!(out, "<p class=\"verdict\">{}</p>", verdict(summary));
    out.push_str(&charts::bar(summary));
    out.push_str("</header>\n");
    out
}

/// How it ended, in a sentence.
fn verdict(summary: &Summary) -> String {
    let rows = summary.rows();
    if rows == 0 {
        return "There are no devices in this run.".to_owned();
    }
    let done = summary.of_class(Class::Done);
    let devices = if rows == 1 {
        "device is"
    } else {
        "devices are"
    };
    let mut out = if done == rows && rows > 1 {
        format!("<strong>All {} devices</strong> are done.", count(rows))
    } else {
        format!(
            "<strong>{} of {}</strong> {devices} done.",
            count(done),
            count(rows)
        )
    };
    let rest: Vec<String> = [
        (Class::Failed, "failed"),
        (Class::Unsure, "not known"),
        (Class::SetAside, "set aside"),
        (Class::Underway, "under way"),
        (Class::Waiting, "not sent yet"),
    ]
    .into_iter()
    .filter(|(class, _)| summary.of_class(*class) > 0)
    .map(|(class, words)| {
        let number = count(summary.of_class(class));
        format!("<span class=\"w {}\">{number} {words}</span>", class.word())
    })
    .collect();
    if !rest.is_empty() {
        let _ = write!(out, " {}.", rest.join(", "));
    }
    out
}

pub(super) fn facts(run: &RunView, escape: Escape) -> String {
    let mut out = String::from(
        "<section aria-labelledby=\"who\">\n<h2 id=\"who\">Who and why</h2>\n<div class=\"cards\">\n",
    );
    let proof = match run.planner_proof.as_str() {
        "proven" => "Proven by a sign-in.".to_owned(),
        "claimed" => "Claimed: nothing proves it.".to_owned(),
        other => escape.brief(other),
    };
    let when = run.created.map(|at| format!("{} UTC", moment(at)));
    out.push_str(&card(
        "Planned by",
        &escape.name(&run.planner),
        &[when.unwrap_or_default(), proof],
    ));
    for approval in &run.approvals {
        out.push_str(&approved(approval, escape));
    }
    if run.approvals.is_empty() {
        let sentence = words::assurance("none").to_owned();
        out.push_str(&card("Approved by", "nobody", &[sentence]));
    }
    if run.reason.is_some() || run.ticket.is_some() {
        let ticket = run
            .ticket
            .as_deref()
            .map(|ticket| format!("Ticket {}", escape.name(ticket)));
        let reason = run.reason.as_deref().unwrap_or("not given");
        out.push_str(&card(
            "Reason",
            &format!("<bdi>{}</bdi>", escape.text(reason)),
            &[ticket.unwrap_or_default()],
        ));
    }
    out.push_str("</div>\n");
    out.push_str(&evidence(run, escape));
    out.push_str("</section>\n");
    out
}

fn approved(approval: &ApprovalView, escape: Escape) -> String {
    let utc = |at| format!("{} UTC", moment(at));
    let badge = strength(&approval.assurance, escape);
    let label = match approval.assurance.as_str() {
        "denied" => "Denied by".to_owned(),
        "not-counted" => format!("Signed by {badge}"),
        _ => format!("Approved by {badge}"),
    };
    let brief = |name: &str, text: &Option<String>| {
        let text = text.as_deref().map(|text| escape.brief(text));
        text.map_or_else(String::new, |text| format!("{name} <code>{text}</code>"))
    };
    let expires = approval.expires.map(|at| format!("Good until {}", utc(at)));
    card(
        &label,
        &escape.name(&approval.who),
        &[
            approval.at.map(utc).unwrap_or_default(),
            words::assurance(&approval.assurance).to_owned(),
            approval
                .why
                .as_deref()
                .map_or_else(String::new, |why| escape.text(why)),
            brief("Key", &approval.key),
            brief("Statement", &approval.statement),
            expires.unwrap_or_default(),
        ],
    )
}

/// How strong an approval is, as a mark that cannot be overlooked.
fn strength(assurance: &str, escape: Escape) -> String {
    let (class, words) = match assurance {
        "four-eyes" => ("strong", "four eyes".to_owned()),
        "checksum" => ("weak", "checksum only".to_owned()),
        "not-enough" => ("weak", "too few".to_owned()),
        "not-counted" => ("weak", "does not count".to_owned()),
        "none" | "" => ("weak", "no approval".to_owned()),
        other => ("weak", escape.brief(other)),
    };
    format!("<span class=\"badge {class}\">{words}</span>")
}

/// `label` and `lines` are HTML; whoever calls escapes.
fn card(label: &str, value: &str, lines: &[String]) -> String {
    let mut out = format!("<div class=\"card\"><h3>{label}</h3><p class=\"value\">{value}</p>");
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let _ = write!(out, "<p>{line}</p>");
    }
    out.push_str("</div>\n");
    out
}

/// What this report can be checked by.
fn evidence(run: &RunView, escape: Escape) -> String {
    let mut out = String::from("<dl class=\"evidence\">\n");
    let fields = [
        ("Run", Some(run.id.as_str())),
        ("Job key", run.key.as_deref()),
        ("Asked for", run.digest.as_deref()),
        ("Set of plans", run.set.as_deref()),
        ("Component", run.component_digest.as_deref()),
        ("Audit head", run.audit_head.as_deref()),
        ("Version", Some(run.version.as_str())),
    ];
    for (name, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = writeln!(
                out,
                "<div><dt>{name}</dt><dd>{}</dd></div>",
                escape.brief(value)
            );
        }
    }
    let _ = writeln!(
        out,
        "<div><dt>Assurance</dt><dd class=\"said\">{} {}</dd></div>",
        strength(&run.assurance, escape),
        words::assurance(&run.assurance)
    );
    out.push_str("</dl>\n");
    out
}

pub(super) fn foot(run: &RunView, escape: Escape) -> String {
    let head = run.audit_head.as_deref().map_or_else(String::new, |head| {
        format!(
            "<p>Keep the audit head apart from the database: <code>passcode audit verify --head {}</code> then finds every line that was changed, removed, added or cut off.</p>",
            escape.brief(head)
        )
    });
    format!(
        "<footer>\n<p>There are no passcodes in this report. All times are UTC. Texts that come from devices and the service are cut where they are very long, and characters that do not show themselves are replaced by \u{FFFD}.</p>\n{head}\n<p>passcode {}</p>\n</footer>\n",
        escape.brief(&run.version)
    )
}
