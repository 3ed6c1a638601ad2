//! Our answers beside Microsoft's own: captured errors, example bodies, type mappings.
//!
//! The data lies outside the repository; `PASSCODE_VENDOR_DATA` says where.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::{address, bearer, get, post, reset, send, tenant};
use passcode_practice::TokenRequest;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn vendor(file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("PASSCODE_VENDOR_DATA").map(PathBuf::from) else {
        let required = std::env::var("PASSCODE_REQUIRE_DATA").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "PASSCODE_REQUIRE_DATA=1, but PASSCODE_VENDOR_DATA is not set"
        );
        eprintln!("skipped: PASSCODE_VENDOR_DATA is not set, {file} is not compared");
        return None;
    };
    let path = folder.join("graph").join(file);
    Some(
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
}

/// The skeleton of a value: its keys, with text that holds JSON opened up as deep as it goes.
fn skeleton(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = format!("{path}/{key}");
                out.insert(path.clone());
                skeleton(value, &path, out);
            }
        }
        Value::String(text) if text.starts_with('{') => {
            if let Ok(inner @ Value::Object(_)) = serde_json::from_str(text) {
                skeleton(&inner, &format!("{path}!"), out);
            }
        }
        _ => {}
    }
}

fn keys(value: &Value) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    skeleton(value, "", &mut out);
    out
}

#[test]
fn our_errors_nest_like_captured_ones() {
    let tenant = tenant();
    let guest = format!(
        "Bearer {}",
        tenant.mint_token(&TokenRequest::help_desk().without_intune_role())
    );
    let list = "/beta/deviceManagement/managedDevices";
    let refused = reset(&tenant, "MAC-0016");
    let nobody = send(&tenant, "GET", list, &[("Authorization", &guest)], "").expect("answer");
    let missing = get(
        &tenant,
        &format!("{list}/00000000-0000-4000-8000-000000000000"),
    );
    tenant.inject_named("429-no-retry-after").expect("fault");
    let throttled = reset(&tenant, "KIOSK-0001");
    tenant.inject_named("500").expect("fault");
    let internal = reset(&tenant, "KIOSK-0001");
    for (file, ours, status) in [
        ("errors/intune.400.BadRequest.wipe.json", refused, 400),
        (
            "errors/intune.401.UnknownError.nested-Forbidden.json",
            nobody,
            401,
        ),
        ("errors/intune.404.ResourceNotFound.json", missing, 404),
        ("errors/intune.429.TooManyRequests.json", throttled, 429),
        ("errors/intune.500.InternalError.json", internal, 500),
    ] {
        let Some(text) = vendor(file) else { return };
        let theirs: Value = serde_json::from_str(&text).expect("captured");
        let (theirs_keys, ours_keys) = (keys(&theirs), keys(&ours.json()));
        // Older captures lack ids inside innerError; all else is the same on both sides.
        let stable = |key: &&String| !key.contains("/innerError/");
        let difference: Vec<_> = theirs_keys
            .iter()
            .filter(stable)
            .collect::<BTreeSet<_>>()
            .symmetric_difference(&ours_keys.iter().filter(stable).collect())
            .map(|key| (*key).clone())
            .collect();
        assert!(difference.is_empty(), "{file}: {difference:?}");
        assert!(theirs_keys.is_subset(&ours_keys), "{file}");
        assert_eq!(
            (ours.status, ours.code().as_str()),
            (status, theirs["error"]["code"].as_str().expect("code")),
            "{file}"
        );
    }
}

#[test]
fn our_sentences_resemble_captured_ones() {
    let tenant = tenant();
    let path = format!("{}/syncDevice", address(&tenant, "KIOSK-0001"));
    let reader = tenant.mint_token(&TokenRequest::app().without(passcode_practice::PRIVILEGED));
    let token = format!("Bearer {reader}");
    let ours = send(
        &tenant,
        "POST",
        &path,
        &[("Authorization", &token), ("Content-Length", "0")],
        "",
    )
    .expect("answer");
    let segment = post(
        &tenant,
        "/v1.0/deviceManagement/managedDevices/x/managedDevices",
    )
    .message();
    let Some(captured) = vendor("errors/intune.403.Forbidden.missing-scope.syncDevice.txt") else {
        return;
    };
    let theirs: Value =
        serde_json::from_str(captured.split("\n\n").next().expect("first part")).expect("json");
    let ours: Value = serde_json::from_str(&ours.message()).expect("json");
    let until = |value: &Value| {
        let text = value["Message"].as_str().expect("text");
        text.split("Activity ID").next().expect("head").to_owned()
    };
    assert_eq!(until(&ours), until(&theirs));
    assert!(
        ours["Message"]
            .as_str()
            .expect("text")
            .contains("/microsoft.management.services.api.syncDevice?api-version=")
    );
    let captured = vendor("errors/graph.400.segment-not-found.txt").expect("present");
    assert!(captured.contains(&segment), "{segment}");
}

