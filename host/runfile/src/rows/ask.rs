//! One row, wherever it comes from, to what it asks for.

use std::collections::BTreeMap;

use super::Asked;
use crate::fault::{At, Fault};
use crate::model::{Kind, RunFile, Selector, Texts};
use crate::parse::check_value;
use crate::template::Template;
use crate::text;

/// What a row gives.
pub(super) struct Given<'a> {
    /// What the row is called.
    pub(super) source: String,
    /// The file it stands in, for faults.
    pub(super) file: &'a str,
    /// Where it begins.
    pub(super) at: At,
    /// By what its device is selected.
    pub(super) kind: Kind,
    /// Its values that name the device, and where they stand; empty ones are left out.
    pub(super) names: Vec<(Kind, String, At)>,
    /// Its own reason, ticket and way of verifying.
    pub(super) texts: [Option<(String, At)>; 3],
}

/// Judge a row. `value` has its values for templates, without empty ones.
pub(super) fn ask(
    run: &RunFile,
    given: Given<'_>,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<Asked, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut expect = BTreeMap::new();
    for (kind, name, at) in given.names {
        let selects = kind == given.kind;
        // A device that is not registered has zeros in exports; nothing is expected of it then.
        if !selects && kind == Kind::EntraDeviceId && name.bytes().all(|b| b == b'0' || b == b'-') {
            continue;
        }
        match check_value(kind, &name) {
            Ok(()) => _ = expect.insert(kind, name),
            Err((wrong, remedy)) => {
                let message = format!("the {} {wrong}", label(kind));
                faults.push(at.fault(given.file, message, remedy));
            }
        }
    }
    let selector = expect.remove(&given.kind);
    if selector.is_none() && faults.is_empty() {
        let what = label(given.kind);
        faults.push(given.at.fault(
            given.file,
            format!("the row has no {what}, by which its device is selected"),
            format!("add the {what}, or take the row out"),
        ));
    }
    let mut filled = [None, None, None];
    let templates = [
        ("reason", &run.reason),
        ("ticket", &run.ticket),
        ("verifiedBy", &run.verified_by),
    ];
    let own = given.texts.into_iter();
    for (((key, template), own), place) in templates.into_iter().zip(own).zip(&mut filled) {
        let found = match (own, template) {
            (Some((own, at)), _) => checked(key, own, at, given.file),
            (None, Some(template)) => fill(run, key, template, given.at, given.file, value),
            (None, None) => continue,
        };
        match found {
            Ok(text) => *place = Some(text),
            Err(fault) => faults.push(fault),
        }
    }
    let [reason, ticket, verified_by] = filled;
    match selector {
        Some(value) if faults.is_empty() => Ok(Asked {
            source: given.source,
            selector: Selector {
                kind: given.kind,
                value,
            },
            expect,
            texts: Texts {
                reason,
                ticket,
                verified_by,
            },
        }),
        _ => Err(faults),
    }
}

fn fill(
    run: &RunFile,
    key: &str,
    template: &Template,
    at: At,
    file: &str,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Fault> {
    match template.fill(&run.title, value) {
        Ok(text) => checked(key, text, at, file),
        Err(name) => Err(at.fault(
            file,
            format!(
                "the row has no value `{}`, which `{key}` takes",
                text::shown(&name)
            ),
            format!("add it, or write `{key}` of the run file without it"),
        )),
    }
}

/// A line break within a cell becomes a space; anything else that does not show is a fault.
fn checked(key: &str, text: String, at: At, file: &str) -> Result<String, Fault> {
    let text = text.replace("\r\n", " ").replace(['\r', '\n'], " ");
    let text = text.trim_matches(' ').to_owned();
    let wrong = match text::fault(&text, text::TEXT) {
        None if text.starts_with('=') => Some("is a spreadsheet's formula".to_owned()),
        wrong => wrong,
    };
    match wrong {
        None => Ok(text),
        Some(wrong) => Err(at.fault(
            file,
            format!("the row's {key} {wrong}"),
            format!("write at most {} visible characters", text::TEXT),
        )),
    }
}

/// What people call it.
pub(super) const fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "device ID",
        Kind::EntraDeviceId => "Entra device ID",
        Kind::Serial => "serial number",
        Kind::Imei => "IMEI",
        Kind::Name => "device name",
        Kind::User => "primary user",
    }
}
