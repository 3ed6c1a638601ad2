//! What signatures amount to. No look at a file, a clock or a tenant: it is all in the question.

use serde::Serialize;
use time::OffsetDateTime;

use crate::approvers::{Approver, Approvers, OperatorName};
use crate::document::{Document, Signature};
use crate::guard::Guard;
use crate::key::Key;
use crate::statement::{Decision, Kind, Statement};

/// Who made the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planner {
    /// A sign-in name, an application's name, or what was claimed.
    pub name: String,
    /// The directory's object id, where it is known.
    pub id: Option<String>,
    /// Whether a sign-in proved it.
    pub proven: bool,
    /// Whether it is an application, which is nobody's sign-in.
    pub application: bool,
}

/// What is to be carried out, and under which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// In which tenant.
    pub tenant: String,
    /// The hash of the plan or of the set of plans, in hexadecimal.
    pub subject: String,
    /// What that hash is of.
    pub kind: Kind,
    /// How many devices it is about.
    pub devices: u64,
    /// The time now.
    pub now: OffsetDateTime,
    /// Who planned it.
    pub planner: Planner,
    /// The planner's own key, if it is known.
    pub planner_key: Option<Key>,
    /// How many other people have to approve.
    pub needed: u32,
    /// Whether whoever carries it out could have written the approvers file.
    pub guard: Guard,
}

/// Somebody's approval that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Who: see [`Approver::name`].
    pub name: String,
    /// Who that is in the directory.
    pub operator: OperatorName,
    /// The fingerprint of the key.
    pub key: String,
    /// It does not count from this moment on.
    #[serde(with = "time::serde::rfc3339")]
    pub expires: OffsetDateTime,
}

/// Somebody's denial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// Who: see [`Approver::name`].
    pub name: String,
    /// Who that is in the directory.
    pub operator: OperatorName,
    /// The fingerprint of the key.
    pub key: String,
}

/// What the documents amount to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "assurance", rename_all = "kebab-case")]
pub enum Assurance {
    /// So many other people approved as were needed, at least one, and whoever carries it out
    /// could not have forged that.
    FourEyes {
        /// Who approved.
        approvers: Vec<Approval>,
    },
    /// What is carried out is what was planned, and nothing shows that another person saw it.
    ChecksumOnly {
        /// Who signed, if anybody did.
        approvers: Vec<Approval>,
        /// Why that is no more than a checksum.
        why: Vec<Why>,
    },
    /// Too few people approved.
    NotEnough {
        /// Who approved.
        approvers: Vec<Approval>,
        /// How many have to.
        need: u32,
    },
    /// Somebody denied it.
    Denied {
        /// Who.
        by: Vec<Denial>,
    },
}

/// Why approvals are no more than a checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nobody signed, and nobody had to.
    NobodySigned,
    /// Whoever carries it out could have written the approvers file: what is wrong with it.
    ApproversWritable(String),
    /// Nothing proves who planned it, so it may have been an approver.
    PlannerClaimed,
}

/// A signature that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// The document, from 0.
    pub document: usize,
    /// The signature in it, from 0.
    pub signature: usize,
    /// The key that it says it is by.
    pub key: String,
    /// Why.
    pub why: Refusal,
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// It is by no approver's key.
    UnknownKey,
    /// It was made for another purpose.
    OtherPurpose,
    /// It is not that key's, or not for this text.
    BadSignature,
    /// The statement is about another tenant.
    OtherTenant,
    /// The statement is about another plan or set of plans.
    OtherSubject,
    /// The statement takes a plan for a set of plans, or a set for a plan.
    OtherKind,
    /// The statement names another number of devices than there are.
    OtherCount,
    /// The approval was good until then.
    Expired(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    /// It is by the planner's own key.
    PlannersKey,
    /// It is by the planner.
    Planner,
    /// It may be by the planner: only one of the two is known by object id.
    PerhapsPlanner,
    /// That person's approval was counted already.
    Again,
}

/// What the documents amount to, and what was not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What they amount to.
    pub assurance: Assurance,
    /// Every signature that does not count.
    pub refused: Vec<Refused>,
}

