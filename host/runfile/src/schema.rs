//! The format as a JSON schema, for editors and for whoever writes run files by program.
//!
//! It accepts everything that is accepted here. It refuses everything that is refused here but for
//! what a schema cannot say: a key or a title that stands twice, an anchor, a recipient's check sum,
//! a window that ends when it begins.

use serde_json::{Value, json};

use crate::duration::{pattern, write};
use crate::model::Kind;
use crate::parse::{
    ACTIONS, BUDGET, CONCURRENCY, COOL_DOWN, DAYS, DEFAULT_DEVICES, GUID, IMEI, LONGEST_VALID,
    LONGEST_WAIT, MOST_CONCURRENT, MOST_DEVICES, PLATFORMS, ROUNDED, SCHEMA, STOP_WHEN, UPN,
    VALID_FOR, WAIT, WITHIN,
};
use crate::text::{FILTER, NAME, TEXT, TITLE, hidden_class};

/// The JSON schema (draft 2020-12) of a run file; published as `docs/schema/run.schema.json`.
#[must_use]
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "passcode/run/v1",
        "title": "passcode run file",
        "description": "What is to be done with many devices. See docs/run-files.md.",
        "type": "object",
        "additionalProperties": false,
        "required": ["schema", "title", "action", "who"],
        "properties": {
            "schema": {
                "description": "Which format this is.",
                "const": SCHEMA,
                "default": SCHEMA,
            },
            "title": described(
                plain_text(TITLE),
                "What people call the run: approvers read it first.",
                &[json!("Kiosks in Ghent, new passcodes")],
            ),
            "action": {
                "description": "reset: a new temporary passcode (Android). remove: no passcode any more (iPhone, iPad). auto: remove on iPhone and iPad, reset on Android.",
                "enum": ACTIONS.map(|(word, _)| word),
                "examples": ["reset"],
            },
            "who": who(),
            "narrow": {
                "description": "Where one selector finds several devices: only those of this platform.",
                "type": "object",
                "additionalProperties": false,
                "required": ["platform"],
                "properties": { "platform": {
                    "description": "ios is iPhone and iPad; android is with and without Google's services.",
                    "enum": PLATFORMS.map(|(word, _)| word),
                    "examples": ["ios"],
                }},
                "examples": [{ "platform": "ios" }],
            },
            "reason": template("Why; recorded with each device.", "forgotten passcode"),
            "ticket": template("The ticket; recorded with each device.", "{{ row.Ticket }}"),
            "verifiedBy": template(
                "How the person who asks was verified; recorded with each device.",
                "callback",
            ),
            "guards": guards(),
            "reviewers": {
                "description": "Extensions that are asked about each plan, by id. Each can refuse; none can allow.",
                "type": "array",
                "uniqueItems": true,
                "items": plain_text(NAME),
                "default": [],
                "examples": [["contoso.example/change-board"]],
            },
            "delivery": delivery(),
            "budget": {
                "description": "Requests in any 20 seconds. Intune allows 200 writes and 2000 requests; a run can only be told to make fewer.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "writesPer20s": number("Writes.", 1, u64::from(BUDGET.writes_per_20s), u64::from(BUDGET.writes_per_20s)),
                    "requestsPer20s": number("Requests of every sort.", 1, u64::from(BUDGET.requests_per_20s), u64::from(BUDGET.requests_per_20s)),
                },
                "examples": [{ "writesPer20s": 100 }],
            },
            "concurrency": number(
                "Devices worked on at the same time.",
                1,
                u64::from(MOST_CONCURRENT),
                u64::from(CONCURRENCY),
            ),
            "validFor": time(
                "How long the plans may be carried out after they were made.",
                (LONGEST_VALID, false),
                Some(&write(VALID_FOR)),
                "3d",
            ),
            "wait": time(
                "How long each device is watched after Intune accepted; 0s: not at all.",
                (LONGEST_WAIT, true),
                Some(&write(WAIT)),
                "2h",
            ),
        },
    })
}

