//! Whatever a component asks for: what leaves is a request that manifest and grant both name, and
//! the address that is sent to is the very path and the very pairs.
//!
//! Input: a line `PHASE METHOD PATH`, then a line `NAME=VALUE` for each query pair.

use std::sync::LazyLock;

use passcode_host::contract::types::{Method, PlannedRequest};
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use passcode_host::inspect::{Step, address, judge};
use passcode_host::{Authority, Destination, Phase, Request};

use crate::Target;
use crate::input::first_line;

const MANIFEST: &str = include_str!("../../../component/skin/manifest.toml");
const ORDINARY: &str = include_str!("../../../host/builtin/grant.toml");
const EVERY_ADDRESS: &str = include_str!("../../../examples/grants/every-address.toml");

/// The device that a step is about, and the one request its plan names.
const DEVICE: &str = "d1";
const PLANNED: &str = "/v1.0/deviceManagement/managedDevices/d1/resetPasscode";
const ORIGIN: &str = "https://graph.example";

pub(crate) const TARGET: Target = Target { name: "path", run };

static MANIFEST_READ: LazyLock<Authority> =
    LazyLock::new(|| Authority::parse(MANIFEST).expect("the manifest"));
/// Each shipped grant, and what it leaves of the manifest.
static GRANTS: LazyLock<[(Authority, Authority); 2]> = LazyLock::new(|| {
    [ORDINARY, EVERY_ADDRESS].map(|text| {
        let grant = Authority::parse(text).expect("a shipped grant");
        let both = Authority::granted(&MANIFEST_READ, &grant);
        (grant, both)
    })
});
static GRAPH: LazyLock<Destination> = LazyLock::new(|| {
    Destination::new("graph", ORIGIN, std::sync::Arc::new(Nobody)).expect("an origin")
});

/// Addresses are made without a token.
#[derive(Debug)]
struct Nobody;

#[async_trait::async_trait]
impl Credential for Nobody {
    async fn token(&self, _request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        Ok(AccessToken::new(String::new(), None))
    }

    fn kind(&self) -> &'static str {
        "nobody"
    }
}

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let (line, rest) = first_line(text);
    let mut words = line.splitn(3, ' ');
    let (Some(phase), Some(method), Some(path)) = (
        words.next().and_then(phase),
        words.next().and_then(method),
        words.next(),
    ) else {
        return false;
    };
    let query: Vec<(String, String)> = rest
        .split('\n')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let request = Request {
        destination: "graph".to_owned(),
        method,
        path: path.to_owned(),
        query,
        body: None,
    };
    // What leaves under both leaves under either, so all are asked.
    let manifest = &*MANIFEST_READ;
    let mut any = false;
    for (grant, both) in &*GRANTS {
        if leaves(both, phase, &request) {
            assert!(leaves(grant, phase, &request), "the grant alone refuses it");
            assert!(
                leaves(manifest, phase, &request),
                "the manifest alone refuses it"
            );
            any = true;
        }
    }
    any
}

/// Whether it leaves; everything that must be so if it does.
fn leaves(authority: &Authority, phase: Phase, request: &Request) -> bool {
    let plan = PlannedRequest {
        destination: "graph".to_owned(),
        method: Method::Post,
        path: PLANNED.to_owned(),
        query: Vec::new(),
        body: None,
    };
    let step = Step {
        phase,
        device: (phase != Phase::Find).then_some(DEVICE),
        plan: (phase == Phase::Commit).then_some(&plan),
    };
    let Ok(leaving) = judge(authority, step, request) else {
        return false;
    };
    let path = &request.path;
    assert_eq!(leaving.path.to_string(), *path, "another path is sent");
    assert_eq!(leaving.query, request.query, "another query is sent");
    // The one call of a function that is granted, in the very words of the grant.
    const CALL: &str = "/getEffectivePermissions(scope='*')";
    let plain = path.strip_suffix(CALL).unwrap_or(path);
    for trick in ["..", "/.", "//", "%", "?", "#", ";", "\\", "'", "(", " "] {
        // `..` may stand inside a name, but is no segment.
        let stands = match trick {
            ".." => path.split('/').any(|segment| segment == ".."),
            "/." => path.split('/').any(|segment| segment == "."),
            trick => plain.contains(trick),
        };
        assert!(!stands, "{trick:?} leaves in {path:?}");
    }
    assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{path:?}");
    let route = leaving.route;
    assert_eq!(route.method, request.method);
    assert!(route.phases.contains(&phase));
    let device = bound(&route.path.to_string(), path);
    if phase != Phase::Find
        && let Some(device) = device
    {
        assert_eq!(device, DEVICE, "another device than the step's");
    }
    if request.method != Method::Get {
        assert_eq!(phase, Phase::Commit);
        assert_eq!(path, PLANNED, "another request than the plan's");
        assert!(request.query.is_empty());
    }
    for (index, (name, value)) in request.query.iter().enumerate() {
        assert!(route.query.contains(name));
        let earlier = request.query.iter().take(index);
        assert!(earlier.clone().all(|(other, _)| other != name), "twice");
        if name == "$select" {
            assert!(value.split(',').all(|name| route.select.contains(name)));
        }
    }
    as_sent(request);
    true
}

/// The address reads back, by another reader, as what was asked for.
fn as_sent(request: &Request) {
    let address = address(&GRAPH, &request.path, &request.query).expect("a path");
    let rest = address
        .strip_prefix(ORIGIN)
        .and_then(|rest| rest.strip_prefix(&request.path))
        .unwrap_or_else(|| panic!("{address} is not {ORIGIN}{}", request.path));
    assert!(address.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(!rest.contains('#'));
    let pairs: Vec<(String, String)> = match rest.strip_prefix('?') {
        None => {
            assert_eq!(rest, "");
            Vec::new()
        }
        Some(pairs) => pairs
            .split('&')
            .map(|pair| {
                let (name, value) = pair.split_once('=').expect("a pair");
                (decoded(name), decoded(value))
            })
            .collect(),
    };
    assert_eq!(pairs, request.query);
}

fn decoded(text: &str) -> String {
    assert!(!text.contains('+'), "some readers take + for a space");
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .expect("UTF-8")
        .into_owned()
}

/// What `{device}` stands for. Panics if the path is not of the route's form: matching once more,
/// on the texts.
fn bound<'a>(template: &str, path: &'a str) -> Option<&'a str> {
    let (parts, segments): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    assert_eq!(parts.len(), segments.len(), "{path} is not {template}");
    let mut device = None;
    for (part, segment) in parts.into_iter().zip(segments) {
        match part {
            "{version}" => assert!(matches!(segment, "v1.0" | "beta"), "{segment}"),
            "{device}" => device = Some(segment),
            variable if variable.starts_with('{') => {}
            literal => assert_eq!(literal, segment),
        }
    }
    device
}

fn phase(word: &str) -> Option<Phase> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}

fn method(word: &str) -> Option<Method> {
    use Method::{Delete, Get, Patch, Post, Put};
    [Get, Post, Put, Patch, Delete]
        .into_iter()
        .find(|method| method.to_string() == word)
}
