//! The faults there are.

use serde::Serialize;

/// A fault's name and what it does, for a help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FaultInfo {
    /// The name to ask for it by.
    pub name: &'static str,
    /// One line.
    pub description: &'static str,
    /// The method it waits for unless told otherwise; empty: any.
    pub method: &'static str,
    /// The route it waits for unless told otherwise; empty: any.
    pub route: &'static str,
    /// How often it strikes unless told otherwise; 0: always.
    pub count: u32,
    #[serde(skip)]
    pub(crate) effect: Effect,
}

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    DropBefore,
    DropAfter,
    Before(Refuse),
    /// Another administrator has to approve first.
    Approval(Approval),
    After(Refuse),
    /// Waits before the answer, after the effect.
    SlowAfter,
    /// Waits before anything happens.
    SlowBefore,
    Spoil(Spoil),
    Reset(ResetChange),
    ColleagueBefore,
    ColleagueAfter,
    NoResult,
    HidePasscode,
    FilterIgnored,
    FilterPartial,
    FilterRefused,
    UserChanges,
    ReadOnlyRole,
    /// The tenant has no Intune licence any more.
    Unlicensed,
}

/// One of the ways in which Multi Admin Approval was seen to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Approval {
    /// The status without a justification; `None`: it asks for none.
    pub(crate) demand: Option<u16>,
    /// The status and the code while nobody has approved.
    pub(crate) status: u16,
    pub(crate) code: &'static str,
}

impl Approval {
    /// As Microsoft documents it.
    pub(crate) const DOCUMENTED: Self = Self {
        demand: None,
        status: 403,
        code: "ApprovalRequired",
    };
    const OBSERVED: Self = Self {
        demand: None,
        status: 412,
        code: "BadRequest",
    };

    const fn justified(self, status: u16) -> Self {
        Self {
            demand: Some(status),
            ..self
        }
    }
}

/// An answer given instead of the real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refuse {
    Token,
    Claims,
    IntuneRole,
    Scope,
    ConditionalAccess,
    NotFound,
    NotFoundSilent,
    NoSegment,
    Throttled,
    ThrottledSilently,
    Internal,
    Unavailable,
    GatewayTimeout,
    Plain,
    Broken,
    Empty,
    Html,
    HtmlNotAllowed,
    Redirect,
}

/// A change to the real answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoil {
    Truncated,
    Oversized,
    ContentType,
    InvalidJson,
    DuplicateKeys,
    SealedObject,
    LinkOtherOrigin,
    LinkOtherRoute,
    PasscodeInNotes,
    PasscodeInName,
    OtherDevice,
}

/// A different end of a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResetChange {
    WrongUnlockToken,
    NoPasscodePolicy,
    TokenInactive,
    NotSupported,
    Canceled,
    Offline,
}

const POST: (&str, &str) = ("POST", "resetPasscode");
const LIST: (&str, &str) = ("GET", "list");
const DEVICE: (&str, &str) = ("GET", "device");
const ANY: (&str, &str) = ("", "");
const BATCH: (&str, &str) = ("", crate::graph::batch::NAME);

const fn fault(
    name: &'static str,
    (method, route): (&'static str, &'static str),
    count: u32,
    effect: Effect,
    description: &'static str,
) -> FaultInfo {
    FaultInfo {
        name,
        description,
        method,
        route,
        count,
        effect,
    }
}

