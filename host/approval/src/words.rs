//! What was judged, in words for a person.

use std::fmt;

use time::format_description::well_known::Rfc3339;

use crate::judge::{Approval, Assurance, Denial, Refusal, Refused, Why};

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::UnknownKey => {
                "the key is no approver's; have the person who signed added to the approvers file, \
                 or somebody who is in it sign"
            }
            Self::OtherPurpose => {
                "the signature was made for another purpose; sign with \
                 `ssh-keygen -Y sign -n passcode-approval`"
            }
            Self::BadSignature => {
                "the signature is not that key's, or the statement was changed after it was \
                 signed; sign the statement as it was written"
            }
            Self::OtherTenant => {
                "the statement is about another tenant; sign the statement for this one"
            }
            Self::OtherSubject => {
                "the statement is about another plan, or about this one before it was changed; \
                 look at this one and sign its statement"
            }
            Self::OtherKind => {
                "the statement takes a plan for a set of plans, or a set for a plan; sign the \
                 statement that `passcode approve` writes"
            }
            Self::OtherCount => {
                "the statement names another number of devices than there are; sign the statement \
                 that `passcode approve` writes"
            }
            Self::Expired(at) => {
                let at = at.format(&Rfc3339).unwrap_or_default();
                return write!(f, "the approval expired at {at}; sign a new statement");
            }
            Self::PlannersKey => {
                "the key is the planner's own, which never counts; have another person sign"
            }
            Self::Planner => {
                "the approver is the planner, whose approval never counts; have another person sign"
            }
            Self::PerhapsPlanner => {
                "the approver may be the planner: one is known by a sign-in name, the other by an \
                 object id; write both forms alike in the approvers file"
            }
            Self::Again => "this person's approval was counted already; have another person sign",
        };
        f.write_str(text)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the signature by key {} does not count: {}",
            self.key, self.why
        )
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodySigned => f.write_str("nobody signed"),
            Self::ApproversWritable(why) => {
                write!(
                    f,
                    "whoever carries this out could change who may approve: {why}"
                )
            }
            Self::PlannerClaimed => f.write_str(
                "who planned it is only claimed, so that it may have been one of the approvers",
            ),
        }
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FourEyes { approvers } => {
                write!(f, "approved by {}", list(approvers.iter().map(approval)))
            }
            Self::ChecksumOnly { approvers, why } => {
                f.write_str("this is a checksum and not four eyes: ")?;
                f.write_str(&list(why.iter().map(ToString::to_string)))?;
                if !approvers.is_empty() {
                    write!(f, "; signed by {}", list(approvers.iter().map(approval)))?;
                }
                Ok(())
            }
            Self::NotEnough { approvers, need } => {
                write!(f, "{} of {need} approvals", approvers.len())?;
                if !approvers.is_empty() {
                    write!(f, ", by {}", list(approvers.iter().map(approval)))?;
                }
                Ok(())
            }
            Self::Denied { by } => write!(f, "denied by {}", list(by.iter().map(denial))),
        }
    }
}

fn approval(approval: &Approval) -> String {
    format!("{} ({})", approval.name, approval.operator)
}

fn denial(denial: &Denial) -> String {
    format!("{} ({})", denial.name, denial.operator)
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
