//! The plan as a document: what was decided, in an envelope that cannot be edited.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use passcode_canonical::emptied;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::contract::types::Plan;
use crate::json;
use crate::ledger::{PlanId, StoredPlan};

/// The schema of a plan document.
pub const PLAN_SCHEMA: &str = "passcode/plan/v1";

/// How a device was shown to the host, so that it can be shown the same way again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) path: String,
    pub(crate) select: Vec<String>,
    pub(crate) properties: BTreeMap<String, Value>,
}

/// The device as the host itself saw it, in the service's own words. A component can neither
/// add to it nor leave anything out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityCard {
    /// The device's identifier.
    pub device: String,
    /// The path that showed it.
    pub path: String,
    /// The properties that were asked for; empty for all.
    pub select: Vec<String>,
    /// Every granted property that identifies or describes it, as the service wrote it.
    pub properties: BTreeMap<String, Value>,
    /// Which of the properties identify it. If one of these changes, the plan is void.
    pub identifying: Vec<String>,
}

impl IdentityCard {
    /// A property as text, for showing it.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        match self.properties.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// The identifying properties that differ: name, then, now.
    pub(crate) fn differences(
        &self,
        now: &BTreeMap<String, Value>,
    ) -> Vec<(String, String, String)> {
        let word = |value: Option<&Value>| match value {
            None | Some(Value::Null) => "nothing".to_owned(),
            Some(Value::String(text)) => format!("`{text}`"),
            Some(other) => format!("`{other}`"),
        };
        self.identifying
            .iter()
            .map(|name| (name, self.properties.get(name), now.get(name)))
            .filter(|(_, then, now)| word(*then) != word(*now))
            .map(|(name, then, now)| (name.clone(), word(then), word(now)))
            .collect()
    }
}

/// A plan in its envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanDocument {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// The hash of everything else in the document. It names the plan; it does not vouch for
    /// itself: the ledger does.
    pub id: PlanId,
    /// Whether nothing real can happen.
    pub practice: bool,
    /// The device as the host saw it.
    pub identity: IdentityCard,
    /// What would be done, for whom, on whose word.
    pub plan: Plan,
}

/// Why a text is not a plan document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlan {
    /// It is not JSON that can be read in one way only.
    #[error("it is not JSON, or a key stands twice in it")]
    NotJson,
    /// It is JSON, but not a plan document of this version.
    #[error("it is not a plan document: {0}")]
    NotThisSchema(String),
    /// Its content does not have the hash it bears.
    #[error("it was edited: its content has the hash {actual}, and it bears {borne}", actual = .actual.short(), borne = .borne.short())]
    Edited {
        /// The hash of its content.
        actual: PlanId,
        /// The hash it bears.
        borne: PlanId,
    },
}

impl PlanDocument {
    /// The document, and its canonical JSON: to write that takes longer than anything else that
    /// the host does for a plan, so it is done once.
    pub(crate) fn seal(identity: IdentityCard, plan: Plan) -> (Self, String) {
        let mut document = Self {
            schema: PLAN_SCHEMA.to_owned(),
            id: PlanId([0; 32]),
            practice: plan.practice,
            identity,
            plan,
        };
        let canonical = document.canonical();
        document.id = named(&canonical);
        (document, canonical)
    }

    /// Read a document that somebody hands in.
    ///
    /// # Errors
    ///
    /// If it is not one, or was edited.
    pub fn parse(text: &str) -> Result<Self, NotAPlan> {
        let value = json::parse(text.trim().as_bytes()).map_err(|_| NotAPlan::NotJson)?;
        let document: Self = serde_json::from_value(value)
            .map_err(|error| NotAPlan::NotThisSchema(error.to_string()))?;
        if document.schema != PLAN_SCHEMA {
            return Err(NotAPlan::NotThisSchema(format!(
                "its schema is `{}`, not `{PLAN_SCHEMA}`",
                document.schema
            )));
        }
        let canonical = document.canonical();
        let actual = named(&canonical);
        if actual != document.id {
            return Err(NotAPlan::Edited {
                actual,
                borne: document.id,
            });
        }
        // Canonical JSON has floating point only: beyond 2^53 two numbers have one hash.
        let kept = Self::from_ledger(&canonical)?;
        if kept.identity != document.identity || kept.plan != document.plan {
            return Err(NotAPlan::NotThisSchema(
                "it holds a number that its hash cannot tell from another".to_owned(),
            ));
        }
        Ok(document)
    }

    /// Canonical JSON (RFC 8785) of everything but the hash.
    #[must_use]
    pub fn canonical(&self) -> String {
        let nameless = Nameless {
            schema: Cow::Borrowed(&self.schema),
            practice: self.practice,
            identity: Cow::Borrowed(&self.identity),
            plan: Cow::Borrowed(&self.plan),
        };
        passcode_canonical::to_string(&nameless).unwrap_or_default()
    }

    /// Read a document as a ledger keeps it: canonical JSON without the hash.
    ///
    /// # Errors
    ///
    /// If it is not one.
    pub fn from_ledger(text: &str) -> Result<Self, NotAPlan> {
        Self::read(text, named(text))
    }

    fn read(text: &str, id: PlanId) -> Result<Self, NotAPlan> {
        // Not by way of a tree of values, which takes far longer. A key that stands twice in a
        // structure is refused all the same; in a map there is none, for a ledger keeps only what
        // `canonical` wrote.
        let kept: Nameless<'_> = serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                NotAPlan::NotThisSchema(error.to_string())
            } else {
                NotAPlan::NotJson
            }
        })?;
        Ok(Self {
            schema: kept.schema.into_owned(),
            id,
            practice: kept.practice,
            identity: kept.identity.into_owned(),
            plan: kept.plan.into_owned(),
        })
    }
}

/// A document without its name: what is hashed, and what a ledger keeps. In the order in which it
/// is written, so that nothing need be moved.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Nameless<'a> {
    identity: Cow<'a, IdentityCard>,
    plan: Cow<'a, Plan>,
    practice: bool,
    schema: Cow<'a, str>,
}

/// A plan as this host's ledger keeps it, read to be carried out. There is no other way to come by
/// one than to read it there, and what is kept never changes: so it need not be read again.
///
/// What its checks and expectations cite is left out. That is for the person who decides, who has
/// decided by now; it is half of a document, and a component would have to take it in for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPlan(Arc<PlanDocument>);

impl KeptPlan {
    /// Read it as a ledger keeps it. Its name is that of the whole, as the ledger found it to be.
    pub(crate) fn from_ledger(stored: &StoredPlan) -> Result<Self, NotAPlan> {
        let bare = emptied(&stored.document, "plan", "citations");
        let document = PlanDocument::read(&bare, stored.id)?;
        Ok(Self(Arc::new(document)))
    }

    pub(crate) fn shared(&self) -> Arc<PlanDocument> {
        Arc::clone(&self.0)
    }

    /// The plan's name.
    #[must_use]
    pub fn id(&self) -> PlanId {
        self.0.id
    }

    /// The device that it is for.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.0.plan.proposal.device.id
    }
}

/// A plan's name: the hash of its canonical JSON.
fn named(canonical: &str) -> PlanId {
    PlanId(Sha256::digest(canonical).into())
}
