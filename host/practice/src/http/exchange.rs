//! One request, from arrival to answer.

use crate::clock::{http_date, timestamp};
use crate::control;
use crate::control::inner::{Inner, Shared};
use crate::entra::{endpoint, identity};
use crate::fault::Fault;
use crate::fault::book::{Sighting, first, has};
use crate::fault::catalogue::Effect;
use crate::graph::batch::{self, Batch};
use crate::graph::service;
use crate::http::reply::Reply;
use crate::journal::JournalEntry;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, Response, header};
use std::sync::Arc;
use std::time::Duration;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault closes this connection")]
pub(crate) struct Dropped;

/// A request, read to its end, or a part of a batch.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Scheme and authority as the client wrote them, for links that lead back to the same origin.
    pub(crate) origin: String,
    pub(crate) token: Option<Arc<str>>,
    pub(crate) client_request_id: Option<String>,
    pub(crate) control_key: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The batch it came in.
    pub(crate) batch: Option<Arc<Batch>>,
}

/// What becomes of a request, and the `Date` of it. Without a reply the connection is closed.
pub(crate) type Outcome = (Option<Reply>, String);

const MAX_BODY: usize = 4 << 20;

pub(crate) async fn answer(
    shared: Arc<Shared>,
    scheme: &'static str,
    request: Request<Body>,
) -> Result<Response<Body>, Dropped> {
    let call = read(scheme, request).await?;
    if call.path.starts_with("/practice/") {
        return Ok(control::http::answer(&shared, &call).into_response());
    }
    shared.lock().journal.exchanges += 1;
    let (reply, date) = if batch::is_batch(&call.path) {
        batch::answer(&shared, &call).await
    } else {
        one(&shared, &call).await
    };
    let reply = reply.ok_or(Dropped)?;
    let mut response = reply.into_response();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    Ok(response)
}

/// A request on its own, or a part of a batch: to the service they are the same.
pub(crate) async fn one(shared: &Shared, call: &Call) -> Outcome {
    let (number, struck) = arrive(shared, call);
    wait(&struck, Effect::SlowBefore).await;
    let (reply, date) = carry_out(shared, call, number, &struck);
    wait(&struck, Effect::SlowAfter).await;
    if let Some(reply) = &reply {
        answered(shared, number, reply.status);
    }
    (reply, date)
}

/// Waits as long as the fault with this effect says. A wait of nothing would still last until the timer's next tick.
pub(crate) async fn wait(struck: &[Fault], effect: Effect) {
    if let Some(fault) = struck.iter().find(|fault| fault.info.effect == effect) {
        let seconds = Duration::try_from_secs_f64(fault.seconds).unwrap_or_default();
        tokio::time::sleep(seconds).await;
    }
}

pub(crate) fn answered(shared: &Shared, number: u64, status: u16) {
    let mut inner = shared.lock();
    inner
        .journal
        .amend(number, |entry| entry.status = Some(status));
}

async fn read(scheme: &str, request: Request<Body>) -> Result<Call, Dropped> {
    let (parts, body) = request.into_parts();
    let text = |name: &str| {
        let value = parts.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let token = text("authorization").map(|value| {
        let bearer = value
            .get(..7)
            .filter(|head| head.eq_ignore_ascii_case("bearer "));
        Arc::from(bearer.map_or("", |head| value[head.len()..].trim()))
    });
    let headers = parts
        .headers
        .iter()
        .filter(|(name, _)| *name != header::AUTHORIZATION)
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| Dropped)?;
    Ok(Call {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        origin: format!("{scheme}://{}", text("host").unwrap_or_default()),
        token,
        client_request_id: text("client-request-id"),
        control_key: text("x-practice-key"),
        headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        batch: None,
    })
}

/// Writes the request into the journal, and finds the faults that it meets.
fn arrive(shared: &Shared, call: &Call) -> (u64, Vec<Fault>) {
    let mut inner = shared.lock();
    let met = meet(&mut inner, call);
    let number = enter(shared, &mut inner, call, &met);
    (number, met.struck)
}

