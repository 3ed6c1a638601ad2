//! `passcode audit`: is the chain whole, and does it agree with the tenant's own record?

use std::path::Path;

use passcode_audit::{Head, Matched, Ours, PublicKey, Theirs, Verdict, Verifier, compare};
use passcode_host::plain;
use passcode_ledger::Store;
use passcode_runner::Ended;
use serde_json::json;
use time::OffsetDateTime;

use crate::app::App;
use crate::args::AuditCommand;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::{connect_to_look, in_practice, notary, records};

const PAGE: u32 = 1_000;

/// The tenant keeps its record for about this long, and shows at most so many.
const LISTED: u32 = 1_000;

pub(super) async fn audit(app: &App, what: AuditCommand) -> Result<Reply, Failure> {
    match what {
        AuditCommand::Head => head(app).await,
        AuditCommand::Verify { head, key, tenant } => verify(app, head, key, tenant).await,
    }
}

async fn head(app: &App) -> Result<Reply, Failure> {
    let (store, folder) = records(app).await?;
    let head = store.head().await?.to_string();
    let key = notary(&folder)?.public_key().to_string();
    let body = json!({"head": head, "key": key});
    let rows = Rows::one(vec![("head", head.clone()), ("key", key)]);
    Ok(
        Reply::new(Ended::Done, "audit-head", in_practice(app), body)
            .rows(rows)
            .human(format!("{head}\n")),
    )
}

async fn verify(
    app: &App,
    kept: Option<String>,
    keys: Vec<String>,
    tenant: bool,
) -> Result<Reply, Failure> {
    let kept: Option<Head> = kept.map(|text| text.trim().parse()).transpose().map_err(
        |error: passcode_audit::NotAHead| {
            Failure::usage(error.to_string(), "give what `passcode audit head` printed")
        },
    )?;
    let (store, folder) = records(app).await?;
    let verdict = judged(&*store, &public(&folder, &keys)?, kept.as_ref()).await?;
    let matched = if tenant {
        Some(matched(app, &*store).await?)
    } else {
        None
    };
    let mut human = said(&verdict);
    if let Some(matched) = &matched {
        human.push_str(&compared(matched));
    }
    let apart = matched.as_ref().is_some_and(|matched| {
        !matched.ours_without_theirs.is_empty() || !matched.theirs_without_ours.is_empty()
    });
    let ended = if verdict.is_intact() && !apart {
        Ended::Done
    } else {
        Ended::Failed
    };
    let body = json!({
        "intact": verdict.is_intact(),
        "verdict": verdict,
        "caveats": verdict.caveats(),
        "tenant": matched,
    });
    Ok(Reply::new(ended, "audit-verdict", in_practice(app), body).human(human))
}

fn public(folder: &Path, given: &[String]) -> Result<Vec<PublicKey>, Failure> {
    if given.is_empty() {
        return Ok(vec![notary(folder)?.public_key()]);
    }
    let parse = |text: &String| {
        text.parse::<PublicKey>().map_err(|error| {
            Failure::usage(
                error.to_string(),
                "`passcode audit head -o json` prints a machine's key",
            )
        })
    };
    given.iter().map(parse).collect()
}

/// Look through all lines, a page at a time.
async fn judged(
    store: &dyn Store,
    keys: &[PublicKey],
    kept: Option<&Head>,
) -> Result<Verdict, Failure> {
    let mut verifier = Verifier::new(keys, kept);
    let mut after = 0;
    loop {
        let page = store.lines(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(verifier.finish());
        };
        after = last.number;
        page.iter().for_each(|line| verifier.push(line));
    }
}

/// What we sent, against what the tenant says was asked of it.
async fn matched(app: &App, store: &dyn Store) -> Result<Matched, Failure> {
    let sent = store.recent(LISTED).await?;
    let ours: Vec<Ours> = sent
        .iter()
        .filter(|attempt| attempt.sending.may_have_touched())
        .map(|attempt| Ours {
            client_request_id: attempt.intent.client_request_id.clone(),
            device: attempt.intent.device.clone(),
            at: attempt.intent.at,
        })
        .collect();
    let since = ours.iter().map(|one| one.at).min();
    let connected = connect_to_look(app, None).await?;
    let listed = connected.runner.history(None, LISTED).await?;
    let theirs = listed.into_iter().filter_map(|entry| {
        let at = passcode_host::parse_rfc3339(entry.requested.as_deref()?)?;
        let since: OffsetDateTime = since? - passcode_audit::TOLERANCE;
        (entry.action.eq_ignore_ascii_case("resetPasscode") && at >= since).then(|| Theirs {
            client_request_id: None,
            device: entry.device_id.unwrap_or_default(),
            at,
            action: entry.action,
            who: entry.initiated_by,
        })
    });
    Ok(compare(ours.into_iter(), theirs))
}

fn said(verdict: &Verdict) -> String {
    let mut text = if verdict.is_intact() {
        format!("{} lines, nothing found\n", verdict.lines)
    } else {
        format!("{} lines, {} findings\n", verdict.lines, verdict.found)
    };
    for finding in &verdict.findings {
        text.push_str(&format!("  {}\n", plain(&finding.to_string())));
    }
    text.push_str(&format!("head: {}\n", verdict.head));
    for caveat in verdict.caveats() {
        text.push_str(&format!("note: {caveat}\n"));
    }
    text
}

fn compared(matched: &Matched) -> String {
    let mut text = format!("{} actions are in both records\n", matched.both.len());
    for ours in &matched.ours_without_theirs {
        text.push_str(&format!(
            "  ours alone: {} on {} at {}\n",
            plain(&ours.client_request_id),
            plain(&ours.device),
            passcode_host::rfc3339(ours.at)
        ));
    }
    for theirs in &matched.theirs_without_ours {
        text.push_str(&format!(
            "  theirs alone: {} on {} at {} by {}\n",
            plain(&theirs.action),
            plain(&theirs.device),
            passcode_host::rfc3339(theirs.at),
            plain(theirs.who.as_deref().unwrap_or("nobody named"))
        ));
    }
    text
}
