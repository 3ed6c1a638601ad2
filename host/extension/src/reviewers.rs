//! Reviewers: asked about a plan, all at the same time. Whatever is no opinion is a denial.

use async_trait::async_trait;
use futures::future::join_all;
use passcode_host::contract::types::{Context, Opinion, Plan, ReviewRecord};
use passcode_host::{Extension, Host, HostError, Reviewing, World, plain};

use crate::load::load;
use crate::spec::{Catalog, ExtensionError};

/// The longest reason that is kept, in characters: it stands in the plan and on a screen.
const LONGEST_REASON: usize = 500;

/// Reviewers that are asked about every plan.
#[derive(Clone, Debug, Default)]
pub struct Reviewers {
    each: Vec<(Extension, Vec<(String, String)>)>,
}

impl Reviewers {
    /// Load those of the given names, each once, in that order.
    ///
    /// # Errors
    ///
    /// If one of them is not configured, not a reviewer, or does not load.
    pub async fn load<'a>(
        host: &Host,
        catalog: &Catalog,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ExtensionError> {
        let mut each: Vec<(Extension, _)> = Vec::new();
        for id in ids {
            if each.iter().any(|(known, _)| known.name() == id) {
                continue;
            }
            let (reviewer, spec) = load(host, catalog, id, World::Reviewer, Vec::new()).await?;
            each.push((reviewer, spec.settings));
        }
        Ok(Self { each })
    }

    /// Whether nobody is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.each.is_empty()
    }
}

#[async_trait]
impl Reviewing for Reviewers {
    fn reviewers(&self) -> Vec<(String, String)> {
        let named = self.each.iter();
        named
            .map(|(one, _)| (one.name().to_owned(), one.digest().to_owned()))
            .collect()
    }

    async fn review(&self, plan: &Plan, context: &Context) -> Vec<ReviewRecord> {
        let asked = self.each.iter().map(|(reviewer, settings)| async {
            let said = reviewer.review(plan, context, settings).await;
            ReviewRecord {
                reviewer: reviewer.name().to_owned(),
                digest: reviewer.digest().to_owned(),
                opinion: opinion(said),
            }
        });
        join_all(asked).await
    }
}

/// What counts as said. A reviewer that fails has not allowed anything.
fn opinion(said: Result<Opinion, HostError>) -> Opinion {
    match said {
        Ok(Opinion::Abstain) => Opinion::Abstain,
        Ok(Opinion::RequireApproval(why)) => Opinion::RequireApproval(reason(&why)),
        Ok(Opinion::Deny(why)) => Opinion::Deny(reason(&why)),
        Err(error) => Opinion::Deny(reason(&format!(
            "it gave no opinion ({}): {error}",
            error.code()
        ))),
    }
}

/// A reason as it is kept: short, and nothing in it moves a cursor.
fn reason(why: &str) -> String {
    let plain = plain(why.trim());
    match plain.char_indices().nth(LONGEST_REASON) {
        _ if plain.is_empty() => "no reason given".to_owned(),
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or_default()),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use passcode_host::Limit;

    use super::*;

    #[test]
    fn whatever_is_no_opinion_is_a_denial() {
        let deny = |why: &str| Opinion::Deny(why.to_owned());
        for (said, counts) in [
            (Ok(Opinion::Abstain), Opinion::Abstain),
            (
                Ok(Opinion::RequireApproval("high risk\n".to_owned())),
                Opinion::RequireApproval("high risk".to_owned()),
            ),
            (Ok(deny("frozen")), deny("frozen")),
            (Ok(deny("  ")), deny("no reason given")),
            (Ok(deny("a\u{1b}[2Jb")), deny("a\u{FFFD}[2Jb")),
            (
                Err(HostError::Limit(Limit::Cpu)),
                deny("it gave no opinion (limit-cpu): the component ran into its `cpu` limit"),
            ),
            (
                Err(HostError::Component("unreachable".to_owned())),
                deny("it gave no opinion (component-failed): the component failed: unreachable"),
            ),
        ] {
            assert_eq!(opinion(said.clone()), counts, "{said:?}");
        }
        let Opinion::Deny(long) = opinion(Ok(deny(&"é".repeat(10_000)))) else {
            panic!("it denied");
        };
        assert_eq!(long.chars().count(), LONGEST_REASON + 1);
    }
}
