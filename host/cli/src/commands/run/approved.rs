//! Who approved a run, for its report: judged anew from what was handed in, as it stood when
//! sending began.

use passcode_approval::{Approvers, Asked, Assurance, Decision, Document, Guard, judge};
use passcode_ledger::Store;
use passcode_ledger::run::{KeptApproval, Run, RunState};
use passcode_report::ApprovalView;
use passcode_runfile::RunFile;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::subject::{Subject, approvers};
use crate::app::App;
use crate::failure::Failure;

/// What stands in a report.
#[derive(Debug)]
pub(super) struct Approved {
    pub(super) approvals: Vec<ApprovalView>,
    /// How strong it is altogether, as reports name it.
    pub(super) assurance: &'static str,
}

/// Who approved a run of so many plans.
pub(super) async fn approved(
    app: &App,
    store: &dyn Store,
    run: &Run,
    file: &RunFile,
    plans: u64,
) -> Result<Approved, Failure> {
    let denied = run.state == RunState::Denied;
    if run.set.is_none() || plans == 0 {
        let assurance = if denied { "denied" } else { "none" };
        return Ok(Approved {
            approvals: Vec::new(),
            assurance,
        });
    }
    let subject = Subject::of_run(app, store, run, file, plans).await?;
    let kept = store.approvals(&subject.hash).await?;
    // A report is written all the same; what cannot be judged does not count.
    let (approvers, guard) = approvers(app).unwrap_or_else(|failure| {
        let why = failure.message.clone();
        (Approvers::default(), Guard::Writable { why })
    });
    // An approval that has expired since was good when it was used.
    let now = run.started.unwrap_or_else(OffsetDateTime::now_utc);
    let unsigned = subject.text(Decision::Approve)?;
    let asked = subject.asked(app, guard, now)?;
    let documents: Vec<Document> = kept.iter().filter_map(parsed).collect();
    let overall = judge(&documents, &approvers, &asked).assurance;
    let approvals = kept
        .iter()
        .flat_map(|one| shown(one, &unsigned, subject.expires, &approvers, &asked))
        .collect::<Vec<_>>();
    let assurance = match overall {
        _ if denied => "denied",
        Assurance::Denied { .. } => "denied",
        Assurance::FourEyes { .. } => "four-eyes",
        Assurance::NotEnough { .. } => "not-enough",
        Assurance::ChecksumOnly { .. } if approvals.is_empty() => "none",
        Assurance::ChecksumOnly { .. } => "checksum",
    };
    Ok(Approved {
        approvals,
        assurance,
    })
}

fn parsed(kept: &KeptApproval) -> Option<Document> {
    Document::parse(&kept.document).ok()
}

/// One document that was handed in: each signature in it by itself.
fn shown(
    kept: &KeptApproval,
    unsigned: &str,
    expires: OffsetDateTime,
    approvers: &Approvers,
    asked: &Asked,
) -> Vec<ApprovalView> {
    let one = |who: &str, assurance: &str| ApprovalView {
        who: who.to_owned(),
        at: Some(kept.at),
        assurance: assurance.to_owned(),
        ..ApprovalView::default()
    };
    let Some(document) = parsed(kept) else {
        let is_checksum = kept.document == unsigned;
        return Vec::from_iter(is_checksum.then(|| ApprovalView {
            expires: Some(expires),
            statement: Some(sha256(unsigned)),
            why: Some("Somebody named the hash of the set, and nobody signed.".to_owned()),
            ..one("nobody who signed", "checksum")
        }));
    };
    let statement = document.statement().text().ok().map(|text| sha256(&text));
    let alone = Asked {
        needed: 0,
        ..asked.clone()
    };
    let judgement = judge(std::slice::from_ref(&document), approvers, &alone);
    let (by, assurance, why) = match &judgement.assurance {
        Assurance::FourEyes { approvers } => (approvers.as_slice(), "four-eyes", None),
        Assurance::ChecksumOnly { approvers, why } => {
            let why: Vec<String> = why.iter().map(ToString::to_string).collect();
            (approvers.as_slice(), "checksum", Some(why.join("; ")))
        }
        Assurance::NotEnough { approvers, .. } => (approvers.as_slice(), "not-counted", None),
        Assurance::Denied { .. } => (&[][..], "denied", None),
    };
    let mut views: Vec<ApprovalView> = by
        .iter()
        .map(|by| ApprovalView {
            key: Some(by.key.clone()),
            expires: Some(by.expires),
            statement: statement.clone(),
            why: why.clone(),
            ..one(&format!("{} ({})", by.name, by.operator), assurance)
        })
        .collect();
    if let Assurance::Denied { by } = &judgement.assurance {
        views.extend(by.iter().map(|by| ApprovalView {
            key: Some(by.key.clone()),
            statement: statement.clone(),
            ..one(&format!("{} ({})", by.name, by.operator), "denied")
        }));
    }
    views.extend(judgement.refused.iter().map(|refused| ApprovalView {
        key: Some(refused.key.clone()),
        expires: Some(document.statement().expires),
        statement: statement.clone(),
        why: Some(refused.why.to_string()),
        ..one("a key that does not count", "not-counted")
    }));
    views
}

fn sha256(text: &str) -> String {
    let hash = Sha256::digest(text);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
