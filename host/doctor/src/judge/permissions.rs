//! What the token carries.

use crate::documents::{
    ACTS, READS, READS_AUDITS, READS_GROUPS, READS_POLICIES, READS_RECORD, READS_RIGHTS,
    WRITE_IS_NOT_ENOUGH,
};
use crate::facts::{Facts, Person, Signed};
use crate::finding::{Area, Citation, Finding, Hindrance};

const AREA: Area = Area::Permissions;
const ACT: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
const DEVICES: &str = "DeviceManagementManagedDevices.Read.All";
const DEVICES_WRITE: &str = "DeviceManagementManagedDevices.ReadWrite.All";
const POLICIES: &str = "DeviceManagementConfiguration.Read.All";
const POLICIES_WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";
const ROLES: &str = "DeviceManagementRBAC.Read.All";
const ROLES_WRITE: &str = "DeviceManagementRBAC.ReadWrite.All";
const APPS: &str = "DeviceManagementApps.Read.All";
const APPS_WRITE: &str = "DeviceManagementApps.ReadWrite.All";
/// The least first, then all that will do.
const GROUPS: &[&str] = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
];

/// What stays unknown without a permission: id, those that will do, what they are for, the document.
type Optional = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static [Citation],
);

const OPTIONAL: &[Optional] = &[
    (
        "may-read-policies",
        &[POLICIES, POLICIES_WRITE],
        "whether a policy demands a passcode on the device",
        &[READS_POLICIES],
    ),
    (
        "may-read-record",
        &[POLICIES, POLICIES_WRITE, DEVICES, DEVICES_WRITE],
        "who did what (Device actions)",
        &[READS_RECORD],
    ),
    (
        "may-read-audits",
        &[APPS, APPS_WRITE],
        "what Intune's own audit log says",
        &[READS_AUDITS],
    ),
    (
        "may-read-groups",
        GROUPS,
        "who is in a group that a run file names (who.group)",
        &[READS_GROUPS],
    ),
];

pub(super) fn judge(facts: &Facts, signed: &Signed) -> Vec<Finding> {
    let Some(claims) = &signed.claims else {
        return opaque(facts);
    };
    let person = signed.person() == Person::Yes;
    let held = if person {
        &claims.scopes
    } else {
        &claims.roles
    };
    let has = |wanted: &[&str]| held.iter().any(|own| wanted.contains(&own.as_str()));
    let mut findings = vec![act(has(&[ACT]), has(&[DEVICES_WRITE])), read(&has)];
    if person {
        findings.push(optional(
            &has,
            (
                "may-read-roles",
                &[ROLES, ROLES_WRITE],
                "what Intune lets you do, before it is tried",
                &[READS_RIGHTS],
            ),
        ));
    }
    findings.extend(OPTIONAL.iter().map(|one| optional(&has, *one)));
    findings
}

fn act(acts: bool, writes: bool) -> Finding {
    let id = "may-act";
    if acts {
        let sentence =
            format!("the token may act ({ACT}); it covers wipe, too, which this tool cannot");
        return Finding::pass(AREA, id, sentence).citing(&[ACTS]);
    }
    let mut cited = vec![ACTS];
    let mut sentence = format!("the token may not act: it lacks {ACT}");
    if writes {
        sentence.push_str(&format!("; {DEVICES_WRITE} does not stand in for it"));
        cited.insert(0, WRITE_IS_NOT_ENOUGH);
    }
    Finding::block(AREA, id, Hindrance::Forbidden, sentence)
        .remedy(format!(
            "grant the application {ACT} with admin consent, and sign in again"
        ))
        .citing(&cited)
}

fn read(has: &impl Fn(&[&str]) -> bool) -> Finding {
    let id = "may-read";
    if has(&[DEVICES, DEVICES_WRITE, POLICIES, POLICIES_WRITE]) {
        Finding::pass(AREA, id, "the token may read devices and results").citing(&[READS])
    } else {
        let sentence = format!("the token may not read devices: it lacks {DEVICES}");
        Finding::block(AREA, id, Hindrance::Forbidden, sentence)
            .remedy(format!(
                "grant the application {DEVICES} with admin consent, and sign in again"
            ))
            .citing(&[READS])
    }
}

/// Nothing fails without it; what it would tell stays unknown.
fn optional(has: &impl Fn(&[&str]) -> bool, (id, wanted, what, cited): Optional) -> Finding {
    let least = wanted.first().copied().unwrap_or_default();
    let finding = if has(wanted) {
        Finding::pass(AREA, id, format!("{what}: the token may read it"))
    } else {
        Finding::unknown(
            AREA,
            id,
            format!("{what} stays unknown: the token lacks {least}"),
        )
        .remedy(format!(
            "if you want to know it, grant the application {least} with admin consent"
        ))
    };
    finding.citing(cited)
}

/// A token that says nothing. Only what worked is known.
fn opaque(facts: &Facts) -> Vec<Finding> {
    let read = if facts.devices.is_told() {
        Finding::pass(
            AREA,
            "may-read",
            "the token may read devices: they were listed",
        )
    } else {
        Finding::unknown(
            AREA,
            "may-read",
            "whether the token may read devices, it does not say",
        )
    };
    let act = Finding::unknown(
        AREA,
        "may-act",
        format!("whether the token may act ({ACT}), it does not say"),
    );
    vec![act.citing(&[ACTS]), read.citing(&[READS])]
}
