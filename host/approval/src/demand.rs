//! Whether something takes another person, why, and whether it may be carried out as it stands.
//!
//! Two questions, both pure. [`causes`] gathers what settings and guards demand; whoever has a
//! further cause, as a reviewer has, adds it to the list. [`admit`] then weighs the list against what
//! the signatures amount to.

use std::fmt;

use serde::Serialize;

use crate::judge::{Assurance, Judgement};
use crate::statement::Kind;

/// What the setting `two_people` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TwoPeople {
    /// Runs take two people where an approvers file is configured; a single plan does not. A help
    /// desk has nobody to ask at night, and the person at the other end is locked out.
    #[default]
    Runs,
    /// Every plan and every run takes two people.
    Always,
}

/// Why another person has to approve.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Cause {
    /// The setting `two_people` is `always`.
    Setting,
    /// It is a run, and the setting `approvers` names a file.
    ApproversFile,
    /// The run file asks for so many other people, for as many devices as these.
    RunFile(u32),
    /// A reviewer asked for it.
    Reviewer {
        /// Its name in the operator's grant.
        name: String,
        /// Why, in its words.
        why: String,
    },
}

impl Cause {
    /// How many other people it takes.
    #[must_use]
    pub const fn people(&self) -> u32 {
        match self {
            Self::RunFile(people) => *people,
            Self::Setting | Self::ApproversFile | Self::Reviewer { .. } => 1,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting => f.write_str("the setting `two_people` is `always`"),
            Self::ApproversFile => f.write_str("the setting `approvers` names a file"),
            Self::RunFile(people) => write!(f, "the run file asks for {people}"),
            Self::Reviewer { name, why } => write!(f, "reviewer {name}: {why}"),
        }
    }
}

/// What the settings and a run file demand. `approvers`: whether an approvers file is configured.
/// `by_the_run`: how many other people the run file asks for; zero for a single plan.
#[must_use]
pub fn causes(kind: Kind, rule: TwoPeople, approvers: bool, by_the_run: u32) -> Vec<Cause> {
    let mut causes = Vec::new();
    if rule == TwoPeople::Always {
        causes.push(Cause::Setting);
    }
    if kind == Kind::Set && approvers {
        causes.push(Cause::ApproversFile);
    }
    if kind == Kind::Set && by_the_run > 0 {
        causes.push(Cause::RunFile(by_the_run));
    }
    causes
}

/// How many other people have to approve: as many as the most demanding cause asks for. One person
/// who looked has looked on behalf of all of them.
#[must_use]
pub fn people(causes: &[Cause]) -> u32 {
    causes.iter().map(Cause::people).max().unwrap_or(0)
}

/// Whether something may be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admission {
    /// Nobody else has to approve it.
    Free,
    /// As many other people approved it as have to.
    Approved,
    /// It waits for another person.
    Waits,
    /// Somebody denied it.
    Denied,
}

/// Whether something may be carried out, for what it takes and what the signatures amount to.
///
/// Where another person has to approve, only four eyes are enough: a signature by an approver whom
/// this process could have named itself shows nothing.
#[must_use]
pub fn admit(causes: &[Cause], judgement: &Judgement) -> Admission {
    let needed = people(causes);
    match &judgement.assurance {
        Assurance::Denied { .. } => Admission::Denied,
        Assurance::FourEyes { approvers }
            if u32::try_from(approvers.len()).is_ok_and(|have| have >= needed) =>
        {
            Admission::Approved
        }
        _ if needed == 0 => Admission::Free,
        _ => Admission::Waits,
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::{Admission, Cause, TwoPeople, admit, causes, people};
    use crate::approvers::OperatorName;
    use crate::judge::{Approval, Assurance, Denial, Judgement, Why};
    use crate::statement::Kind;

    fn reviewer() -> Cause {
        Cause::Reviewer {
            name: "vip".to_owned(),
            why: "it is the director's".to_owned(),
        }
    }

    #[test]
    fn what_settings_demand() {
        use TwoPeople::{Always, Runs};
        let none: &[Cause] = &[];
        for (kind, rule, approvers, by_the_run, expected) in [
            (Kind::Plan, Runs, false, 0, none),
            // Alone at night with somebody who is locked out.
            (Kind::Plan, Runs, true, 0, none),
            (Kind::Plan, Always, true, 0, &[Cause::Setting]),
            // Nobody is named who could, and so nothing may.
            (Kind::Plan, Always, false, 0, &[Cause::Setting]),
            // A number of a run says nothing of a plan.
            (Kind::Plan, Runs, true, 2, none),
            (Kind::Set, Runs, false, 0, none),
            (Kind::Set, Runs, true, 0, &[Cause::ApproversFile]),
            (Kind::Set, Runs, false, 2, &[Cause::RunFile(2)]),
            (Kind::Set, Always, false, 0, &[Cause::Setting]),
            (
                Kind::Set,
                Always,
                true,
                1,
                &[Cause::Setting, Cause::ApproversFile, Cause::RunFile(1)],
            ),
        ] {
            let found = causes(kind, rule, approvers, by_the_run);
            assert_eq!(
                found, expected,
                "{kind:?} {rule:?} {approvers} {by_the_run}"
            );
        }
    }

    #[test]
    fn the_most_demanding_cause_counts() {
        for (causes, expected) in [
            (vec![], 0),
            (vec![Cause::Setting], 1),
            (vec![reviewer()], 1),
            (vec![reviewer(), Cause::Setting, Cause::ApproversFile], 1),
            (vec![Cause::RunFile(2), reviewer()], 2),
        ] {
            assert_eq!(people(&causes), expected, "{causes:?}");
        }
    }

    #[test]
    fn only_four_eyes_are_enough_where_another_person_has_to_look() {
        let operator = OperatorName::parse("second@contoso.example").unwrap();
        let second = Approval {
            name: "Second".to_owned(),
            operator: operator.clone(),
            key: "k".to_owned(),
            expires: OffsetDateTime::UNIX_EPOCH,
        };
        let denial = Denial {
            name: "Second".to_owned(),
            operator,
            key: "k".to_owned(),
        };
        let checksum = |why, approvers| Assurance::ChecksumOnly {
            approvers,
            why: vec![why],
        };
        let writable = || Why::ApproversWritable("root".to_owned());
        let signed = || vec![second.clone()];
        use Admission::{Approved, Denied, Free, Waits};
        for (assurance, nobody, one, two) in [
            (checksum(Why::NobodySigned, vec![]), Free, Waits, Waits),
            (checksum(writable(), signed()), Free, Waits, Waits),
            (checksum(Why::PlannerClaimed, signed()), Free, Waits, Waits),
            (
                Assurance::NotEnough {
                    approvers: vec![],
                    need: 1,
                },
                Free,
                Waits,
                Waits,
            ),
            (
                Assurance::FourEyes {
                    approvers: signed(),
                },
                Approved,
                Approved,
                Waits,
            ),
            (
                Assurance::Denied { by: vec![denial] },
                Denied,
                Denied,
                Denied,
            ),
        ] {
            let judgement = Judgement {
                assurance,
                refused: Vec::new(),
            };
            for (causes, expected) in [
                (vec![], nobody),
                (vec![Cause::Setting], one),
                (vec![reviewer()], one),
                (vec![Cause::RunFile(2), reviewer()], two),
            ] {
                assert_eq!(
                    admit(&causes, &judgement),
                    expected,
                    "{causes:?} {judgement:?}"
                );
            }
        }
    }
}
