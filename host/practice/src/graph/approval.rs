//! Multi Admin Approval: a request that another administrator has to approve first.
//!
//! Documents and laboratories disagree about the statuses, so each way that was seen is a fault of its own. What is
//! the same in all: a justification opens a request under a code, somebody else decides, and the request that is
//! repeated with the code is taken exactly once.

use crate::action::RemoteAction;
use crate::control::inner::Inner;
use crate::fault::book::first;
use crate::fault::catalogue::{Approval, Effect};
use crate::graph::service::Request;
use crate::http::reply::Reply;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

const JUSTIFICATION: &str = "x-msft-approval-justification";
const CODE: &str = "x-msft-approval-code";
/// Requests expire after three days.
const LIFETIME: time::Duration = time::Duration::days(3);
/// Decoded.
const LONGEST: usize = 1024;

/// What became of a request for approval: the members of Graph's enumeration that a practice tenant knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ApprovalStatus {
    /// Nobody has decided.
    NeedsApproval,
    /// The request may be repeated, once.
    Approved,
    /// It may not.
    Rejected,
    /// Taken back.
    Cancelled,
    /// It was repeated, and carried out.
    Completed,
    /// Nobody decided in time, or it was not repeated in time.
    Expired,
}

/// A request for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalRequest {
    /// What `x-msft-approval-code` says.
    pub code: String,
    /// The device's id.
    pub device: String,
    /// What was asked of it.
    pub action: RemoteAction,
    /// Who asked.
    pub requestor: String,
    /// The decoded justification; empty if none was sent.
    pub justification: String,
    /// Who decided.
    pub approver: Option<String>,
    /// What became of it.
    pub status: ApprovalStatus,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) requested: OffsetDateTime,
}

impl ApprovalRequest {
    /// A copy that says by itself what time has made of it.
    pub(crate) fn at(&self, now: OffsetDateTime) -> Self {
        let open = matches!(
            self.status,
            ApprovalStatus::NeedsApproval | ApprovalStatus::Approved
        );
        let late = open && now >= self.requested + LIFETIME;
        Self {
            status: if late {
                ApprovalStatus::Expired
            } else {
                self.status
            },
            ..self.clone()
        }
    }
}

/// `None`: the action may go on.
pub(crate) fn gate(
    inner: &mut Inner,
    request: &Request<'_>,
    device: &str,
    action: RemoteAction,
) -> Option<Reply> {
    let way = first(request.struck, |effect| match effect {
        Effect::Approval(way) => Some(way),
        _ => None,
    })
    .map(|(_, way)| way);
    let header = |name: &str| {
        let found = request.call.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    };
    if let Some(code) = header(CODE) {
        return repeated(inner, request, device, action, way, code);
    }
    let way = way?;
    let justification = match (header(JUSTIFICATION), way.demand) {
        (None, Some(status)) => {
            return Some(request.place.intune(
                status,
                "BadRequest",
                &format!("Header '{JUSTIFICATION}' is required to request approval"),
            ));
        }
        (None, None) => String::new(),
        (Some(encoded), _) => match decoded(encoded) {
            Ok(text) => text,
            Err(why) => return Some(request.place.intune(400, "BadRequest", why)),
        },
    };
    let now = request.place.now;
    let open = inner.world.approvals.iter().find(|known| {
        known.at(now).status == ApprovalStatus::NeedsApproval
            && (known.device.as_str(), known.action) == (device, action)
    });
    // One request for one object: asking again brings the same code.
    let code = open.map_or_else(
        || uuid::Uuid::new_v4().to_string(),
        |known| known.code.clone(),
    );
    if open.is_none() {
        inner.world.approvals.push(ApprovalRequest {
            code: code.clone(),
            device: device.to_owned(),
            action,
            requestor: request.identity.name().to_owned(),
            justification,
            approver: None,
            status: ApprovalStatus::NeedsApproval,
            requested: now,
        });
    }
    Some(waiting(request, way, &code))
}

fn repeated(
    inner: &mut Inner,
    request: &Request<'_>,
    device: &str,
    action: RemoteAction,
    way: Option<Approval>,
    code: &str,
) -> Option<Reply> {
    let now = request.place.now;
    let known = inner.world.approvals.iter_mut().find(|known| {
        known.code == code && (known.device.as_str(), known.action) == (device, action)
    });
    let refused = |why: &str| Some(request.place.intune(400, "BadRequest", why));
    let Some(known) = known else {
        return refused("The approval code belongs to no request for this action");
    };
    match known.at(now).status {
        ApprovalStatus::Approved => {
            known.status = ApprovalStatus::Completed;
            None
        }
        ApprovalStatus::NeedsApproval => {
            Some(waiting(request, way.unwrap_or(Approval::DOCUMENTED), code))
        }
        ApprovalStatus::Rejected => refused("The request for approval was rejected"),
        ApprovalStatus::Cancelled => refused("The request for approval was cancelled"),
        ApprovalStatus::Completed => refused("The request for approval is completed"),
        ApprovalStatus::Expired => refused("The request for approval has expired"),
    }
}

fn waiting(request: &Request<'_>, way: Approval, code: &str) -> Reply {
    let text = format!("Approval by another administrator is required. {CODE}: {code}");
    request
        .place
        .error(way.status, way.code, &text)
        .with_header("x-msft-approval-code", code)
}

fn decoded(encoded: &str) -> Result<String, &'static str> {
    let text = STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| !text.is_empty())
        .ok_or("The justification is not base64 of UTF-8 text")?;
    if text.encode_utf16().count() > LONGEST {
        return Err("Decoded content must be no greater than 1024 characters");
    }
    Ok(text)
}
