//! Who and what a recording is about stands for somebody else: the same name for the same thing
//! everywhere, so that a component still finds what it looks for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::scan;

/// Whether a recording may say who it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Names, serial numbers, addresses and identifiers stand for others.
    Masked,
    /// Everything as it was. Tokens and passcodes are in no recording either way.
    PersonalData,
}

/// What is done to a text in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    /// It says nothing about anybody.
    Plain,
    /// A sentence: what is masked elsewhere is masked inside it.
    Text,
    /// A device's name.
    Device,
    /// A person's name.
    Person,
    /// A sign-in name.
    Address,
    /// A serial number.
    Serial,
    /// An IMEI.
    Imei,
    /// An identifier.
    Id,
    /// Words that somebody typed; and whatever is not in the table.
    Words,
}

use Treatment::{Address, Device, Id, Imei, Person, Plain, Serial, Text, Words};

/// By the last names of the place where a text stands. The first that fits decides; arrays do
/// not count. A property that is missing here is masked.
const TABLE: &[(Treatment, &[&str])] = &[
    // Where a name means different things, what it stands in decides.
    (
        Plain,
        &[
            "actionResult.name",
            "earlierResults.name",
            "others.name",
            "snapshot.name",
            "deviceActionResults.passcode",
        ],
    ),
    (
        Device,
        &[
            "device.name",
            "matched.name",
            "deviceName",
            "device-name",
            "deviceDisplayName",
        ],
    ),
    (
        Person,
        &["operator.name", "userDisplayName", "identity.name"],
    ),
    (
        Address,
        &[
            "userPrincipalName",
            "user-principal-name",
            "initiatedByUserPrincipalName",
            "deviceOwnerUserPrincipalName",
            "initiatedBy",
        ],
    ),
    (Serial, &["serialNumber", "serial-number"]),
    (Imei, &["imei"]),
    (
        Plain,
        &[
            "checks.id",
            "expectations.id",
            "clientRequestId",
            "requestId",
            "supportIds",
        ],
    ),
    (
        Id,
        &[
            "id",
            "userId",
            "deviceId",
            "managedDeviceId",
            "azureADDeviceId",
            "entraDeviceId",
            "entra-device-id",
            "tenant",
        ],
    ),
    (
        Words,
        &[
            "reason",
            "ticket",
            "verifiedBy",
            "facts.value",
            "attributes",
            "delivery",
        ],
    ),
    (
        Text,
        &[
            "summary",
            "message",
            "remedy",
            "evidence",
            "text",
            "statement",
            "kindReason",
            "path",
            "query",
            "body",
            "limits",
            "addressValues",
            "readFrom",
            "unreadable",
            "log",
        ],
    ),
    (
        Plain,
        &[
            // The service's words for what a device is.
            "manufacturer",
            "model",
            "operatingSystem",
            "osVersion",
            "deviceType",
            "deviceEnrollmentType",
            "enrollmentType",
            "managementAgent",
            "managedDeviceOwnerType",
            "ownership",
            "managementState",
            "lostModeState",
            "complianceState",
            "jailBroken",
            "enrolledDateTime",
            "enrolled",
            "lastSyncDateTime",
            "lastCheckIn",
            "managementCertificateExpirationDate",
            "certificateExpires",
            "kind",
            // Its words for what policies demand, and for what the caller may do.
            "platformType",
            "platforms",
            "passwordRequiredType",
            "workProfilePasswordRequiredType",
            "workProfileRequiredPasswordComplexity",
            "allowedResourceActions",
            // Its words for what was done.
            "@odata.type",
            "@odata.nextLink",
            "@odata.context",
            "actionName",
            "actionState",
            "startDateTime",
            "lastUpdatedDateTime",
            "requestDateTime",
            "action",
            "state",
            "typeName",
            "started",
            "updated",
            "code",
            "serviceCode",
            "requested",
            // The contract's own.
            "now",
            "timeZone",
            "cloud",
            "verb",
            "address",
            "destination",
            "method",
            "effect",
            "level",
            "verdict",
            "who",
            "document",
            "uri",
            "date",
            "section",
            "acceptedChecks",
            "proof",
            "signed-in",
            "disposition",
            "serviceDate",
            "created",
            "expires",
            "componentDigest",
            "grantDigest",
            "facts.name",
            "source",
            "observed",
            "reviewer",
            "digest",
            "opinion",
            "acting",
            "permissions",
            "since",
            "settledBy",
            "other",
            "afterUnknown",
            "touched",
            "version",
            "retry-after",
        ],
    ),
    // Administrators name policies as they like.
    (Words, &["displayName", "name"]),
];

/// How a text at a place is treated. `place` is the names that lead to it, joined by dots.
#[must_use]
pub fn treatment(place: &str) -> Option<Treatment> {
    let fits = |name: &str| {
        place
            .strip_suffix(name)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    TABLE
        .iter()
        .find(|(_, names)| names.iter().any(|name| fits(name)))
        .map(|(treatment, _)| *treatment)
}

/// Stands values for others.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    seen: BTreeMap<Treatment, BTreeSet<String>>,
    /// Identifiers of requests, which support asks for and which are nobody's.
    plain: BTreeSet<String>,
}

