//! `POST /v1.0/$batch`: several requests in one, as Microsoft's "JSON batching" has it.
//!
//! Each part goes the way of a request that came alone: it is judged, counted, struck by faults and written into the
//! journal by itself. The batch is only what carries them. It is in the journal itself if it was refused whole, or if a
//! fault struck it that waits for `$batch`.

mod content;
mod envelope;

use crate::clock::http_date;
use crate::control::inner::{Inner, Shared};
use crate::fault::Fault;
use crate::fault::book::{first, has};
use crate::fault::catalogue::Effect;
use crate::fault::spoil::{Context, spoil};
use crate::fleet::property::Version;
use crate::graph::batch::envelope::Part;
use crate::graph::refusal::Place;
use crate::graph::route::segments;
use crate::graph::service::{self, dress, refuse};
use crate::http::exchange::{Call, Met, Outcome, answered, enter, meet, one, wait};
use crate::http::reply::{Content, Reply};
use futures::future::join_all;
use std::sync::Arc;

/// The last segment of its address, and its name for faults and the journal.
pub(crate) const NAME: &str = "$batch";

/// What the parts of a batch have of it.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) request_id: String,
    pub(crate) client_request_id: String,
}

/// Whether a path is that of a batch, of whichever version.
pub(crate) fn is_batch(path: &str) -> bool {
    // The cheap question first: this is asked of every request.
    path.ends_with("batch")
        && segments(path).is_some_and(|words| {
            matches!(words.as_slice(), [version, name] if name == NAME && Version::from_segment(version).is_some())
        })
}

/// The batch is answered when all of its parts are. A part whose connection a fault closes closes that of the batch.
pub(crate) async fn answer(shared: &Shared, call: &Call) -> Outcome {
    let Arrived {
        struck,
        place,
        number,
        parts,
    } = arrive(shared, call);
    wait(&struck, Effect::SlowBefore).await;
    let reply = if has(&struck, Effect::DropBefore) {
        None
    } else if let Some((fault, how)) = first(&struck, service::before) {
        Some(dress(refuse(shared, &place, call, fault, how), &place))
    } else {
        match parts {
            Err(refusal) => Some(dress(refusal, &place)),
            Ok(parts) => {
                let reply = carry_out(shared, call, &place, &parts).await;
                reply.map(|reply| struck_after(shared, call, &place, &struck, reply))
            }
        }
    };
    let reply = reply.filter(|_| !has(&struck, Effect::DropAfter));
    wait(&struck, Effect::SlowAfter).await;
    if let (Some(number), Some(reply)) = (number, &reply) {
        answered(shared, number, reply.status);
    }
    (reply, http_date(shared.lock().clock.now()))
}

struct Arrived {
    struck: Vec<Fault>,
    place: Place,
    /// Of its own entry in the journal.
    number: Option<u64>,
    parts: Result<Vec<Part>, Reply>,
}

fn arrive(shared: &Shared, call: &Call) -> Arrived {
    let mut inner = shared.lock();
    let met = meet(&mut inner, call);
    let place = service::place(&inner, call, &[]);
    let parts = admit(shared, &inner, call, &place);
    let own = parts.is_err() || !met.struck.is_empty();
    let number = own.then(|| enter(shared, &mut inner, call, &met));
    Arrived {
        struck: met.struck,
        place,
        number,
        parts,
    }
}

/// Who asks is found out before what they ask for; what they may is found out part by part.
fn admit(shared: &Shared, inner: &Inner, call: &Call, place: &Place) -> Result<Vec<Part>, Reply> {
    let token = call.token.as_deref().unwrap_or_default();
    shared
        .identify(inner, token)
        .map_err(|why| place.bad_token(why, &call.origin, None))?;
    if call.method != "POST" {
        let text = "The requested resource does not support this method.";
        return Err(place.error(405, "MethodNotAllowed", text));
    }
    envelope::parts(&call.path, &call.body).map_err(|why| place.error(400, "BadRequest", &why))
}

