//! Lists, filters, pages, and what v1.0 does not say.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::{address, encoded, get, tenant};
use passcode_practice::{Fleet, PracticeOptions, PracticeTenant};
use serde_json::Value;

const LIST: &str = "/beta/deviceManagement/managedDevices";

#[test]
fn filters_find_what_they_say() {
    let tenant = tenant();
    for (filter, expected) in [
        ("deviceName eq 'Front desk phone'", 2),
        ("serialNumber eq 'SAMPLE-TWICE-0023'", 2),
        ("userPrincipalName eq 'adele@contoso.example'", 2),
        (
            "userPrincipalName eq 'adele@contoso.example' and operatingSystem eq 'iOS'",
            1,
        ),
        (
            "deviceType eq 'android' or deviceType eq 'androidForWork'",
            6,
        ),
        ("startswith(deviceName,'SCANNER-')", 2),
        ("contains(deviceName,'no such name')", 0),
        ("imei eq '350000000000011'", 1),
        ("lastSyncDateTime lt 2020-01-01T00:00:00Z", 0),
    ] {
        let answer = get(&tenant, &format!("{LIST}?$filter={}", encoded(filter)));
        assert_eq!(answer.status, 200, "{filter}");
        assert_eq!(
            answer.names().len(),
            expected,
            "{filter}: {:?}",
            answer.names()
        );
    }
    for filter in [
        "deviceName eq",
        "colour eq 'red'",
        "notes eq 'x'",
        "endswith(deviceName,'1')",
    ] {
        let answer = get(&tenant, &format!("{LIST}?$filter={}", encoded(filter)));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "BadRequest"),
            "{filter}"
        );
        let message: Value = serde_json::from_str(&answer.message()).expect("shape A");
        assert_eq!(message["_version"], 3);
    }
    let v1 = format!(
        "/v1.0/deviceManagement/managedDevices?$filter={}",
        encoded("deviceType eq 'android'")
    );
    assert_eq!(get(&tenant, &v1).status, 400);
}

#[test]
fn following_the_links_shows_every_device_once() {
    let options = PracticeOptions::immediate()
        .page_size(7)
        .fleet(Fleet::many(30));
    let tenant = PracticeTenant::start(options).expect("tenant");
    let mut path = format!("{LIST}?$select=id,deviceName&$top=4&$count=true");
    let mut seen = Vec::new();
    loop {
        let answer = get(&tenant, &path);
        let page = answer.names();
        assert!(page.len() <= 4);
        seen.extend(page);
        let body = answer.json();
        assert_eq!(body["@odata.count"], 30);
        let Some(next) = body["@odata.nextLink"].as_str() else {
            break;
        };
        path = next
            .strip_prefix(tenant.url())
            .expect("same origin")
            .to_owned();
        assert!(path.contains("$skiptoken="));
    }
    assert_eq!(seen.len(), 30);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(
        get(&tenant, &format!("{LIST}?$skiptoken=forged")).status,
        400
    );
}

#[test]
fn v1_does_not_say_what_only_beta_knows() {
    let tenant = tenant();
    let beta = get(&tenant, &address(&tenant, "KIOSK-0001")).json();
    assert_eq!(
        beta["deviceEnrollmentType"],
        "androidEnterpriseDedicatedDevice"
    );
    let v1 = get(
        &tenant,
        &address(&tenant, "KIOSK-0001").replace("/beta/", "/v1.0/"),
    )
    .json();
    assert_eq!(v1["deviceEnrollmentType"], "unknown");
    assert!(v1.get("deviceType").is_none() && v1.get("lostModeState").is_none());
    let v1 = get(
        &tenant,
        &address(&tenant, "AOSP-0007").replace("/beta/", "/v1.0/"),
    )
    .json();
    assert_eq!(v1["managementAgent"], "unknown");
    let select = format!(
        "{}?$select=deviceType",
        address(&tenant, "KIOSK-0001").replace("/beta/", "/v1.0/")
    );
    assert_eq!(get(&tenant, &select).status, 400);
}

