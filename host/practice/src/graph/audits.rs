//! `remoteActionAudits`: who asked which device for what, without any passcode.

use crate::control::inner::Inner;
use crate::graph::devices::order_of;
use crate::graph::refusal::query_or_refusal;
use crate::graph::service::Request;
use crate::http::reply::Reply;
use crate::odata::eval::{Equality, passes};
use crate::odata::{filter, page};
use serde_json::{Map, Value, json};

const PROPERTIES: &[&str] = &[
    "action",
    "actionState",
    "bulkDeviceActionId",
    "deviceActionCategory",
    "deviceDisplayName",
    "deviceIMEI",
    "deviceOwnerUserPrincipalName",
    "id",
    "initiatedByUserPrincipalName",
    "managedDeviceId",
    "requestDateTime",
    "userName",
];

fn known(name: &str) -> Option<&'static str> {
    PROPERTIES
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// `GET /deviceManagement/remoteActionAudits`, newest first unless told otherwise.
pub(crate) fn list(inner: &Inner, request: &Request<'_>) -> Reply {
    match listed(inner, request) {
        Ok(reply) | Err(reply) => reply,
    }
}

fn listed(inner: &Inner, request: &Request<'_>) -> Result<Reply, Reply> {
    let place = request.place;
    let query = query_or_refusal(place, &request.call.query)?;
    let filter = match &query.filter {
        Some(text) => Some(filter::parse(text, known).map_err(|why| place.bad_query(&why))?),
        None => None,
    };
    let now = inner.clock.now();
    let mut found: Vec<Map<String, Value>> = inner
        .world
        .actions
        .iter()
        .filter_map(|record| match record.audit_at(now) {
            Some(Value::Object(audit)) => Some(audit),
            _ => None,
        })
        .filter(|audit| {
            filter
                .as_ref()
                .is_none_or(|filter| passes(filter, audit, Equality::Whole))
        })
        .collect();
    let (name, descending) = query
        .orderby
        .as_deref()
        .map_or(("requestDateTime", true), order_of);
    let name = known(name).ok_or_else(|| place.bad_query("The $orderby is not supported."))?;
    let key =
        |audit: &Map<String, Value>| audit.get(name).and_then(Value::as_str).map(str::to_owned);
    found.sort_by_key(key);
    if descending {
        found.reverse();
    }
    let total = found.len();
    let limit = inner.settings.page_size;
    let page = page::cut(found, &query, limit).map_err(|why| place.bad_query(&why))?;
    let mut value = page.items;
    if !query.select.is_empty() {
        for audit in &mut value {
            audit.retain(|name, _| query.select.iter().any(|wanted| wanted == name));
        }
    }
    let origin = &request.call.origin;
    let mut body = json!({
        "@odata.context": format!("{origin}/{}/$metadata#deviceManagement/remoteActionAudits", request.version),
        "value": value,
    });
    if query.count {
        body["@odata.count"] = json!(total);
    }
    if let Some(next) = page.next {
        body["@odata.nextLink"] = json!(format!("{origin}{}?{next}", request.call.path));
    }
    Ok(Reply::json(200, body))
}