/// `None`: a part's connection was closed, and what would have come after it does not happen.
async fn carry_out(shared: &Shared, call: &Call, place: &Place, parts: &[Part]) -> Option<Reply> {
    let batch = Arc::new(Batch {
        request_id: place.request_id.clone(),
        client_request_id: place.client_request_id.clone(),
    });
    let calls: Vec<Call> = parts.iter().map(|part| alone(call, &batch, part)).collect();
    let mut replies: Vec<Option<Reply>> = vec![None; parts.len()];
    let rounds = parts
        .iter()
        .map(|part| part.round)
        .max()
        .unwrap_or_default();
    for round in 0..=rounds {
        let mut now = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if part.round != round {
                continue;
            }
            let failed = |&before: &usize| {
                let reply = replies.get(before).and_then(Option::as_ref);
                reply.is_none_or(|reply| reply.status >= 400)
            };
            if part.after.iter().any(failed) {
                replies[at] = Some(failed_dependency(shared, &calls[at]));
            } else {
                now.push(at);
            }
        }
        let done = join_all(now.iter().map(|&at| one(shared, &calls[at]))).await;
        for (at, (reply, _)) in now.into_iter().zip(done) {
            replies[at] = Some(reply?);
        }
    }
    let replies = replies.into_iter().collect::<Option<Vec<_>>>()?;
    let mut reply = Reply::no_content();
    reply.status = 200;
    reply.body = content::content(parts, replies);
    Some(dress(reply, place))
}

/// The part as a request of its own. Of the batch's headers it has only what says who asks.
fn alone(call: &Call, batch: &Arc<Batch>, part: &Part) -> Call {
    let own = part
        .headers
        .iter()
        .find(|(name, _)| name == "client-request-id");
    let own = own.map_or(&batch.client_request_id, |(_, value)| value);
    Call {
        method: part.method.clone(),
        path: part.path.clone(),
        query: part.query.clone(),
        origin: call.origin.clone(),
        token: call.token.clone(),
        client_request_id: Some(own.clone()),
        control_key: None,
        headers: part.headers.clone(),
        body: part.body.clone(),
        batch: Some(Arc::clone(batch)),
    }
}

/// It reached the tenant and nothing was done with it, so the journal has it and no fault is used up by it.
fn failed_dependency(shared: &Shared, call: &Call) -> Reply {
    let mut inner = shared.lock();
    let (route, device) = service::identify_route(&inner, call);
    let met = Met {
        route,
        device,
        struck: Vec::new(),
    };
    let number = enter(shared, &mut inner, call, &met);
    let place = service::place(&inner, call, &[]);
    // The status is documented, its words are not.
    let text = "A request that this one depends on has failed.";
    let reply = dress(place.error(424, "FailedDependency", text), &place);
    inner
        .journal
        .amend(number, |entry| entry.status = Some(reply.status));
    reply
}

/// What faults make of the whole after the parts have taken effect.
fn struck_after(
    shared: &Shared,
    call: &Call,
    place: &Place,
    struck: &[Fault],
    mut reply: Reply,
) -> Reply {
    if let Some((fault, how)) = first(struck, service::after) {
        return dress(refuse(shared, place, call, fault, how), place);
    }
    for fault in struck {
        if let Effect::Spoil(how) = fault.info.effect {
            if let Content::Raw { text, .. } = &reply.body
                && let Ok(whole) = serde_json::from_str(text)
            {
                reply.body = Content::Json(whole);
            }
            let context = Context {
                origin: &call.origin,
                passcode: None,
            };
            reply = spoil(reply, fault, how, &context);
        }
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_one_address_in_each_version() {
        for (path, expected) in [
            ("/v1.0/$batch", true),
            ("/beta/$batch", true),
            ("/beta/%24batch", true),
            ("/beta/batch", false),
            ("/v2.0/$batch", false),
            ("/$batch", false),
            ("/beta/users/$batch", false),
            ("/beta/$batch/", false),
            ("/beta//$batch", false),
        ] {
            assert_eq!(is_batch(path), expected, "{path}");
        }
    }
}
