//! Asking a device to do something. Wipe, retire and delete work too: tests have to see that nobody calls them.

use crate::action::{ActionState, Delays, RemoteAction, Timeline};
use crate::clock::timestamp;
use crate::control::inner::Inner;
use crate::fault::Fault;
use crate::fault::book::{first, has};
use crate::fault::catalogue::{Effect, ResetChange};
use crate::fleet::ResetOutcome;
use crate::fleet::kind::ResetEffect;
use crate::graph::approval;
use crate::graph::devices::resolve;
use crate::graph::service::Request;
use crate::http::reply::Reply;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// `POST …/{action}`.
pub(crate) fn post(inner: &mut Inner, request: &Request<'_>, action: RemoteAction) -> Reply {
    let Some(id) = resolve(&inner.world, request.route) else {
        return request.place.not_found();
    };
    if let Some(refusal) = approval::gate(inner, request, &id, action) {
        return refusal;
    }
    match action {
        RemoteAction::ResetPasscode => reset(inner, request, &id),
        RemoteAction::Wipe => pending(inner, request, &id, action, "wipePending"),
        RemoteAction::Retire => pending(inner, request, &id, action, "retirePending"),
        RemoteAction::RemoteLock | RemoteAction::SyncDevice | RemoteAction::Delete => {
            plain(inner, request, &id, action)
        }
    }
}

/// How a reset will end: the state, the error code, and whether the device is reached at all.
fn ending(own: ResetOutcome, effect: ResetEffect, struck: &[Fault]) -> (ActionState, i32, bool) {
    let change = first(struck, |effect| match effect {
        Effect::Reset(change) => Some(change),
        _ => None,
    });
    let outcome = match change.map(|(_, change)| change) {
        None | Some(ResetChange::Offline) => own,
        Some(ResetChange::WrongUnlockToken) => ResetOutcome::WrongUnlockToken,
        Some(ResetChange::NoPasscodePolicy) => ResetOutcome::NoPasscodePolicy,
        Some(ResetChange::TokenInactive) => ResetOutcome::ResetTokenInactive,
        Some(ResetChange::NotSupported) => ResetOutcome::NotSupported,
        Some(ResetChange::Canceled) => ResetOutcome::Canceled,
    };
    // Unlock tokens are Apple's, reset tokens and the need for a policy are Android's.
    let fits = match outcome {
        ResetOutcome::WrongUnlockToken => effect == ResetEffect::Removal,
        ResetOutcome::NoPasscodePolicy | ResetOutcome::ResetTokenInactive => {
            effect == ResetEffect::NewPasscode
        }
        _ => true,
    };
    let offline = matches!(change, Some((_, ResetChange::Offline)));
    let (state, code) = outcome
        .failure()
        .filter(|_| fits && effect != ResetEffect::NotSupported)
        .unwrap_or((effect.outcome(), 0));
    (state, code, !offline)
}

fn reset(inner: &mut Inner, request: &Request<'_>, id: &str) -> Reply {
    let call = request.call;
    // A batch takes no write without a body: there an empty object stands for none.
    let none = call.body.is_empty() || (call.batch.is_some() && call.body == "{}");
    if !none {
        return request.place.bad_query("The action takes no parameters");
    }
    let Some(device) = inner.world.device(id) else {
        return request.place.not_found();
    };
    let effect = device.kind.reset(device.text("osVersion"));
    if effect == ResetEffect::DoesNotFit {
        return request.place.intune_says_no(400, "BadRequest");
    }
    if has(request.struck, Effect::NoResult) {
        return Reply::no_content().accepted();
    }
    let (state, error_code, reached) = ending(device.reset, effect, request.struck);
    let delays =
        (reached && device.reachable()).then(|| device.kind.delays().paced(inner.settings.pace));
    let timeline = Timeline::new(request.place.now, delays, state);
    let record = inner.world.record(
        id,
        RemoteAction::ResetPasscode,
        request.identity.name(),
        timeline,
    );
    let Some(mut record) = record else {
        return request.place.not_found();
    };
    if effect == ResetEffect::NewPasscode && state == ActionState::Done {
        record.passcode = Some(inner.new_passcode());
    }
    record.error_code = error_code;
    inner.world.actions.push(record);
    Reply::no_content().accepted()
}

