//! What Intune lets this person do. A token does not say it.

use super::rights::Rights;
use super::unread;
use crate::answer::{Answer, Refusal};
use crate::documents::{
    HELP_DESK_HAS, READS_RIGHTS, REMOVE_ASKED, REMOVE_ASKS, RESET_ASKED, RESET_ASKS, SCHOOL_HAS,
};
use crate::facts::{Facts, Person, Signed};
use crate::finding::{Area, Citation, Finding, Hindrance};
use crate::roles::advice;

const AREA: Area = Area::Role;
const ACTS: &str = "role-acts";
const RESET_PASSCODE: &str = "RemoteTasks_ResetPasscode";
const SEE: &str = "ManagedDevices_Read";

/// What a page asks for besides: the action, Intune's name of it, the pages that ask.
type Asked = (&'static str, &'static str, &'static [Citation]);

const REMOVE: &[Asked] = &[
    (SEE, "Managed devices/Read", &[REMOVE_ASKS, REMOVE_ASKED]),
    (
        "Organization_Read",
        "Organization/Read",
        &[REMOVE_ASKS, REMOVE_ASKED],
    ),
];
const RESET: &[Asked] = &[
    (SEE, "Managed devices/Read", &[RESET_ASKS, RESET_ASKED]),
    ("Organization_Read", "Organization/Read", &[RESET_ASKS]),
    // The newer page has it no more.
    (
        "ManagedDevices_Update",
        "Managed devices/Update",
        &[RESET_ASKS, RESET_ASKED],
    ),
];
/// What evidence of a passcode policy takes. The misspelling is Microsoft's.
const POLICIES: &[(&str, &str)] = &[
    ("DeviceConfigurations_Read", "Device configurations/Read"),
    (
        "DeviceCompliancePolices_Read",
        "Device compliance policies/Read",
    ),
];

pub(super) fn judge(facts: &Facts, signed: &Signed) -> Vec<Finding> {
    if signed.person() == Person::No {
        let sentence = "an application has no Intune role. That roles do not narrow what it may do is common knowledge, and in no document that was read here";
        return vec![Finding::unknown(AREA, "role-of-an-app", sentence)];
    }
    let nobody = Answer::Refused(Refusal::NoIntuneRole);
    if facts.rights == nobody || facts.devices == nobody {
        return vec![no_role("Intune knows no role of this account")];
    }
    let rights = match &facts.rights {
        Answer::Told(body) => Rights::of(body),
        _ => None,
    };
    match rights {
        // An application's token that does not say so may be told nothing, too.
        Some(rights) if rights.is_empty() && signed.person() == Person::Yes => {
            vec![no_role("the Intune roles of this account allow nothing")]
        }
        Some(rights) if !rights.is_empty() => vec![
            acts(&rights),
            verb("role-remove", "remove", REMOVE, &rights, facts),
            verb("role-reset", "reset", RESET, &rights, facts),
            policies(&rights),
            scope(),
        ],
        _ => {
            let otherwise = "what Intune lets this account do";
            let finding = unread(AREA, ACTS, &facts.rights, otherwise).citing(&[READS_RIGHTS]);
            vec![match facts.rights {
                Answer::Refused(Refusal::Forbidden) => finding.remedy(
                    "grant the application DeviceManagementRBAC.Read.All with admin consent, if you want to know it before it is tried",
                ),
                _ => finding,
            }]
        }
    }
}

fn no_role(sentence: &str) -> Finding {
    let sentence = format!("{sentence}; the sign-in itself is good");
    Finding::block(AREA, ACTS, Hindrance::Forbidden, sentence)
        .remedy(advice())
        .citing(&[REMOVE_ASKS, HELP_DESK_HAS, SCHOOL_HAS, RESET_ASKS])
}

fn acts(rights: &Rights) -> Finding {
    let cited = [REMOVE_ASKS, HELP_DESK_HAS, SCHOOL_HAS, RESET_ASKS];
    match rights.allow(RESET_PASSCODE) {
        Some(true) => {
            let sentence = "the Intune role has Remote tasks/Reset passcode, which both `reset` and `remove` take";
            Finding::pass(AREA, ACTS, sentence).citing(&[REMOVE_ASKS, RESET_ASKS])
        }
        Some(false) => {
            let sentence = "the Intune role lacks Remote tasks/Reset passcode, which both `reset` and `remove` take";
            Finding::block(AREA, ACTS, Hindrance::Forbidden, sentence)
                .remedy(advice())
                .citing(&cited)
        }
        None => {
            let sentence = "one Intune role of this account allows Remote tasks/Reset passcode, and one denies it";
            Finding::unknown(AREA, ACTS, sentence).citing(&cited)
        }
    }
}

/// What the pages on one verb ask for besides.
fn verb(id: &'static str, verb: &str, asked: &[Asked], rights: &Rights, facts: &Facts) -> Finding {
    let not = |wanted: Option<bool>| move |(action, _, _): &&Asked| rights.allow(action) == wanted;
    let named = |some: &[&Asked]| {
        let names: Vec<&str> = some.iter().map(|(_, name, _)| *name).collect();
        names.join(" and ")
    };
    let mut cited: Vec<Citation> = Vec::new();
    let missing: Vec<&Asked> = asked.iter().filter(not(Some(false))).collect();
    let relevant = if missing.is_empty() {
        asked.iter().collect()
    } else {
        missing.clone()
    };
    for (_, _, pages) in relevant {
        for page in *pages {
            if !cited.contains(page) {
                cited.push(*page);
            }
        }
    }
    let unclear: Vec<&Asked> = asked.iter().filter(not(None)).collect();
    if !unclear.is_empty() {
        let sentence = format!(
            "for `{verb}`: one Intune role allows {}, and one denies it",
            named(&unclear)
        );
        return Finding::unknown(AREA, id, sentence).citing(&cited);
    }
    let blind = missing.iter().any(|(action, _, _)| *action == SEE) && !facts.devices.is_told();
    if missing.is_empty() {
        let sentence = format!("the Intune role has what the pages on `{verb}` ask for besides");
        return Finding::pass(AREA, id, sentence).citing(&cited);
    }
    let only_update = missing
        .iter()
        .all(|(action, _, _)| *action == "ManagedDevices_Update");
    let who_asks = if only_update {
        "the page of 2025-08-27 names it, that of 2025-10-27 no more"
    } else {
        "the pages name it for the sight of the device"
    };
    let sentence = format!(
        "for `{verb}`, the Intune role lacks {}: {who_asks}",
        named(&missing)
    );
    let finding = if blind {
        Finding::block(AREA, id, Hindrance::Forbidden, sentence)
    } else {
        Finding::warn(AREA, id, sentence)
    };
    finding
        .remedy(format!("if it fails, add {} to the role", named(&missing)))
        .citing(&cited)
}

/// Nothing fails without it.
fn policies(rights: &Rights) -> Finding {
    let id = "role-policies";
    let missing: Vec<&str> = POLICIES
        .iter()
        .filter(|(action, _)| rights.allow(action) != Some(true))
        .map(|(_, name)| *name)
        .collect();
    if missing.is_empty() {
        Finding::pass(AREA, id, "the Intune role may read policies")
    } else {
        let missing = missing.join(" and ");
        let sentence = format!(
            "whether a policy demands a passcode stays unknown, in part at least: the Intune role lacks {missing}"
        );
        Finding::unknown(AREA, id, sentence)
            .remedy(format!("if you want to know it, add {missing} to the role"))
    }
}

/// A role is assigned for some devices, and nothing says here for which.
fn scope() -> Finding {
    let sentence = "whether the role's scope groups and scope tags cover a device shows with the device only: `passcode explain`";
    Finding::unknown(AREA, "role-scope", sentence)
}
