//! One line of a report.

use serde::Serialize;

/// Where a sentence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// The document's title.
    pub document: &'static str,
    /// Its address, or the name it is known by.
    pub uri: &'static str,
    /// The date the document bears.
    pub date: &'static str,
    /// What it says, in our words.
    pub statement: &'static str,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence is there.
    Pass,
    /// Something to know, or to mend some day.
    Warn,
    /// It cannot work like this.
    Block,
    /// It cannot be known, or may not be read. Never a pass.
    Unknown,
}

/// What kind of thing stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hindrance {
    /// Nobody is signed in, or not for this cloud.
    NotSignedIn,
    /// Something cannot be reached, or is out of order.
    Unreachable,
    /// A permission or a role is missing.
    Forbidden,
    /// The tenant, or this machine, is not ready for it.
    NotReady,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Who, and to which cloud.
    SignIn,
    /// Hosts, proxy, certificates, clock.
    Network,
    /// What the token carries.
    Permissions,
    /// What Intune lets this person do.
    Role,
    /// What the tenant has.
    Tenant,
    /// What is on this machine.
    Machine,
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// Stable identifier: `may-act`, `role-acts`, …
    pub id: &'static str,
    /// What it is about.
    pub area: Area,
    /// What was found.
    pub verdict: Verdict,
    /// What kind of thing stands in the way; a block has one, and nothing else does.
    pub hindrance: Option<Hindrance>,
    /// One sentence for a person. May hold what a service said; show it as such.
    pub sentence: String,
    /// What to do about it, where something can be done.
    pub remedy: Option<String>,
    /// The documents behind it, the newest first.
    pub citations: Vec<Citation>,
}

impl Finding {
    fn new(area: Area, id: &'static str, verdict: Verdict, sentence: impl Into<String>) -> Self {
        Self {
            id,
            area,
            verdict,
            hindrance: None,
            sentence: sentence.into(),
            remedy: None,
            citations: Vec::new(),
        }
    }

    pub(crate) fn pass(area: Area, id: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(area, id, Verdict::Pass, sentence)
    }

    pub(crate) fn warn(area: Area, id: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(area, id, Verdict::Warn, sentence)
    }

    pub(crate) fn unknown(area: Area, id: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(area, id, Verdict::Unknown, sentence)
    }

    pub(crate) fn block(
        area: Area,
        id: &'static str,
        hindrance: Hindrance,
        sentence: impl Into<String>,
    ) -> Self {
        Self {
            hindrance: Some(hindrance),
            ..Self::new(area, id, Verdict::Block, sentence)
        }
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn citing(mut self, citations: &[Citation]) -> Self {
        self.citations.extend_from_slice(citations);
        self
    }
}
