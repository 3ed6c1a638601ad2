//! That nothing which identifies somebody is kept, and that the same thing keeps one name.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

const NOT_TEXTS: [&str; 6] = [
    "isSupervised",
    "isAssigned",
    "passwordRequired",
    "workProfileRequirePassword",
    "passcodeRequired",
    "passcodeBlockModification",
];

#[test]
fn the_state_of_a_policy_still_begins_with_the_policys_id() {
    let (policy, user) = (
        "5d1b7e9a-0000-4000-8000-00000000000b",
        "6d1b7e9a-0000-4000-8000-00000000000b",
    );
    let lists = json!({
        "policies": [{ "id": policy, "displayName": "Anna's rule" }],
        "states": [{ "id": format!("{policy}_{user}"), "displayName": "Anna's rule" }],
    });
    let mut mask = Mask::default();
    mask.collect("", &lists);
    let masked = mask.apply("", &lists);
    let id = |list: &str| masked[list][0]["id"].as_str().expect("an id").to_owned();
    assert!(id("states").starts_with(&id("policies")));
    assert_eq!(
        masked["states"][0]["displayName"],
        masked["policies"][0]["displayName"]
    );
    let text = masked.to_string();
    assert!(!text.contains("5d1b7e9a") && !text.contains("6d1b7e9a") && !text.contains("Anna"));
}

#[test]
fn every_property_that_may_pass_has_a_treatment() {
    let grant: toml::Table = passcode_builtin::GRANT.parse().expect("TOML");
    let lists = grant["lists"].as_table().expect("lists");
    let named: BTreeSet<&str> = lists
        .values()
        .filter_map(toml::Value::as_array)
        .flatten()
        .filter_map(toml::Value::as_str)
        .collect();
    assert!(named.len() > 30, "{}", named.len());
    let missing: Vec<_> = named
        .into_iter()
        .filter(|name| treatment(name).is_none())
        // Numbers and booleans.
        .filter(|name| !name.ends_with("errorCode") && !NOT_TEXTS.contains(name))
        .collect();
    assert!(missing.is_empty(), "without a treatment: {missing:?}");
}

#[test]
fn what_identifies_somebody_is_masked_and_the_rest_is_not() {
    let device = json!({
        "id": "5d1b7e9a-0000-4000-8000-00000000000b",
        "deviceName": "Anna's phone",
        "userPrincipalName": "anna@contoso.example",
        "userDisplayName": "Anna Sample",
        "serialNumber": "R58N123ABC",
        "imei": "356938035643809",
        "model": "Pixel 8",
        "deviceType": "androidForWork",
        "phoneNumber": "+1 555 0100",
        "error": { "code": "Forbidden", "message": "r58n123abc of ANNA@contoso.example is gone" },
    });
    let mut mask = Mask::default();
    mask.collect("", &device);
    assert_eq!(
        mask.apply("", &device),
        json!({
            "id": "00000000-0000-4000-8000-000000000001",
            "deviceName": "device-001",
            "userPrincipalName": "person-001@masked.example",
            "userDisplayName": "Person 001",
            "serialNumber": "SERIAL-001",
            "imei": "000000000000001",
            "model": "Pixel 8",
            "deviceType": "androidForWork",
            "phoneNumber": "masked-001",
            "error": {
                "code": "Forbidden",
                "message": "SERIAL-001 of person-001@masked.example is gone",
            },
        })
    );
}

#[test]
fn the_same_thing_has_one_name_and_another_has_another() {
    let all = json!({ "value": [
        { "serialNumber": "B2" }, { "serialNumber": "a1" }, { "serialNumber": "b2" },
        { "serialNumber": "" }, { "deviceName": "b2" }, { "userDisplayName": "x@y.example" },
    ]});
    let selector = json!({ "serial-number": "B2" });
    let mut mask = Mask::default();
    mask.collect("", &all);
    mask.collect("selector", &selector);
    assert_eq!(
        mask.apply("", &all),
        json!({ "value": [
            { "serialNumber": "SERIAL-002" }, { "serialNumber": "SERIAL-001" },
            { "serialNumber": "SERIAL-002" }, { "serialNumber": "" },
            { "deviceName": "device-001" },
            { "userDisplayName": "person-001@masked.example" },
        ]})
    );
    assert_eq!(
        mask.apply("selector", &selector),
        json!({ "serial-number": "SERIAL-002" })
    );
}

#[test]
fn a_selector_of_any_name_is_masked_by_its_name() {
    let selector = json!({ "other": ["serialNumber", "R58"] });
    let mut mask = Mask::default();
    mask.collect("selector", &selector);
    assert_eq!(
        mask.apply("selector", &selector),
        json!({ "other": ["serialNumber", "SERIAL-001"] })
    );
}

#[test]
fn what_support_asks_for_stays() {
    let id = "9d1b7e9a-0000-4000-8000-00000000000b";
    let mut mask = Mask::default();
    mask.collect("requestId", &json!(id));
    let sentence = json!(format!(
        "request {id} of 1d1b7e9a-0000-4000-8000-00000000000b"
    ));
    mask.collect("message", &sentence);
    let masked = mask.apply("message", &sentence);
    let masked = masked.as_str().expect("text");
    assert!(masked.contains(id), "{masked}");
    assert!(!masked.contains("1d1b7e9a"), "{masked}");
}
