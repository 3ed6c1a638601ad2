//! Who may do what by their Intune role, what they are told of it, and how the tenant's subscription stands.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use std::collections::BTreeSet;

use common::{Answer, address, send, tenant};
use passcode_practice::{
    IntuneRole, PRIVILEGED, PracticeTenant, READ_CONFIGURATION, READ_DEVICES, READ_RBAC,
    SubscriptionState, TokenRequest,
};
use serde_json::Value;

const RIGHTS: &str = "/v1.0/deviceManagement/getEffectivePermissions(scope='*')";

fn asked(tenant: &PracticeTenant, who: &TokenRequest, method: &str, path: &str) -> Answer {
    let token = format!("Bearer {}", tenant.mint_token(who));
    let headers = [("Authorization", token.as_str()), ("Content-Length", "0")];
    let headers = if method == "GET" {
        &headers[..1]
    } else {
        &headers[..]
    };
    send(tenant, method, path, headers, "").expect("answer")
}

fn actions(answer: &Answer) -> BTreeSet<String> {
    let body = answer.json();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    list(&body["value"])
        .iter()
        .flat_map(|permission| list(&permission["resourceActions"]))
        .flat_map(|piece| list(&piece["allowedResourceActions"]))
        .filter_map(|action| action.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn a_person_sees_and_acts_as_the_role_allows() {
    let tenant = tenant();
    let device = address(&tenant, "KIOSK-0001");
    let reset = format!("{device}/resetPasscode");
    let own = |actions: &[&str]| {
        let actions = actions
            .iter()
            .map(|name| format!("MICROSOFT.INTUNE_{name}"));
        IntuneRole::Custom(actions.collect())
    };
    let custom = |actions: &[&str]| TokenRequest::help_desk().with_intune_role(own(actions));
    for (who, sees, acts) in [
        (TokenRequest::help_desk(), 200, 204),
        (TokenRequest::user("school@contoso.example"), 200, 204),
        (TokenRequest::user("reader@contoso.example"), 200, 403),
        (TokenRequest::user("roles@contoso.example"), 403, 403),
        (TokenRequest::user("nobody@contoso.example"), 401, 401),
        (
            custom(&["RemoteTasks_ResetPasscode", "ManagedDevices_Read"]),
            200,
            204,
        ),
        (custom(&["RemoteTasks_ResetPasscode"]), 403, 204),
        (custom(&["RemoteTasks_Wipe"]), 403, 403),
        (TokenRequest::app(), 200, 204),
    ] {
        let found = (
            asked(&tenant, &who, "GET", &device).status,
            asked(&tenant, &who, "POST", &reset).status,
        );
        assert_eq!(found, (sees, acts), "{who:?}");
    }
}

#[test]
fn the_effective_permissions_are_those_of_the_role() {
    const RESET: &str = "Microsoft.Intune_RemoteTasks_ResetPasscode";
    const SEE: &str = "Microsoft.Intune_ManagedDevices_Read";
    const COMPLIANCE: &str = "Microsoft.Intune_DeviceCompliancePolices_Read";
    let tenant = tenant();
    // Transcribed from Microsoft's tables of built-in roles (2026-02-04).
    for (who, told, not_told) in [
        ("helpdesk", &[RESET, SEE, COMPLIANCE][..], &[][..]),
        ("school", &[RESET, SEE], &[COMPLIANCE]),
        ("reader", &[SEE, COMPLIANCE], &[RESET]),
        ("roles", &["Microsoft.Intune_Roles_Assign"], &[RESET, SEE]),
    ] {
        let person = TokenRequest::user(&format!("{who}@contoso.example"));
        for path in [
            RIGHTS,
            "/v1.0/deviceManagement/getEffectivePermissions",
            "/beta/deviceManagement/getEffectivePermissions(scope='*')",
            "/beta/deviceManagement/getEffectivePermissions()",
        ] {
            let found = actions(&asked(&tenant, &person, "GET", path));
            for action in told {
                assert!(found.contains(*action), "{who} {path}: {action}");
            }
            for action in not_told {
                assert!(!found.contains(*action), "{who} {path}: {action}");
            }
        }
    }
    let empty = TokenRequest::help_desk().with_intune_role(IntuneRole::Custom(Vec::new()));
    for nobody in [empty, TokenRequest::app()] {
        let answer = asked(&tenant, &nobody, "GET", RIGHTS);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["value"], serde_json::json!([]));
    }
    let nobody = TokenRequest::user("nobody@contoso.example");
    let refused = asked(&tenant, &nobody, "GET", RIGHTS);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (401, "UnknownError")
    );
}

#[test]
fn rights_and_subscription_are_for_those_who_may_read_them() {
    let tenant = tenant();
    let subscription = "/v1.0/deviceManagement?$select=subscriptionState";
    for (permissions, rights, state) in [
        (&[READ_RBAC][..], 200, 200),
        (&[READ_DEVICES], 403, 200),
        (&[READ_CONFIGURATION], 403, 200),
        (&[PRIVILEGED], 403, 403),
    ] {
        let person = TokenRequest::help_desk().with_permissions(permissions);
        let found = (
            asked(&tenant, &person, "GET", RIGHTS).status,
            asked(&tenant, &person, "GET", subscription).status,
        );
        assert_eq!(found, (rights, state), "{permissions:?}");
    }
    let refused = asked(
        &tenant,
        &TokenRequest::help_desk().without(READ_RBAC),
        "GET",
        RIGHTS,
    );
    assert!(refused.message().contains(READ_RBAC));
}

#[test]
fn the_subscription_stands_as_it_was_told_to() {
    let tenant = tenant();
    let person = TokenRequest::help_desk();
    let state = |query: &str| {
        let path = format!("/v1.0/deviceManagement{query}");
        asked(&tenant, &person, "GET", &path)
    };
    assert_eq!(state("").json()["subscriptionState"], "active");
    tenant.set_subscription_state(SubscriptionState::LockedOut);
    let only = state("?$select=subscriptionState").json();
    assert_eq!(only["subscriptionState"], "lockedOut");
    assert!(only.get("intuneAccountId").is_none());
    let wrong = state("?$select=deviceName");
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "BadRequest"));
    assert!(wrong.message().contains("microsoft.graph.deviceManagement"));
}

#[test]
fn the_tenant_lists_what_takes_approval() {
    let tenant = tenant();
    let path = "/deviceManagement/operationApprovalPolicies/retrieveOperationsRequiringApproval()";
    let person = TokenRequest::help_desk();
    let list = |who: &TokenRequest, version: &str| {
        asked(&tenant, who, "GET", &format!("/{version}{path}"))
    };
    assert_eq!(list(&person, "beta").json()["value"], serde_json::json!([]));
    tenant.set_approval_policies(&["deviceWipe"]);
    assert_eq!(
        list(&person, "beta").json()["value"][0]["policyType"],
        "deviceWipe"
    );
    assert_eq!(list(&person, "v1.0").status, 400);
    let reader = TokenRequest::help_desk().with_permissions(&[READ_DEVICES]);
    assert_eq!(list(&reader, "beta").status, 403);
}
