//! The same steering over HTTP, below `/practice/`, for tests that run the tenant as a process of its own.

use crate::PRACTICE_APPROVER;
use crate::control::Control;
use crate::control::inner::Shared;
use crate::entra::{IntuneRole, TokenRequest};
use crate::error::PracticeError;
use crate::fault::faults;
use crate::fleet::ResetOutcome;
use crate::graph::approval::ApprovalStatus;
use crate::http::exchange::Call;
use crate::http::reply::Reply;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    faults: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    pace: Option<f64>,
    advance_seconds: Option<f64>,
    clock_offset_seconds: Option<i64>,
    token_lifetime_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    user: Option<String>,
    #[serde(default)]
    app: bool,
    permissions: Option<Vec<String>>,
    intune_role: Option<Role>,
    lifetime_seconds: Option<i64>,
}

/// `false` for none, `true` for what the person has anyway, or a role.
#[derive(Deserialize)]
#[serde(untagged)]
enum Role {
    Assigned(bool),
    Named(IntuneRole),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    code: Option<String>,
    by: Option<String>,
    status: ApprovalStatus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Device {
    device: String,
    online: Option<bool>,
    reset: Option<ResetOutcome>,
    #[serde(default)]
    properties: serde_json::Map<String, Value>,
    colleague: Option<String>,
    next_passcode: Option<String>,
}

pub(crate) fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    if call.control_key.as_deref() != Some(shared.control_key.as_str()) {
        let text =
            "the header x-practice-key must hold the key that was printed when the tenant started";
        return Reply::json(401, json!({"error": text}));
    }
    let control = Control {
        shared: Arc::clone(shared),
    };
    match route(&control, call) {
        Ok(Value::Null) => Reply::no_content(),
        Ok(body) => Reply::json(200, body),
        Err((status, why)) => Reply::json(status, json!({"error": why})),
    }
}

type Answer = Result<Value, (u16, String)>;

fn route(control: &Control, call: &Call) -> Answer {
    let path = call.path.strip_prefix("/practice/").unwrap_or_default();
    match (call.method.as_str(), path) {
        ("GET", "journal") => to_json(&control.journal()),
        ("DELETE", "journal") => {
            control.clear_journal();
            Ok(Value::Null)
        }
        ("GET", "counts") => {
            let rows = control.counts().into_iter().map(|((device, action), count)| {
                json!({"device": device, "action": action, "received": count.received, "accepted": count.accepted})
            });
            Ok(rows.collect())
        }
        ("GET", "exchanges") => Ok(json!({"exchanges": control.exchanges()})),
        ("GET", "faults") => {
            let waiting: Vec<_> = control
                .waiting_faults()
                .iter()
                .map(|fault| fault.name())
                .collect();
            Ok(json!({"known": faults(), "waiting": waiting}))
        }
        ("POST", "faults") => {
            let parsed: Result<Vec<_>, _> = read::<Faults>(call)?
                .faults
                .iter()
                .map(|text| text.parse())
                .collect();
            parsed
                .map_err(refused)?
                .into_iter()
                .for_each(|fault| control.inject(fault));
            Ok(Value::Null)
        }
        ("DELETE", "faults") => {
            control.clear_faults();
            Ok(Value::Null)
        }
        ("GET", "state") => {
            serde_json::from_str(&control.state_json()).map_err(|error| (500, error.to_string()))
        }
        ("PUT", "state") => control
            .load_state_json(&call.body)
            .map(|()| Value::Null)
            .map_err(refused),
        ("POST", "time") => time(control, read(call)?),
        ("POST", "tokens") => token(control, read(call)?),
        ("DELETE", "tokens") => {
            control.revoke_all_tokens();
            Ok(Value::Null)
        }
        ("POST", "certificates") => {
            control.register_certificate(read(call)?);
            Ok(Value::Null)
        }
        ("GET", "approvals") => to_json(&control.approvals()),
        ("POST", "approvals") => {
            let Decision { code, by, status } = read(call)?;
            let by = by.as_deref().unwrap_or(PRACTICE_APPROVER);
            let decided = control.decide(code.as_deref(), by, status);
            decided
                .map_err(refused)
                .and_then(|request| to_json(&request))
        }
        ("POST", "devices") => device(control, &read(call)?).map_err(refused),
        _ => Err((404, format!("nothing is at {} {}", call.method, call.path))),
    }
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T, (u16, String)> {
    serde_json::from_str(&call.body).map_err(|error| (400, error.to_string()))
}

fn to_json<T: serde::Serialize>(value: &T) -> Answer {
    serde_json::to_value(value).map_err(|error| (500, error.to_string()))
}

fn refused(error: PracticeError) -> (u16, String) {
    (400, error.to_string())
}

fn time(control: &Control, wanted: Time) -> Answer {
    if let Some(pace) = wanted.pace {
        control.set_pace(pace);
    }
    if let Some(seconds) = wanted.advance_seconds {
        let by = Duration::try_from_secs_f64(seconds).map_err(|error| (400, error.to_string()))?;
        control.advance(by);
    }
    if let Some(seconds) = wanted.clock_offset_seconds {
        control.set_clock_offset(seconds);
    }
    if let Some(seconds) = wanted.token_lifetime_seconds {
        control.set_token_lifetime(Duration::from_secs(seconds.into()));
    }
    Ok(Value::Null)
}

fn token(control: &Control, wanted: Token) -> Answer {
    let mut request = match (wanted.app, wanted.user) {
        (true, _) => TokenRequest::app(),
        (false, Some(upn)) => TokenRequest::user(&upn),
        (false, None) => TokenRequest::help_desk(),
    };
    if let Some(permissions) = wanted.permissions {
        request.permissions = permissions;
    }
    request = match wanted.intune_role {
        None | Some(Role::Assigned(true)) => request,
        Some(Role::Assigned(false)) => request.without_intune_role(),
        Some(Role::Named(role)) => request.with_intune_role(role),
    };
    if let Some(lifetime) = wanted.lifetime_seconds {
        request.lifetime = lifetime;
    }
    Ok(json!({"token": control.mint_token(&request)}))
}

fn device(control: &Control, wanted: &Device) -> Result<Value, PracticeError> {
    let id = control.device_id(&wanted.device)?;
    for (name, value) in &wanted.properties {
        control.set_property(&id, name, value.clone())?;
    }
    if let Some(outcome) = wanted.reset {
        control.set_reset_outcome(&id, outcome)?;
    }
    if let Some(online) = wanted.online {
        control.set_online(&id, online)?;
    }
    if let Some(passcode) = &wanted.next_passcode {
        control.next_passcode(passcode);
    }
    if let Some(upn) = &wanted.colleague {
        control.colleague_resets(&id, upn)?;
    }
    control.device(&id)
}
