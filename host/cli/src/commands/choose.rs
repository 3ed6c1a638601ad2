//! From a selector to one device, or a refusal that lists the candidates.

use passcode_host::contract::types::{Device, Selector};
use passcode_runner::{Choice, Ended, Found, Narrow, choose};

use crate::app::App;
use crate::args::{DeviceFlags, NarrowArgs};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;
use crate::wiring::Connected;

/// The one device that is meant.
pub(super) async fn device(
    app: &App,
    interrupt: &Interrupt,
    connected: &Connected,
    selector: Selector,
    narrow: &Narrow,
) -> Result<Device, Failure> {
    let found = interrupt
        .until(1, connected.runner.find(&[selector], narrow))
        .await
        .ok_or_else(Failure::interrupted)??;
    for limit in &found.limits {
        app.tell(&format!("note: {}", passcode_host::plain(limit)));
    }
    match choose(&found) {
        Choice::One(device) => {
            aside(app, &found, device);
            Ok(device.clone())
        }
        Choice::None => Err(none(&found)),
        Choice::Many(devices) if app.can_ask() => {
            let picked = terminal::pick(interrupt, devices).await;
            let picked = picked.map_err(|()| Failure::interrupted())?;
            picked
                .and_then(|index| devices.get(index))
                .cloned()
                .ok_or_else(|| several(&found))
        }
        Choice::Many(_) => Err(several(&found)),
    }
}

/// As [`device`], for verbs that only look: nobody is asked.
pub(super) async fn device_to_look_at(
    connected: &Connected,
    selector: Selector,
    narrow: &Narrow,
) -> Result<Device, Failure> {
    let found = connected.runner.find(&[selector], narrow).await?;
    match choose(&found) {
        Choice::One(device) => Ok(device.clone()),
        Choice::None => Err(none(&found)),
        Choice::Many(_) => Err(several(&found)),
    }
}

/// A subject without a flag: a plan's id, or a device's.
pub(super) enum Subject {
    Plan(String),
    Device(Selector),
    Nothing,
}

/// What a positional argument and the flags name.
pub(super) fn subject(word: Option<&str>, device: &DeviceFlags) -> Result<Subject, Failure> {
    let flag = device.selector();
    match (word, flag) {
        (Some(word), Some(_)) => Err(Failure::usage(
            format!("both `{word}` and a device were named"),
            "name one of them",
        )),
        (None, Some(selector)) => Ok(Subject::Device(selector)),
        (None, None) => Ok(Subject::Nothing),
        (Some(word), None) if crate::args::is_guid(word) => {
            Ok(Subject::Device(Selector::Id(word.to_owned())))
        }
        (Some(word), None)
            if (8..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            Ok(Subject::Plan(word.to_ascii_lowercase()))
        }
        (Some(word), None) => Err(crate::args::unclear(word)),
    }
}

/// A device by its flags, to look at.
pub(super) async fn to_look_at(
    connected: &Connected,
    selector: Selector,
    narrow: &NarrowArgs,
) -> Result<Device, Failure> {
    device_to_look_at(connected, selector, &narrow.narrow()).await
}

/// Tell which computers were left out, so that nobody wonders.
fn aside(app: &App, found: &Found, chosen: &Device) {
    for computer in found.set_aside.iter().filter(|one| one.id != chosen.id) {
        app.tell(&format!(
            "note: set aside, because this action never touches computers: {}",
            crate::terminal::called(computer)
        ));
    }
}

fn none(found: &Found) -> Failure {
    let narrowed = if found.narrowed_out.is_empty() {
        String::new()
    } else {
        format!(
            "; {} match but for --platform or --kind",
            found.narrowed_out.len()
        )
    };
    let message = if found.mismatched > 0 {
        format!(
            "no phone or tablet matches exactly; {} that Intune returned do not match and were left out{narrowed}",
            found.mismatched
        )
    } else {
        format!("no phone or tablet matches{narrowed}")
    };
    let mut failure = Failure::new(Ended::NotFound, "no-such-device", message)
        .remedy("check the spelling; a device outside your scope is not shown, either. `passcode devices` lists what you may see");
    failure.set_aside = found.set_aside.clone();
    failure.candidates = found.narrowed_out.clone();
    failure
}

fn several(found: &Found) -> Failure {
    let mut failure = Failure::new(
        Ended::NotFound,
        "several-devices",
        format!(
            "{} devices match, and only one is meant",
            found.matched.len()
        ),
    );
    let example = found.matched.first().map_or("GUID", |device| &device.id);
    failure.remedy = Some(format!(
        "name one by its id, for example `--id {example}`, or narrow with `--platform` or `--kind`"
    ));
    failure.candidates = found.matched.clone();
    failure.set_aside = found.set_aside.clone();
    failure
}
