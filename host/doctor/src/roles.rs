//! Roles that would do, least first, with the documents that say so and those that do not.

use serde::Serialize;

use crate::documents::{
    HELP_DESK_HAS, OLDER_NAMES, OTHERS_LACK, REMOVE_ASKED, REMOVE_ASKS, RESET_ASKED, RESET_ASKS,
    ROLE_ADMINISTRATOR_LACKS, SCHOOL_HAS,
};
use crate::finding::Citation;

/// Whether a role would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suits {
    /// The newest documents name it.
    Yes,
    /// An older document names it; the newer ones neither name it nor rule it out.
    OlderOnly,
    /// An older document names it, and a newer one shows that it lacks the permission.
    Disputed,
    /// A document shows that it lacks the permission.
    No,
}

/// A role, and what the documents say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Role {
    /// Its name.
    pub name: &'static str,
    /// Whether it would do.
    pub suits: Suits,
    /// Whether to ask for it. A role that can do far more is not the answer, even if it would do.
    pub advised: bool,
    /// One sentence.
    pub sentence: &'static str,
    /// The documents, the newest first.
    pub citations: &'static [Citation],
}

const ROLES: &[Role] = &[
    Role {
        name: "a custom role",
        suits: Suits::Yes,
        advised: true,
        sentence: "with Remote tasks/Reset passcode, Managed devices/Read and Organization/Read: the least that does, and no wipe in it. For reset, the page of 2025-08-27 also had Managed devices/Update; the one of 2025-10-27 has it no more",
        citations: &[REMOVE_ASKS, RESET_ASKS, REMOVE_ASKED, RESET_ASKED],
    },
    Role {
        name: "Help Desk Operator",
        suits: Suits::Yes,
        advised: true,
        sentence: "has what both actions take; wipe and retire, too",
        citations: &[
            REMOVE_ASKS,
            HELP_DESK_HAS,
            RESET_ASKS,
            REMOVE_ASKED,
            RESET_ASKED,
            OLDER_NAMES,
        ],
    },
    Role {
        name: "School Administrator",
        suits: Suits::Yes,
        advised: true,
        sentence: "has what both actions take; wipe and retire, too. It may not read compliance policies",
        citations: &[
            REMOVE_ASKS,
            SCHOOL_HAS,
            RESET_ASKS,
            REMOVE_ASKED,
            RESET_ASKED,
        ],
    },
    Role {
        name: "Intune Administrator",
        suits: Suits::OlderOnly,
        advised: false,
        sentence: "an older page names it, the newer ones do not; it may do everything in Intune",
        citations: &[REMOVE_ASKS, RESET_ASKS, OLDER_NAMES],
    },
    Role {
        name: "Role Administrator",
        suits: Suits::Disputed,
        advised: false,
        sentence: "an older page names it; by the newer table Intune's role of this name sees no device",
        citations: &[ROLE_ADMINISTRATOR_LACKS, OLDER_NAMES],
    },
    Role {
        name: "Global Administrator",
        suits: Suits::OlderOnly,
        advised: false,
        sentence: "an older page names it, the newer ones do not. It is never needed for this",
        citations: &[REMOVE_ASKS, RESET_ASKS, OLDER_NAMES],
    },
    Role {
        name: "Read Only Operator, Application Manager, Endpoint Security Manager, Policy and Profile manager",
        suits: Suits::No,
        advised: false,
        sentence: "have no Remote tasks/Reset passcode",
        citations: &[OTHERS_LACK],
    },
];

/// Every role that a document speaks of, least first.
#[must_use]
pub fn roles() -> &'static [Role] {
    ROLES
}

/// What to ask for, in one sentence.
pub(crate) fn advice() -> String {
    let mut names: Vec<&str> = Vec::new();
    for role in ROLES.iter().filter(|role| role.advised) {
        names.push(role.name);
    }
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    format!(
        "have someone assign an Intune role with Remote tasks/Reset passcode, Managed devices/Read and Organization/Read, whose scope covers the devices: {} or {last}",
        others.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Transcribed by hand: role, whether it would do, whether it is advised, the documents' dates.
    /// Pages of the two actions: 2025-08-27 (both), 2025-10-27 (reset), 2026-04-21 (remove).
    /// Table of built-in roles: 2026-02-04. Older page on both: 2022-08-13.
    const TABLE: &[(&str, Suits, bool, &[&str])] = &[
        (
            "a custom role",
            Suits::Yes,
            true,
            &["2026-04-21", "2025-10-27", "2025-08-27", "2025-08-27"],
        ),
        (
            "Help Desk Operator",
            Suits::Yes,
            true,
            &[
                "2026-04-21",
                "2026-02-04",
                "2025-10-27",
                "2025-08-27",
                "2025-08-27",
                "2022-08-13",
            ],
        ),
        (
            "School Administrator",
            Suits::Yes,
            true,
            &[
                "2026-04-21",
                "2026-02-04",
                "2025-10-27",
                "2025-08-27",
                "2025-08-27",
            ],
        ),
        (
            "Intune Administrator",
            Suits::OlderOnly,
            false,
            &["2026-04-21", "2025-10-27", "2022-08-13"],
        ),
        (
            "Role Administrator",
            Suits::Disputed,
            false,
            &["2026-02-04", "2022-08-13"],
        ),
        (
            "Global Administrator",
            Suits::OlderOnly,
            false,
            &["2026-04-21", "2025-10-27", "2022-08-13"],
        ),
        (
            "Read Only Operator, Application Manager, Endpoint Security Manager, Policy and Profile manager",
            Suits::No,
            false,
            &["2026-02-04"],
        ),
    ];

    #[test]
    fn every_role_has_its_documents_the_newest_first() {
        let found: Vec<_> = roles()
            .iter()
            .map(|role| {
                let dates: Vec<&str> = role.citations.iter().map(|one| one.date).collect();
                (role.name, role.suits, role.advised, dates)
            })
            .collect();
        let expected: Vec<_> = TABLE
            .iter()
            .map(|(name, suits, advised, dates)| (*name, *suits, *advised, dates.to_vec()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_advice_is_the_least_that_does() {
        let advice = advice();
        for role in [
            "a custom role",
            "Help Desk Operator",
            "School Administrator",
        ] {
            assert!(advice.contains(role), "{advice}");
        }
        assert!(
            !advice.contains("Administrator,") && !advice.contains("Global"),
            "{advice}"
        );
    }
}