fn who() -> Value {
    let lists = [
        (
            Kind::Id,
            "Intune's device ids.",
            "0f6d1b3a-7c52-4d8e-9a41-5b2c8e7f1d60",
        ),
        (Kind::Serial, "Serial numbers.", "C02XL0GYJGH5"),
        (
            Kind::User,
            "Sign-in names of primary users.",
            "adele@contoso.example",
        ),
        (Kind::Name, "Device names, exactly.", "Ghent-Kiosk-1"),
        (Kind::Imei, "IMEIs, 14 to 16 digits.", "352099001761481"),
        (
            Kind::EntraDeviceId,
            "Entra device ids.",
            "7c1e2a90-3b4d-4f5a-8c6d-1e2f3a4b5c6d",
        ),
    ];
    let mut properties = serde_json::Map::new();
    for (kind, about, example) in lists {
        let list = json!({
            "description": about,
            "type": "array",
            "minItems": 1,
            "items": value(kind),
            "examples": [[example]],
        });
        properties.insert(kind.list().to_owned(), list);
    }
    properties.insert("csv".to_owned(), csv());
    properties.insert(
        "stdin".to_owned(),
        json!({
            "description": "More devices come from standard input, one JSON object a line, with one of id, azureADDeviceId, serialNumber, imei, deviceName, userPrincipalName; and, if wanted, reason, ticket, verifiedBy.",
            "const": true,
            "examples": [true],
        }),
    );
    properties.insert(
        "filter".to_owned(),
        described(
            plain_text(FILTER),
            "Devices that Graph finds: its $filter on deviceManagement/managedDevices (beta), as it is written. What is found is listed when the run is planned.",
            &[json!("operatingSystem eq 'Android' and managedDeviceOwnerType eq 'company'")],
        ),
    );
    properties.insert("group".to_owned(), group());
    properties.insert("finder".to_owned(), finder());
    json!({
        "description": "Which devices. Several ways can be combined; a device that is named twice is done once.",
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": properties,
        "examples": [{ "csv": { "file": "devices.csv" } }, { "serials": ["C02XL0GYJGH5"] }],
    })
}

fn group() -> Value {
    json!({
        "description": "The users in a group, and in the groups that are in it: one device each. Name the group by `id` or by `name`.",
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "id": described(
                json!({ "type": "string", "pattern": GUID }),
                "The group's object id in Microsoft Entra.",
                &[json!("9d2c8b1e-4f3a-4c5d-8e6f-0a1b2c3d4e5f")],
            ),
            "name": described(
                plain_text(NAME),
                "The group's whole display name. It is refused if several groups have it.",
                &[json!("Sales Ghent")],
            ),
        },
        "examples": [{ "name": "Sales Ghent" }],
    })
}

fn finder() -> Value {
    json!({
        "description": "Devices that an extension names: for a ticket, a name, whatever it looks up.",
        "type": "object",
        "additionalProperties": false,
        "required": ["extension", "query"],
        "properties": {
            "extension": described(
                plain_text(NAME),
                "The extension's id, as the configuration has it.",
                &[json!("contoso.example/tickets")],
            ),
            "query": described(plain_text(TEXT), "What it is asked.", &[json!("INC-2041")]),
        },
        "examples": [{ "extension": "contoso.example/tickets", "query": "INC-2041" }],
    })
}

fn csv() -> Value {
    let column = |about: &str, example: &str| described(plain_text(NAME), about, &[json!(example)]);
    let any: Vec<Value> = Kind::ALL
        .iter()
        .map(|kind| json!({ "required": [kind.word()] }))
        .collect();
    json!({
        "description": "A table whose first line has titles, separated by commas, semicolons or tabs.",
        "type": "object",
        "additionalProperties": false,
        "required": ["file"],
        "properties": {
            "file": described(plain_text(TEXT), "The file, beside the run file.", &[json!("devices.csv")]),
            "columns": {
                "description": "Which column is what, by title. Without it the titles of Intune's own exports are recognised.",
                "type": "object",
                "additionalProperties": false,
                "anyOf": any,
                "properties": {
                    "id": column("Intune's device id. If it is there it selects, and other columns are compared.", "Device ID"),
                    "serial": column("The serial number.", "Serial number"),
                    "user": column("The primary user's sign-in name.", "Primary user UPN"),
                    "name": column("The device's name.", "Device name"),
                    "imei": column("The IMEI.", "IMEI"),
                    "entraDeviceId": column("The Entra device id.", "Microsoft Entra Device ID"),
                    "ticket": column("The ticket; goes before `ticket` of the run.", "Ticket"),
                    "reason": column("Why; goes before `reason` of the run.", "Reason"),
                    "verifiedBy": column("How the person was verified; goes before `verifiedBy` of the run.", "Verified by"),
                },
                "examples": [{ "serial": "Asset", "ticket": "Ticket" }],
            },
        },
        "examples": [{ "file": "devices.csv" }],
    })
}

