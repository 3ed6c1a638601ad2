//! One Graph request: who asks, may they, what for, and what faults make of it.

use crate::control::inner::{Inner, Shared};
use crate::entra::caller::Identity;
use crate::fault::Fault;
use crate::fault::book::{first, has};
use crate::fault::catalogue::{Effect, Refuse};
use crate::fault::spoil::{Context, spoil};
use crate::fleet::property::Version;
use crate::graph::refusal::{Place, service_path};
use crate::graph::route::{self, Route, Scope, Tail, segments};
use crate::graph::{actions, audits, batch, devices, groups, management, permissions, policies};
use crate::http::exchange::Call;
use crate::http::reply::{Content, Reply};
use serde_json::{Value, json};
use std::time::Instant;

/// A request that has passed every gate.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) call: &'a Call,
    pub(crate) version: Version,
    pub(crate) route: &'a Route,
    pub(crate) place: &'a Place,
    pub(crate) identity: &'a Identity,
    pub(crate) struck: &'a [Fault],
}

type Parsed = (Version, Vec<String>, Result<Route, String>);

/// `None`: not below a version at all.
fn parse(path: &str) -> Option<Parsed> {
    let mut words = segments(path)?;
    let version = Version::from_segment(words.first()?)?;
    words.remove(0);
    let route = route::parse(version, &words);
    Some((version, words, route))
}

/// The route's name and the addressed device's id, for the journal and the faults.
pub(crate) fn identify_route(inner: &Inner, call: &Call) -> (String, Option<String>) {
    let part = call.batch.is_some();
    if !part && crate::entra::endpoint::is_token(&call.path) {
        return ("token".to_owned(), None);
    }
    if !part && crate::entra::identity::is_identity(&call.path) {
        return ("identity".to_owned(), None);
    }
    if !part && batch::is_batch(&call.path) {
        return (batch::NAME.to_owned(), None);
    }
    match parse(&call.path) {
        Some((_, _, Ok(route))) => {
            let device = match &route {
                Route::Device(_, Some(id), _) => Some(id.to_lowercase()),
                Route::Device(Scope::Run { .. }, None, _) => devices::resolve(&inner.world, &route),
                _ => None,
            };
            (route.name().to_owned(), device)
        }
        _ => ("none".to_owned(), None),
    }
}

pub(crate) fn place(inner: &Inner, call: &Call, words: &[String]) -> Place {
    let request_id = match &call.batch {
        // As Microsoft's example of a batch shows it: all parts have the id of the whole.
        Some(batch) => batch.request_id.clone(),
        None => uuid::Uuid::new_v4().to_string(),
    };
    Place {
        client_request_id: call
            .client_request_id
            .clone()
            .unwrap_or_else(|| request_id.clone()),
        request_id,
        now: inner.clock.now(),
        tenant: inner.world.tenant.clone(),
        service_path: service_path(words),
    }
}

pub(crate) fn before(effect: Effect) -> Option<Refuse> {
    match effect {
        Effect::Before(refuse) => Some(refuse),
        _ => None,
    }
}

pub(crate) fn after(effect: Effect) -> Option<Refuse> {
    match effect {
        Effect::After(refuse) => Some(refuse),
        _ => None,
    }
}