fn pending(
    inner: &mut Inner,
    request: &Request<'_>,
    id: &str,
    action: RemoteAction,
    state: &str,
) -> Reply {
    let reply = plain(inner, request, id, action);
    if let Some(device) = inner.world.device_mut(id) {
        device
            .properties
            .insert("managementState".to_owned(), Value::from(state));
    }
    reply
}

fn plain(inner: &mut Inner, request: &Request<'_>, id: &str, action: RemoteAction) -> Reply {
    let now = request.place.now;
    let Some(device) = inner.world.device_mut(id) else {
        return request.place.not_found();
    };
    if action == RemoteAction::SyncDevice && device.reachable() {
        device
            .properties
            .insert("lastSyncDateTime".to_owned(), json!(timestamp(now)));
    }
    let delays = device
        .reachable()
        .then(|| device.kind.delays().paced(inner.settings.pace));
    let timeline = Timeline::new(now, delays, ActionState::Done);
    if let Some(record) = inner
        .world
        .record(id, action, request.identity.name(), timeline)
    {
        inner.world.actions.push(record);
    }
    Reply::no_content().accepted()
}

/// `DELETE …/managedDevices/{id}`.
pub(crate) fn delete(inner: &mut Inner, request: &Request<'_>) -> Reply {
    let Some(id) = resolve(&inner.world, request.route) else {
        return request.place.not_found();
    };
    let reply = plain(inner, request, &id, RemoteAction::Delete);
    inner.world.devices.remove(&id);
    reply
}

/// A colleague's reset of the same device, begun at `start`, with an audit of its own.
///
/// Returns the passcode that the colleague gets, if this kind of device makes one.
pub(crate) fn colleague(
    inner: &mut Inner,
    id: &str,
    upn: &str,
    start: OffsetDateTime,
) -> Option<String> {
    let device = inner.world.device(id)?;
    let effect = device.kind.reset(device.text("osVersion"));
    let timeline = Timeline::new(start, Some(Delays::seconds(0, 0)), effect.outcome());
    let mut record = inner
        .world
        .record(id, RemoteAction::ResetPasscode, upn, timeline)?;
    if effect == ResetEffect::NewPasscode {
        // Never the one a test has put aside for our own reset.
        record.passcode = Some(format!(
            "Colleague{}",
            &uuid::Uuid::new_v4().simple().to_string()[..6]
        ));
    }
    let passcode = record.passcode.clone();
    inner.world.actions.push(record);
    passcode
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_ends_as_device_and_fault_say_where_they_fit() {
        use ActionState::{Canceled, Done, Failed, NotSupported};
        use ResetEffect as E;
        use ResetOutcome as O;
        let cases = [
            (O::Works, E::NewPasscode, None, Done, true),
            (
                O::Works,
                E::Removal,
                Some("wrong-unlock-token"),
                Failed,
                true,
            ),
            (
                O::Works,
                E::NewPasscode,
                Some("wrong-unlock-token"),
                Done,
                true,
            ),
            (O::WrongUnlockToken, E::Removal, None, Failed, true),
            (O::NoPasscodePolicy, E::NewPasscode, None, Failed, true),
            (
                O::Works,
                E::NewPasscode,
                Some("reset-token-inactive"),
                Failed,
                true,
            ),
            (O::Works, E::Removal, Some("no-passcode-policy"), Done, true),
            (
                O::Works,
                E::NewPasscode,
                Some("device-offline"),
                Done,
                false,
            ),
            (O::Works, E::NewPasscode, Some("canceled"), Canceled, true),
            (
                O::Works,
                E::NewPasscode,
                Some("not-supported"),
                NotSupported,
                true,
            ),
            (O::Works, E::NotSupported, None, NotSupported, true),
        ];
        for (own, effect, fault, state, reached) in cases {
            let struck: Vec<Fault> = fault
                .into_iter()
                .map(|name| Fault::named(name).expect("fault"))
                .collect();
            let (got, code, got_reached) = ending(own, effect, &struck);
            assert_eq!(
                (got, got_reached),
                (state, reached),
                "{own:?} {effect:?} {fault:?}"
            );
            assert_eq!(code != 0, state == Failed);
        }
    }
}