fn guards() -> Value {
    let words = |about: &str, least: u64, example: &str| {
        json!({
            "description": about,
            "type": "array",
            "minItems": least,
            "uniqueItems": true,
            "items": { "type": "string", "pattern": "^[a-z0-9-]{1,64}$" },
            "examples": [[example]],
        })
    };
    let mut accept = words(
        "Checks on which the documents disagree, and which are accepted, by id.",
        0,
        "android-version",
    );
    if let Some(accept) = accept.as_object_mut() {
        accept.insert("default".to_owned(), json!([]));
    }
    json!({
        "description": "What keeps the run from going wrong at scale.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "maxDevices": number("A run of more devices is refused.", 1, MOST_DEVICES, DEFAULT_DEVICES),
            "twoPeopleAbove": {
                "description": "A run of more devices takes two people: who planned it, and another who signs; 0: every run. Left out: no number demands it.",
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_DEVICES,
                "examples": [100],
            },
            "kinds": words("Only devices of these kinds, as `passcode matrix` names them. Left out: every kind that the action fits.", 1, "android-dedicated"),
            "checkedInWithin": time("Only devices that checked in within so long. Left out: any.", (WITHIN, false), None, "7d"),
            "stopWhen": {
                "description": "When the rest is not tried: of the devices that finished, such a share or more failed.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "failureShare": {
                        "description": "The share, 1% to 100%.",
                        "type": "string",
                        "pattern": "^([1-9][0-9]?|100)%$",
                        "default": format!("{}%", STOP_WHEN.failure_share),
                        "examples": ["10%"],
                    },
                    "after": number("Not before so many devices have finished.", 1, MOST_DEVICES, STOP_WHEN.after),
                },
                "examples": [{ "failureShare": "10%", "after": 20 }],
            },
            "coolDown": time("How long a device is left alone after its last passcode action by this software. Left out: not at all.", (COOL_DOWN, false), None, "1d"),
            "window": window(),
            "accept": accept,
            "again": {
                "description": "Go ahead although another passcode action is under way on a device.",
                "type": "boolean",
                "default": false,
                "examples": [true],
            },
        },
        "examples": [{ "maxDevices": 500, "twoPeopleAbove": 100, "checkedInWithin": "7d" }],
    })
}

fn window() -> Value {
    let days = DAYS.map(|(word, _)| word);
    json!({
        "description": "When the run may send. An end before the beginning is on the next day.",
        "type": "object",
        "additionalProperties": false,
        "required": ["from", "to"],
        "properties": {
            "days": {
                "description": "The days on which it begins.",
                "type": "array",
                "minItems": 1,
                "uniqueItems": true,
                "items": { "enum": days },
                "default": days,
                "examples": [["mon", "tue", "wed", "thu", "fri"]],
            },
            "from": {
                "description": "When it begins.",
                "type": "string",
                "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
                "examples": ["08:00"],
            },
            "to": {
                "description": "When it ends; not the same time. 24:00 is midnight.",
                "type": "string",
                "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
                "examples": ["18:00"],
            },
            "offset": {
                "description": "The offset of these times from UTC. It is no time zone: it does not follow summer time.",
                "type": "string",
                "pattern": "^(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))$",
                "default": "Z",
                "examples": ["+01:00"],
            },
        },
        "examples": [{ "days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00", "offset": "+01:00" }],
    })
}

/// The form of an extension's name.
const EXTENSION: &str = "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

