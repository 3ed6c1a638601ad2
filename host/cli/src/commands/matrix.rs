//! `passcode matrix`: the rules, the addresses, the grant.

use passcode_host::contract::types::{Address, Rule, Ruling};
use passcode_runner::Ended;
use serde_json::json;

use crate::app::App;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::offline;

pub(super) async fn matrix(app: &App, addresses: bool, grant: bool) -> Result<Reply, Failure> {
    if grant {
        let text = passcode_builtin::GRANT;
        let rows = Rows::one(vec![("grant", text.to_owned())]);
        // A grant is a file to edit: without a terminal, too, it is printed as it is.
        let mut reply = Reply::new(Ended::Done, "grant", false, json!({ "grant": text }));
        reply.verbatim = app.global.output.is_none();
        return Ok(reply.rows(rows).human(text.to_owned()));
    }
    let action = offline(app).await?;
    if addresses {
        return Ok(of_addresses(&action.addresses().await?));
    }
    let rules = action.matrix().await?;
    let description = action.describe().await?;
    let mut rows = Rows::list(&[
        "id",
        "kinds",
        "condition",
        "about",
        "ruling",
        "document",
        "date",
        "statement",
    ]);
    for rule in &rules {
        rows.push(vec![
            rule.id.clone(),
            rule.kinds.join(" "),
            rule.condition.clone().unwrap_or_default(),
            rule.about.clone(),
            ruling(rule.ruling).to_owned(),
            rule.citation.document.clone(),
            rule.citation.date.clone(),
            rule.citation.statement.clone(),
        ]);
    }
    let body = json!({
        "component": description,
        "componentDigest": action.digest(),
        "rules": rules,
    });
    Ok(Reply::new(Ended::Done, "rules", false, body)
        .items("rule", false, rules.iter().map(|rule| json!(rule)))
        .rows(rows)
        .human(by_document(&rules)))
}

/// The rules as a person reads them: document by document, as the component lists them.
fn by_document(rules: &[Rule]) -> String {
    let mut text = String::new();
    let mut document = ("", "");
    for rule in rules {
        let citation = &rule.citation;
        let this = (citation.document.as_str(), citation.date.as_str());
        if this != document {
            document = this;
            let gap = if text.is_empty() { "" } else { "\n" };
            text += &format!("{gap}{}, {}\n  {}\n", this.0, this.1, citation.uri);
        }
        let condition = rule
            .condition
            .as_ref()
            .map_or_else(String::new, |condition| format!(", if {condition}"));
        text += &format!(
            "\n  {:<12} {}: {}{condition}\n               {}\n               {}\n",
            ruling(rule.ruling),
            rule.about,
            rule.kinds.join(", "),
            citation.statement,
            rule.id,
        );
    }
    text
}

/// The addresses as a person reads them.
fn one_by_one(addresses: &[Address]) -> String {
    let mut text = String::new();
    for address in addresses {
        let ordinary = if address.ordinary {
            ", the ordinary one"
        } else {
            ""
        };
        let device = if address.names_device {
            ""
        } else {
            ", names no device"
        };
        text += &format!(
            "{}{ordinary}{device}\n  POST {}\n  {}; {}, {}\n\n",
            address.id,
            address.path,
            address.versions.join(" and "),
            address.citation.document,
            address.citation.date,
        );
    }
    text.truncate(text.trim_end().len());
    text
}

fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Supported => "supported",
        Ruling::Unsupported => "unsupported",
        Ruling::Conditional => "conditional",
        Ruling::Note => "note",
    }
}

fn of_addresses(addresses: &[Address]) -> Reply {
    let mut rows = Rows::list(&[
        "id",
        "path",
        "versions",
        "namesDevice",
        "ordinary",
        "document",
        "date",
    ]);
    for address in addresses {
        rows.push(vec![
            address.id.clone(),
            address.path.clone(),
            address.versions.join(" "),
            address.names_device.to_string(),
            address.ordinary.to_string(),
            address.citation.document.clone(),
            address.citation.date.clone(),
        ]);
    }
    Reply::new(
        Ended::Done,
        "addresses",
        false,
        json!({ "addresses": addresses }),
    )
    .items(
        "address",
        false,
        addresses.iter().map(|address| json!(address)),
    )
    .rows(rows)
    .human(one_by_one(addresses))
}
