//! The body of an answer to a batch. What a part was answered with goes into it as it is, good or spoilt.

use crate::graph::batch::envelope::Part;
use crate::http::reply::{Content, JSON, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

const MEDIA_TYPE: &str = "application/json";

/// In the reverse of the order asked for: Graph promises none, and so nobody here may count on one.
pub(crate) fn content(parts: &[Part], replies: Vec<Reply>) -> Content {
    let mut out = Writing::default();
    out.raw("{\"responses\":[");
    let answers = parts.iter().zip(replies).collect::<Vec<_>>();
    for (number, (part, reply)) in answers.into_iter().rev().enumerate() {
        if number > 0 {
            out.raw(",");
        }
        out.answer(&part.id, reply);
    }
    out.raw("]}");
    out.end()
}

#[derive(Default)]
struct Writing {
    bytes: Vec<u8>,
    /// Where spaces go in, and how many: those of several bodies that are too long stand in one place.
    padding: Option<(usize, u64)>,
    /// A part's body ends too early, and so does the whole.
    cut: bool,
}

impl Writing {
    fn raw(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) {
        // Nothing that is written here has keys that are not strings, and a vector takes everything.
        let _ = serde_json::to_writer(&mut self.bytes, value);
    }

    fn answer(&mut self, id: &str, reply: Reply) {
        self.raw("{\"id\":");
        self.json(id);
        self.raw(",\"status\":");
        self.json(&reply.status);
        self.raw(",\"headers\":{");
        let media_type = match &reply.body {
            Content::Empty => None,
            Content::Raw { media_type, .. } => Some(*media_type),
            Content::Json(_) | Content::Truncated(_) | Content::Padded { .. } => Some(JSON),
        };
        let own = reply
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let typed = media_type.map(|media_type| ("content-type", media_type));
        for (number, (name, value)) in own.chain(typed).enumerate() {
            if number > 0 {
                self.raw(",");
            }
            self.json(written(name));
            self.raw(":");
            self.json(value);
        }
        self.raw("},\"body\":");
        self.body(reply.body);
        self.raw("}");
    }

    fn body(&mut self, body: Content) {
        match body {
            Content::Empty => self.raw("null"),
            Content::Json(value) => self.json(&value),
            Content::Raw { media_type, text } if media_type == JSON => self.raw(&text),
            Content::Raw { text, .. } => self.json(&STANDARD.encode(text)),
            Content::Truncated(text) => {
                self.raw(&text);
                self.cut = true;
            }
            Content::Padded { head, spaces, tail } => {
                self.raw(&head);
                let (_, all) = self.padding.get_or_insert((self.bytes.len(), 0));
                *all = all.saturating_add(spaces);
                self.raw(&tail);
            }
        }
    }

    fn end(self) -> Content {
        let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
        let mut head = self.bytes;
        match self.padding {
            _ if self.cut => Content::Truncated(text(head)),
            None => Content::Raw {
                media_type: MEDIA_TYPE,
                text: text(head),
            },
            Some((at, spaces)) => {
                let tail = text(head.split_off(at));
                let head = text(head);
                Content::Padded { head, spaces, tail }
            }
        }
    }
}

/// As Microsoft's examples spell it. Names of headers have no case, which a reader has to know.
fn written(name: &str) -> &str {
    match name {
        "content-type" => "Content-Type",
        "retry-after" => "Retry-After",
        "location" => "Location",
        "www-authenticate" => "WWW-Authenticate",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(replies: Vec<Reply>) -> Content {
        let parts: Vec<Part> = (1..=replies.len())
            .map(|number| Part {
                id: number.to_string(),
                method: String::new(),
                path: String::new(),
                query: String::new(),
                headers: Vec::new(),
                body: String::new(),
                after: Vec::new(),
                round: 0,
            })
            .collect();
        content(&parts, replies)
    }

    fn with(body: Content) -> Reply {
        Reply {
            body,
            ..Reply::json(200, Value::Null)
        }
    }

    #[test]
    fn parts_are_answered_in_reverse_with_what_they_would_have_had_alone() {
        let html = with(Content::Raw {
            media_type: "text/html",
            text: "<p>".to_owned(),
        });
        let twice = with(Content::Raw {
            media_type: JSON,
            text: r#"{"id":1,"id":2}"#.to_owned(),
        });
        let late = Reply::json(429, json!({"a": "é"})).with_header("retry-after", "2");
        let all = written(vec![late, Reply::no_content(), html, twice]);
        let Content::Raw { media_type, text } = all else {
            panic!("raw expected: {all:?}");
        };
        assert_eq!(media_type, "application/json");
        let typed = json!(JSON);
        let expected = format!(
            "{{\"responses\":[\
             {{\"id\":\"4\",\"status\":200,\"headers\":{{\"Content-Type\":{typed}}},\"body\":{{\"id\":1,\"id\":2}}}},\
             {{\"id\":\"3\",\"status\":200,\"headers\":{{\"Content-Type\":\"text/html\"}},\"body\":\"PHA+\"}},\
             {{\"id\":\"2\",\"status\":204,\"headers\":{{}},\"body\":null}},\
             {{\"id\":\"1\",\"status\":429,\"headers\":{{\"Retry-After\":\"2\",\"Content-Type\":{typed}}},\"body\":{{\"a\":\"é\"}}}}\
             ]}}"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_part_that_is_too_long_or_too_short_makes_the_whole_so() {
        let padded = || {
            with(Content::Padded {
                head: "{\"a\":1".to_owned(),
                spaces: 7,
                tail: "}".to_owned(),
            })
        };
        let all = written(vec![padded(), padded()]);
        let Content::Padded { head, spaces, tail } = all else {
            panic!("padding expected: {all:?}");
        };
        assert_eq!(spaces, 14);
        assert!(serde_json::from_str::<Value>(&format!("{head}  {tail}")).is_ok());
        let all = written(vec![with(Content::Truncated("{}".to_owned())), padded()]);
        assert!(matches!(all, Content::Truncated(_)), "{all:?}");
    }
}
