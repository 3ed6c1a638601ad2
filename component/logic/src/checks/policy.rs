//! What policies say of a passcode: evidence, with its limits. Pure.
//!
//! Intune lists which policies it records for a device, without their settings, and the policies
//! with their settings, without the devices. The two are joined by id, or else by name. A name
//! that several policies have decides only if all of them say the same.

use crate::json::{Value, truth, word};
use crate::kind::{Family, Kind};
use crate::preflight::{Policies, Read};
use crate::prelude::*;
use crate::results::last_part;

/// What the policies of one sort amount to, each with the policy that shows it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Weighed {
    /// It reached the device and demands a passcode of the lock that is acted upon.
    pub(super) demands: Option<String>,
    /// It does so, but is not in effect.
    pub(super) inert: Option<String>,
    /// It demands a passcode of the device, and the work profile is acted upon.
    pub(super) other_lock: Option<String>,
    /// It forbids changing the passcode.
    pub(super) frozen: Option<String>,
    /// Why the rest says nothing.
    pub(super) doubt: Option<String>,
}

/// The beginnings of the types that speak of a kind; the properties of a configuration that demand
/// a passcode of the lock that is acted upon, and those that demand one of the other lock.
type Speaks = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

fn speaks(kind: Kind) -> Speaks {
    const DEVICE: &[&str] = &["passwordRequiredType"];
    match kind {
        Kind::AndroidDedicated | Kind::AndroidFullyManaged => {
            (&["androidDeviceOwner"], DEVICE, &[])
        }
        Kind::AndroidCorporateWorkProfile => (
            &["androidDeviceOwner"],
            &["workProfilePasswordRequiredType"],
            DEVICE,
        ),
        Kind::AndroidPersonalWorkProfile => (
            &["androidWorkProfile", "androidForWork"],
            &[
                "workProfileRequirePassword",
                "workProfilePasswordRequiredType",
                "workProfileRequiredPasswordComplexity",
            ],
            DEVICE,
        ),
        Kind::AospUserAssociated | Kind::AospUserless => (&["aospDeviceOwner"], DEVICE, &[]),
        Kind::AndroidDeviceAdministrator => (&["android"], &["passwordRequired"], &[]),
        Kind::IosCorporate | Kind::IosPersonal => (&["ios"], &["passcodeRequired"], &[]),
        _ => (&[], &[], &[]),
    }
}

/// The properties of a compliance policy that demand a passcode, of whatever kind.
const COMPLIANCE: &[&str] = &[
    "passwordRequired",
    "workProfileRequirePassword",
    "passcodeRequired",
];

/// Weigh the policies of one sort.
pub(super) fn weigh(kind: Kind, what: &str, policies: &Policies) -> Weighed {
    let mut found = Weighed::default();
    let (states, all) = match (&policies.states, &policies.all) {
        (Ok(states), Ok(all)) => (states, all),
        (Err(why), _) => return unread(found, &[what, " states: ", why]),
        (_, Err(why)) => return unread(found, &[what, " policies: ", why]),
    };
    let foreign = if kind.family() == Family::Apple {
        "android"
    } else {
        "ios"
    };
    for state in states.items() {
        let (name, place) = (word(state, "displayName"), word(state, "state"));
        let platform = word(state, "platformType").to_ascii_lowercase();
        // Intune is said to list what it records for other devices of the same user here, too.
        let elsewhere = [foreign, "mac", "windows"]
            .iter()
            .any(|other| platform.starts_with(other));
        if elsewhere || matches!(place, "notApplicable" | "notAssigned") {
            continue;
        }
        let called = ["policy \"", name, "\" (", place, ")"].concat();
        let slot = match judge(kind, state, all.items()) {
            Says::Nothing => continue,
            Says::Unclear => &mut found.doubt,
            _ if !matches!(
                place,
                "compliant" | "remediated" | "nonCompliant" | "error" | "conflict"
            ) =>
            {
                &mut found.doubt
            }
            Says::Frozen => &mut found.frozen,
            Says::OtherLock => &mut found.other_lock,
            Says::Demands if matches!(place, "compliant" | "remediated") => &mut found.demands,
            Says::Demands => &mut found.inert,
        };
        slot.get_or_insert(called);
    }
    if !states.is_whole() || !all.is_whole() {
        return unread(found, &[what, " policies: more pages"]);
    }
    found
}

