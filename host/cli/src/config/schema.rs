//! The config file's JSON schema, for editors.

use serde_json::{Map, Value, json};

use super::keys::{SETTINGS, Shape};

/// The schema, from the same table that the file is read by.
pub(crate) fn schema() -> Value {
    let settings: Map<String, Value> = SETTINGS
        .iter()
        .map(|setting| {
            let mut property = shape(setting.shape);
            if let Some(property) = property.as_object_mut() {
                property.insert("description".to_owned(), json!(setting.about));
                if !setting.built_in.is_empty() {
                    let text = setting.built_in;
                    let parsed = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
                    property.insert("default".to_owned(), parsed);
                }
            }
            (setting.name.to_owned(), property)
        })
        .collect();
    let mut whole = settings.clone();
    whole.insert(
        "default_profile".to_owned(),
        json!({ "type": "string", "description": "the profile of a call that names none" }),
    );
    whole.insert(
        "allowed_origins".to_owned(),
        json!({
            "type": "array",
            "items": shape(Shape::Origin),
            "description": "origins that PASSCODE_GRAPH_URL and PASSCODE_AUTHORITY_URL may name",
        }),
    );
    whole.insert(
        "profile".to_owned(),
        json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,40}$" },
            "additionalProperties": {
                "type": "object",
                "additionalProperties": false,
                "properties": settings,
            },
        }),
    );
    whole.insert("extensions".to_owned(), extensions());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "passcode config.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": whole,
    })
}

/// A name as `passcode_extension::ExtensionId` reads it.
const EXTENSION: &str = "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

fn extensions() -> Value {
    json!({
        "type": "object",
        "description": "other people's components, by name; see docs/extensions.md",
        "propertyNames": { "pattern": EXTENSION, "maxLength": 80 },
        "additionalProperties": {
            "type": "object",
            "additionalProperties": false,
            "required": ["component", "digest"],
            "properties": {
                "component": { "type": "string", "minLength": 1, "description": "its file" },
                "digest": {
                    "type": "string",
                    "pattern": "^sha256:[0-9A-Fa-f]{64}$",
                    "description": "the only content that the file may have",
                },
                "grant": {
                    "type": "string",
                    "minLength": 1,
                    "description": "a file that says what it may do; else nothing but write to its log",
                },
                "settings": {
                    "type": "object",
                    "additionalProperties": { "type": ["string", "integer", "boolean"] },
                    "description": "what it is told",
                },
            },
        },
    })
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Text | Shape::Cloud | Shape::File => json!({ "type": "string", "minLength": 1 }),
        Shape::SignIn => json!({
            "type": "string",
            "examples": passcode_entra::SignIn::names().collect::<Vec<_>>(),
        }),
        Shape::Words(words) => json!({ "enum": words }),
        Shape::Origin => json!({ "type": "string", "pattern": "^https?://[^/@?#]+/?$" }),
        Shape::Time => json!({ "type": "string", "pattern": "^[0-9.]+(ms|s|m|min|h)?$" }),
        Shape::Count(most) => json!({ "type": "integer", "minimum": 1, "maximum": most }),
        Shape::YesNo => json!({ "type": "boolean" }),
        Shape::Extensions => json!({
            "type": "array",
            "uniqueItems": true,
            "items": { "type": "string", "pattern": EXTENSION },
        }),
    }
}
