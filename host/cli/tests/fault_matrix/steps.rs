//! The requests that a command makes, and by what each is known on the wire.

use crate::support::wire::Request;

const RESULTS: &str = "$select=id,deviceActionResults";

/// A request, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// `reset`: the token of an app, from the authority.
    Token,
    /// `reset`: the token of a managed identity, from its platform.
    Identity,
    /// `reset`: the list of devices.
    Find,
    /// `remove`: the list's next page.
    FindPage,
    /// `reset`: the device, with all that the checks are made of.
    Prepare,
    /// `reset`: just before acting, the host reads again what identifies the device.
    Again,
    /// `reset`: just before acting, the device's action results.
    Snapshot,
    /// `reset`: the one request that changes something.
    Post,
    /// `reset`: afterwards, the device's action results again, until one is ours and has ended.
    Observe,
    /// `reset`: afterwards, the service's record of who did what.
    Record,
    /// `reveal`: the result with the passcode, in a later run.
    Deliver,
    /// `reveal --any`: every result of the device.
    DeliverAny,
    /// `status`: the service's record of actions.
    History,
}

/// All of them, in the order in which they happen.
pub const STEPS: [Step; 13] = [
    Step::Token,
    Step::Identity,
    Step::Find,
    Step::FindPage,
    Step::Prepare,
    Step::Again,
    Step::Snapshot,
    Step::Post,
    Step::Observe,
    Step::Record,
    Step::Deliver,
    Step::DeliverAny,
    Step::History,
];

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "sign-in: secret",
            Self::Identity => "sign-in: identity",
            Self::Find => "find",
            Self::FindPage => "find: next page",
            Self::Prepare => "prepare",
            Self::Again => "commit: identity",
            Self::Snapshot => "commit: snapshot",
            Self::Post => "commit: POST",
            Self::Observe => "observe",
            Self::Record => "observe: record",
            Self::Deliver => "deliver",
            Self::DeliverAny => "deliver --any",
            Self::History => "history",
        }
    }

    /// Whether it is a request for a token.
    pub fn signs_in(self) -> bool {
        matches!(self, Self::Token | Self::Identity)
    }

    /// Whether it belongs to a run that comes after the action.
    pub fn comes_later(self) -> bool {
        matches!(self, Self::Deliver | Self::DeliverAny | Self::History)
    }

    /// The command that makes this request.
    pub fn command(self, plan: &str) -> Vec<&str> {
        const RESET: [&str; 6] = [
            "reset",
            "--serial",
            "SAMPLE-COSU-0001",
            "--yes",
            "--timeout",
            "300ms",
        ];
        match self {
            // She has two devices, on two pages of one.
            Self::FindPage => vec![
                "remove",
                "--user",
                "adele@contoso.example",
                "--yes",
                "--timeout",
                "300ms",
            ],
            Self::Deliver => vec!["reveal", plan, "--reveal"],
            Self::DeliverAny => vec!["reveal", plan, "--any", "--reveal"],
            Self::History => vec!["status"],
            _ => RESET.to_vec(),
        }
    }

    /// The device that the command is about.
    pub fn device(self) -> &'static str {
        match self {
            Self::FindPage => "IPHONE-0010",
            _ => "KIOSK-0001",
        }
    }

    /// Whether a request of that sort is made for it: later runs read the same addresses.
    fn is_made_by(self, sort: Self) -> bool {
        self == sort
            || matches!(
                (sort, self),
                (Self::Observe, Self::Deliver | Self::DeliverAny) | (Self::Record, Self::History)
            )
    }
}

/// What a request is for. A read of the action results is another thing before and after the
/// action.
fn sort(request: &Request, acted: bool) -> Option<Step> {
    let target = &request.target;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let last = path.rsplit('/').next().unwrap_or_default();
    match (request.method.as_str(), last) {
        ("POST", "token") => Some(Step::Token),
        ("GET", "token") => Some(Step::Identity),
        ("POST", "resetPasscode") => Some(Step::Post),
        ("GET", "managedDevices") if query.contains("$skiptoken") => Some(Step::FindPage),
        ("GET", "managedDevices") => Some(Step::Find),
        ("GET", "remoteActionAudits") => Some(Step::Record),
        ("GET", _) if query == RESULTS && acted => Some(Step::Observe),
        ("GET", _) if query == RESULTS => Some(Step::Snapshot),
        ("GET", _) if query.ends_with(",deviceActionResults") => Some(Step::Prepare),
        ("GET", _) => Some(Step::Again),
        _ => None,
    }
}

/// Whether a request is made for a step.
pub fn is_for(request: &Request, step: Step, acted: bool) -> bool {
    sort(request, acted || step.comes_later()).is_some_and(|sort| step.is_made_by(sort))
}

/// Whether a request is for a token.
pub fn is_for_a_token(request: &Request) -> bool {
    sort(request, false).is_some_and(Step::signs_in)
}
