//! Reading devices: lists and single devices.

use crate::control::inner::Inner;
use crate::fault::book::has;
use crate::fault::catalogue::Effect;
use crate::fleet::device::Device;
use crate::fleet::property::{self, Version};
use crate::graph::refusal::query_or_refusal;
use crate::graph::route::{Route, Scope};
use crate::graph::service::Request;
use crate::http::reply::Reply;
use crate::odata::eval::{Equality, passes};
use crate::odata::query::Query;
use crate::odata::{filter, page};
use crate::world::World;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// What Intune is documented, or widely used, to filter on.
const FILTERABLE: &[&str] = &[
    "azureADDeviceId",
    "complianceState",
    "deviceCategoryDisplayName",
    "deviceEnrollmentType",
    "deviceName",
    "deviceType",
    "emailAddress",
    "enrolledDateTime",
    "id",
    "imei",
    "isEncrypted",
    "isSupervised",
    "jailBroken",
    "lastSyncDateTime",
    "managedDeviceName",
    "managedDeviceOwnerType",
    "managementAgent",
    "managementState",
    "manufacturer",
    "model",
    "operatingSystem",
    "osVersion",
    "serialNumber",
    "userDisplayName",
    "userId",
    "userPrincipalName",
];

/// The ids of the devices in a scope. `None`: the user, app, script or outer device does not exist.
fn members(world: &World, scope: &Scope) -> Option<Vec<String>> {
    let ids = |keep: &dyn Fn(&Device) -> bool| -> Vec<String> {
        world
            .devices
            .iter()
            .filter(|device| keep(device))
            .map(|device| device.id.clone())
            .collect()
    };
    match scope {
        // Co-managed devices are Windows devices in truth; here the collection is an alias, so that the address works.
        Scope::All | Scope::Comanaged => Some(ids(&|_| true)),
        Scope::User(key) => {
            let user = world.user_id(key)?;
            Some(ids(&|device| device.text("userId") == user))
        }
        Scope::App(id) => {
            let app = world
                .apps
                .iter()
                .find(|app| app.id.eq_ignore_ascii_case(id))?;
            Some(ids(&|device| app.devices.contains(&device.id)))
        }
        Scope::Run {
            family,
            script,
            run,
        } => {
            let script = world.scripts.iter().find(|entry| {
                entry.family == *family
                    && entry.id.eq_ignore_ascii_case(script)
                    && entry.run_state.eq_ignore_ascii_case(run)
            })?;
            Some(ids(&|device| device.id == script.device))
        }
        Scope::Below(outer, key, inner) => {
            let outer = members(world, outer)?;
            let outer = match key {
                Some(key) => outer.into_iter().find(|id| id.eq_ignore_ascii_case(key))?,
                None => outer.into_iter().next()?,
            };
            let inner_members = members(world, inner)?;
            // A navigation leads from a device only to its own user, or to an app found on it.
            inner_members.contains(&outer).then_some(inner_members)
        }
    }
}

/// The id of the device that a route names, if it is there.
pub(crate) fn resolve(world: &World, route: &Route) -> Option<String> {
    let Route::Device(scope, key, _) = route else {
        return None;
    };
    if let (Scope::All | Scope::Comanaged, Some(key)) = (scope, key) {
        // Without a list of all that there are.
        return world.device(key).map(|device| device.id.clone());
    }
    let members = members(world, scope)?;
    match key {
        Some(key) => members.into_iter().find(|id| id.eq_ignore_ascii_case(key)),
        None => members.into_iter().next(),
    }
}

