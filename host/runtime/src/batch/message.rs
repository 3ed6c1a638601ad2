//! A batch as it is written, and what its answer tells each of its parts. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::connector::{Answer, NoAnswer};

/// One read of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The version of the service, which the address of the batch names for all of its parts.
    pub(super) version: String,
    /// Path and query, from there on.
    target: String,
    pub(super) client_request_id: String,
}

impl Part {
    /// `None` for an address that has no version.
    pub(super) fn of(url: &Url, client_request_id: &str) -> Option<Self> {
        let (version, rest) = url.path().strip_prefix('/')?.split_once('/')?;
        if !matches!(version, "v1.0" | "beta") || rest.is_empty() {
            return None;
        }
        let query = url.query().map(|query| format!("?{query}"));
        Some(Self {
            version: version.to_owned(),
            target: format!("/{rest}{}", query.unwrap_or_default()),
            client_request_id: client_request_id.to_owned(),
        })
    }
}

#[derive(Serialize)]
struct Batch<'a> {
    requests: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    id: String,
    method: &'static str,
    url: &'a str,
    headers: BTreeMap<&'static str, &'a str>,
}

/// The body of a batch. A part is named by its place.
pub(super) fn request(parts: &[&Part]) -> String {
    let requests = parts.iter().enumerate().map(|(place, part)| Asked {
        id: place.to_string(),
        method: "GET",
        url: &part.target,
        headers: BTreeMap::from([
            ("accept", "application/json"),
            ("client-request-id", part.client_request_id.as_str()),
        ]),
    });
    let batch = Batch {
        requests: requests.collect(),
    };
    serde_json::to_string(&batch).unwrap_or_default()
}

/// What the answer to a batch tells.
#[derive(Debug)]
pub(super) enum Told {
    /// Something about each part.
    Parts(Vec<Result<Answer, NoAnswer>>),
    /// The same to all of them: the token is no good, or the service is busy.
    All(Answer),
    /// That there are no batches here.
    Unknown,
    /// Nothing that can be read, or nothing.
    NoAnswer(NoAnswer),
}

impl Told {
    /// For each part, in their order.
    pub(super) fn into_each(self, count: usize) -> Vec<Result<Answer, NoAnswer>> {
        match self {
            Self::Parts(parts) => parts,
            Self::All(answer) => vec![Ok(answer); count],
            Self::Unknown => vec![Err(NoAnswer::Unreadable); count],
            Self::NoAnswer(why) => vec![Err(why); count],
        }
    }
}

#[derive(Deserialize)]
struct Answered<'a> {
    #[serde(borrow)]
    responses: Vec<PartAnswered<'a>>,
}

#[derive(Deserialize)]
struct PartAnswered<'a> {
    id: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// What an answer tells `count` parts, none of which may be larger than `cap`.
pub(super) fn told(answer: Answer, count: usize, cap: usize) -> Told {
    match answer.status {
        200 => match parts(&answer, count, cap) {
            Some(parts) => Told::Parts(parts),
            None => Told::NoAnswer(NoAnswer::Unreadable),
        },
        401 | 429 | 500..=599 => Told::All(answer),
        _ => Told::Unknown,
    }
}

/// By the names of the parts: an answer may list them in any order. `None` if it is not the
/// answer to a batch of so many parts, or names one of them twice.
fn parts(answer: &Answer, count: usize, cap: usize) -> Option<Vec<Result<Answer, NoAnswer>>> {
    let answered: Answered<'_> = serde_json::from_slice(&answer.body).ok()?;
    let date = answer.header("date");
    let mut parts = vec![None; count];
    for part in answered.responses {
        let place = (0..count).find(|place| place.to_string() == part.id)?;
        let body = part.body.map_or("", RawValue::get);
        let one = (body.len() <= cap).then(|| Answer {
            status: part.status,
            headers: headers(part.headers, body, date),
            body: match body {
                "null" => Vec::new(),
                body => body.as_bytes().to_vec(),
            },
        });
        if parts[place].replace(one).is_some() {
            return None;
        }
    }
    let part = |part: Option<Option<Answer>>| part.flatten().ok_or(NoAnswer::Unreadable);
    Some(parts.into_iter().map(part).collect())
}

