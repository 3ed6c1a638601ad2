//! The identity card: the device as the host itself saw it. A component can neither add to it
//! nor leave anything out.

use passcode_host::{PlanDocument, plain};

use super::text::indented;
use crate::paint::Paint;

/// Draw it.
pub(crate) fn card(paint: Paint, document: &PlanDocument, width: usize) -> String {
    let seen = |name: &str| {
        let text = document.identity.text(name)?;
        (!text.is_empty()).then_some(text)
    };
    let both = |one: &str, other: &str| match (seen(one), seen(other)) {
        (Some(one), Some(other)) => Some(format!("{one} {other}")),
        (one, other) => one.or(other),
    };
    let user = match (seen("userPrincipalName"), seen("userDisplayName")) {
        (Some(upn), Some(name)) => Some(format!("{upn} ({name})")),
        (upn, name) => upn.or(name),
    };
    let plan = &document.plan;
    let operator = &plan.caller.operator;
    let practice = if document.practice {
        " (practice: nothing real happens)"
    } else {
        ""
    };
    let fields = [
        ("Device", seen("deviceName")),
        ("User", user.or(Some("nobody".to_owned()))),
        ("Serial number", seen("serialNumber")),
        ("Model", both("manufacturer", "model")),
        ("System", both("operatingSystem", "osVersion")),
        ("Kind", Some(plan.proposal.device.kind.clone())),
        ("Owner", seen("managedDeviceOwnerType")),
        ("Enrolment", seen("deviceEnrollmentType")),
        ("State", seen("managementState")),
        ("IMEI", seen("imei")),
        ("Last check-in", seen("lastSyncDateTime")),
        ("Intune id", seen("id")),
        ("Entra id", seen("azureADDeviceId")),
        (
            "Tenant",
            Some(format!("{} in {}{practice}", plan.tenant, plan.cloud)),
        ),
        ("Operator", Some(operator_line(operator))),
        ("Reason", plan.caller.reason.clone()),
        ("Ticket", plan.caller.ticket.clone()),
        ("Verified by", plan.caller.verified_by.clone()),
    ];
    let mut out = String::new();
    for (name, value) in fields {
        let Some(value) = value else { continue };
        let value = indented(&plain(&value), 17, width);
        let value = if name == "Device" {
            paint.bold(&value)
        } else {
            value
        };
        out.push_str(&format!(
            "  {} {value}\n",
            paint.dim(&format!("{name:<14}"))
        ));
    }
    out
}

fn operator_line(operator: &passcode_host::contract::types::Operator) -> String {
    use passcode_host::contract::types::Proof;
    match &operator.proof {
        Proof::SignedIn(how) => format!("{} (signed in: {how})", operator.name),
        Proof::Claimed => format!("{} (claimed)", operator.name),
    }
}