fn mapping(version: &str, group: &str, name: &str) -> Option<BTreeSet<String>> {
    let text = vendor(&format!("schema/{version}-type-mappings-2026-08.json"))?;
    let all: Value = serde_json::from_str(&text).expect("mapping");
    let list = all[group][name]["properties"]
        .as_array()
        .expect("properties");
    Some(
        list.iter()
            .map(|name| name.as_str().expect("name").to_owned())
            .collect(),
    )
}

fn own_keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .expect("object")
        .keys()
        .filter(|key| !key.starts_with('@'))
        .cloned()
        .collect()
}

#[test]
fn devices_have_exactly_the_properties_of_their_version() {
    let tenant = tenant();
    for version in ["v1.0", "beta"] {
        let Some(mut theirs) = mapping(version, "entityTypes", "managedDevice") else {
            return;
        };
        theirs.insert("id".to_owned());
        let path = address(&tenant, "COPE-0003").replace("/beta/", &format!("/{version}/"));
        let ours = own_keys(&get(&tenant, &path).json());
        assert_eq!(ours, theirs, "{version}");
        let example = vendor(&format!(
            "docs-examples/{version}.devices-manageddevice-get.response.json"
        ));
        let example: Value = serde_json::from_str(&example.expect("present")).expect("json");
        let missing: Vec<_> = own_keys(&example["value"])
            .difference(&ours)
            .cloned()
            .collect();
        assert!(missing.is_empty(), "{version}: {missing:?}");
    }
}

/// The properties of `managedDevice` that a schema calls non-null, and all it has.
fn non_null(schema: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let attribute = |line: &str, name: &str| {
        let rest = line.split(&format!(" {name}=\"")).nth(1)?;
        Some(rest.split('"').next()?.to_owned())
    };
    let start = schema
        .find("<EntityType Name=\"managedDevice\"")
        .expect("managedDevice");
    let (mut non_null, mut all) = (BTreeSet::new(), BTreeSet::new());
    for line in schema[start..]
        .lines()
        .take_while(|line| !line.contains("</EntityType>"))
        .filter(|line| line.contains("<Property "))
    {
        let name = attribute(line, "Name").expect("name");
        if attribute(line, "Nullable").as_deref() == Some("false") {
            non_null.insert(name.clone());
        }
        all.insert(name);
    }
    (non_null, all)
}

#[test]
fn what_may_not_be_null_never_is() {
    let tenant = tenant();
    for (version, file) in [
        ("v1.0", "v1.0-Prod.managedDevice-actions-rbac.csdl.xml"),
        ("beta", "beta-2021-07-13.managedDevice-actions.csdl.xml"),
    ] {
        let Some(schema) = vendor(&format!("schema/{file}")) else {
            return;
        };
        let (theirs, all) = non_null(&schema);
        assert!(theirs.contains("easActivated"), "{version}: {theirs:?}");
        for id in tenant.device_ids() {
            let path = format!("/{version}/deviceManagement/managedDevices/{id}");
            let select: Vec<&str> = all.iter().map(String::as_str).collect();
            for query in [String::new(), format!("?$select={}", select.join(","))] {
                let device = get(&tenant, &format!("{path}{query}")).json();
                let null: Vec<_> = theirs
                    .iter()
                    .filter(|name| device[*name].is_null())
                    .collect();
                assert!(null.is_empty(), "{version} {id} {query}: {null:?}");
            }
        }
    }
}

#[test]
fn results_and_audits_have_the_documented_properties() {
    let tenant = tenant();
    reset(&tenant, "KIOSK-0001");
    let token = bearer(&tenant);
    let path = address(&tenant, "KIOSK-0001");
    let device = send(&tenant, "GET", &path, &[("Authorization", &token)], "")
        .expect("answer")
        .json();
    let audits = get(&tenant, "/beta/deviceManagement/remoteActionAudits").json();
    let Some(base) = mapping("beta", "complexTypes", "deviceActionResult") else {
        return;
    };
    let own = mapping("beta", "complexTypes", "resetPasscodeActionResult").expect("present");
    let theirs: BTreeSet<_> = base.union(&own).cloned().collect();
    assert_eq!(own_keys(&device["deviceActionResults"][0]), theirs);
    let mut theirs = mapping("beta", "entityTypes", "remoteActionAudit").expect("present");
    theirs.insert("id".to_owned());
    assert_eq!(own_keys(&audits["value"][0]), theirs);
}

