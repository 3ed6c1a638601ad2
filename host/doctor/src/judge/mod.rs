//! From facts to findings. Nothing here reads or sends anything.

mod machine;
mod network;
mod permissions;
mod rights;
mod role;
mod sign_in;
mod tenant;
#[cfg(test)]
mod tests;

pub(crate) use tenant::lapsed;

use crate::answer::{Answer, Refusal};
use crate::facts::{Facts, SignIn};
use crate::finding::{Area, Finding, Hindrance, Verdict};

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The findings, in the order in which they are mended.
    pub findings: Vec<Finding>,
}

impl Report {
    /// What stands in the way before everything else; `None` if nothing was found that does.
    ///
    /// That is no promise: what is unknown may still be in the way.
    #[must_use]
    pub fn hindrance(&self) -> Option<Hindrance> {
        self.findings.iter().filter_map(|one| one.hindrance).min()
    }

    /// How many findings have a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        let own = self.findings.iter().filter(|one| one.verdict == verdict);
        own.count()
    }
}

/// Judge what was gathered.
#[must_use]
pub fn judge(facts: &Facts) -> Report {
    let mut findings = sign_in::judge(facts);
    findings.extend(network::judge(facts));
    if let SignIn::In(signed) = &facts.sign_in {
        findings.extend(permissions::judge(facts, signed));
        findings.extend(role::judge(facts, signed));
        findings.extend(tenant::judge(facts));
    }
    findings.extend(machine::judge(facts));
    Report { findings }
}

/// The finding of a read that brought nothing: what it is about cannot be known, and `otherwise`
/// says what that was.
fn unread(area: Area, id: &'static str, answer: &Answer, otherwise: &str) -> Finding {
    let because = match answer {
        Answer::NotAsked(_) => "nothing was asked".to_owned(),
        Answer::NotSeen(not_seen) => format!("no answer came ({})", not_seen.cause),
        Answer::Refused(refusal) => said(refusal),
        Answer::Unreadable | Answer::Told(_) => {
            "the answer is not what the documents say it is".to_owned()
        }
    };
    Finding::unknown(area, id, format!("{otherwise}: {because}"))
}

fn said(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoIntuneRole => "Intune knows no role of this account".to_owned(),
        Refusal::Token => "Graph did not accept the sign-in".to_owned(),
        Refusal::ConditionalAccess => "Conditional Access asks for a stronger sign-in".to_owned(),
        Refusal::Forbidden => "it may not be read".to_owned(),
        Refusal::Throttled => "Graph is throttling".to_owned(),
        Refusal::Unavailable(status) => format!("Intune is out of order ({status})"),
        Refusal::NotThere(status) | Refusal::Other(status) => {
            format!("Graph answered {status}")
        }
    }
}
