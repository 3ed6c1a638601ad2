//! The action results that a device lists.

use crate::contract::{ActionResult, Context, Problem};
use crate::graph::{self, Found};
use crate::json::{Value, instant, seal, text};
use crate::prelude::*;
use crate::service::Service;

/// What is asked for: nothing but the id and the results. The host takes its own snapshot
/// from exactly this read.
pub(crate) const SELECT: &str = "id,deviceActionResults";

/// The action results that a device lists now, whoever made them.
pub fn results(
    service: &mut dyn Service,
    device_id: &str,
    _context: &Context,
) -> Result<Vec<ActionResult>, Problem> {
    read_results(service, device_id).map(|(results, _)| results)
}

/// The results, and what could not be known.
pub(crate) fn read_results(
    service: &mut dyn Service,
    device_id: &str,
) -> Result<(Vec<ActionResult>, Option<String>), Problem> {
    const WHAT: &str = "the device's action results";
    let path = graph::device_path(device_id)?;
    let query = [("$select", SELECT)];
    let Found { body, limit, .. } = graph::get_either(service, &path, &query, &query, WHAT)?;
    if !text(&body, "id").is_some_and(|id| id.eq_ignore_ascii_case(device_id)) {
        return Err(graph::malformed(WHAT));
    }
    let listed = listed(&body).ok_or_else(|| graph::malformed(WHAT))?;
    Ok((listed, limit))
}

/// The results in a device's body; absent if the body has no such list.
pub(crate) fn listed(device: &Value) -> Option<Vec<ActionResult>> {
    match device.get("deviceActionResults") {
        Some(Value::Array(items)) => Some(items.iter().map(result).collect()),
        Some(Value::Null) => Some(Vec::new()),
        _ => None,
    }
}

/// One result.
pub fn result(value: &Value) -> ActionResult {
    let type_name = text(value, "@odata.type").unwrap_or_default();
    ActionResult {
        name: text(value, "actionName").unwrap_or_default(),
        type_name: type_name.strip_prefix('#').unwrap_or(&type_name).to_owned(),
        state: text(value, "actionState").unwrap_or_default(),
        started: instant(value, "startDateTime"),
        updated: instant(value, "lastUpdatedDateTime"),
        error_code: value.get("errorCode").and_then(Value::as_i64),
        passcode: seal(value, "passcode"),
    }
}

/// Whether it is the result of a passcode reset or removal. The type says it best; a result of
/// the general type, or of none, is judged by its name, whose spelling no document settles.
pub fn is_passcode_action(result: &ActionResult) -> bool {
    let type_name = last_part(&result.type_name);
    if type_name.eq_ignore_ascii_case("resetPasscodeActionResult") {
        return true;
    }
    let general = type_name.is_empty() || type_name.eq_ignore_ascii_case("deviceActionResult");
    general
        && ["resetPasscode", "removePasscode"]
            .iter()
            .any(|name| result.name.eq_ignore_ascii_case(name))
}

/// What follows the last dot of a type's name.
pub(crate) fn last_part(name: &str) -> &str {
    let dot = name
        .bytes()
        .rposition(|byte| byte == b'.')
        .map_or(0, |at| at + 1);
    name.get(dot..).unwrap_or_default()
}

/// Whether two listings show the same result. Results have no id; what does not change while
/// one runs is its name, its type and its start.
pub fn same(one: &ActionResult, other: &ActionResult) -> bool {
    let started = |result: &ActionResult| {
        result.started.as_deref().map(|text| {
            // Two spellings of one instant are one instant.
            crate::time::Instant::parse(text).ok_or_else(|| text.to_owned())
        })
    };
    one.name.eq_ignore_ascii_case(&other.name)
        && one.type_name.eq_ignore_ascii_case(&other.type_name)
        && started(one) == started(other)
}

/// Whether it is still under way.
pub fn under_way(result: &ActionResult) -> bool {
    ["pending", "active"]
        .iter()
        .any(|state| result.state.eq_ignore_ascii_case(state))
}

/// The same result without its passcode.
pub(crate) fn without_passcode(mut result: ActionResult) -> ActionResult {
    result.passcode = None;
    result
}