#[test]
fn enumerations_hold_members_that_exist() {
    let tenant = tenant();
    for version in ["v1.0", "beta"] {
        let Some(text) = vendor(&format!("schema/{version}-type-mappings-2026-08.json")) else {
            return;
        };
        let all: Value = serde_json::from_str(&text).expect("mapping");
        for id in tenant.device_ids() {
            let path = format!("/{version}/deviceManagement/managedDevices/{id}");
            let device = get(&tenant, &path).json();
            for (property, kind) in [
                ("deviceType", "deviceType"),
                ("deviceEnrollmentType", "deviceEnrollmentType"),
                ("managementAgent", "managementAgentType"),
                ("managedDeviceOwnerType", "managedDeviceOwnerType"),
                ("managementState", "managementState"),
                ("deviceRegistrationState", "deviceRegistrationState"),
                ("complianceState", "complianceState"),
                ("lostModeState", "lostModeState"),
                ("joinType", "joinType"),
                ("chassisType", "chassisType"),
                ("managementFeatures", "managedDeviceManagementFeatures"),
                (
                    "partnerReportedThreatState",
                    "managedDevicePartnerReportedHealthState",
                ),
                ("exchangeAccessState", "deviceManagementExchangeAccessState"),
            ] {
                let (Some(value), Some(members)) =
                    (device[property].as_str(), all["enumTypes"][kind].as_array())
                else {
                    continue;
                };
                assert!(
                    members.iter().any(|member| member == value),
                    "{version} {property} {value}"
                );
            }
        }
    }
}

#[test]
fn effective_permissions_look_like_the_documented_ones() {
    let tenant = tenant();
    for (file, path) in [
        (
            "rbac/v1.0.rbac-devicemanagement-geteffectivepermissions.response.json",
            "/v1.0/deviceManagement/getEffectivePermissions(scope='*')",
        ),
        (
            "rbac/beta.shared-devicemanagement-geteffectivepermissions.response.json",
            "/beta/deviceManagement/getEffectivePermissions(scope='*')",
        ),
    ] {
        let Some(text) = vendor(file) else { return };
        let theirs: Value = serde_json::from_str(&text).expect("documented");
        let ours = get(&tenant, path).json();
        // A type is written only where it is not the declared one; the documents write it everywhere.
        let told = |value: &Value| -> BTreeSet<String> {
            let all = keys(value).into_iter();
            all.filter(|key| !key.contains("@odata")).collect()
        };
        assert_eq!(told(&ours), told(&theirs), "{file}");
        assert!(!told(&ours).is_empty());
    }
}

#[test]
fn every_resource_action_of_a_role_is_one_that_intune_has() {
    let Some(text) = vendor("rbac/resource-actions.graph-xray-capture.json") else {
        return;
    };
    let captured: Value = serde_json::from_str(&text).expect("captured");
    let known: BTreeSet<&str> = captured["allowedResourceActions"]
        .as_array()
        .expect("list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    use passcode_practice::IntuneRole::{
        HelpDeskOperator, ReadOnlyOperator, RoleAdministrator, SchoolAdministrator,
    };
    for role in [
        HelpDeskOperator,
        SchoolAdministrator,
        ReadOnlyOperator,
        RoleAdministrator,
    ] {
        let actions = role.actions();
        assert!(!actions.is_empty());
        for action in actions {
            assert!(known.contains(action.as_str()), "{role:?}: {action}");
        }
    }
}

#[test]
fn a_batch_of_microsofts_is_taken_and_answered_in_the_form_of_theirs() {
    let Some(request) = vendor("docs-examples/graph-docs.json-batching-2025.request.http") else {
        return;
    };
    let theirs = vendor("docs-examples/graph-docs.json-batching-2025.response.json");
    let theirs: Value = serde_json::from_str(&theirs.expect("present")).expect("json");
    let (_, body) = request.split_once("\n\n").expect("a head and a body");
    let tenant = tenant();
    let token = bearer(&tenant);
    let headers = [("Authorization", token.as_str())];
    let ours = send(&tenant, "POST", "/v1.0/$batch", &headers, body).expect("answer");
    assert_eq!(ours.status, 200);
    let ours = ours.json();
    assert_eq!(own_keys(&ours), own_keys(&theirs));
    let ids = |body: &Value| -> BTreeSet<String> {
        let parts = body["responses"].as_array().expect("responses");
        parts.iter().map(|part| part["id"].to_string()).collect()
    };
    assert_eq!(ids(&ours), ids(&theirs));
    for part in ours["responses"].as_array().expect("responses") {
        assert_eq!(own_keys(part), own_keys(&theirs["responses"][0]));
        // None of these addresses is served here.
        assert_eq!(part["body"]["error"]["code"], "BadRequest", "{part}");
        assert!(part["headers"]["Content-Type"].is_string(), "{part}");
    }
}
