//! What reviewers demand of a run: read from the plans themselves, because they are what is
//! carried out.

use std::collections::BTreeMap;

use passcode_approval::Cause;
use passcode_host::PlanDocument;
use passcode_host::contract::types::Opinion;
use passcode_ledger::Store;
use passcode_ledger::run::Run;

use super::begin::Kept;
use crate::app::App;
use crate::config::Key;
use crate::failure::Failure;

/// How many rows are read at once.
const PAGE: u32 = 1_000;

/// Reviewers that demand another person's approval, each with the number of its plans.
pub(super) type Demands = BTreeMap<String, u64>;

/// The demands on a run's plans. Nothing is read where nobody was or is asked.
pub(super) async fn demands(app: &App, store: &dyn Store, run: &Run) -> Result<Demands, Failure> {
    let mut demands = Demands::new();
    let asked_now = app.config.settings.names(Key::Reviewers).next().is_some();
    let kept = Kept::of(run)?;
    if kept.reviewers.is_empty() && kept.file()?.reviewers.is_empty() && !asked_now {
        return Ok(demands);
    }
    let mut after = 0;
    loop {
        let page = store.rows(&run.new.id, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(demands);
        };
        after = last.new.number;
        for plan in page.iter().filter_map(|row| row.plan) {
            let Some(stored) = store.plan(&plan).await? else {
                continue;
            };
            let document = PlanDocument::from_ledger(&stored.document)
                .map_err(|error| Failure::fault(&format!("a plan cannot be read: {error}")))?;
            for name in demanding(&document) {
                *demands.entry(name).or_default() += 1;
            }
        }
    }
}

/// Who demands another person's approval of a plan, and why.
pub(super) fn by_reviewers(document: &PlanDocument) -> impl Iterator<Item = Cause> {
    let reviews = document.plan.reviews.iter();
    reviews.filter_map(|review| match &review.opinion {
        Opinion::RequireApproval(why) => Some(Cause::Reviewer {
            name: review.reviewer.clone(),
            why: why.clone(),
        }),
        Opinion::Abstain | Opinion::Deny(_) => None,
    })
}

/// Who demands another person's approval of a plan.
pub(super) fn demanding(document: &PlanDocument) -> impl Iterator<Item = String> {
    by_reviewers(document).filter_map(|cause| match cause {
        Cause::Reviewer { name, .. } => Some(name),
        _ => None,
    })
}

/// The same of a whole run.
pub(super) fn demanded_of(demands: &Demands) -> impl Iterator<Item = Cause> {
    demands.iter().map(|(name, plans)| Cause::Reviewer {
        name: name.clone(),
        why: format!("it demands that of {plans} plans"),
    })
}

/// In words; nothing if nobody demands anything.
pub(super) fn said(demands: &Demands) -> Option<String> {
    let each: Vec<String> = demands
        .iter()
        .map(|(name, plans)| format!("`{name}` (of {plans})"))
        .collect();
    (!each.is_empty()).then(|| {
        format!(
            "reviewers that demand another person's approval: {}",
            each.join(", ")
        )
    })
}