/// Judge all documents that were handed in about something.
///
/// A denial by any approver counts, whoever they are and however old it is: nobody gains by
/// forging one. An approval counts if its statement is about exactly what is asked and has not
/// expired, and if it is by somebody other than the planner. Each person counts once.
#[must_use]
pub fn judge(documents: &[Document], approvers: &Approvers, asked: &Asked) -> Judgement {
    let mut approved: Vec<Approval> = Vec::new();
    let mut denied: Vec<Denial> = Vec::new();
    let mut refused = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        for (number, signature) in document.signatures().iter().enumerate() {
            let mut refuse = |why| {
                refused.push(Refused {
                    document: at,
                    signature: number,
                    key: signature.fingerprint(),
                    why,
                });
            };
            let statement = document.statement();
            let approver = match author(document, signature, approvers)
                .and_then(|approver| about(statement, asked).map(|()| approver))
            {
                Ok(approver) => approver,
                Err(why) => {
                    refuse(why);
                    continue;
                }
            };
            match statement.decision {
                Decision::Deny => denied.push(Denial {
                    name: approver.name.clone(),
                    operator: approver.operator.clone(),
                    key: approver.key.fingerprint(),
                }),
                Decision::Approve => match counts(statement, approver, asked) {
                    Err(why) => refuse(why),
                    Ok(()) => match approved
                        .iter_mut()
                        .find(|one| one.operator == approver.operator)
                    {
                        Some(counted) => {
                            counted.expires = counted.expires.max(statement.expires);
                            refuse(Refusal::Again);
                        }
                        None => approved.push(Approval {
                            name: approver.name.clone(),
                            operator: approver.operator.clone(),
                            key: approver.key.fingerprint(),
                            expires: statement.expires,
                        }),
                    },
                },
            }
        }
    }
    Judgement {
        assurance: amounts_to(approved, denied, asked),
        refused,
    }
}

/// Who made a signature.
fn author<'a>(
    document: &Document,
    signature: &Signature,
    approvers: &'a Approvers,
) -> Result<&'a Approver, Refusal> {
    if !signature.is_for_us() {
        return Err(Refusal::OtherPurpose);
    }
    // Minisign's key ids are chosen freely, so that two keys can have one.
    let mut named = approvers
        .iter()
        .filter(|one| signature.names(&one.key))
        .peekable();
    if named.peek().is_none() {
        return Err(Refusal::UnknownKey);
    }
    named
        .find(|one| signature.is_by(&one.key, document.text()))
        .ok_or(Refusal::BadSignature)
}

/// Whether a statement is about what is asked.
fn about(statement: &Statement, asked: &Asked) -> Result<(), Refusal> {
    if !statement.tenant.eq_ignore_ascii_case(&asked.tenant) {
        return Err(Refusal::OtherTenant);
    }
    if !statement.subject.eq_ignore_ascii_case(&asked.subject) {
        return Err(Refusal::OtherSubject);
    }
    if statement.kind != asked.kind {
        return Err(Refusal::OtherKind);
    }
    Ok(())
}

/// Whether somebody's approval counts.
fn counts(statement: &Statement, approver: &Approver, asked: &Asked) -> Result<(), Refusal> {
    if statement.devices != asked.devices {
        return Err(Refusal::OtherCount);
    }
    if statement.expires <= asked.now {
        return Err(Refusal::Expired(statement.expires));
    }
    if asked.planner_key.as_ref() == Some(&approver.key) {
        return Err(Refusal::PlannersKey);
    }
    let planner = &asked.planner;
    let names = [Some(&planner.name), planner.id.as_ref()];
    let own = |name: &String| OperatorName::parse(name).as_ref() == Some(&approver.operator);
    if names.into_iter().flatten().any(own) {
        return Err(Refusal::Planner);
    }
    if !told_apart(planner, &approver.operator) {
        return Err(Refusal::PerhapsPlanner);
    }
    Ok(())
}

/// Whether planner and approver, whose names differ, are known by names of the same kind. Who
/// only claimed a name is told apart from nobody, and [`Why::PlannerClaimed`] says so.
fn told_apart(planner: &Planner, approver: &OperatorName) -> bool {
    if planner.application || !planner.proven {
        return true;
    }
    let names = [Some(&planner.name), planner.id.as_ref()];
    let mut known = names
        .into_iter()
        .flatten()
        .filter_map(|name| OperatorName::parse(name));
    known.any(|name| std::mem::discriminant(&name) == std::mem::discriminant(approver))
}

fn amounts_to(approvers: Vec<Approval>, by: Vec<Denial>, asked: &Asked) -> Assurance {
    if !by.is_empty() {
        return Assurance::Denied { by };
    }
    let need = asked.needed;
    let enough = u32::try_from(approvers.len()).is_ok_and(|have| have >= need);
    if !enough {
        return Assurance::NotEnough { approvers, need };
    }
    let mut why = Vec::new();
    if approvers.is_empty() {
        why.push(Why::NobodySigned);
    } else {
        if let Guard::Writable { why: reason } = &asked.guard {
            why.push(Why::ApproversWritable(reason.clone()));
        }
        if !asked.planner.proven {
            why.push(Why::PlannerClaimed);
        }
    }
    match why.is_empty() {
        true => Assurance::FourEyes { approvers },
        false => Assurance::ChecksumOnly { approvers, why },
    }
}

impl Assurance {
    /// Whether another person saw it, and nobody who carries it out could have forged that.
    #[must_use]
    pub const fn is_four_eyes(&self) -> bool {
        matches!(self, Self::FourEyes { .. })
    }
}