/// Where a request leads, and the faults that it meets there.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) route: String,
    pub(crate) device: Option<String>,
    pub(crate) struck: Vec<Fault>,
}

pub(crate) fn meet(inner: &mut Inner, call: &Call) -> Met {
    let (route, device) = service::identify_route(inner, call);
    let names = device
        .as_ref()
        .and_then(|id| inner.world.device(id))
        .map_or_else(Vec::new, |d| {
            vec![
                d.id.clone(),
                d.text("serialNumber").to_owned(),
                d.text("deviceName").to_owned(),
            ]
        });
    let struck = inner.book.strike(&Sighting {
        method: &call.method,
        route: &route,
        path: &call.path,
        device: names,
    });
    Met {
        route,
        device,
        struck,
    }
}

/// Writes the request into the journal.
pub(crate) fn enter(shared: &Shared, inner: &mut Inner, call: &Call, met: &Met) -> u64 {
    let caller = call
        .token
        .as_ref()
        .and_then(|token| shared.identify(inner, token).ok())
        .map(|identity| identity.name().to_owned());
    let body = if met.route == "token" {
        endpoint::without_secrets(&call.body)
    } else {
        call.body.clone()
    };
    let names = met.struck.iter().map(|fault| fault.name().to_owned());
    let at = timestamp(inner.clock.now());
    inner.journal.arrive(JournalEntry {
        number: 0,
        at,
        method: call.method.clone(),
        path: call.path.clone(),
        query: call.query.clone(),
        headers: call
            .headers
            .iter()
            .filter(|(name, _)| !identity::SECRET_HEADERS.contains(&name.as_str()))
            .cloned()
            .collect(),
        had_token: call.token.is_some(),
        caller,
        body,
        route: met.route.clone(),
        device: met.device.clone(),
        accepted: false,
        status: None,
        faults: names.collect(),
        batch: call
            .batch
            .as_ref()
            .map(|batch| batch.client_request_id.clone()),
    })
}

/// Does what the request asks, and writes it down before anything is answered. `None`: answer nothing.
fn carry_out(shared: &Shared, call: &Call, number: u64, struck: &[Fault]) -> Outcome {
    let mut inner = shared.lock();
    let reply = decide(shared, &mut inner, call, struck);
    let accepted = reply.as_ref().is_some_and(|reply| reply.accepted);
    inner
        .journal
        .amend(number, |entry| entry.accepted = accepted);
    let date = http_date(inner.clock.now());
    if ["POST", "DELETE"].contains(&call.method.as_str())
        && let Err(error) = inner.journal.write_down(number)
    {
        // Without its line the write would look as if it never came: better that the test sees a failure.
        let text = format!("the journal file cannot be written: {error}");
        let body = serde_json::json!({"error": {"code": "PracticeJournal", "message": text}});
        return (Some(Reply::json(500, body)), date);
    }
    let dropped = has(struck, Effect::DropBefore)
        || (has(struck, Effect::DropAfter) && (accepted || call.method != "POST"));
    (reply.filter(|_| !dropped), date)
}

fn decide(shared: &Shared, inner: &mut Inner, call: &Call, struck: &[Fault]) -> Option<Reply> {
    let is_identity = identity::is_identity(&call.path);
    // Nothing but Graph is below a version, where every part of a batch is.
    if call.batch.is_none() && (is_identity || endpoint::is_directory(&call.path)) {
        if has(struck, Effect::DropBefore) {
            return None;
        }
        if let Some((fault, refuse)) = first(struck, service::before) {
            let place = service::place(inner, call, &[]);
            let refused = service::refuse(shared, &place, call, fault, refuse);
            return Some(endpoint::in_own_words(inner, call, refused));
        }
        return Some(if is_identity {
            identity::answer(shared, inner, call)
        } else {
            endpoint::answer(shared, inner, call)
        });
    }
    service::answer(shared, inner, call, struck)
}
