//! The written form of manifests and grants.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::path::Template;
use super::pointer::Pointer;
use super::route::{PassList, Phase, Route};
use super::{Authority, AuthorityError};
use crate::contract::{CONTRACT, types::Method};

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    bound = "D: DeserializeOwned"
)]
struct Form<D> {
    contract: String,
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    destination: Vec<D>,
    #[serde(default)]
    route: Vec<RouteForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RouteForm {
    name: String,
    destination: String,
    method: String,
    path: String,
    #[serde(default)]
    query: Vec<String>,
    #[serde(default)]
    select: Vec<String>,
    #[serde(default)]
    pass: Vec<String>,
    #[serde(default)]
    collection: bool,
    phases: BTreeSet<Phase>,
    #[serde(default)]
    identity: Vec<String>,
    #[serde(default)]
    shows: Vec<String>,
    results: Option<String>,
    opens: Option<String>,
    #[serde(default = "yes")]
    names_device: bool,
    seal: Option<String>,
}

fn yes() -> bool {
    true
}

fn error(message: impl Into<String>, remedy: impl Into<String>) -> AuthorityError {
    AuthorityError {
        message: message.into(),
        remedy: remedy.into(),
    }
}

pub(super) fn parse(text: &str) -> Result<Authority, AuthorityError> {
    let (authority, destinations) = parse_with::<IgnoredAny>(text)?;
    if destinations.is_empty() {
        Ok(authority)
    } else {
        Err(error(
            "it says where a destination is",
            "leave out `[[destination]]`; only an extension's grant has it",
        ))
    }
}

pub(super) fn parse_with<D: DeserializeOwned>(
    text: &str,
) -> Result<(Authority, Vec<D>), AuthorityError> {
    let form: Form<D> = toml::from_str(text).map_err(|e| {
        error(
            format!("not a grant: {e}"),
            "compare it with the ordinary grant, `passcode matrix --grant`",
        )
    })?;
    if form.contract != CONTRACT {
        return Err(error(
            format!(
                "written for contract {}, this host speaks {CONTRACT}",
                form.contract
            ),
            format!(
                "check its routes against contract {CONTRACT} and set `contract = \"{CONTRACT}\"`"
            ),
        ));
    }
    let lists = form.lists;
    let routes = form
        .route
        .into_iter()
        .map(|route| build(route, &lists))
        .collect::<Result<Vec<_>, _>>()?;
    for (index, route) in routes.iter().enumerate() {
        if routes
            .iter()
            .take(index)
            .any(|earlier| earlier.name == route.name || earlier.same_place(route))
        {
            return Err(error(
                format!("route `{}` stands twice", route.name),
                "write one route for each method and path",
            ));
        }
    }
    Ok((Authority { routes }, form.destination))
}

fn build(form: RouteForm, lists: &BTreeMap<String, Vec<String>>) -> Result<Route, AuthorityError> {
    let name = form.name;
    let method = match form.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => {
            return Err(error(
                format!("route `{name}`: no method `{other}`"),
                "write GET, POST, PUT, PATCH or DELETE",
            ));
        }
    };
    let path = Template::parse(&form.path).map_err(|e| {
        error(
            format!("route `{name}`: path `{}`: {e}", form.path),
            "write `/{version}/deviceManagement/managedDevices/{device}`, for example",
        )
    })?;
    let expand = |names: Vec<String>| expand(&name, names, lists);
    let seal = form.seal.map(|text| {
        Pointer::parse(&text).ok_or_else(|| {
            error(
                format!("route `{name}`: `{text}` is not the place of a text in a body"),
                "write a JSON pointer, `seal = \"/secret\"`",
            )
        })
    });
    let route = Route {
        seal: seal.transpose()?,
        query: expand(form.query)?,
        select: expand(form.select)?,
        pass: PassList(expand(form.pass)?),
        identity: expand(form.identity)?,
        shows: expand(form.shows)?,
        collection: form.collection,
        phases: form.phases,
        results: form.results,
        opens: form.opens,
        names_device: form.names_device,
        destination: form.destination,
        method,
        path,
        name,
    };
    enforceable(&route)?;
    Ok(route)
}

fn expand(
    route: &str,
    names: Vec<String>,
    lists: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeSet<String>, AuthorityError> {
    let mut out = BTreeSet::new();
    for name in names {
        // `@odata.type` is a property, not a list.
        match name
            .strip_prefix('@')
            .filter(|list| !list.starts_with("odata."))
        {
            None => {
                out.insert(name);
            }
            Some(list) => {
                let members = lists.get(list).ok_or_else(|| {
                    error(
                        format!("route `{route}`: no list `{list}`"),
                        format!("add `{list} = [\"…\"]` under `[lists]`"),
                    )
                })?;
                out.extend(members.iter().cloned());
            }
        }
    }
    Ok(out)
}

/// A route that names no rule the door could keep is refused when it is read, not when it is
/// used.
fn enforceable(route: &Route) -> Result<(), AuthorityError> {
    let name = &route.name;
    let names_device = route.path.has_variable("device");
    let delivers = route.phases.iter().eq([&Phase::Deliver]);
    takes_a_passcode(route, delivers)?;
    if delivers {
        return Ok(());
    }
    if route.mutates() && route.phases.iter().any(|phase| *phase != Phase::Commit) {
        return Err(error(
            format!("route `{name}` changes something outside `commit`"),
            "write `phases = [\"commit\"]`",
        ));
    }
    if route.mutates() && route.names_device != names_device {
        return Err(error(
            format!("route `{name}`: `names-device` and the path disagree"),
            "name the device's segment `{device}`, or write `names-device = false`",
        ));
    }
    let shows = !route.identity.is_empty();
    let shows_what_it_names = names_device && route.identity.contains("id");
    if shows && !shows_what_it_names {
        return Err(error(
            format!("route `{name}` shows a device that it does not name"),
            "a route with `identity` has `{device}` in its path and `id` among its properties",
        ));
    }
    if route.opens.is_some() && route.results.is_none() {
        return Err(error(
            format!("route `{name}` opens a property of no action result"),
            "write `results = \"deviceActionResults\"`",
        ));
    }
    if let (Some(results), Some(opens)) = (&route.results, &route.opens)
        && (route.pass.passes(&format!("{results}.{opens}")) || route.pass.passes(results))
    {
        return Err(error(
            format!("route `{name}` would pass `{opens}` unsealed"),
            "leave it out of `pass`",
        ));
    }
    Ok(())
}

/// A passcode goes out in the body of a request that a courier makes, and nothing comes back.
fn takes_a_passcode(route: &Route, delivers: bool) -> Result<(), AuthorityError> {
    let name = &route.name;
    if route.seal.is_none() {
        return Ok(());
    }
    if !delivers || !matches!(route.method, Method::Post | Method::Put) {
        return Err(error(
            format!("route `{name}` takes a passcode, and is none of a delivery"),
            "write `phases = [\"deliver\"]`, and POST or PUT",
        ));
    }
    let passes = route.pass.names().next().is_some() || route.collection;
    if passes || route.results.is_some() || !route.identity.is_empty() {
        return Err(error(
            format!("route `{name}` takes a passcode and passes something of the answer"),
            "leave out `pass` and `collection`: only the class of the status passes",
        ));
    }
    Ok(())
}
