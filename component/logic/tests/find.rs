//! Finding a device.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

mod common;

use common::{Fake, ID, body, context, vendor};
use passcode_logic::contract::*;
use serde_json::json;

fn list(items: &[serde_json::Value], next: Option<&str>) -> String {
    let mut list = json!({"value": items});
    if let Some(next) = next {
        list["@odata.nextLink"] = json!(next);
    }
    list.to_string()
}

fn listed(id: &str, changes: serde_json::Value) -> serde_json::Value {
    let mut device: serde_json::Value =
        serde_json::from_str(&body(json!({"id": id}))).expect("JSON");
    for (key, value) in changes.as_object().expect("an object") {
        device[key] = value.clone();
    }
    device
}

#[test]
fn only_exact_matches_count_whatever_the_service_returns() {
    let page1 = list(
        &[
            listed("1", json!({})),
            listed(
                "2",
                json!({"userPrincipalName": "ann@contoso.example.evil"}),
            ),
            listed("1", json!({})),
        ],
        Some("page:1"),
    );
    let page2 = list(
        &[listed(
            "3",
            json!({"userPrincipalName": "ANN@contoso.example", "operatingSystem": "Windows", "deviceType": "desktop"}),
        )],
        None,
    );
    let mut fake = Fake::default()
        .on("/beta", 200, &page1)
        .on("page:1", 200, &page2);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::UserPrincipalName("ann@contoso.example".into()),
        &context(),
    )
    .expect("findings");
    let ids = |devices: &[Device]| {
        devices
            .iter()
            .map(|device| device.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (
            ids(&findings.matched),
            ids(&findings.set_aside),
            findings.mismatched
        ),
        (vec!["1".to_owned()], vec!["3".to_owned()], 1)
    );
    assert!(fake.seen[0].query.contains(&(
        "$filter".into(),
        "userPrincipalName eq 'ann@contoso.example'".into()
    )));
}

#[test]
fn letter_case_counts_for_names_and_not_for_serial_numbers() {
    let page = list(
        &[listed(
            "1",
            json!({"deviceName": "Kiosk 7", "serialNumber": "R58M1"}),
        )],
        None,
    );
    for (selector, matches) in [
        (Selector::DeviceName("Kiosk 7".into()), 1),
        (Selector::DeviceName("kiosk 7".into()), 0),
        (Selector::DeviceName("Kiosk".into()), 0),
        (Selector::SerialNumber("r58m1".into()), 1),
        (Selector::SerialNumber(" R58M1".into()), 0),
        (Selector::Imei("356938035643809".into()), 1),
        (Selector::Other(("model".into(), "x".into())), 0),
    ] {
        let findings = passcode_logic::find(
            &mut Fake::default().on("/beta", 200, &page),
            &selector,
            &context(),
        )
        .expect("findings");
        assert_eq!(findings.matched.len(), matches, "{selector:?}");
    }
}

#[test]
fn a_refused_filter_is_made_up_for_here_and_said() {
    let all = list(
        &[
            listed("1", json!({})),
            listed("2", json!({"serialNumber": "other"})),
        ],
        None,
    );
    let mut fake = Fake::default()
        .on("/beta?$filter", 400, "")
        .on("/beta", 200, &all);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::SerialNumber("R58M1".into()),
        &context(),
    )
    .expect("findings");
    assert_eq!((findings.matched.len(), findings.mismatched), (1, 0));
    assert!(findings.limits.iter().any(|limit| limit.contains("filter")));
    let mut fake = Fake::default().on("/beta", 403, "").on("/v1.0", 200, &all);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::SerialNumber("R58M1".into()),
        &context(),
    )
    .expect("findings");
    assert_eq!(
        (
            findings.matched.len(),
            findings.matched[0].read_from.as_str()
        ),
        (1, "v1.0")
    );
}

#[test]
fn a_list_without_end_is_left_after_a_while_and_that_is_said() {
    let endless = list(&[listed("1", json!({}))], Some("page:1"));
    let mut fake = Fake::default()
        .on("/beta", 200, &endless)
        .on("page:1", 200, &endless);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::SerialNumber("R58M1".into()),
        &context(),
    )
    .expect("findings");
    assert_eq!(
        (
            fake.seen.len(),
            findings.matched.len(),
            findings.limits.len()
        ),
        (20, 1, 1)
    );
}

#[test]
fn a_search_that_means_nothing_is_refused_before_anything_is_asked() {
    for (selector, code) in [
        (Selector::SerialNumber(String::new()), "selector-empty"),
        (
            Selector::EntraDeviceId("00000000-0000-0000-0000-000000000000".into()),
            "selector-malformed",
        ),
        (
            Selector::Other(("activationLockBypassCode".into(), "x".into())),
            "selector-unknown",
        ),
        (Selector::Id("../x".into()), "device-id-malformed"),
    ] {
        let mut fake = Fake::default();
        let problem =
            passcode_logic::find(&mut fake, &selector, &context()).expect_err("a problem");
        assert_eq!((problem.code.as_str(), fake.seen.len()), (code, 0));
    }
}

#[test]
fn the_documents_own_example_device_is_read() {
    let Some(data) = vendor("the_documents_own_example_device_is_read") else {
        return;
    };
    for version in ["beta", "v1.0"] {
        let text = std::fs::read_to_string(data.join(format!(
            "docs-examples/{version}.devices-manageddevice-get.response.json"
        )))
        .expect("the file");
        let mut example: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let example = example["value"].take();
        let mut fake = Fake::default().on("/", 200, &example.to_string());
        let findings = passcode_logic::find(&mut fake, &Selector::Id(ID.into()), &context())
            .expect("findings");
        let device = findings
            .matched
            .iter()
            .chain(&findings.set_aside)
            .next()
            .expect("the device");
        assert_eq!(
            (device.name.as_str(), device.serial_number.as_deref()),
            ("Device Name value", Some("Serial Number value"))
        );
        assert_eq!(
            device.last_check_in.as_deref(),
            Some("2017-01-01T00:02:49.3205976-08:00")
        );
        let results = passcode_logic::results(&mut fake, ID, &context()).expect("results");
        assert_eq!(
            (
                results.len(),
                results[0].state.as_str(),
                results[0].type_name.as_str()
            ),
            (1, "pending", "microsoft.graph.deviceActionResult")
        );
    }
    let text = std::fs::read_to_string(
        data.join("docs-examples/beta.devices-remoteactionaudit-list.response.json"),
    )
    .expect("the file");
    let query = HistoryQuery {
        device_id: None,
        since: None,
        limit: 10,
    };
    let entries = passcode_logic::history(
        &mut Fake::default().on("/beta", 200, &text),
        &query,
        &context(),
    )
    .expect("entries");
    assert_eq!(
        (entries.len(), entries[0].action.as_str()),
        (1, "factoryReset")
    );
}
