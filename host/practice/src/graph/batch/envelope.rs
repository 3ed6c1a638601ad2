//! What a batch asks for, and whether it may. Nothing has happened when it is refused.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use crate::graph::batch::is_batch;

/// As many requests as Microsoft documents.
const MOST: usize = 20;

/// A request of a batch that may be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) method: String,
    /// With the version of the batch before it.
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The places of the parts that have to succeed first. All are before this one.
    pub(crate) after: Vec<usize>,
    /// How many rounds have to be over before it is carried out.
    pub(crate) round: usize,
}

#[derive(Deserialize)]
struct Envelope {
    requests: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    #[serde(default)]
    depends_on: Vec<String>,
}

/// The parts of a batch that was sent to `path`, in its order, or why there is none.
pub(crate) fn parts(path: &str, body: &str) -> Result<Vec<Part>, String> {
    let Envelope { requests } = serde_json::from_str(body)
        .map_err(|error| format!("Invalid batch payload format: {error}."))?;
    if requests.is_empty() || requests.len() > MOST {
        let count = requests.len();
        return Err(format!(
            "A batch has 1 to {MOST} requests, this one has {count}."
        ));
    }
    // Up to the version: `is_batch` has said that two segments are here.
    let version = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    let mut places = BTreeMap::new();
    let mut parts: Vec<Part> = Vec::with_capacity(requests.len());
    for (place, written) in requests.into_iter().enumerate() {
        let mut part = part(version, written, &places)?;
        let rounds = part.after.iter().map(|&before| parts[before].round + 1);
        part.round = rounds.max().unwrap_or_default();
        if places.insert(part.id.to_lowercase(), place).is_some() {
            return Err(format!(
                "Request Id {} has to be unique in a batch.",
                part.id
            ));
        }
        parts.push(part);
    }
    Ok(parts)
}