#[test]
fn details_need_one_device_and_a_select() {
    let tenant = tenant();
    let one = address(&tenant, "SHARED-IPAD-0014");
    assert_eq!(
        get(&tenant, &one).json()["hardwareInformation"],
        Value::Null
    );
    let answer = get(
        &tenant,
        &format!("{one}?$select=id,hardwareInformation&$expand=users"),
    );
    assert_eq!(answer.json()["hardwareInformation"]["isSharedDevice"], true);
    assert_eq!(answer.json().as_object().expect("object").len(), 3);
    assert_eq!(get(&tenant, &format!("{one}?$select=colour")).status, 400);
    let filter = encoded("deviceName eq 'RESET-BEFORE-0029'");
    let plain = get(&tenant, &format!("{LIST}?$filter={filter}")).json();
    assert_eq!(
        plain["value"][0]["deviceActionResults"],
        serde_json::json!([])
    );
    let chosen = get(
        &tenant,
        &format!("{LIST}?$filter={filter}&$select=deviceActionResults"),
    )
    .json();
    assert_eq!(
        chosen["value"][0]["deviceActionResults"][0]["passcode"],
        "OldSample29"
    );
}

#[test]
fn a_users_devices_are_found_by_id_and_by_name() {
    let tenant = tenant();
    let user = tenant.device("LAPTOP-0017").expect("device")["userId"]
        .as_str()
        .expect("id")
        .to_owned();
    for key in [
        user.as_str(),
        "adele@contoso.example",
        "adele%40contoso.example",
    ] {
        let answer = get(&tenant, &format!("/v1.0/users/{key}/managedDevices"));
        assert_eq!(answer.names(), ["IPHONE-0010", "LAPTOP-0017"], "{key}");
    }
    assert_eq!(
        get(&tenant, "/v1.0/users/nobody@contoso.example/managedDevices").status,
        404
    );
    let app =
        "/beta/deviceManagement/detectedApps/a0000001-0000-4000-8000-000000000001/managedDevices";
    assert_eq!(get(&tenant, app).names().len(), 3);
}

#[test]
fn policies_that_reached_a_device_are_listed() {
    let tenant = tenant();
    let states = |device: &str, sort: &str| -> Vec<String> {
        let path = format!("{}/{sort}?$select=displayName", address(&tenant, device));
        let listed = get(&tenant, &path).json()["value"].clone();
        let names = listed.as_array().expect("list").iter();
        names
            .map(|state| state["displayName"].as_str().expect("a name").to_owned())
            .collect()
    };
    for (device, configurations, compliance) in [
        ("KIOSK-0001", "Sample corporate Android passcode", 1),
        ("BYOD-0004", "Sample work profile passcode", 1),
        ("AOSP-0007", "Sample AOSP passcode", 1),
        ("ADMIN6-0008", "Sample older Android passcode", 1),
        ("IPHONE-0010", "Sample iPhone passcode", 1),
        ("NO-POLICY-0034", "Sample corporate Android Wi-Fi", 0),
    ] {
        let first = states(device, "deviceConfigurationStates");
        assert_eq!(first[0], configurations, "{device}");
        let compliant = states(device, "deviceCompliancePolicyStates");
        assert_eq!(compliant.len(), compliance, "{device}");
    }
    assert_eq!(states("LAPTOP-0017", "deviceConfigurationStates"), [""; 0]);
    let rights = get(
        &tenant,
        "/beta/deviceManagement/getEffectivePermissions(scope='*')",
    );
    assert!(String::from_utf8_lossy(&rights.body).contains("RemoteTasks_ResetPasscode"));
}

#[test]
fn policies_are_listed_with_what_they_demand() {
    let tenant = tenant();
    let all = |version: &str, set: &str| {
        let list = get(&tenant, &format!("/{version}/deviceManagement/{set}"));
        list.json()["value"].as_array().cloned().unwrap_or_default()
    };
    let types = |list: &[serde_json::Value]| -> Vec<String> {
        let types = list.iter().map(|one| one["@odata.type"].as_str());
        types
            .map(|one| one.unwrap_or_default().to_owned())
            .collect()
    };
    let (beta, v1) = (
        all("beta", "deviceConfigurations"),
        all("v1.0", "deviceConfigurations"),
    );
    assert_eq!(beta.len(), v1.len());
    let owner = "#microsoft.graph.androidDeviceOwnerGeneralDeviceConfiguration".to_owned();
    assert!(types(&beta).contains(&owner) && !types(&v1).contains(&owner));
    let iphone = v1.iter().find(|one| one["passcodeRequired"] == true);
    assert!(iphone.is_some());
    assert_eq!(all("beta", "deviceCompliancePolicies").len(), 5);
    assert_eq!(all("beta", "configurationPolicies").len(), 2);
    assert_eq!(
        get(&tenant, "/v1.0/deviceManagement/configurationPolicies").status,
        400
    );
}