/// `None`: nothing happens and nothing is answered.
pub(crate) fn answer(
    shared: &Shared,
    inner: &mut Inner,
    call: &Call,
    struck: &[Fault],
) -> Option<Reply> {
    let parsed = parse(&call.path);
    let words = parsed.as_ref().map_or(&[][..], |(_, words, _)| words);
    let place = place(inner, call, words);
    let target = match &parsed {
        Some((_, _, Ok(route))) => devices::resolve(&inner.world, route),
        _ => None,
    };
    if let Some(device) = target
        .as_deref()
        .filter(|_| has(struck, Effect::ColleagueBefore))
    {
        let earlier = place.now - time::Duration::milliseconds(1);
        actions::colleague(inner, device, COLLEAGUE, earlier);
    }
    if let Some(device) = target
        .as_deref()
        .filter(|_| has(struck, Effect::UserChanges))
    {
        reassign(inner, device);
    }
    let mut reply = if has(struck, Effect::DropBefore) {
        None
    } else if let Some((fault, refuse)) = first(struck, before) {
        Some(self::refuse(shared, &place, call, fault, refuse))
    } else {
        Some(admit(shared, inner, call, struck, &place, parsed.as_ref()))
    };
    if let Some(device) = target
        .as_deref()
        .filter(|_| has(struck, Effect::ColleagueAfter))
    {
        let later = place.now + time::Duration::milliseconds(1);
        actions::colleague(inner, device, COLLEAGUE, later);
    }
    if let Some(done) = reply.as_mut().filter(|reply| reply.accepted)
        && let Some((fault, refuse)) = first(struck, after)
    {
        *done = self::refuse(shared, &place, call, fault, refuse).accepted();
    }
    let passcode = target.and_then(|device| newest_passcode(inner, &device));
    let mut reply = reply?;
    for fault in struck {
        if let Effect::Spoil(how) = fault.info.effect
            && reply.status == 200
        {
            let context = Context {
                origin: &call.origin,
                passcode: passcode.as_deref(),
            };
            reply = spoil(reply, fault, how, &context);
        }
    }
    Some(dress(reply, &place))
}

const COLLEAGUE: &str = "colleague@contoso.example";

fn admit(
    shared: &Shared,
    inner: &mut Inner,
    call: &Call,
    struck: &[Fault],
    place: &Place,
    parsed: Option<&Parsed>,
) -> Reply {
    let token = call.token.as_deref().unwrap_or_default();
    let mut identity = match shared.identify(inner, token) {
        Ok(identity) => identity,
        Err(why) => return place.bad_token(why, &call.origin, None),
    };
    let write = call.method != "GET" && call.method != "HEAD";
    let limits = inner.settings.throttle;
    if let Err(left) = inner
        .meters
        .charge(&identity.app, write, &limits, Instant::now())
    {
        let seconds = left.as_secs().max(1).to_string();
        return place.throttled(limits.retry_after.then_some(&*seconds));
    }
    let (version, route) = match parsed {
        Some((version, _, Ok(route))) => (*version, route),
        Some((_, _, Err(segment))) => return place.no_segment(segment),
        None => {
            return place.no_segment(
                call.path
                    .trim_matches('/')
                    .split('/')
                    .next()
                    .unwrap_or_default(),
            );
        }
    };
    if has(struck, Effect::Unlicensed)
        && !matches!(route, Route::Management)
        && !route.is_directory()
    {
        // As people have reported it (microsoftgraph/msgraph-beta-sdk-go issue 198); no document shows one.
        return place.error(
            400,
            "BadRequest",
            "Request not applicable to target tenant.",
        );
    }
    if has(struck, Effect::ReadOnlyRole) {
        identity.become_reader();
    }
    if !identity.has_intune_role() && !route.is_directory() {
        return place.no_intune_role();
    }
    let request = Request {
        call,
        version,
        route,
        place,
        identity: &identity,
        struck,
    };
    if let Err(refusal) = permissions::check(&request) {
        return refusal;
    }
    match (route, call.method.as_str()) {
        (Route::List(scope), "GET") => devices::list(inner, &request, scope),
        (Route::Device(_, _, Tail::Device), "GET") => devices::get(inner, &request),
        (Route::Device(_, _, Tail::Device), "DELETE") => actions::delete(inner, &request),
        (Route::Device(_, _, Tail::ConfigurationStates | Tail::ComplianceStates), "GET") => {
            policies::states(inner, &request)
        }
        (Route::Device(_, _, Tail::Action(action)), "POST") => {
            actions::post(inner, &request, *action)
        }
        (Route::Groups, "GET") => groups::list(inner, &request),
        (Route::Members(group), "GET") => groups::members(inner, &request, group),
        (Route::Audits, "GET") => audits::list(inner, &request),
        (Route::Policies(sort), "GET") => policies::list(&request, *sort),
        (Route::Permissions, "GET") => permissions::effective(&request),
        (Route::Management, "GET") => management::show(inner, &request),
        (Route::ApprovalPolicies, "GET") => management::approval_policies(inner, &request),
        _ => place.error(
            405,
            "MethodNotAllowed",
            "The requested resource does not support this method.",
        ),
    }
}

