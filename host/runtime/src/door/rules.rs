//! Whether a request may leave. Pure: the same request under the same authority gets the same
//! answer, and nothing is read or sent to find it.

use std::collections::BTreeSet;

use crate::authority::{Authority, Bindings, Path, PathError, Phase, Route};
use crate::contract::types::PlannedRequest;
use crate::exchange::Request;

/// The longest query value, in bytes.
const LONGEST_QUERY_VALUE: usize = 2048;

/// What the step is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds<'a> {
    pub(crate) phase: Phase,
    /// The only device that `{device}` may stand for.
    pub(crate) device: Option<&'a str>,
    /// The only request that may change something.
    pub(crate) plan: Option<&'a PlannedRequest>,
}

/// A request that may leave, as far as the rules go.
#[derive(Debug)]
pub(crate) struct Admitted<'a> {
    pub(crate) route: &'a Route,
    pub(crate) path: Path,
    pub(crate) bindings: Bindings,
}

/// The rule a request breaks. `name` is stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("{0}")]
    Path(#[from] PathError),
    #[error("no granted route leads to `{0}`")]
    Destination(String),
    #[error("no granted route is {0}")]
    Route(String),
    #[error("route `{0}` is not granted in this phase")]
    Phase(String),
    #[error("query name `{0}` is not granted, or stands twice")]
    QueryName(String),
    #[error("the value of `{0}` is not acceptable")]
    QueryValue(String),
    #[error("`$select` names `{0}`, which is not granted")]
    Select(String),
    #[error("the request is about another device than the step")]
    Device,
    #[error("the request is not the one that the plan names")]
    NotThePlan,
    #[error("no granted route takes a body")]
    Body,
    #[error("no such page")]
    Page,
    #[error("only reads may be sent together")]
    ReadsOnly,
    #[error("the plan's request was already tried in this step")]
    Again,
    #[error("the device's action results were not read first in this step")]
    NoSnapshot,
    #[error("the address leads to another device than the plan's")]
    LeadsElsewhere,
    #[error("a seal stands where none is granted")]
    SealPlace,
    #[error("a seal stands in the request twice")]
    SealTwice,
    #[error("the seal was placed before")]
    SealSpent,
    #[error("there is no such seal here")]
    SealUnknown,
    #[error("the route is for a passcode, and the request places none")]
    SealMissing,
}

impl Broken {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Path(_) => "path",
            Self::Destination(_) => "destination",
            Self::Route(_) => "route",
            Self::Phase(_) => "phase",
            Self::QueryName(_) => "query-name",
            Self::QueryValue(_) => "query-value",
            Self::Select(_) => "select",
            Self::Device => "device",
            Self::NotThePlan => "not-the-plan",
            Self::Body => "body",
            Self::Page => "page",
            Self::ReadsOnly => "reads-only",
            Self::Again => "again",
            Self::NoSnapshot => "no-snapshot",
            Self::LeadsElsewhere => "leads-elsewhere",
            Self::SealPlace => "seal-place",
            Self::SealTwice => "seal-twice",
            Self::SealSpent => "seal-spent",
            Self::SealUnknown => "seal-unknown",
            Self::SealMissing => "seal-missing",
        }
    }
}

/// Judge one request.
pub(crate) fn admit<'a>(
    authority: &'a Authority,
    bounds: Bounds<'_>,
    wish: &Request,
) -> Result<Admitted<'a>, Broken> {
    if !authority.reaches(&wish.destination) {
        return Err(Broken::Destination(wish.destination.clone()));
    }
    let path = Path::parse(&wish.path)?;
    let (route, bindings) = authority
        .route(&wish.destination, wish.method, &path)
        .ok_or_else(|| Broken::Route(format!("{} {path}", wish.method)))?;
    if !route.phases.contains(&bounds.phase) {
        return Err(Broken::Phase(route.name.clone()));
    }
    query(route, &wish.query)?;
    device(bounds, &bindings)?;
    // No route can grant a body yet, and the documents say that the action takes none.
    if wish.body.is_some() {
        return Err(Broken::Body);
    }
    if route.mutates() {
        the_plans_own(bounds, wish)?;
    }
    Ok(Admitted {
        route,
        path,
        bindings,
    })
}

/// Whether a route lets these pairs leave.
pub(super) fn query(route: &Route, pairs: &[(String, String)]) -> Result<(), Broken> {
    let mut seen = BTreeSet::new();
    for (name, value) in pairs {
        // A name that stands twice is read by some servers first and by some last.
        if !route.query.contains(name) || !seen.insert(name) {
            return Err(Broken::QueryName(name.clone()));
        }
        if value.len() > LONGEST_QUERY_VALUE || has_control(value) {
            return Err(Broken::QueryValue(name.clone()));
        }
        match name.as_str() {
            "$select" => {
                if let Some(other) = value.split(',').find(|name| !route.select.contains(*name)) {
                    return Err(Broken::Select(other.to_owned()));
                }
            }
            "$top" if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(Broken::QueryValue(name.clone()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Lists of names are ASCII, and long.
fn has_control(value: &str) -> bool {
    if value.is_ascii() {
        value.bytes().any(|byte| byte.is_ascii_control())
    } else {
        value.chars().any(char::is_control)
    }
}

/// From the plan on, a component that reads or acts on another device is not carrying it out.
fn device(bounds: Bounds<'_>, bindings: &Bindings) -> Result<(), Broken> {
    match (bindings.get("device"), bounds.device) {
        (Some(named), Some(bound)) if named != bound => Err(Broken::Device),
        (Some(_), None) if bounds.phase != Phase::Find => Err(Broken::Device),
        _ => Ok(()),
    }
}

fn the_plans_own(bounds: Bounds<'_>, wish: &Request) -> Result<(), Broken> {
    let same = bounds.phase == Phase::Commit
        && bounds.plan.is_some_and(|plan| {
            plan.destination == wish.destination
                && plan.method == wish.method
                && plan.path == wish.path
                && plan.query == wish.query
                && plan.body == wish.body
        });
    if same {
        Ok(())
    } else {
        Err(Broken::NotThePlan)
    }
}
