//! What can go wrong, in our own words. No type of another crate is in it.

use crate::contract::types::{Check, Problem, ProblemKind, Touched};
use crate::credential::{AuthoritySaid, CredentialError};
use crate::ledger::{IntentRefused, LedgerError};

/// A limit that a component can run into. Each has a name that is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Computing time.
    Cpu,
    /// Time on the wall.
    Wall,
    /// Linear memory, tables or instances.
    Memory,
    /// Depth of calls.
    Stack,
    /// Requests in one step.
    Requests,
    /// Diagnostics in one step.
    Log,
    /// Bytes handed to the host in one call.
    Transfer,
}

impl Limit {
    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wall => "wall",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Requests => "requests",
            Self::Log => "log",
            Self::Transfer => "transfer",
        }
    }
}

/// Why the host refuses, before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The plan is not in this ledger: edited, or made elsewhere.
    UnknownPlan,
    /// The plan is for another tenant.
    OtherTenant,
    /// The plan was made by other bytes, or under another grant.
    OtherAuthority,
    /// The plan ran out.
    Expired,
    /// The plan was used.
    Used,
    /// A check that needs acceptance was not accepted.
    NotAccepted(Vec<String>),
    /// A check blocks.
    Blocked(Vec<String>),
    /// A reviewer denied.
    Reviewed,
    /// A reviewer demands another person's approval.
    ApprovalDemanded,
    /// Reviewers that are asked now did not see the plan.
    NotReviewed(Vec<String>),
    /// The device changed since the plan.
    Changed,
    /// The device has an earlier attempt whose outcome is unknown.
    Undecided,
    /// The device has an earlier attempt that has not ended.
    Open,
}

impl Refusal {
    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPlan => "plan-unknown",
            Self::OtherTenant => "plan-of-another-tenant",
            Self::OtherAuthority => "plan-of-another-component",
            Self::Expired => "plan-expired",
            Self::Used => "plan-used",
            Self::NotAccepted(_) => "check-not-accepted",
            Self::Blocked(_) => "check-blocks",
            Self::Reviewed => "reviewer-denied",
            Self::ApprovalDemanded => "reviewer-asks-approval",
            Self::NotReviewed(_) => "plan-not-reviewed",
            Self::Changed => "device-changed",
            Self::Undecided => "outcome-unknown-before",
            Self::Open => "action-not-ended",
        }
    }
}

/// A failure of the host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// What was to be loaded is not a component of this world.
    #[error("{message}")]
    Load {
        /// What is wrong with it.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// The host was set up in a way that cannot work.
    #[error("{message}")]
    Setup {
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// The component says why it cannot go on.
    #[error("{}", .0.message)]
    Problem(Box<Problem>),
    /// The host refuses.
    #[error("{message}")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// What happened, to what.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// A component ran into a limit.
    #[error("the component ran into its `{}` limit", .0.name())]
    Limit(Limit),
    /// A component trapped, or answered what makes no sense.
    #[error("the component failed: {0}")]
    Component(String),
    /// There is no token.
    #[error("{message}")]
    NotSignedIn {
        /// A stable code.
        code: String,
        /// What happened.
        message: String,
        /// What to do.
        remedy: String,
        /// Whether trying again later can help.
        transient: bool,
        /// What the authority itself said, where it said anything.
        said: Option<Box<AuthoritySaid>>,
    },
    /// The tenant's limits leave no room within the time that a step may take. Nothing was sent.
    #[error(
        "the tenant's requests are held back for another {seconds} s: the service throttled one, or all it allows are under way"
    )]
    Throttled {
        /// When to try again.
        seconds: u32,
    },
    /// Whoever asked for it said that nothing is to be sent any more ([`Action::until`]), and this
    /// had not been. Nothing was sent.
    ///
    /// [`Action::until`]: crate::Action::until
    #[error("it was not sent any more: the sending was stopped")]
    Stopping,
    /// The ledger cannot be read or written.
    #[error("{0}")]
    Ledger(LedgerError),
}

impl HostError {
    pub(crate) fn refused(
        refusal: Refusal,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Refused {
            refusal,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn not_signed_in(error: &CredentialError) -> Self {
        Self::NotSignedIn {
            code: error.code.clone(),
            message: error.message.clone(),
            remedy: error.remedy.clone(),
            transient: error.transient,
            said: error.said.clone(),
        }
    }

    pub(crate) fn refused_intent(why: IntentRefused) -> Self {
        match why {
            IntentRefused::PlanUsed(attempt) => Self::refused(
                Refusal::Used,
                format!("{}", IntentRefused::PlanUsed(attempt.clone())),
                format!(
                    "see what became of it with `passcode status {}`; a new attempt takes a new plan",
                    attempt.intent.plan
                ),
            ),
            IntentRefused::Undecided(attempt) => Self::refused(
                Refusal::Undecided,
                format!("{}", IntentRefused::Undecided(attempt.clone())),
                format!(
                    "look with `passcode status {plan}`; if the device was not touched, plan again with `--after-unknown {plan}`",
                    plan = attempt.intent.plan
                ),
            ),
            IntentRefused::Open(attempt) => Self::refused(
                Refusal::Open,
                format!("{}", IntentRefused::Open(attempt.clone())),
                format!(
                    "go on watching it with `passcode status {}`, or use `--again`",
                    attempt.intent.plan
                ),
            ),
            IntentRefused::UnknownPlan => Self::refused(
                Refusal::UnknownPlan,
                "the plan is not in this ledger",
                "make a plan here with `--what-if`",
            ),
            IntentRefused::Ledger(error) => Self::Ledger(error),
        }
    }

    /// A stable code for machines.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Load { .. } => "component-not-loadable".to_owned(),
            Self::Setup { .. } => "setup".to_owned(),
            Self::Problem(problem) => problem.code.clone(),
            Self::NotSignedIn { code, .. } => code.clone(),
            Self::Refused { refusal, .. } => refusal.code().to_owned(),
            Self::Limit(limit) => format!("limit-{}", limit.name()),
            Self::Component(_) => "component-failed".to_owned(),
            Self::Throttled { .. } => "throttled".to_owned(),
            Self::Stopping => "stopping".to_owned(),
            Self::Ledger(_) => "ledger".to_owned(),
        }
    }

    /// What to do now.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Load { remedy, .. }
            | Self::Setup { remedy, .. }
            | Self::NotSignedIn { remedy, .. }
            | Self::Refused { remedy, .. } => Some(remedy.clone()),
            Self::Problem(problem) => problem.remedy.clone(),
            Self::Throttled { seconds } => Some(format!("try again in {seconds} seconds")),
            Self::Stopping => Some("carry it out again; the plan is as good as before".to_owned()),
            Self::Ledger(error) => Some(error.remedy.clone()),
            Self::Limit(_) | Self::Component(_) => Some(
                "nothing can be done from here; report it with the component's digest".to_owned(),
            ),
        }
    }

    /// The checks behind a refusal.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        match self {
            Self::Problem(problem) => &problem.checks,
            _ => &[],
        }
    }

    /// Whether the device can have been touched, as far as this error alone says. What the
    /// ledger says of an attempt outranks it.
    #[must_use]
    pub fn touched(&self) -> Touched {
        match self {
            Self::Problem(problem) => problem.touched,
            _ => Touched::No,
        }
    }

    /// The component's kind of problem, if it is one.
    #[must_use]
    pub fn problem_kind(&self) -> Option<&ProblemKind> {
        match self {
            Self::Problem(problem) => Some(&problem.kind),
            _ => None,
        }
    }
}
