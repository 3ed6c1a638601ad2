//! `passcode doctor`: what stands between this sign-in and an action. Nothing is tried.

use passcode_doctor::{
    Area, Facts, Finding, Hindrance, Person, Report, Role, SignIn, Suits, Verdict, examine, judge,
    roles,
};
use passcode_host::{plain, rfc3339};
use passcode_runner::Ended;
use serde_json::{Value, json};

use crate::app::App;
use crate::exit;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::paint::Paint;
use crate::shell::pasteable;
use crate::terminal;
use crate::wiring::examined;

pub(super) async fn doctor(app: &App) -> Result<Reply, Failure> {
    let examined = examined(app)?;
    let facts = examine(&examined.subject).await;
    let mut report = judge(&facts);
    let flags = app.same_place();
    for finding in &mut report.findings {
        if let Some(remedy) = &mut finding.remedy {
            *remedy = pasteable(remedy, &flags);
        }
    }
    let ended = ended(report.hindrance());
    let practice = examined.practice;
    Ok(
        Reply::new(ended, "doctor", practice, body(ended, &facts, &report))
            .items(
                "doctor-finding",
                practice,
                report.findings.iter().map(|finding| json!(finding)),
            )
            .rows(rows(&report))
            .human(human(app, &facts, &report)),
    )
}

fn ended(hindrance: Option<Hindrance>) -> Ended {
    match hindrance {
        None => Ended::Done,
        Some(Hindrance::NotSignedIn) => Ended::NotSignedIn,
        Some(Hindrance::Unreachable) => Ended::Unavailable,
        Some(Hindrance::Forbidden) => Ended::Forbidden,
        Some(Hindrance::NotReady) => Ended::Refused,
    }
}

fn body(ended: Ended, facts: &Facts, report: &Report) -> Value {
    let cloud = &facts.cloud;
    let signed_in = match &facts.sign_in {
        SignIn::Out(_) => Value::Null,
        SignIn::In(signed) => {
            let claims = signed.claims.as_ref();
            json!({
                "kind": signed.kind,
                "person": match signed.person() {
                    Person::Yes => Some(true),
                    Person::No => Some(false),
                    Person::Unknown => None,
                },
                "tenant": claims.map(|claims| &claims.tenant),
                "user": claims.map(|claims| &claims.user),
                "appId": claims.map(|claims| &claims.app_id),
                "appName": claims.map(|claims| &claims.app_name),
                "scopes": claims.map(|claims| &claims.scopes),
                "roles": claims.map(|claims| &claims.roles),
                "expires": signed.expires.map(rfc3339),
            })
        }
    };
    json!({
        "ended": ended.word(),
        "exitCode": exit::number(ended),
        "possible": report.hindrance().is_none(),
        "hindrance": report.hindrance(),
        "unknown": report.count(Verdict::Unknown),
        "cloud": {"name": cloud.name, "authority": cloud.authority, "graph": cloud.graph},
        "signedIn": signed_in,
        "serviceAheadSeconds": facts.ahead,
        "findings": report.findings,
        "roles": roles(),
    })
}

fn rows(report: &Report) -> Rows {
    let mut rows = Rows::list(&[
        "finding", "verdict", "sentence", "document", "date", "remedy",
    ]);
    for finding in &report.findings {
        let citation = finding.citations.first();
        rows.push(vec![
            finding.id.to_owned(),
            word(finding.verdict).to_owned(),
            finding.sentence.clone(),
            citation
                .map(|one| one.document.to_owned())
                .unwrap_or_default(),
            citation.map(|one| one.date.to_owned()).unwrap_or_default(),
            finding.remedy.clone().unwrap_or_default(),
        ]);
    }
    rows
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Block => "block",
        Verdict::Unknown => "unknown",
    }
}

const AREAS: [(Area, &str); 6] = [
    (Area::SignIn, "Sign-in"),
    (Area::Network, "Network"),
    (Area::Permissions, "What the token carries"),
    (Area::Role, "What Intune allows"),
    (Area::Tenant, "Tenant"),
    (Area::Machine, "This machine"),
];

fn human(app: &App, facts: &Facts, report: &Report) -> String {
    let paint = app.paint_out;
    let width = usize::from(terminal::width());
    let mut out = String::new();
    for (area, title) in AREAS {
        let own: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.area == area)
            .collect();
        if own.is_empty() {
            continue;
        }
        out.push_str(&format!("{}\n", paint.bold(title)));
        for finding in own {
            out.push_str(&line(paint, finding, width));
        }
        // A person who may act already needs no role.
        let stuck = report
            .findings
            .iter()
            .any(|finding| finding.id == "role-acts" && finding.verdict != Verdict::Pass);
        if area == Area::Role && (stuck || app.global.verbose) && is_person(facts) {
            out.push_str(&suitable(paint, width));
        }
        out.push('\n');
    }
    let unknown = report.count(Verdict::Unknown);
    out.push_str(&match report.hindrance() {
        None => format!(
            "{} nothing was found that stands in the way; {unknown} of these lines could not be known, and nothing was tried\n",
            paint.good("acting seems possible:")
        ),
        Some(hindrance) => {
            let first = report.findings.iter().find(|one| one.hindrance == Some(hindrance));
            let sentence = first.map(|one| plain(&one.sentence)).unwrap_or_default();
            format!("{} {sentence}\n", paint.bad("acting is not possible:"))
        }
    });
    out
}

fn is_person(facts: &Facts) -> bool {
    matches!(&facts.sign_in, SignIn::In(signed) if signed.person() != Person::No)
}

fn line(paint: Paint, finding: &Finding, width: usize) -> String {
    let symbol = match finding.verdict {
        Verdict::Pass => paint.good("✓ pass   "),
        Verdict::Warn => paint.warn("! warn   "),
        Verdict::Block => paint.bad("✗ block  "),
        Verdict::Unknown => paint.unknown("? unknown"),
    };
    let text = terminal::indented(&plain(&finding.sentence), 12, width);
    let mut small = finding.id.to_owned();
    for citation in finding.citations.iter().take(2) {
        small.push_str(&format!("; {}, {}", citation.document, citation.date));
    }
    let small = terminal::indented(&small, 12, width);
    let mut out = format!("  {symbol} {text}\n            {}\n", paint.dim(&small));
    if let Some(remedy) = &finding.remedy {
        let remedy = terminal::indented(&format!("→ {}", plain(remedy)), 12, width);
        out.push_str(&format!("            {remedy}\n"));
    }
    out
}

/// The roles that documents speak of, with what they say and when.
fn suitable(paint: Paint, width: usize) -> String {
    let mut out = "  Roles, least first:\n".to_owned();
    for Role {
        name,
        suits,
        sentence,
        citations,
        ..
    } in roles()
    {
        let symbol = match suits {
            Suits::Yes => paint.good("would do "),
            Suits::OlderOnly => paint.warn("was named"),
            Suits::Disputed => paint.warn("disputed "),
            Suits::No => paint.dim("would not"),
        };
        let text = terminal::indented(&format!("{name}: {sentence}"), 12, width);
        let dates: Vec<String> = citations
            .iter()
            .map(|one| format!("{}, {}", one.document, one.date))
            .collect();
        let dates = terminal::indented(&dates.join("; "), 12, width);
        out.push_str(&format!(
            "  {symbol} {text}\n            {}\n",
            paint.dim(&dates)
        ));
    }
    out
}
