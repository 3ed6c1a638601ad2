//! Resetting passcodes over real HTTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::{address, bearer, encoded, get, post, reset, send, tenant};
use passcode_practice::{
    ActionState, Fleet, PRIVILEGED, PracticeOptions, PracticeTenant, READ_DEVICES, RemoteAction,
    Throttle, TokenRequest,
};
use std::time::Duration;

#[test]
fn a_reset_is_queued_and_its_passcode_read_later() {
    let options = PracticeOptions::new().throttle(Throttle::off());
    let tenant = PracticeTenant::start(options).expect("tenant");
    tenant.next_passcode("Canary-Code-77");
    let answer = reset(&tenant, "KIOSK-0001");
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(answer.header("request-id").is_some());
    let path = format!(
        "{}?$select=id,deviceActionResults",
        address(&tenant, "KIOSK-0001")
    );
    let state = || get(&tenant, &path).json()["deviceActionResults"][0].clone();
    assert_eq!(state()["actionState"], "pending");
    tenant.advance(Duration::from_secs(4));
    assert_eq!(state()["actionState"], "active");
    assert_eq!(state()["passcode"], serde_json::Value::Null);
    tenant.advance(Duration::from_secs(4));
    let done = state();
    assert_eq!(done["actionState"], "done");
    assert_eq!(done["passcode"], "Canary-Code-77");
    assert_eq!(
        done["@odata.type"],
        "#microsoft.graph.resetPasscodeActionResult"
    );
    assert_eq!(
        tenant
            .count("KIOSK-0001", RemoteAction::ResetPasscode)
            .accepted,
        1
    );
}

#[test]
fn aosp_takes_hours_and_an_offline_device_for_ever() {
    let tenant = PracticeTenant::start(PracticeOptions::new()).expect("tenant");
    for device in ["AOSP-0007", "STALE-0025", "WIPE-PENDING-0026"] {
        assert_eq!(reset(&tenant, device).status, 204);
    }
    tenant.advance(Duration::from_secs(3_600));
    let last = |device: &str| tenant.resets(device).expect("resets").pop().expect("one").0;
    assert_eq!(last("AOSP-0007"), ActionState::Pending);
    tenant.advance(Duration::from_secs(3 * 3_600));
    assert_eq!(last("AOSP-0007"), ActionState::Done);
    assert_eq!(last("STALE-0025"), ActionState::Pending);
    assert_eq!(last("WIPE-PENDING-0026"), ActionState::Pending);
    tenant.set_pace(0.0);
    tenant.set_online("STALE-0025", true).expect("online");
    assert_eq!(last("STALE-0025"), ActionState::Done);
}

#[test]
fn each_kind_ends_as_it_should() {
    let tenant = tenant();
    for (device, status, state, code) in [
        ("KIOSK-0001", 204, Some(ActionState::Done), true),
        ("BYOD-0004", 204, Some(ActionState::Done), true),
        (
            "BYOD-ANDROID7-0005",
            204,
            Some(ActionState::NotSupported),
            false,
        ),
        ("ADMIN6-0008", 204, Some(ActionState::Done), true),
        ("ADMIN7-0009", 204, Some(ActionState::NotSupported), false),
        ("IPHONE-0010", 204, Some(ActionState::Done), false),
        (
            "SHARED-IPAD-0014",
            204,
            Some(ActionState::NotSupported),
            false,
        ),
        ("VISION-0015", 204, Some(ActionState::Done), false),
        ("MAC-0016", 400, None, false),
        ("LAPTOP-0017", 400, None, false),
        ("WRONG-TOKEN-0033", 204, Some(ActionState::Failed), false),
        ("NO-POLICY-0034", 204, Some(ActionState::Failed), false),
        ("TOKEN-INACTIVE-0035", 204, Some(ActionState::Failed), false),
    ] {
        assert_eq!(reset(&tenant, device).status, status, "{device}");
        let last = tenant.resets(device).expect("resets").pop();
        assert_eq!(last.as_ref().map(|(state, _)| *state), state, "{device}");
        assert_eq!(
            last.is_some_and(|(_, passcode)| passcode.is_some()),
            code,
            "{device}"
        );
    }
}

