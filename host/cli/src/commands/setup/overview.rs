//! The same, to read.

use super::permissions::{LEAST, OPTIONAL, Permission};
use super::registration::Registration;
use crate::output::Rows;

/// All of it as text.
pub(super) fn text(registrations: &[Registration<'_>]) -> String {
    let mut text = String::from("Nothing is created here. Register, in Entra:\n");
    for registration in registrations {
        text.push_str(&format!("\n{}\n", registration.title()));
        let form = if registration.is_for_people() {
            "delegated"
        } else {
            "application"
        };
        text.push_str(&format!("  permissions of Microsoft Graph ({form}):\n"));
        for permission in &LEAST {
            text.push_str(&format!(
                "    {} {}\n",
                id(registration, permission),
                permission.name
            ));
        }
        text.push_str(&format!(
            "  {}, with --optional:\n",
            if registration.optional {
                "asked for, too"
            } else {
                "not asked for"
            }
        ));
        for permission in &OPTIONAL {
            text.push_str(&format!(
                "    {} {}\n",
                id(registration, permission),
                permission.name
            ));
        }
        for redirect in registration.redirects() {
            text.push_str(&format!("  redirect address  {redirect}\n"));
        }
        if let Some(credential) = registration.credential() {
            text.push_str("  trusts (federated credential)\n");
            for name in ["issuer", "subject"] {
                let value = credential.get(name).and_then(|value| value.as_str());
                text.push_str(&format!("    {name:<10}{}\n", value.unwrap_or_default()));
            }
            text.push_str(&format!(
                "    {:<10}{}\n",
                "audience",
                registration.cloud.exchange_audience()
            ));
            if registration.subject.is_none() {
                text.push_str(&format!("    SUBJECT is {}\n", registration.subject_form()));
            }
        }
        text.push_str(&format!("  admin consent     {}\n", registration.consent()));
        for note in registration.notes() {
            text.push_str(&format!("  - {note}\n"));
        }
        text.push_str("  then\n");
        for (name, value) in registration.environment() {
            text.push_str(&format!("    {name}={value}\n"));
        }
    }
    text.push_str("\nWhat each permission is for\n");
    for permission in LEAST.iter().chain(&OPTIONAL) {
        text.push_str(&format!(
            "  {}\n    {}\n",
            permission.name, permission.purpose
        ));
        if !permission.without.is_empty() {
            text.push_str(&format!("    unknown without it: {}\n", permission.without));
        }
    }
    text.push_str(
        "\nCommands that do it: --for WHO --format az, or --format powershell. The manifest: --format manifest.\n",
    );
    text
}

fn id(registration: &Registration<'_>, permission: &Permission) -> &'static str {
    if registration.is_for_people() {
        permission.scope
    } else {
        permission.role
    }
}

/// For spreadsheets: a line for each permission of each registration.
pub(super) fn rows(registrations: &[Registration<'_>]) -> Rows {
    let mut rows = Rows::list(&[
        "for",
        "permission",
        "id",
        "type",
        "needed",
        "unknownWithout",
    ]);
    for registration in registrations {
        for permission in LEAST.iter().chain(&OPTIONAL) {
            let kind = if registration.is_for_people() {
                "Scope"
            } else {
                "Role"
            };
            let needed = if permission.without.is_empty() {
                "to act"
            } else {
                "optional"
            };
            rows.push(vec![
                registration.word().to_owned(),
                permission.name.to_owned(),
                id(registration, permission).to_owned(),
                kind.to_owned(),
                needed.to_owned(),
                permission.without.to_owned(),
            ]);
        }
    }
    rows
}
