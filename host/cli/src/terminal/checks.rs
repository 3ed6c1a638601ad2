//! Evidence, next steps and failures, for a person.

use passcode_host::contract::types::{Check, Citation, Expectation, Touched, Verdict};
use passcode_host::plain;

use super::called::called;
use super::text::{indented, width};
use crate::failure::Failure;
use crate::paint::Paint;

/// Every check with its verdict and where it comes from.
pub(crate) fn checks(paint: Paint, checks: &[Check], accepted: &[String], width: usize) -> String {
    let mut out = String::new();
    for check in checks {
        let symbol = match check.verdict {
            Verdict::Pass => paint.good("✓ pass   "),
            Verdict::Warn => paint.warn("! warn   "),
            Verdict::Block => paint.bad("✗ block  "),
            Verdict::Unknown => paint.unknown("? unknown"),
        };
        let text = indented(&plain(&check.summary), 12, width);
        out.push_str(&format!("  {symbol} {text}\n"));
        let mut small = check.id.clone();
        if check.needs_acceptance {
            small.push_str(if accepted.contains(&check.id) {
                " (accepted)"
            } else {
                " (not accepted)"
            });
        }
        for citation in check.citations.iter().take(2) {
            small.push_str(&format!("; {}", cited(citation)));
        }
        let small = indented(&plain(&small), 12, width);
        out.push_str(&format!("            {}\n", paint.dim(&small)));
        if let Some(remedy) = &check.remedy
            && matches!(check.verdict, Verdict::Warn | Verdict::Block)
        {
            let remedy = indented(&format!("→ {}", plain(remedy)), 12, width);
            out.push_str(&format!("            {remedy}\n"));
        }
    }
    out
}

fn cited(citation: &Citation) -> String {
    format!("{}, {}", citation.document, citation.date)
}

/// What comes next.
pub(crate) fn expectations(paint: Paint, expectations: &[Expectation], width: usize) -> String {
    let mut out = String::new();
    for step in expectations {
        let who = format!("{:<9}", plain(&step.who));
        let text = indented(&plain(&step.text), 12, width);
        out.push_str(&format!("  {} {text}\n", paint.bold(&who)));
    }
    out
}

/// A failure: what happened, to what, what to do now.
pub(crate) fn failure(paint: &Paint, failure: &Failure) -> String {
    let width = usize::from(width());
    let paint = *paint;
    let mut out = format!("{} {}\n", paint.bad("error:"), plain(&failure.message));
    match failure.touched {
        Touched::No => {}
        Touched::Yes => out.push_str("  the request was carried out or taken on\n"),
        Touched::Unknown => out.push_str("  the device may have been touched; nobody knows yet\n"),
    }
    for line in &failure.lines {
        out.push_str(&format!("  {}\n", plain(line)));
    }
    for (title, devices) in [
        ("candidates", &failure.candidates),
        ("set aside", &failure.set_aside),
    ] {
        if devices.is_empty() {
            continue;
        }
        out.push_str(&format!("  {title}:\n"));
        for device in devices {
            out.push_str(&format!("    {}\n", called(device)));
        }
    }
    let shown: Vec<Check> = failure
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Block || check.needs_acceptance)
        .cloned()
        .collect();
    out.push_str(&checks(paint, &shown, &[], width));
    for (name, id) in &failure.support_ids {
        out.push_str(&format!(
            "  {}\n",
            paint.dim(&plain(&format!("{name}: {id}")))
        ));
    }
    if let Some(remedy) = &failure.remedy {
        out.push_str(&format!("{} {}\n", paint.bold("do:"), plain(remedy)));
    }
    out
}
