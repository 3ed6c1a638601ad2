//! What the caller may do. A missing right is a warning: only the service refuses.

use super::{With, check};
use crate::contract::{Check, Verdict};
use crate::errors::{MAY_ACT, ROLE};
use crate::json::Value;
use crate::preflight::{Preflight, Read};
use crate::prelude::*;
use crate::rules::{PERMISSION, cites};
use crate::service::Acting;

const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
const RESET: &str = "Microsoft.Intune_RemoteTasks_ResetPasscode";

/// `caller-right`: the permission in the token, and for a person the right in Intune.
pub(super) fn caller(preflight: Option<&Preflight>) -> Check {
    let (verdict, said, remedy, seen) = judged(preflight);
    let mut sources = vec![PERMISSION.cite()];
    sources.extend(cites(&["reset-2025-08/roles", "remove-2025/roles"]));
    let check = check("caller-right", verdict, said).citing(sources);
    let check = match seen {
        Some((property, value)) => check.seen(property, Some(&value)),
        None => check,
    };
    if remedy.is_empty() {
        check
    } else {
        check.remedy(remedy)
    }
}

type Judged = (
    Verdict,
    &'static str,
    &'static str,
    Option<(&'static str, String)>,
);

fn judged(preflight: Option<&Preflight>) -> Judged {
    use Verdict::{Pass, Unknown, Warn};

    let Some(preflight) = preflight else {
        return (Unknown, "what the caller may do was not read", "", None);
    };
    let identity = preflight.identity.as_ref();
    let Some(identity) = identity.filter(|identity| identity.acting != Acting::Opaque) else {
        return (Unknown, "the sign-in does not say what it may do", "", None);
    };
    if !identity.permissions.iter().any(|own| own == PRIVILEGED) {
        let said = "the sign-in does not carry the permission for this action, so it will most likely be refused";
        let seen = ("permissions", identity.permissions.join(", "));
        return (Warn, said, MAY_ACT, Some(seen));
    }
    let seen = ("permissions", PRIVILEGED.to_owned());
    if identity.acting == Acting::Application {
        let said = "the application has the permission for this action; no Intune role is asked of an application, as far as is known";
        return (Pass, said, "", Some(seen));
    }
    let asked = |value: &str| Some(("getEffectivePermissions", value.to_owned()));
    match (listed(&preflight.rights), &preflight.rights) {
        (Some(true), _) => {
            let said = "the sign-in has the permission for this action, and Intune lists the right to it; scope groups or tags may still leave this device out";
            (Pass, said, "", asked(RESET))
        }
        (Some(false), _) => {
            let said = "the sign-in has the permission for this action, and Intune does not list the right to it, so it will most likely be refused";
            (Warn, said, ROLE, asked("absent"))
        }
        (None, read) => {
            let said = "the sign-in has the permission for this action; whether Intune grants the caller the right to it could not be read";
            let remedy = "DeviceManagementRBAC.Read.All lets this tool ask";
            let why = read.as_ref().err().map_or("unclear", String::as_str);
            (Unknown, said, remedy, asked(why))
        }
    }
}

/// Whether the right is in the list; absent if the list does not tell.
fn listed(rights: &Read) -> Option<bool> {
    let list = rights.as_ref().ok()?;
    let mut whole = list.is_whole();
    for permission in list.items() {
        let actions = permission.get("resourceActions").and_then(Value::as_array);
        whole &= actions.is_some();
        for action in actions.unwrap_or_default() {
            let allowed = action
                .get("allowedResourceActions")
                .and_then(Value::as_array);
            whole &= allowed.is_some();
            let is_it = |name: &Value| {
                name.as_str()
                    .is_some_and(|name| name.eq_ignore_ascii_case(RESET))
            };
            if allowed.unwrap_or_default().iter().any(is_it) {
                return Some(true);
            }
        }
    }
    whole.then_some(false)
}