/// Every fault, in the order in which a help text should show them.
#[must_use]
#[rustfmt::skip]
pub fn faults() -> &'static [FaultInfo] {
    use Effect as E;
    const FAULTS: &[FaultInfo] = &[
        fault("drop-before-accept", POST, 1, E::DropBefore, "the connection closes and nothing happened"),
        fault("drop-after-accept", POST, 1, E::DropAfter, "the action takes effect, then the connection closes without an answer"),
        fault("503-before-accept", POST, 1, E::Before(Refuse::Unavailable), "503 and nothing happened"),
        fault("503-after-accept", POST, 1, E::After(Refuse::Unavailable), "the action takes effect, the answer is 503 CancelledOnServiceTimeout"),
        fault("504-after-accept", POST, 1, E::After(Refuse::GatewayTimeout), "the action takes effect, the answer is 504 with an HTML body"),
        fault("500-after-accept", POST, 1, E::After(Refuse::Internal), "the action takes effect, the answer is 500 InternalError"),
        fault("500", POST, 1, E::Before(Refuse::Internal), "500 InternalError, nested once"),
        fault("500-plain", POST, 1, E::Before(Refuse::Plain), "500 with a plain text message"),
        fault("500-broken", POST, 1, E::Before(Refuse::Broken), "500 with a message that looks like JSON and is not"),
        fault("500-empty", POST, 1, E::Before(Refuse::Empty), "500 with an empty message"),
        fault("html", POST, 1, E::Before(Refuse::Html), "502 with an HTML page, as a proxy sends it"),
        fault("401-token", ANY, 1, E::Before(Refuse::Token), "401 InvalidAuthenticationToken, as for an expired token"),
        fault("401-claims", ANY, 1, E::Before(Refuse::Claims), "401 with a claims challenge"),
        fault("401-intune-role", ANY, 0, E::Before(Refuse::IntuneRole), "401 UnknownError, nested twice: the person has no Intune role"),
        fault("read-only-role", ANY, 0, E::ReadOnlyRole, "the person has the Intune role Read Only Operator"),
        fault("no-licence", ANY, 0, E::Unlicensed, "the tenant's Intune subscription is disabled: 400 to everything but the question how it stands"),
        fault("403", POST, 0, E::Before(Refuse::Scope), "403 Forbidden: the permission is missing"),
        fault("403-conditional-access", ANY, 0, E::Before(Refuse::ConditionalAccess), "403 with insufficient_claims"),
        fault("404", ANY, 1, E::Before(Refuse::NotFound), "404 ResourceNotFound, nested once"),
        fault("404-empty", ANY, 1, E::Before(Refuse::NotFoundSilent), "404 UnknownError with an empty message"),
        fault("beta-unavailable", ANY, 0, E::Before(Refuse::NoSegment), "beta answers 400, segment not found; v1.0 works"),
        fault("approval-403", POST, 0, E::Approval(Approval::DOCUMENTED), "Multi Admin Approval as Microsoft documents it: 403 ApprovalRequired with x-msft-approval-code"),
        fault("approval-412", POST, 0, E::Approval(Approval::OBSERVED), "Multi Admin Approval as observed: 412 BadRequest with x-msft-approval-code"),
        fault("approval-400", POST, 0, E::Approval(Approval::OBSERVED.justified(400)), "Multi Admin Approval as observed: 400 without a justification, then 412 with x-msft-approval-code"),
        fault("approval-403-justify", POST, 0, E::Approval(Approval::DOCUMENTED.justified(403)), "Multi Admin Approval: 403 without a justification, then 403 ApprovalRequired"),
        fault("approval-412-justify", POST, 0, E::Approval(Approval::OBSERVED.justified(412)), "Multi Admin Approval: 412 without a justification, then 412 with x-msft-approval-code"),
        fault("429", ANY, 1, E::Before(Refuse::Throttled), "429 with Retry-After (seconds=2)"),
        fault("429-no-retry-after", ANY, 1, E::Before(Refuse::ThrottledSilently), "429 without Retry-After"),
        fault("slow", ANY, 1, E::SlowAfter, "takes effect at once, answers late (seconds=5)"),
        fault("slow-before-accept", ANY, 1, E::SlowBefore, "waits before anything happens (seconds=5)"),
        fault("redirect", ANY, 1, E::Before(Refuse::Redirect), "302 to another origin (to=URL)"),
        fault("no-batch", BATCH, 0, E::Before(Refuse::HtmlNotAllowed), "405 with an HTML page to every batch, as a proxy sends it that lets none through"),
        fault("truncated-body", DEVICE, 1, E::Spoil(Spoil::Truncated), "the body ends before its announced length"),
        fault("oversized-body", DEVICE, 1, E::Spoil(Spoil::Oversized), "a body of many megabytes (size=BYTES, 64 MiB)"),
        fault("wrong-content-type", DEVICE, 1, E::Spoil(Spoil::ContentType), "JSON announced as text/html"),
        fault("invalid-json", DEVICE, 1, E::Spoil(Spoil::InvalidJson), "a body that is not JSON"),
        fault("duplicate-keys", DEVICE, 1, E::Spoil(Spoil::DuplicateKeys), "the device's id twice, with two values"),
        fault("sealed-object", DEVICE, 1, E::Spoil(Spoil::SealedObject), "a property that looks like one of the host's seals"),
        fault("other-device", DEVICE, 1, E::Spoil(Spoil::OtherDevice), "the answer shows another device's id"),
        fault("next-link-other-origin", LIST, 1, E::Spoil(Spoil::LinkOtherOrigin), "a list with a next link to another origin (to=URL)"),
        fault("next-link-other-route", LIST, 1, E::Spoil(Spoil::LinkOtherRoute), "a list with a next link to an address that lists no devices"),
        fault("passcode-in-notes", DEVICE, 0, E::Spoil(Spoil::PasscodeInNotes), "the newest passcode stands in the notes as well"),
        fault("passcode-in-device-name", DEVICE, 0, E::Spoil(Spoil::PasscodeInName), "the newest passcode stands in the device's name as well"),
        fault("wrong-unlock-token", POST, 0, E::Reset(ResetChange::WrongUnlockToken), "the removal fails: Intune holds a wrong unlock token"),
        fault("no-passcode-policy", POST, 0, E::Reset(ResetChange::NoPasscodePolicy), "the reset fails: no policy demands a passcode"),
        fault("reset-token-inactive", POST, 0, E::Reset(ResetChange::TokenInactive), "the reset fails: the user never confirmed"),
        fault("not-supported", POST, 0, E::Reset(ResetChange::NotSupported), "the device answers that it cannot"),
        fault("canceled", POST, 0, E::Reset(ResetChange::Canceled), "the action is taken back before the device gets it"),
        fault("device-offline", POST, 0, E::Reset(ResetChange::Offline), "the action stays pending"),
        fault("no-result", POST, 1, E::NoResult, "204, and no action result ever appears"),
        fault("no-passcode", DEVICE, 0, E::HidePasscode, "finished resets show no passcode to this reader"),
        fault("colleague-before", POST, 1, E::ColleagueBefore, "a colleague's reset of the same device just before ours"),
        fault("colleague-after", POST, 1, E::ColleagueAfter, "a colleague's reset of the same device just after ours"),
        fault("filter-ignored", LIST, 0, E::FilterIgnored, "every device is listed whatever the filter says"),
        fault("filter-partial", LIST, 0, E::FilterPartial, "eq also passes values that begin alike"),
        fault("filter-refused", LIST, 0, E::FilterRefused, "any filter is answered with 400"),
        fault("device-changes", DEVICE, 1, E::UserChanges, "the device belongs to somebody else from the second read on (nth=2)"),
    ];
    FAULTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_described() {
        let names: std::collections::BTreeSet<_> = faults().iter().map(|info| info.name).collect();
        assert_eq!(names.len(), faults().len());
        assert!(faults().iter().all(|info| !info.description.is_empty()));
    }
}
