//! `passcode devices`.

use passcode_host::contract::types::{Device, Selector};
use passcode_runner::{Ended, Platform};
use serde_json::json;

use crate::app::App;
use crate::args::{DeviceArgs, GrantArgs, NarrowArgs};
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::connect_to_look;

pub(super) async fn devices(
    app: &App,
    device: &DeviceArgs,
    narrow: &NarrowArgs,
    grant: &GrantArgs,
) -> Result<Reply, Failure> {
    let narrow = narrow.narrow();
    let selectors = match device.selector()? {
        Some(selector) => vec![selector],
        None => of_platform(narrow.platform),
    };
    let connected = connect_to_look(app, grant.grant.as_deref()).await?;
    let found = connected.runner.find(&selectors, &narrow).await?;
    for limit in &found.limits {
        app.tell(&format!("note: {}", passcode_host::plain(limit)));
    }
    let mut rows = Rows::list(&[
        "name",
        "serial",
        "user",
        "kind",
        "system",
        "lastCheckIn",
        "id",
        "note",
    ])
    .sparing(&["lastCheckIn", "id", "system"]);
    for device in &found.matched {
        rows.push(row(device, ""));
    }
    for device in &found.set_aside {
        rows.push(row(device, "computer, never touched"));
    }
    let none = found.matched.is_empty() && found.set_aside.is_empty();
    let ended = if none { Ended::NotFound } else { Ended::Done };
    if none {
        app.tell("no device matches");
    }
    let items = found.matched.iter().map(|device| item(device, false));
    let items = items.chain(found.set_aside.iter().map(|device| item(device, true)));
    let body = json!({
        "matched": found.matched,
        "setAside": found.set_aside,
        "mismatched": found.mismatched,
        "limits": found.limits,
        "exitCode": crate::exit::number(ended),
    });
    Ok(Reply::new(ended, "devices", connected.practice, body)
        .items("device", connected.practice, items.collect::<Vec<_>>())
        .rows(rows))
}

/// Phones and tablets, unless a platform is named. The service has no search for "all".
fn of_platform(platform: Option<Platform>) -> Vec<Selector> {
    let platforms = match platform {
        Some(platform) => vec![platform],
        None => vec![Platform::Android, Platform::Ios, Platform::Visionos],
    };
    platforms
        .iter()
        .flat_map(|platform| platform.operating_systems())
        .map(|system| Selector::Other(("operatingSystem".to_owned(), (*system).to_owned())))
        .collect()
}

fn item(device: &Device, set_aside: bool) -> serde_json::Value {
    let mut item = json!(device);
    if let Some(object) = item.as_object_mut() {
        object.insert("setAside".to_owned(), json!(set_aside));
    }
    item
}

fn row(device: &Device, note: &str) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let system = match (&device.operating_system, &device.os_version) {
        (Some(system), Some(version)) => format!("{system} {version}"),
        (system, version) => system.clone().or(version.clone()).unwrap_or_default(),
    };
    vec![
        device.name.clone(),
        text(&device.serial_number),
        text(&device.user_principal_name),
        device.kind.clone(),
        system,
        text(&device.last_check_in),
        device.id.clone(),
        note.to_owned(),
    ]
}