#[test]
fn a_body_is_refused() {
    let tenant = tenant();
    let path = format!("{}/resetPasscode", address(&tenant, "KIOSK-0001"));
    let token = bearer(&tenant);
    let answer = send(&tenant, "POST", &path, &[("Authorization", &token)], "{}").expect("answer");
    assert_eq!(answer.status, 400);
    assert_eq!(
        tenant
            .count("KIOSK-0001", RemoteAction::ResetPasscode)
            .accepted,
        0
    );
}

#[test]
fn an_audit_names_who_and_when_and_never_the_passcode() {
    let tenant = tenant();
    let passcode = tenant
        .colleague_resets("KIOSK-0001", "colleague@contoso.example")
        .expect("reset");
    reset(&tenant, "KIOSK-0001");
    let id = tenant.device_id("KIOSK-0001").expect("id");
    let filter = encoded(&format!("managedDeviceId eq '{id}'"));
    let path = format!(
        "/beta/deviceManagement/remoteActionAudits?$filter={filter}&$orderby=requestDateTime%20desc&$top=10"
    );
    let answer = get(&tenant, &path);
    let body = answer.json();
    let who: Vec<_> = body["value"]
        .as_array()
        .expect("list")
        .iter()
        .map(|audit| audit["initiatedByUserPrincipalName"].as_str().expect("upn"))
        .collect();
    assert_eq!(
        who,
        ["helpdesk@contoso.example", "colleague@contoso.example"]
    );
    let text = String::from_utf8(answer.body.clone()).expect("text");
    assert!(!text.contains(&passcode.expect("passcode")));
    assert_eq!(
        get(&tenant, "/v1.0/deviceManagement/remoteActionAudits").status,
        400
    );
}

#[test]
fn every_documented_address_reads_and_resets_its_device() {
    let tenant = tenant();
    let user = tenant.device("COBO-0002").expect("device")["userId"]
        .as_str()
        .expect("id")
        .to_owned();
    let d = tenant.device_id("COBO-0002").expect("id");
    let app = "a0000001-0000-4000-8000-000000000001";
    let run = |family: &str, n: u32| {
        format!(
            "/deviceManagement/{family}/b000000{n}-0000-4000-8000-00000000000{n}/deviceRunStates/c000000{n}-0000-4000-8000-00000000000{n}/managedDevice"
        )
    };
    let addresses = [
        (format!("/deviceManagement/managedDevices/{d}"), "v1.0 beta"),
        (format!("/users/{user}/managedDevices/{d}"), "v1.0 beta"),
        (
            format!("/users/bruno@contoso.example/managedDevices/{d}"),
            "v1.0 beta",
        ),
        (format!("/deviceManagement/comanagedDevices/{d}"), "beta"),
        (
            format!("/deviceManagement/detectedApps/{app}/managedDevices/{d}"),
            "v1.0 beta",
        ),
        (
            format!(
                "/deviceManagement/detectedApps/{app}/managedDevices/{d}/users/{user}/managedDevices/{d}"
            ),
            "v1.0",
        ),
        (run("deviceHealthScripts", 1), "beta"),
        (run("deviceManagementScripts", 2), "beta"),
        (run("deviceComplianceScripts", 3), "beta"),
        (
            format!(
                "{}/users/{user}/managedDevices/{d}",
                run("deviceManagementScripts", 2)
            ),
            "beta",
        ),
        (
            format!(
                "{}/detectedApps/{app}/managedDevices/{d}",
                run("deviceManagementScripts", 2)
            ),
            "beta",
        ),
    ];
    let mut resets = 0;
    for (path, versions) in &addresses {
        for version in ["v1.0", "beta"] {
            let read = get(&tenant, &format!("/{version}{path}?$select=id"));
            let act = post(&tenant, &format!("/{version}{path}/resetPasscode"));
            if versions.split(' ').any(|v| v == version) {
                assert_eq!((read.status, act.status), (200, 204), "{version}{path}");
                assert_eq!(read.json()["id"], d.as_str());
                resets += 1;
            } else {
                assert_eq!((read.status, act.status), (400, 400), "{version}{path}");
                assert!(
                    act.message()
                        .starts_with("Resource not found for the segment")
                );
            }
        }
    }
    assert_eq!(
        tenant
            .count("COBO-0002", RemoteAction::ResetPasscode)
            .accepted,
        resets
    );
    let other = tenant.device_id("KIOSK-0001").expect("id");
    let stranger = format!("/v1.0/users/bruno@contoso.example/managedDevices/{other}");
    assert_eq!(get(&tenant, &stranger).status, 404);
}

