//! `passcode plans`: what was planned, and how it stands.

use passcode_host::PlanDocument;
use passcode_ledger::Reported;
use passcode_runner::Ended;
use serde_json::json;

use crate::app::App;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::{in_practice, records};

/// `plans`.
pub(crate) async fn plans(app: &App, limit: u32) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let listed = store.plans(limit).await?;
    let mut rows = Rows::list(&[
        "plan", "created", "expires", "deviceId", "effect", "by", "state",
    ])
    .sparing(&["expires", "by"]);
    let mut items = Vec::new();
    for (plan, attempt) in &listed {
        let document = PlanDocument::from_ledger(&plan.document).ok();
        let proposal = document.as_ref().map(|document| &document.plan.proposal);
        let effect = proposal.map(|proposal| proposal.effect.to_string());
        let by = document
            .as_ref()
            .map(|document| document.plan.caller.operator.name.clone());
        let denied = passcode_runner::fleet::is_denied(&*store, &plan.id.to_string()).await?;
        let state = match attempt {
            Some(attempt) => Reported::of(attempt).as_str(),
            None if denied => "denied",
            None => "planned",
        };
        items.push(json!({
            "plan": plan.id,
            "device": plan.device,
            "deviceName": proposal.map(|proposal| &proposal.device.name),
            "effect": effect,
            "operator": by,
            "created": passcode_host::rfc3339(plan.created),
            "expires": passcode_host::rfc3339(plan.expires),
            "state": state,
        }));
        rows.push(vec![
            plan.id.short(),
            passcode_host::rfc3339(plan.created),
            passcode_host::rfc3339(plan.expires),
            plan.device.clone(),
            effect.unwrap_or_default(),
            by.unwrap_or_default(),
            state.to_owned(),
        ]);
    }
    let body = json!({"plans": items});
    Ok(Reply::new(Ended::Done, "plans", in_practice(app), body)
        .items("plan-entry", in_practice(app), items)
        .rows(rows))
}