impl Mask {
    /// Take note of what a value holds, so that it can be recognised elsewhere.
    pub(crate) fn collect(&mut self, place: &str, value: &Value) {
        each_text(
            place,
            value,
            &mut |place, text| match of_text(place, text) {
                Text => {
                    let found = std::cell::RefCell::new(Vec::new());
                    let note = |name: &str| {
                        found.borrow_mut().push(name.to_owned());
                        String::new()
                    };
                    scan::guids(text, note);
                    scan::addresses(text, note);
                    for name in found.into_inner() {
                        self.see(Id, &name);
                    }
                }
                Plain if scan::is_guid(text) => {
                    self.plain.insert(text.to_ascii_lowercase());
                }
                Plain => {}
                kind => self.see(kind, text),
            },
        );
    }

    fn see(&mut self, kind: Treatment, text: &str) {
        if !text.is_empty() {
            let seen = self.seen.entry(finer(kind, text)).or_default();
            seen.insert(text.to_lowercase());
        }
    }

    /// A value as it may be kept.
    pub(crate) fn apply(&self, place: &str, value: &Value) -> Value {
        rewrite(place, value, &|place, text| self.text(place, text))
    }

    fn text(&self, place: &str, text: &str) -> String {
        match of_text(place, text) {
            Plain => text.to_owned(),
            Text => self.sentence(text),
            kind => self.name(kind, text),
        }
    }

    /// What stands for a value.
    fn name(&self, kind: Treatment, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let kind = finer(kind, text);
        let key = text.to_lowercase();
        let seen = self.seen.get(&kind);
        let place = seen.map_or(0, |seen| seen.range(..key).count()) + 1;
        match kind {
            Device => format!("device-{place:03}"),
            Person => format!("Person {place:03}"),
            Address => format!("person-{place:03}@masked.example"),
            Serial => format!("SERIAL-{place:03}"),
            Imei => format!("{place:015}"),
            Id if scan::is_guid(text) => format!("00000000-0000-4000-8000-{place:012}"),
            Id => format!("id-{place:03}"),
            Plain | Text | Words => format!("masked-{place:03}"),
        }
    }

    /// A sentence without those it is about.
    fn sentence(&self, text: &str) -> String {
        /// Shorter values are parts of ordinary words.
        const SHORTEST: usize = 4;
        let mut out = text.to_owned();
        let mut known: Vec<(&String, Treatment)> = self
            .seen
            .iter()
            .filter(|(kind, _)| !matches!(kind, Id))
            .flat_map(|(kind, seen)| seen.iter().map(|value| (value, *kind)))
            .filter(|(value, _)| value.len() >= SHORTEST)
            .collect();
        known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        for (value, kind) in known {
            out = scan::value(&out, value, &self.name(kind, value));
        }
        let out = scan::guids(&out, |guid| {
            if self.plain.contains(&guid.to_ascii_lowercase()) {
                guid.to_owned()
            } else {
                self.name(Id, guid)
            }
        });
        scan::addresses(&out, |address| {
            if address.ends_with("@masked.example") {
                address.to_owned()
            } else {
                self.name(Address, address)
            }
        })
    }
}

/// A name that is a sign-in name or an identifier is masked as what it is: it stands elsewhere,
/// too.
fn finer(kind: Treatment, text: &str) -> Treatment {
    match kind {
        Serial | Imei => kind,
        _ if scan::is_guid(text) => Id,
        _ if text.contains('@') => Address,
        other => other,
    }
}

/// How this very text is treated. An identifier that begins with another one must go on doing so,
/// as those of policies' states do: it is masked part by part.
fn of_text(place: &str, text: &str) -> Treatment {
    match treatment(place).unwrap_or(Words) {
        Id if !scan::is_guid(text) && scan::guids(text, |_| String::new()) != text => Text,
        other => other,
    }
}

fn each_text(place: &str, value: &Value, hear: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => hear(place, text),
        Value::Array(items) => match pair(place, items) {
            Some((name, value)) => hear(name, value),
            None => items.iter().for_each(|item| each_text(place, item, hear)),
        },
        Value::Object(object) => {
            for (name, value) in object {
                each_text(&join(place, name), value, hear);
            }
        }
        _ => {}
    }
}

fn rewrite(place: &str, value: &Value, to: &impl Fn(&str, &str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(to(place, text)),
        // No reader of ours takes a number for a name.
        Value::Number(_)
            if matches!(
                treatment(place),
                Some(Device | Person | Address | Serial | Imei | Id)
            ) =>
        {
            Value::from(0)
        }
        Value::Array(items) => match pair(place, items) {
            Some((name, value)) => {
                Value::Array(vec![items[0].clone(), Value::String(to(name, value))])
            }
            None => items.iter().map(|item| rewrite(place, item, to)).collect(),
        },
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.clone(), rewrite(&join(place, name), value, to)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// A selector by a property of any name: the name, then the value.
fn pair<'a>(place: &str, items: &'a [Value]) -> Option<(&'a str, &'a str)> {
    match items {
        [Value::String(name), Value::String(value)] if place.ends_with("selector.other") => {
            Some((name, value))
        }
        _ => None,
    }
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