fn part(version: &str, written: Written, places: &BTreeMap<String, usize>) -> Result<Part, String> {
    let Written { id, url, .. } = written;
    if id.is_empty() {
        return Err("A request of a batch has no Id.".to_owned());
    }
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    if path.contains("://") || path.starts_with("//") {
        return Err(format!("The URL of request Id {id} is not relative."));
    }
    let path = format!("/{version}/{}", path.trim_start_matches('/'));
    if is_batch(&path) {
        return Err(format!("Request Id {id} is itself a batch."));
    }
    let mut headers = Vec::with_capacity(written.headers.len());
    for (name, value) in written.headers {
        let Value::String(value) = value else {
            return Err(format!("Header {name} of request Id {id} is not a string."));
        };
        headers.push((name.to_lowercase(), value));
    }
    let method = written.method.to_uppercase();
    let body = written.body.filter(|body| !body.is_null());
    let typed = headers.iter().any(|(name, _)| name == "content-type");
    let write = ["POST", "PATCH", "PUT"].contains(&method.as_str());
    // Seen of the real one, for a write with neither: https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2628
    if (write && body.is_none()) || (body.is_some() && !typed) {
        return Err(format!(
            "Write request id : {id} does not contain Content-Type header or body."
        ));
    }
    let depends = written.depends_on.iter();
    // Only on what is before it: https://github.com/microsoftgraph/msgraph-sdk-dotnet-core/issues/891
    let after = depends.map(|on| places.get(&on.to_lowercase()).copied());
    let after = after
        .collect::<Option<_>>()
        .ok_or_else(|| format!("Invalid dependency for request Id {id}."))?;
    Ok(Part {
        method,
        path,
        query: query.to_owned(),
        headers,
        body: body.map_or_else(String::new, |body| body.to_string()),
        after,
        round: 0,
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(requests: Value) -> Result<Vec<Part>, String> {
        parts("/beta/$batch", &json!({"requests": requests}).to_string())
    }

    fn get(id: &str) -> Value {
        json!({"id": id, "method": "GET", "url": "/groups"})
    }

    #[test]
    fn a_request_is_read_as_if_it_had_come_alone() {
        let parts = read(json!([
            {"id": "a", "method": "get", "url": "groups?$filter=displayName eq 'A?'&$top=1",
             "headers": {"ConsistencyLevel": "eventual"}},
            {"id": "B", "method": "POST", "url": "/x/wipe", "dependsOn": ["A"],
             "headers": {"content-type": "application/json"}, "body": {"keepUserData": true}},
            {"id": "c", "method": "DELETE", "url": "/x"},
        ]))
        .expect("parts");
        let part = |id: &str, method: &str, path: &str| Part {
            id: id.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: String::new(),
            after: Vec::new(),
            round: 0,
        };
        let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(
            parts,
            [
                Part {
                    query: "$filter=displayName eq 'A?'&$top=1".to_owned(),
                    headers: header("consistencylevel", "eventual"),
                    ..part("a", "GET", "/beta/groups")
                },
                Part {
                    headers: header("content-type", "application/json"),
                    body: r#"{"keepUserData":true}"#.to_owned(),
                    after: vec![0],
                    round: 1,
                    ..part("B", "POST", "/beta/x/wipe")
                },
                part("c", "DELETE", "/beta/x"),
            ]
        );
    }

    #[test]
    fn what_is_no_batch_is_refused_whole() {
        let cases = [
            (json!([]), "1 to 20 requests, this one has 0"),
            (
                (0..21).map(|number| get(&number.to_string())).collect(),
                "1 to 20 requests, this one has 21",
            ),
            (
                json!([get("a"), get("A")]),
                "Request Id A has to be unique in a batch",
            ),
            (json!([get("")]), "no Id"),
            (
                json!([{"id": 1, "method": "GET", "url": "/groups"}]),
                "Invalid batch payload",
            ),
            (json!([{"id": "1", "method": "GET"}]), "missing field `url`"),
            (
                json!([{"id": "1", "url": "/groups"}]),
                "missing field `method`",
            ),
            (
                json!([{"id": "1", "method": "GET", "url": "https://graph.microsoft.com/beta/groups"}]),
                "not relative",
            ),
            (
                json!([{"id": "1", "method": "GET", "url": "//elsewhere.example/groups"}]),
                "not relative",
            ),
            (
                json!([{"id": "1", "method": "POST", "url": "/$batch", "body": {},
                        "headers": {"Content-Type": "application/json"}}]),
                "itself a batch",
            ),
            (
                json!([{"id": "1", "method": "GET", "url": "%24batch?x=1"}]),
                "itself a batch",
            ),
            (
                json!([{"id": "1", "method": "GET", "url": "/groups", "headers": {"a": 1}}]),
                "not a string",
            ),
            (
                json!([{"id": "7", "method": "POST", "url": "/x/wipe"}]),
                "Write request id : 7 does not contain",
            ),
            (
                json!([{"id": "7", "method": "POST", "url": "/x/wipe", "body": {}}]),
                "Write request id : 7 does not contain",
            ),
            (
                json!([{"id": "1", "method": "GET", "url": "/groups", "dependsOn": ["1"]}]),
                "Invalid dependency for request Id 1",
            ),
            (
                json!([{"id": "1", "method": "GET", "url": "/groups", "dependsOn": ["2"]}, get("2")]),
                "Invalid dependency for request Id 1",
            ),
        ];
        for (requests, why) in cases {
            let refused = read(requests.clone()).expect_err("refused");
            assert!(refused.contains(why), "{requests}: {refused}");
        }
        for body in ["", "[]", "{}", r#"{"requests": {}}"#] {
            let refused = parts("/v1.0/$batch", body).expect_err("refused");
            assert!(
                refused.starts_with("Invalid batch payload format"),
                "{body}"
            );
        }
    }

    #[test]
    fn twenty_requests_are_a_batch() {
        let requests: Value = (0..20).map(|number| get(&number.to_string())).collect();
        assert_eq!(read(requests).expect("parts").len(), 20);
    }

    #[test]
    fn a_round_is_over_before_what_depends_on_it() {
        let depends = |id: &str, on: &[&str]| json!({"id": id, "method": "GET", "url": "/groups", "dependsOn": on});
        let parts = read(json!([
            get("a"),
            depends("b", &["a"]),
            depends("c", &["A", "b"]),
            get("d"),
            depends("e", &["d"]),
        ]))
        .expect("parts");
        let rounds: Vec<_> = parts.iter().map(|part| part.round).collect();
        assert_eq!(rounds, [0, 1, 2, 0, 1]);
    }
}
