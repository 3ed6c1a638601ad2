//! Whatever a fleet file says: it is refused with a reason, or a tenant can begin with it, be
//! saved and go on.

use std::collections::BTreeSet;

use passcode_practice::{Fleet, inspect};
use serde_json::Value;

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "fleet", run };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let fleet = match Fleet::parse(text) {
        Ok(fleet) => fleet,
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains("the fleet file is refused: "), "{said}");
            return false;
        }
    };
    let Ok(state) = inspect::state(&fleet) else {
        return false;
    };
    let devices = state["devices"].as_array().expect("devices");
    let ids: BTreeSet<&str> = devices
        .iter()
        .map(|device| device["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids.len(), devices.len(), "two devices have one id");
    for id in &ids {
        assert!(guid(id), "{id} is no GUID as Graph writes them");
    }
    let leads = |id: &Value| ids.contains(id.as_str().expect("an id"));
    for app in state["apps"].as_array().expect("apps") {
        assert!(app["devices"].as_array().expect("ids").iter().all(leads));
    }
    for script in state["scripts"].as_array().expect("scripts") {
        assert!(leads(&script["device"]));
    }
    for action in state["actions"].as_array().expect("actions") {
        assert!(leads(&action["device"]));
    }
    for device in devices {
        for (name, value) in device["properties"].as_object().expect("properties") {
            assert!(no_private_key(value), "{name} is {value}");
        }
    }
    let loaded = inspect::loaded(&state).expect("what was saved");
    assert_eq!(loaded, state, "saved and loaded it is another");
    !devices.is_empty()
}

fn guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// A reader's own way of handing a date on is no property of a device.
fn no_private_key(value: &Value) -> bool {
    match value {
        Value::Object(object) => object
            .iter()
            .all(|(key, value)| !key.starts_with("$__") && no_private_key(value)),
        Value::Array(items) => items.iter().all(no_private_key),
        _ => true,
    }
}
