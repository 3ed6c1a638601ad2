//! The service's own record of who did what: remoteActionAudits, in the admin center Devices >
//! Device actions. It exists in beta only, and holds no passcode.

use crate::contract::{Context, HistoryEntry, HistoryQuery, Problem};
use crate::find::literal;
use crate::graph::{self, Miss};
use crate::json::{Value, instant, text};
use crate::prelude::*;
use crate::problem::usage;
use crate::service::Service;
use crate::time::Instant;

const PATH: &str = "/beta/deviceManagement/remoteActionAudits";
const WHAT: &str = "the record of device actions";
const SELECT: &str = "id,action,actionState,requestDateTime,initiatedByUserPrincipalName,managedDeviceId,deviceDisplayName,deviceOwnerUserPrincipalName";
/// Pages that are read at most. The filter or the order may have been ignored.
const PAGES: u32 = 10;
const PAGE: u32 = 100;

/// The service's own record of actions, newest first.
pub fn history(
    service: &mut dyn Service,
    query: &HistoryQuery,
    _context: &Context,
) -> Result<Vec<HistoryEntry>, Problem> {
    // It goes into a filter as it is.
    if query
        .since
        .as_deref()
        .is_some_and(|since| Instant::parse(since).is_none())
    {
        return Err(usage(
            "since-malformed",
            "`since` is not an instant",
            "write it like 2026-08-20T10:00:00Z",
        ));
    }
    entries(service, query)
}

pub(crate) fn entries(
    service: &mut dyn Service,
    query: &HistoryQuery,
) -> Result<Vec<HistoryEntry>, Problem> {
    let since = query.since.as_deref().and_then(Instant::parse);
    let wanted = |entry: &HistoryEntry| {
        let device = query.device_id.as_deref().is_none_or(|wanted| {
            entry
                .device_id
                .as_deref()
                .is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        });
        let requested = entry.requested.as_deref().and_then(Instant::parse);
        device && since.is_none_or(|since| requested.is_some_and(|at| at >= since))
    };
    let mut kept: Vec<HistoryEntry> = Vec::new();
    let (mut body, asked_for_order) = first(service, query).map_err(|miss| miss.problem)?;
    for page in 1..=PAGES {
        let items = body
            .get("value")
            .and_then(Value::as_array)
            .ok_or_else(|| graph::malformed(WHAT))?;
        kept.extend(items.iter().filter_map(entry).filter(|entry| wanted(entry)));
        // Enough only if they come newest first; a service may ignore the order it was asked.
        let ordered = kept.is_sorted_by_key(|entry| core::cmp::Reverse(requested(entry)));
        let enough = asked_for_order && ordered && kept.len() >= query.limit as usize;
        match text(&body, "@odata.nextLink") {
            Some(next) if !enough && page < PAGES => {
                body = graph::get(service, next, &[], WHAT).map_err(|miss| miss.problem)?;
            }
            _ => break,
        }
    }
    newest_first(&mut kept);
    kept.truncate(query.limit as usize);
    Ok(kept)
}

/// There are a few hundred at most, and a general sort is six kilobytes of component.
fn newest_first(entries: &mut [HistoryEntry]) {
    for end in 1..entries.len() {
        let mut at = end;
        while at > 0 && requested(&entries[at - 1]) < requested(&entries[at]) {
            entries.swap(at - 1, at);
            at -= 1;
        }
    }
}

fn requested(entry: &HistoryEntry) -> Option<Instant> {
    entry.requested.as_deref().and_then(Instant::parse)
}

/// The first page: filtered and ordered by the service if it can, else as it comes.
fn first(service: &mut dyn Service, query: &HistoryQuery) -> Result<(Value, bool), Miss> {
    let mut terms = Vec::new();
    if let Some(device) = &query.device_id {
        terms.push(format!("managedDeviceId eq {}", literal(device)));
    }
    if let Some(since) = &query.since {
        terms.push(format!("requestDateTime ge {since}"));
    }
    let filter = terms.join(" and ");
    let top = query.limit.clamp(1, PAGE).to_string();
    let mut pairs = vec![
        ("$select", SELECT),
        ("$top", &top),
        ("$orderby", "requestDateTime desc"),
    ];
    if !filter.is_empty() {
        pairs.push(("$filter", &filter));
    }
    match graph::get(service, PATH.to_owned(), &pairs, WHAT) {
        Ok(body) => Ok((body, true)),
        Err(miss) if miss.status == Some(400) => {
            graph::get(service, PATH.to_owned(), &[("$select", SELECT)], WHAT)
                .map(|body| (body, false))
        }
        Err(miss) => Err(miss),
    }
}

fn entry(value: &Value) -> Option<HistoryEntry> {
    Some(HistoryEntry {
        id: text(value, "id")?,
        action: text(value, "action").unwrap_or_default(),
        state: text(value, "actionState").unwrap_or_default(),
        requested: instant(value, "requestDateTime"),
        initiated_by: text(value, "initiatedByUserPrincipalName"),
        device_id: text(value, "managedDeviceId"),
        device_name: text(value, "deviceDisplayName"),
        user_principal_name: text(value, "deviceOwnerUserPrincipalName"),
    })
}

/// Entries about passcodes of one device, newest first; empty if the record cannot be read.
/// It may be forbidden where acting is not, and is never a condition for anything.
pub(crate) fn passcode_entries(
    service: &mut dyn Service,
    device_id: &str,
    limit: u32,
) -> Vec<HistoryEntry> {
    let query = HistoryQuery {
        device_id: Some(device_id.to_owned()),
        since: None,
        limit,
    };
    let mut found = entries(service, &query).unwrap_or_default();
    found.retain(|entry| {
        ["resetPasscode", "removePasscode"]
            .iter()
            .any(|name| entry.action.eq_ignore_ascii_case(name))
    });
    found
}