fn unread(mut found: Weighed, why: &[&str]) -> Weighed {
    found.doubt.get_or_insert_with(|| why.concat());
    found
}

/// What one policy says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Nothing,
    Demands,
    OtherLock,
    Frozen,
    /// It is not there, leaves the property out, or shares its name with one that differs.
    Unclear,
}

/// What the policy behind a state says.
fn judge(kind: Kind, state: &Value, policies: &[Value]) -> Says {
    let id = word(state, "id");
    let by_id = |policy: &&Value| {
        let own = word(policy, "id");
        !own.is_empty() && id.starts_with(own)
    };
    let by_name = |policy: &&Value| word(policy, "displayName") == word(state, "displayName");
    let mut said = None;
    let mut hear = |policy| {
        let says = one(kind, policy);
        said = Some(match said {
            Some(other) if other != says => Says::Unclear,
            _ => says,
        });
    };
    match policies.iter().find(by_id) {
        Some(policy) => hear(policy),
        None => policies.iter().filter(by_name).for_each(hear),
    }
    said.unwrap_or(Says::Unclear)
}

fn one(kind: Kind, policy: &Value) -> Says {
    let (beginnings, lock, other) = speaks(kind);
    let name = last_part(word(policy, "@odata.type"));
    let rest = beginnings.iter().find_map(|start| name.strip_prefix(start));
    let (lock, other) = match rest {
        Some("GeneralDeviceConfiguration" | "DeviceConfiguration") => (lock, other),
        Some("CompliancePolicy") => (COMPLIANCE, &[][..]),
        _ => return Says::Nothing,
    };
    match (demands(policy, lock), demands(policy, other)) {
        // A user who may not change the passcode may not set one, whatever is demanded.
        _ if truth(policy, "passcodeBlockModification") == Some(true) => Says::Frozen,
        (Some(true), _) => Says::Demands,
        (_, Some(true)) => Says::OtherLock,
        (Some(false), _) => Says::Nothing,
        (None, _) => Says::Unclear,
    }
}

/// Whether one of these properties demands a passcode; absent if none of them can be read.
fn demands(policy: &Value, properties: &[&str]) -> Option<bool> {
    let mut found = None;
    for property in properties {
        let value = match policy.get(property) {
            Some(Value::Bool(value)) => *value,
            Some(Value::Null) => false,
            Some(Value::String(word)) if word != "unknownFutureValue" => {
                !matches!(word.as_str(), "deviceDefault" | "none" | "")
            }
            _ => continue,
        };
        found = Some(value || found == Some(true));
    }
    found
}

/// Why the settings catalog leaves it open: its policies' settings are not read, and nothing read
/// here shows which of them reached a device.
pub(super) fn catalog(kind: Kind, policies: &Read) -> Option<String> {
    let list = match policies {
        Ok(list) => list,
        Err(why) => return Some(["settings catalog: ", why].concat()),
    };
    let platform = match kind {
        Kind::IosCorporate | Kind::IosPersonal => "iOS",
        Kind::VisionOs => "visionOS",
        Kind::AospUserAssociated | Kind::AospUserless => "aosp",
        Kind::AndroidDeviceAdministrator => "android",
        _ => "androidEnterprise",
    };
    // Newer platforms are hidden behind the sentinel unless a header asks for them.
    let may = |policy: &&Value| {
        let names = word(policy, "platforms");
        let meant = |name: &str| name == platform || name == "unknownFutureValue";
        (names.is_empty() || names.split(',').any(|name| meant(name.trim())))
            && truth(policy, "isAssigned") != Some(false)
    };
    let more = (!list.is_whole()).then(|| "settings catalog: more pages".to_owned());
    let policy = list.items().iter().find(may);
    let named = policy.map(|policy| ["settings catalog: \"", word(policy, "name"), "\""].concat());
    named.or(more)
}