#[test]
fn tokens_decide_what_a_caller_may_do() {
    let tenant = tenant();
    let path = format!("{}/resetPasscode", address(&tenant, "KIOSK-0001"));
    let act = |token: &str| {
        let token = format!("Bearer {token}");
        send(
            &tenant,
            "POST",
            &path,
            &[("Authorization", &token), ("Content-Length", "0")],
            "",
        )
        .expect("answer")
    };
    let mint = |request: TokenRequest| tenant.mint_token(&request);

    let none = send(&tenant, "POST", &path, &[("Content-Length", "0")], "").expect("answer");
    assert_eq!(
        (none.status, none.code().as_str()),
        (401, "InvalidAuthenticationToken")
    );
    assert!(
        none.header("www-authenticate")
            .expect("challenge")
            .starts_with("Bearer")
    );
    assert_eq!(act("nonsense").code(), "InvalidAuthenticationToken");
    assert_eq!(
        act(&mint(TokenRequest::help_desk().expired())).code(),
        "InvalidAuthenticationToken"
    );

    let reader = act(&mint(TokenRequest::help_desk().without(PRIVILEGED)));
    assert_eq!((reader.status, reader.code().as_str()), (403, "Forbidden"));
    assert!(reader.message().contains("PrivilegedOperations.All"));
    let guest = act(&mint(TokenRequest::help_desk().without_intune_role()));
    assert_eq!((guest.status, guest.code().as_str()), (401, "UnknownError"));

    let app = mint(TokenRequest::app().with_permissions(&[PRIVILEGED, READ_DEVICES]));
    assert_eq!(act(&app).status, 204);
    tenant.revoke_token(&app);
    assert_eq!(act(&app).status, 401);
    let user = mint(TokenRequest::help_desk());
    assert_eq!(act(&user).status, 204);
    tenant.revoke_all_tokens();
    assert_eq!(act(&user).status, 401);
    assert_eq!(act(&mint(TokenRequest::help_desk())).status, 204);
}

#[test]
fn wipe_retire_and_delete_work_and_are_counted() {
    let tenant = tenant();
    let path = address(&tenant, "KIOSK-0001");
    assert_eq!(tenant.total(RemoteAction::Wipe).received, 0);
    assert_eq!(post(&tenant, &format!("{path}/wipe")).status, 204);
    assert_eq!(
        tenant.device("KIOSK-0001").expect("device")["managementState"],
        "wipePending"
    );
    let path = address(&tenant, "COBO-0002");
    assert_eq!(post(&tenant, &format!("{path}/retire")).status, 204);
    let writer = tenant.mint_token(
        &TokenRequest::app().with_permissions(&["DeviceManagementManagedDevices.ReadWrite.All"]),
    );
    let token = format!("Bearer {writer}");
    let gone = send(&tenant, "DELETE", &path, &[("Authorization", &token)], "").expect("answer");
    assert_eq!(gone.status, 204);
    assert_eq!(get(&tenant, &path).status, 404);
    for action in [
        RemoteAction::Wipe,
        RemoteAction::Retire,
        RemoteAction::Delete,
    ] {
        assert_eq!(tenant.total(action).accepted, 1, "{action:?}");
    }
}

#[test]
fn the_budget_ends_in_429() {
    let throttle = Throttle {
        writes: Some(2),
        ..Throttle::default()
    };
    let options = PracticeOptions::immediate()
        .throttle(throttle)
        .fleet(Fleet::many(3));
    let tenant = PracticeTenant::start(options).expect("tenant");
    let statuses: Vec<_> = (1..=3)
        .map(|n| reset(&tenant, &format!("SCALE-{n:05}")).status)
        .collect();
    assert_eq!(statuses, [204, 204, 429]);
    let answer = reset(&tenant, "SCALE-00003");
    let wait: u64 = answer
        .header("retry-after")
        .expect("retry-after")
        .parse()
        .expect("seconds");
    assert!((1..=20).contains(&wait));
    assert_eq!(answer.code(), "TooManyRequests");
    assert_eq!(
        tenant
            .count("SCALE-00003", RemoteAction::ResetPasscode)
            .accepted,
        0
    );
    tenant.set_throttle(Throttle {
        retry_after: false,
        writes: Some(0),
        ..throttle
    });
    assert_eq!(reset(&tenant, "SCALE-00003").header("retry-after"), None);
}
