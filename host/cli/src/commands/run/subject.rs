//! What is to be approved, a run or a single plan, and what was handed in about it.

use std::path::Path;

use passcode_approval::{
    Admission, Approvers, Asked, Cause, Decision, Document, Guard, Judgement, Key as PublicKey,
    Kind, Planner, Statement, TwoPeople, admit, causes, judge, people, unwritable,
};
use passcode_host::PlanDocument;
use passcode_host::contract::types::{Operator, Proof};
use passcode_host::ledger::StoredPlan;
use passcode_ledger::Store;
use passcode_ledger::run::Run;
use passcode_runfile::RunFile;
use passcode_runner::Ended;
use time::OffsetDateTime;

use super::demands::{Demands, by_reviewers, demanded_of, demanding, demands};
use super::short;
use crate::app::App;
use crate::config::Key;
use crate::failure::Failure;

/// What is to be approved.
pub(super) struct Subject {
    pub(super) hash: String,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) tenant: String,
    pub(super) devices: u64,
    pub(super) expires: OffsetDateTime,
    planner: Operator,
    /// Why other people have to approve; nobody has to if there is no cause.
    pub(super) causes: Vec<Cause>,
    /// The reviewers that demand it.
    pub(super) demands: Demands,
}

impl Subject {
    pub(super) async fn of_run(
        app: &App,
        store: &dyn Store,
        run: &Run,
        file: &RunFile,
        plans: u64,
    ) -> Result<Self, Failure> {
        let demands = demands(app, store, run).await?;
        let mut causes = demanded(app, Kind::Set, file.guards.others(plans));
        causes.extend(demanded_of(&demands));
        let set = run.set.clone().ok_or_else(|| {
            Failure::new(
                Ended::Refused,
                "not-planned",
                format!("run {} is not planned yet", short(&run.new.id)),
            )
            .remedy("plan it first: `passcode run plan`, or `passcode run resume`")
        })?;
        Ok(Self {
            hash: set,
            kind: Kind::Set,
            title: run.new.title.clone(),
            tenant: run.new.tenant.clone(),
            devices: plans,
            expires: run.new.created
                + time::Duration::try_from(file.valid_for).unwrap_or(time::Duration::DAY),
            planner: serde_json::from_str(&run.new.planner).map_err(|error| {
                Failure::fault(&format!("the run in the ledger cannot be read: {error}"))
            })?,
            causes,
            demands,
        })
    }

    pub(super) fn of_plan(app: &App, stored: &StoredPlan) -> Result<Self, Failure> {
        let document = PlanDocument::from_ledger(&stored.document)
            .map_err(|error| Failure::fault(&format!("the plan cannot be read: {error}")))?;
        let device = &document.plan.proposal.device;
        let mut causes = demanded(app, Kind::Plan, 0);
        causes.extend(by_reviewers(&document));
        let demands: Demands = demanding(&document).map(|name| (name, 1)).collect();
        Ok(Self {
            hash: stored.id.to_string(),
            kind: Kind::Plan,
            title: format!("{} {}", document.plan.proposal.effect, device.name),
            tenant: stored.tenant.clone(),
            devices: 1,
            expires: stored.expires,
            planner: document.plan.caller.operator.clone(),
            causes,
            demands,
        })
    }

    /// What the documents that were handed in amount to.
    pub(super) async fn judged(
        &self,
        app: &App,
        store: &dyn Store,
        now: OffsetDateTime,
    ) -> Result<Judged, Failure> {
        let (documents, checksum) = handed_in(store, self).await?;
        let (approvers, guard) = approvers(app)?;
        let judgement = judge(&documents, &approvers, &self.asked(app, guard, now)?);
        Ok(Judged {
            admission: admit(&self.causes, &judgement),
            judgement,
            checksum,
        })
    }

    pub(super) fn statement(&self, decision: Decision) -> Statement {
        Statement {
            decision,
            tenant: self.tenant.clone(),
            subject: self.hash.clone(),
            kind: self.kind,
            title: self.title.clone(),
            devices: self.devices,
            expires: self.expires,
        }
    }

    pub(super) fn text(&self, decision: Decision) -> Result<String, Failure> {
        let text = self.statement(decision).text();
        text.map_err(|error| Failure::fault(&error.to_string()))
    }

    pub(super) fn asked(
        &self,
        app: &App,
        guard: Guard,
        now: OffsetDateTime,
    ) -> Result<Asked, Failure> {
        let planner_key = app.config.settings.get(Key::Planner);
        let planner_key = planner_key.map(PublicKey::parse).transpose();
        Ok(Asked {
            tenant: self.tenant.clone(),
            subject: self.hash.clone(),
            kind: self.kind,
            devices: self.devices,
            now,
            planner: Planner {
                name: self.planner.name.clone(),
                id: self.planner.id.clone(),
                proven: matches!(self.planner.proof, Proof::SignedIn(_)),
                application: is_application(&self.planner.proof),
            },
            planner_key: planner_key.map_err(|error| {
                Failure::usage(
                    format!("`planner_key`: {error}"),
                    "write the public key as in the approvers file",
                )
            })?,
            needed: people(&self.causes),
            guard,
        })
    }
}

/// What documents that were handed in amount to, and what follows.
pub(super) struct Judged {
    pub(super) admission: Admission,
    pub(super) judgement: Judgement,
    /// Whether somebody named the hash without a signature.
    pub(super) checksum: bool,
}

/// Why the settings and the run file want another person.
fn demanded(app: &App, kind: Kind, by_the_run: u32) -> Vec<Cause> {
    let settings = &app.config.settings;
    let rule = match settings.is(Key::TwoPeople, "always") {
        true => TwoPeople::Always,
        false => TwoPeople::Runs,
    };
    let approvers = settings.get(Key::Approvers).is_some();
    causes(kind, rule, approvers, by_the_run)
}

fn is_application(proof: &Proof) -> bool {
    let Proof::SignedIn(kind) = proof else {
        return false;
    };
    let kinds = [
        "client-secret",
        "client-certificate",
        "workload-identity",
        "github-oidc",
        "managed-identity",
        "managed-identity-federated",
    ];
    kinds.contains(&kind.as_str())
}

/// Who may approve, and whether this process could have written that itself.
pub(super) fn approvers(app: &App) -> Result<(Approvers, Guard), Failure> {
    let Some(path) = app.config.settings.get(Key::Approvers).map(Path::new) else {
        let why = "no approvers file is configured (`approvers`, PASSCODE_APPROVERS)".to_owned();
        return Ok((Approvers::default(), Guard::Writable { why }));
    };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    let approvers = Approvers::parse(&text).map_err(|faults| {
        let mut failure = Failure::usage(
            format!("{} is not in order, so nobody may approve", path.display()),
            "see docs/approval.md for the form of the file",
        );
        failure.lines = faults.iter().map(ToString::to_string).collect();
        failure
    })?;
    Ok((approvers, unwritable(path)))
}

/// What was handed in about a subject: signed documents, and whether somebody named the hash
/// without a signature.
async fn handed_in(store: &dyn Store, subject: &Subject) -> Result<(Vec<Document>, bool), Failure> {
    let kept = store.approvals(&subject.hash).await?;
    let unsigned = subject.text(Decision::Approve)?;
    let checksum = kept.iter().any(|one| one.document == unsigned);
    let documents = kept
        .iter()
        .filter_map(|one| Document::parse(&one.document).ok());
    Ok((documents.collect(), checksum))
}