fn delivery() -> Value {
    json!({
        "description": "Where the temporary passcodes of a reset go.",
        "type": "object",
        "additionalProperties": false,
        "required": ["to"],
        "properties": {
            "to": {
                "description": "none: nowhere, whoever needs one asks later. terminal: one by one. age: into an encrypted file. courier: to a service, by an extension.",
                "enum": ["none", "terminal", "age", "courier"],
                "default": "none",
                "examples": ["age"],
            },
            "recipients": {
                "description": "Who can read the file: public keys as `age-keygen` prints them.",
                "type": "array",
                "minItems": 1,
                "uniqueItems": true,
                "items": { "type": "string", "pattern": "^age1[02-9ac-hj-np-z]{58}$" },
                "examples": [["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]],
            },
            "file": described(plain_text(TEXT), "The file, beside the run file.", &[json!("passcodes.age")]),
            "courier": {
                "description": "The extension that takes each passcode to a service, without reading it.",
                "type": "string",
                "maxLength": 80,
                "pattern": EXTENSION,
                "examples": ["contoso.example/vault"],
            },
        },
        "allOf": [
            {
                "if": { "properties": { "to": { "const": "age" } }, "required": ["to"] },
                "then": { "required": ["recipients", "file"] },
                "else": { "properties": { "recipients": false, "file": false } },
            },
            {
                "if": { "properties": { "to": { "const": "courier" } }, "required": ["to"] },
                "then": { "required": ["courier"] },
                "else": { "properties": { "courier": false } },
            },
        ],
        "default": { "to": "none" },
        "examples": [{ "to": "terminal" }],
    })
}

/// What names a device.
fn value(kind: Kind) -> Value {
    let form = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match kind {
        Kind::Id | Kind::EntraDeviceId => form(GUID),
        Kind::Imei => form(IMEI),
        Kind::User => json!({ "allOf": [name(), form(UPN)] }),
        Kind::Serial => json!({ "allOf": [name(), { "not": { "pattern": ROUNDED } }] }),
        Kind::Name => name(),
    }
}

/// Characters that show, no space at the ends, no formula.
fn name() -> Value {
    let hidden = hidden_class();
    json!({
        "type": "string",
        "maxLength": NAME,
        "pattern": format!("^[^ ={hidden}]([^{hidden}]*[^ {hidden}])?$"),
    })
}

/// Characters that show, and not only spaces.
fn plain_text(most: usize) -> Value {
    let hidden = hidden_class();
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": most,
        "pattern": format!("^[^{hidden}]*[^ {hidden}][^{hidden}]*$"),
        "not": { "pattern": "\\{\\{" },
    })
}

fn template(about: &str, example: &str) -> Value {
    let hidden = hidden_class();
    let value = format!("\\{{\\{{ *(run\\.title|row\\.[^ {{}}{hidden}][^{{}}{hidden}]*) *\\}}\\}}");
    json!({
        "description": format!("{about} `{{{{ row.NAME }}}}` takes a value of the row (a column's title, a JSON property), `{{{{ run.title }}}}` the title."),
        "type": "string",
        "maxLength": TEXT,
        "pattern": format!("^(?=.*[^ ])([^{{}}{hidden}]|{value})+$"),
        "examples": [example],
    })
}

fn described(mut schema: Value, about: &str, examples: &[Value]) -> Value {
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".to_owned(), about.into());
        map.insert("examples".to_owned(), examples.into());
    }
    schema
}

fn number(about: &str, least: u64, most: u64, default: u64) -> Value {
    json!({
        "description": about,
        "type": "integer",
        "minimum": least,
        "maximum": most,
        "default": default,
        "examples": [default],
    })
}

fn time(
    about: &str,
    (most, zero): (std::time::Duration, bool),
    default: Option<&str>,
    example: &str,
) -> Value {
    let mut schema = json!({
        "description": format!("{about} A whole number of s, m, h or d, at most {}.", write(most)),
        "type": "string",
        "pattern": pattern(most, zero),
        "examples": [example],
    });
    if let (Some(map), Some(default)) = (schema.as_object_mut(), default) {
        map.insert("default".to_owned(), default.into());
    }
    schema
}
