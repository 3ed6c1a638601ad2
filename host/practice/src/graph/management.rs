//! `deviceManagement` itself: how the tenant's Intune subscription stands, and what takes approval.

use crate::control::inner::Inner;
use crate::fault::Fault;
use crate::fault::catalogue::Effect;
use crate::graph::refusal::query_or_refusal;
use crate::graph::service::Request;
use crate::http::reply::Reply;
use crate::subscription::SubscriptionState;
use crate::world::derived_guid;
use serde_json::{Map, Value, json};

/// What is shown of it. Intune shows more.
const PROPERTIES: &[&str] = &["id", "subscriptionState", "intuneAccountId"];

pub(crate) fn show(inner: &Inner, request: &Request<'_>) -> Reply {
    let query = match query_or_refusal(request.place, &request.call.query) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let selected = query.select;
    if let Some(name) = selected
        .iter()
        .find(|name| !PROPERTIES.contains(&name.as_str()))
    {
        let (place, version) = (request.place, request.version);
        return place.bad_select_of("deviceManagement", name, version);
    }
    let account = derived_guid(&format!("intune:{}", inner.world.tenant));
    let unlicensed = |fault: &Fault| fault.info.effect == Effect::Unlicensed;
    let state = if request.struck.iter().any(unlicensed) {
        SubscriptionState::Disabled
    } else {
        inner.settings.subscription
    };
    let all = [
        ("id", json!(account)),
        ("subscriptionState", json!(state)),
        ("intuneAccountId", json!(account)),
    ];
    let shown = |name: &str| selected.is_empty() || selected.iter().any(|own| own == name);
    let mut body = Map::new();
    let origin = &request.call.origin;
    body.insert(
        "@odata.context".to_owned(),
        json!(format!(
            "{origin}/{}/$metadata#deviceManagement/$entity",
            request.version
        )),
    );
    for (name, value) in all {
        if shown(name) {
            body.insert(name.to_owned(), value);
        }
    }
    Reply::json(200, Value::Object(body))
}

/// The kinds of operation for which the tenant has an access policy.
pub(crate) fn approval_policies(inner: &Inner, request: &Request<'_>) -> Reply {
    let kinds = inner.approval_policies.iter();
    let value: Vec<Value> = kinds
        .map(|kind| json!({"policyType": kind, "policyPlatform": "notApplicable"}))
        .collect();
    let origin = &request.call.origin;
    Reply::json(
        200,
        json!({
            "@odata.context": format!("{origin}/{}/$metadata#Collection(microsoft.graph.operationApprovalPolicySet)", request.version),
            "value": value,
        }),
    )
}
