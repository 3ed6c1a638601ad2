//! Spoils an answer that was right.

use crate::fault::catalogue::Spoil;
use crate::fault::spec::Fault;
use crate::http::reply::{Content, JSON, Reply};
use serde_json::{Value, json};

/// What a spoiled answer may need to know.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) origin: &'a str,
    /// The newest passcode of the addressed device that a reader may see.
    pub(crate) passcode: Option<&'a str>,
}

pub(crate) fn spoil(reply: Reply, fault: &Fault, how: Spoil, context: &Context<'_>) -> Reply {
    let Content::Json(mut body) = reply.body else {
        return reply;
    };
    let text = body.to_string();
    let content = match how {
        Spoil::Truncated => Content::Truncated(text),
        Spoil::Oversized => Content::Padded {
            head: text.trim_end_matches('}').to_owned(),
            spaces: fault.size.saturating_sub(text.len() as u64),
            tail: "}".repeat(text.len() - text.trim_end_matches('}').len()),
        },
        Spoil::ContentType => Content::Raw {
            media_type: "text/html; charset=utf-8",
            text,
        },
        Spoil::InvalidJson => Content::Raw {
            media_type: JSON,
            text: text.replacen(':', "=", 1),
        },
        Spoil::DuplicateKeys => {
            let other = json!("00000000-0000-4000-8000-00000000dead");
            let rest = text.strip_prefix('{').unwrap_or(&text);
            Content::Raw {
                media_type: JSON,
                text: format!("{{\"id\":{other},{rest}"),
            }
        }
        Spoil::SealedObject => {
            body["notes"] = json!({"$sealed": 1});
            Content::Json(body)
        }
        Spoil::OtherDevice => {
            body["id"] = json!("00000000-0000-4000-8000-00000000dead");
            Content::Json(body)
        }
        Spoil::LinkOtherOrigin => {
            let to = fault
                .to
                .as_deref()
                .unwrap_or("https://graph.elsewhere.example");
            link(
                &mut body,
                format!("{to}/beta/deviceManagement/managedDevices?$skiptoken=x"),
            );
            Content::Json(body)
        }
        Spoil::LinkOtherRoute => {
            let origin = context.origin;
            let device = "d0000001-0000-4000-8000-000000000001";
            link(
                &mut body,
                format!("{origin}/beta/deviceManagement/managedDevices/{device}/wipe"),
            );
            Content::Json(body)
        }
        Spoil::PasscodeInNotes | Spoil::PasscodeInName => {
            if let Some(passcode) = context.passcode {
                let property = if how == Spoil::PasscodeInNotes {
                    "notes"
                } else {
                    "deviceName"
                };
                body[property] = json!(format!("new code: {passcode} (sample)"));
            }
            Content::Json(body)
        }
    };
    Reply {
        body: content,
        ..reply
    }
}

fn link(body: &mut Value, to: String) {
    body["@odata.nextLink"] = json!(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoiled(name: &str, how: Spoil) -> Content {
        let reply = Reply::json(200, json!({"id": "a", "deviceName": "b", "x": {"y": 1}}));
        let context = Context {
            origin: "http://127.0.0.1:1",
            passcode: Some("Sample42"),
        };
        spoil(reply, &Fault::named(name).expect("fault"), how, &context).body
    }

    #[test]
    fn duplicate_keys_are_json_with_two_ids() {
        let Content::Raw { text, .. } = spoiled("duplicate-keys", Spoil::DuplicateKeys) else {
            panic!("raw expected");
        };
        assert_eq!(text.matches("\"id\":").count(), 2);
        assert!(serde_json::from_str::<Value>(&text).is_ok());
    }

    #[test]
    fn invalid_json_is_invalid_and_an_oversized_body_is_not() {
        let Content::Raw { text, .. } = spoiled("invalid-json", Spoil::InvalidJson) else {
            panic!("raw expected");
        };
        assert!(serde_json::from_str::<Value>(&text).is_err());
        let Content::Padded { head, spaces, tail } = spoiled("oversized-body", Spoil::Oversized)
        else {
            panic!("padding expected");
        };
        assert!(spaces > 60 << 20);
        assert!(serde_json::from_str::<Value>(&format!("{head}  {tail}")).is_ok());
    }

    #[test]
    fn the_passcode_is_echoed() {
        let Content::Json(body) = spoiled("passcode-in-notes", Spoil::PasscodeInNotes) else {
            panic!("json expected");
        };
        assert!(body["notes"].as_str().expect("text").contains("Sample42"));
    }
}