/// A part's headers as those of an answer: the date is the whole answer's, and an object is JSON
/// where the part does not say what it is.
fn headers(
    named: BTreeMap<String, Value>,
    body: &str,
    date: Option<&str>,
) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = named
        .into_iter()
        .filter_map(|(name, value)| {
            let value = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            Some((name.to_ascii_lowercase(), value))
        })
        .collect();
    let mut missing = |name: &str, value: &str| {
        if !headers.iter().any(|(own, _)| own == name) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    };
    if let Some(date) = date {
        missing("date", date);
    }
    if body.starts_with('{') {
        missing("content-type", "application/json");
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(url: &str) -> Option<Part> {
        Part::of(&Url::parse(url).unwrap(), "an-id")
    }

    fn outer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: vec![("date".into(), "Sat, 21 Nov 2026 10:00:00 GMT".into())],
            body: body.as_bytes().to_vec(),
        }
    }

    fn of_two(body: &str) -> Vec<Result<Answer, NoAnswer>> {
        told(outer(200, body), 2, 1000).into_each(2)
    }

    #[test]
    fn a_part_is_what_follows_the_version() {
        let read = part("https://graph.microsoft.com/beta/a/b?$select=id,name&$top=1").unwrap();
        assert_eq!(read.version, "beta");
        assert_eq!(read.target, "/a/b?$select=id,name&$top=1");
        assert_eq!(
            part("https://graph.microsoft.com/v1.0/me").unwrap().target,
            "/me"
        );
        for without in ["/", "/beta", "/beta/", "/v2.0/me", "/$batch"] {
            assert_eq!(part(&format!("https://graph.microsoft.com{without}")), None);
        }
    }

    #[test]
    fn every_part_is_a_get_without_a_body() {
        let (one, two) = (
            part("https://graph.microsoft.com/beta/a?$select=id").unwrap(),
            part("https://graph.microsoft.com/beta/b").unwrap(),
        );
        let written: Value = serde_json::from_str(&request(&[&one, &two])).unwrap();
        let headers =
            serde_json::json!({"accept": "application/json", "client-request-id": "an-id"});
        assert_eq!(
            written,
            serde_json::json!({"requests": [
                {"id": "0", "method": "GET", "url": "/a?$select=id", "headers": headers},
                {"id": "1", "method": "GET", "url": "/b", "headers": headers},
            ]})
        );
    }

    #[test]
    fn an_answer_belongs_to_the_part_that_it_names() {
        let each = of_two(
            r#"{"responses": [
                {"id": "1", "status": 429, "headers": {"Retry-After": "7"}, "body": {"error": {}}},
                {"id": "0", "status": 200, "headers": {"Content-Type": "application/json;odata.metadata=none", "X": [1]}, "body": {"id": "a", "n":  1.50}}
            ]}"#,
        );
        let [Ok(first), Ok(second)] = &each[..] else {
            panic!("{each:?}");
        };
        assert_eq!((first.status, second.status), (200, 429));
        assert_eq!(first.body, br#"{"id": "a", "n":  1.50}"#);
        assert_eq!(
            first.header("content-type"),
            Some("application/json;odata.metadata=none")
        );
        assert_eq!(first.header("date"), Some("Sat, 21 Nov 2026 10:00:00 GMT"));
        assert_eq!(first.header("x"), None);
        assert_eq!(second.header("retry-after"), Some("7"));
        assert_eq!(second.header("content-type"), Some("application/json"));
    }

    #[test]
    fn what_cannot_be_assigned_is_nobodys_answer() {
        for body in [
            r#"{"responses": [{"id": "0", "status": 200}, {"id": "0", "status": 200}]}"#,
            r#"{"responses": [{"id": "0", "status": 200}, {"id": "2", "status": 200}]}"#,
            r#"{"responses": [{"id": "0", "status": 200}, {"id": "01", "status": 200}]}"#,
            r#"{"responses": [{"id": "0", "id": "1", "status": 200}]}"#,
            r#"{"responses": [{"id": 0, "status": 200}]}"#,
            r#"{"value": []}"#,
            "<html>",
            "",
        ] {
            for answer in of_two(body) {
                assert_eq!(answer.unwrap_err(), NoAnswer::Unreadable, "{body}");
            }
        }
    }

    #[test]
    fn a_part_without_an_answer_or_with_too_large_a_one_has_none() {
        let large = format!(
            r#"{{"responses": [{{"id": "1", "status": 200, "body": {{"a": "{}"}}}}]}}"#,
            "x".repeat(1000)
        );
        for body in [r#"{"responses": []}"#, &large] {
            for answer in of_two(body) {
                assert_eq!(answer.unwrap_err(), NoAnswer::Unreadable);
            }
        }
    }

    #[test]
    fn a_body_that_is_not_there_is_empty() {
        let each = of_two(
            r#"{"responses": [{"id": "0", "status": 204}, {"id": "1", "status": 204, "headers": {}, "body": null}]}"#,
        );
        for answer in each {
            let answer = answer.unwrap();
            assert!(answer.body.is_empty() && answer.header("content-type").is_none());
        }
    }

    #[test]
    fn what_is_said_of_the_whole_is_said_of_each_part() {
        for status in [401, 429, 500, 503] {
            for answer in told(outer(status, "{}"), 2, 1000).into_each(2) {
                assert_eq!(answer.unwrap().status, status);
            }
        }
        for status in [301, 400, 403, 404, 405, 413] {
            assert!(matches!(told(outer(status, ""), 2, 1000), Told::Unknown));
        }
        for answer in Told::NoAnswer(NoAnswer::NotSent).into_each(2) {
            assert_eq!(answer.unwrap_err(), NoAnswer::NotSent);
        }
    }
}