fn select(request: &Request<'_>, query: &Query) -> Result<Vec<&'static str>, Reply> {
    for name in query.expand.iter().filter(|name| !name.is_empty()) {
        let plain = name.split('(').next().unwrap_or(name);
        if !property::NAVIGATIONS.contains(&plain) {
            return Err(request.place.bad_select(name, request.version));
        }
    }
    query
        .select
        .iter()
        .filter(|name| !name.is_empty() && *name != "*")
        .map(|name| {
            property::find(name, request.version)
                .ok_or_else(|| request.place.bad_select(name, request.version))
        })
        .collect()
}

fn shows_passcode(inner: &Inner, request: &Request<'_>) -> bool {
    let version = request.version == Version::Beta || inner.settings.v1_passcode;
    version && !has(request.struck, Effect::HidePasscode)
}

fn write(
    inner: &Inner,
    request: &Request<'_>,
    device: &Device,
    selected: &[&'static str],
    single: bool,
) -> Map<String, Value> {
    let (now, history) = (inner.clock.now(), inner.settings.history);
    let passcode = shows_passcode(inner, request);
    let results = inner.world.results(&device.id, now, history, passcode);
    device.write(request.version, selected, single, results)
}

/// `GET …/managedDevices/{id}`.
pub(crate) fn get(inner: &Inner, request: &Request<'_>) -> Reply {
    let query = match query_or_refusal(request.place, &request.call.query) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let selected = match select(request, &query) {
        Ok(selected) => selected,
        Err(refusal) => return refusal,
    };
    let device = resolve(&inner.world, request.route).and_then(|id| inner.world.device(&id));
    let Some(device) = device else {
        return request.place.not_found();
    };
    let mut body = write(inner, request, device, &selected, true);
    let names = if selected.is_empty() {
        String::new()
    } else {
        format!("({})", selected.join(","))
    };
    body.insert(
        "@odata.context".to_owned(),
        json!(format!("{}{names}/$entity", context(request))),
    );
    Reply::json(200, Value::Object(body))
}

pub(crate) fn context(request: &Request<'_>) -> String {
    format!(
        "{}/{}/$metadata#deviceManagement/managedDevices",
        request.call.origin, request.version
    )
}

/// `GET …/managedDevices`.
pub(crate) fn list(inner: &Inner, request: &Request<'_>, scope: &Scope) -> Reply {
    match listed(inner, request, scope) {
        Ok(reply) | Err(reply) => reply,
    }
}

fn listed(inner: &Inner, request: &Request<'_>, scope: &Scope) -> Result<Reply, Reply> {
    let place = request.place;
    let query = query_or_refusal(place, &request.call.query)?;
    let selected = select(request, &query)?;
    let members: HashSet<String> = members(&inner.world, scope)
        .ok_or_else(|| place.not_found())?
        .into_iter()
        .collect();
    let known =
        |name: &str| property::find(name, request.version).filter(|name| FILTERABLE.contains(name));
    let filter = match &query.filter {
        Some(_) if has(request.struck, Effect::FilterRefused) => {
            return Err(place.bad_query("The filter is not supported."));
        }
        Some(text) => Some(filter::parse(text, known).map_err(|why| place.bad_query(&why))?),
        None => None,
    };
    let equality = if has(request.struck, Effect::FilterPartial) {
        Equality::Prefix
    } else {
        Equality::Whole
    };
    let ignored = has(request.struck, Effect::FilterIgnored);
    let keeps = |device: &Device| {
        filter.as_ref().filter(|_| !ignored).is_none_or(|filter| {
            let all = device.write(request.version, &[], true, Vec::new());
            passes(filter, &all, equality)
        })
    };
    let mut found: Vec<&Device> = inner
        .world
        .devices
        .iter()
        .filter(|device| members.contains(&device.id) && keeps(device))
        .collect();
    if let Some(order) = &query.orderby {
        let (name, descending) = order_of(order);
        let name = known(name).ok_or_else(|| place.bad_query("The $orderby is not supported."))?;
        found.sort_by(|a, b| a.text(name).cmp(b.text(name)));
        if descending {
            found.reverse();
        }
    }
    let total = found.len();
    let page =
        page::cut(found, &query, inner.settings.page_size).map_err(|why| place.bad_query(&why))?;
    let value: Vec<Value> = page
        .items
        .into_iter()
        .map(|device| Value::Object(write(inner, request, device, &selected, false)))
        .collect();
    let mut body = json!({"@odata.context": context(request), "value": value});
    if query.count {
        body["@odata.count"] = json!(total);
    }
    if let Some(next) = page.next {
        body["@odata.nextLink"] = json!(format!(
            "{}{}?{next}",
            request.call.origin, request.call.path
        ));
    }
    Ok(Reply::json(200, body))
}

/// A property's name, and whether it counts down.
pub(crate) fn order_of(text: &str) -> (&str, bool) {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    (name, words.next() == Some("desc"))
}