pub(crate) fn dress(mut reply: Reply, place: &Place) -> Reply {
    let diagnostic = json!({"ServerInfo": {
        "DataCenter": "Practice", "Slice": "E", "Ring": "0", "ScaleUnit": "000", "RoleInstance": "PRACTICE",
    }});
    reply.headers.push(("request-id", place.request_id.clone()));
    reply
        .headers
        .push(("client-request-id", place.client_request_id.clone()));
    reply
        .headers
        .push(("x-ms-ags-diagnostic", diagnostic.to_string()));
    reply
}

/// The answer that a fault gives.
pub(crate) fn refuse(
    shared: &Shared,
    place: &Place,
    call: &Call,
    fault: &Fault,
    how: Refuse,
) -> Reply {
    let authority = shared.main_origin();
    match how {
        Refuse::Token => place.bad_token(
            "Lifetime validation failed, the token is expired.",
            authority,
            None,
        ),
        Refuse::Claims => {
            // {"access_token":{"nbf":{"essential":true,"value":"1"}}}
            let claims =
                "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ==";
            place.bad_token(
                "Continuous access evaluation resulted in challenge.",
                authority,
                Some(claims),
            )
        }
        Refuse::IntuneRole => place.no_intune_role(),
        Refuse::Scope => place.missing_scope(&[crate::entra::caller::PRIVILEGED]),
        Refuse::ConditionalAccess => place.error(
            403,
            "insufficient_claims",
            "The token lacks a claim that a Conditional Access policy demands.",
        ),
        Refuse::NotFound => place.not_found(),
        Refuse::NotFoundSilent => place.silent(404),
        Refuse::NoSegment => place.no_segment("managedDevices"),
        Refuse::Throttled => place.throttled(Some(&fault.seconds.to_string())),
        Refuse::ThrottledSilently => place.throttled(None),
        Refuse::Internal => place.intune_says_no(500, "InternalError"),
        Refuse::Unavailable => place.intune_says_no(503, "CancelledOnServiceTimeout"),
        Refuse::GatewayTimeout => html(504),
        Refuse::Plain => place.plain(500, "InternalError"),
        Refuse::Broken => place.broken(500, "InternalError"),
        Refuse::Empty => place.error(500, "", ""),
        Refuse::Html => html(502),
        Refuse::HtmlNotAllowed => html(405),
        Refuse::Redirect => {
            let to = fault
                .to
                .as_deref()
                .unwrap_or("https://graph.elsewhere.example");
            let mut reply = Reply::no_content();
            reply.status = 302;
            reply.with_header("location", format!("{to}{}", call.path))
        }
    }
}

fn html(status: u16) -> Reply {
    let mut reply = Reply::no_content();
    reply.status = status;
    reply.body = Content::Raw {
        media_type: "text/html",
        text: "<html><head><title>Gateway</title></head><body><h1>Sorry</h1></body></html>"
            .to_owned(),
    };
    reply
}

fn reassign(inner: &mut Inner, device: &str) {
    let upn = "someone.else@contoso.example";
    let user = inner.world.add_user(upn, None, None).clone();
    if let Some(device) = inner.world.device_mut(device) {
        let mut set = |name: &str, value: &str| {
            device
                .properties
                .insert(name.to_owned(), Value::from(value));
        };
        set("userId", &user.id);
        set("userPrincipalName", upn);
        set("emailAddress", upn);
        set("userDisplayName", &user.name);
    }
}

fn newest_passcode(inner: &Inner, device: &str) -> Option<String> {
    let now = inner.clock.now();
    let results = inner.world.results(device, now, true, true);
    results
        .iter()
        .rev()
        .find_map(|result| result["passcode"].as_str())
        .map(str::to_owned)
}
