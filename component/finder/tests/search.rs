//! Queries to selectors, against a service that answers from a list.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

use passcode_finder::search;
use passcode_logic::contract::{Method, ProblemKind, Selector, Touched};
use passcode_logic::service::{Failure, Reason, Request, Response, Sent, Service};
use serde_json::{Value, json};

const GROUP: &str = "e0000001-0000-4000-8000-000000000001";

/// Answers one request after the other; every request is kept.
#[derive(Default)]
struct Fake {
    answers: Vec<Result<Response, Failure>>,
    seen: Vec<Request>,
}

impl Fake {
    fn of(answers: &[(u16, Value)]) -> Self {
        let answers = answers.iter().map(|(status, body)| {
            Ok(Response {
                status: *status,
                headers: Vec::new(),
                body: (!body.is_null()).then(|| body.to_string()),
            })
        });
        Self {
            answers: answers.collect(),
            seen: Vec::new(),
        }
    }
}

impl Service for Fake {
    fn send(&mut self, destination: &str, request: Request) -> Result<Response, Failure> {
        assert_eq!(destination, "graph");
        fits_the_manifest(&request);
        self.seen.push(request);
        assert!(!self.answers.is_empty(), "a request too many");
        self.answers.remove(0)
    }
}

/// No test passes with a request that the door would refuse.
fn fits_the_manifest(request: &Request) {
    assert_eq!((request.method, &request.body), (Method::Get, &None));
    if request.path.starts_with("page:") {
        assert!(request.query.is_empty());
        return;
    }
    let manifest: toml::Table = include_str!("../manifest.toml").parse().unwrap();
    let segments: Vec<&str> = request.path.split('/').collect();
    let route = manifest["route"].as_array().unwrap().iter().find(|route| {
        let path: Vec<&str> = route["path"].as_str().unwrap().split('/').collect();
        let same = |(own, segment): (&&str, &&str)| own.starts_with('{') || own == segment;
        path.len() == segments.len() && path.iter().zip(&segments).all(same)
    });
    let route = route.unwrap_or_else(|| panic!("no route for {request:?}"));
    let grants = |key: &str, name: &str| {
        let list = route[key].as_array().unwrap();
        list.iter().any(|own| own.as_str() == Some(name))
    };
    for (name, value) in &request.query {
        assert!(grants("query", name), "{request:?}");
        if name == "$select" {
            assert!(value.split(',').all(|name| grants("select", name)));
        }
    }
}

fn of_query<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let found = request.query.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value.as_str())
}

fn refused(status: u16, code: &str, message: &str) -> (u16, Value) {
    (
        status,
        json!({ "error": { "code": code, "message": message } }),
    )
}

#[test]
fn a_filter_is_passed_on_as_it_is_and_its_pages_are_told_one_by_one() {
    let filter = "deviceName eq 'O''Brien' and (osVersion ne '1')";
    let mut fake = Fake::of(&[
        (
            200,
            json!({ "value": [{ "id": "a" }, { "id": "b" }], "@odata.nextLink": "page:1" }),
        ),
        (200, json!({ "value": [] , "@odata.nextLink": "page:2"})),
        (200, json!({ "value": [{ "id": "c" }] })),
    ]);
    let query = format!("filter:{filter}");
    let first = search(&mut fake, &query, None).unwrap();
    assert_eq!(
        first.selectors,
        [Selector::Id("a".to_owned()), Selector::Id("b".to_owned())]
    );
    assert_eq!(first.more.as_deref(), Some("page:1"));
    assert_eq!(fake.seen.len(), 1, "one page a call");
    assert_eq!(of_query(&fake.seen[0], "$filter"), Some(filter));
    assert!(fake.seen[0].path.starts_with("/beta/"));
    let second = search(&mut fake, &query, first.more.as_deref()).unwrap();
    assert_eq!(
        (second.selectors.len(), second.more.as_deref()),
        (0, Some("page:2"))
    );
    let third = search(&mut fake, &query, second.more.as_deref()).unwrap();
    assert_eq!((third.selectors.len(), third.more), (1, None));
    assert_eq!(fake.seen[2].path, "page:2");
}

#[test]
fn of_a_groups_members_only_users_count() {
    let member = |sort: &str, id: &str| json!({ "@odata.type": format!("#microsoft.graph.{sort}"), "id": id });
    let mut fake = Fake::of(&[(
        200,
        json!({ "value": [member("user", "u1"), member("group", "g"), member("device", "d"),
            member("servicePrincipal", "s"), member("user", "u2")], "@odata.nextLink": "page:1" }),
    )]);
    let lead = search(&mut fake, &format!("group-id:{GROUP}"), None).unwrap();
    let user = |id: &str| Selector::Other(("userId".to_owned(), id.to_owned()));
    assert_eq!(lead.selectors, [user("u1"), user("u2")]);
    assert_eq!(lead.more.as_deref(), Some("page:1"));
    assert_eq!(of_query(&fake.seen[0], "$select"), Some("id"));
}

#[test]
fn a_group_is_named_exactly_or_not_at_all() {
    let group = |id: &str, name: &str| json!({ "id": id, "displayName": name });
    let members = (200, json!({ "value": [] }));
    for (found, expected) in [
        (vec![group(GROUP, "Sales's")], Ok(())),
        (vec![group("x", "sales's"), group(GROUP, "Sales's")], Ok(())),
        (vec![], Err("group-not-found")),
        (vec![group(GROUP, "sales's")], Err("group-not-found")),
        (
            vec![group("one", "Sales's"), group("two", "Sales's")],
            Err("several-groups"),
        ),
    ] {
        let mut fake = Fake::of(&[(200, json!({ "value": found })), members.clone()]);
        let lead = search(&mut fake, "group-name:Sales's", None);
        assert_eq!(
            of_query(&fake.seen[0], "$filter"),
            Some("displayName eq 'Sales''s'")
        );
        match (lead, expected) {
            (Ok(_), Ok(())) => assert_eq!(
                fake.seen[1].path,
                format!("/v1.0/groups/{GROUP}/transitiveMembers")
            ),
            (Err(problem), Err(code)) => {
                assert_eq!(
                    (problem.code.as_str(), &problem.kind),
                    (code, &ProblemKind::NotFound)
                );
                assert_eq!(fake.seen.len(), 1);
                if code == "several-groups" {
                    assert!(problem.message.contains("one, two"), "{}", problem.message);
                }
            }
            (lead, expected) => panic!("{lead:?} {expected:?}"),
        }
    }
}

#[test]
fn a_second_group_of_the_name_on_a_later_page_is_seen() {
    let group = |id: &str| json!({ "id": id, "displayName": "S" });
    let mut fake = Fake::of(&[
        (
            200,
            json!({ "value": [group("one")], "@odata.nextLink": "page:1" }),
        ),
        (200, json!({ "value": [group("two")] })),
    ]);
    let problem = search(&mut fake, "group-name:S", None).unwrap_err();
    assert_eq!(problem.code, "several-groups");
}

#[test]
fn what_the_service_refuses_says_what_to_do() {
    let filter = "filter:colour eq 'red'";
    let group = format!("group-id:{GROUP}");
    let nested = r#"{"_version": 3, "Message": "no such property - Activity ID: 11111111-2222-3333-4444-555555555555 - Url: https://fef.example/x"}"#;
    for (query, answer, kind, code, word) in [
        (
            filter,
            refused(400, "BadRequest", nested),
            ProblemKind::Rejected,
            "filter-rejected",
            "no such property",
        ),
        (
            &group,
            refused(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges",
            ),
            ProblemKind::Forbidden,
            "graph-permission-missing",
            "Insufficient",
        ),
        (
            &group,
            refused(404, "Request_ResourceNotFound", ""),
            ProblemKind::NotFound,
            "not-found",
            "group",
        ),
        (
            filter,
            refused(429, "TooManyRequests", ""),
            ProblemKind::Throttled,
            "throttled",
            "throttling",
        ),
        (
            filter,
            (502, Value::Null),
            ProblemKind::Unavailable,
            "service-unavailable",
            "out of order",
        ),
        (
            filter,
            refused(401, "InvalidAuthenticationToken", ""),
            ProblemKind::NotSignedIn,
            "token-refused",
            "sign-in",
        ),
    ] {
        let problem = search(&mut Fake::of(&[answer]), query, None).unwrap_err();
        assert_eq!((&problem.kind, problem.code.as_str()), (&kind, code));
        assert_eq!(problem.touched, Touched::No);
        assert!(problem.message.contains(word), "{}", problem.message);
        assert!(!problem.message.contains("://"), "{}", problem.message);
    }
    let denied = refused(403, "Authorization_RequestDenied", "");
    let problem = search(&mut Fake::of(&[denied]), &group, None).unwrap_err();
    assert!(problem.remedy.unwrap().contains("GroupMember.Read.All"));
}

#[test]
fn nothing_is_guessed_from_an_answer_that_is_not_one() {
    let group = format!("group-id:{GROUP}");
    for (query, body) in [
        ("filter:a", json!({ "value": [{}] })),
        ("filter:a", json!({ "value": [{ "id": "" }] })),
        ("filter:a", json!({ "value": [{ "id": 7 }] })),
        ("filter:a", json!({})),
        ("filter:a", json!([])),
        (&group, json!({ "value": [{ "id": "u" }] })),
        (
            &group,
            json!({ "value": [{ "@odata.type": "#microsoft.graph.user" }] }),
        ),
    ] {
        let problem = search(&mut Fake::of(&[(200, body.clone())]), query, None).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Malformed, "{body}");
    }
}

#[test]
fn what_is_no_query_is_not_asked() {
    for query in [
        "",
        "filter:",
        "Filter:a",
        "serial:A",
        "group-id:Sales",
        "group-id:../../users",
        "group-name:",
        "no colon",
    ] {
        let mut fake = Fake::default();
        let problem = search(&mut fake, query, None).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Usage, "{query}");
        assert!(fake.seen.is_empty());
    }
    let mut fake = Fake::default();
    let problem = search(&mut fake, "filter:a", Some("/beta/users")).unwrap_err();
    assert_eq!(problem.code, "page-unknown");
    assert!(fake.seen.is_empty());
}

#[test]
fn a_request_without_an_answer_is_a_problem_of_its_own() {
    for (reason, kind) in [
        (Reason::NoCredential, ProblemKind::NotSignedIn),
        (Reason::Unreachable, ProblemKind::Unavailable),
        (Reason::Withheld, ProblemKind::Malformed),
        (
            Reason::Refused("route".to_owned()),
            ProblemKind::Refused("route".to_owned()),
        ),
    ] {
        let mut fake = Fake {
            answers: vec![Err(Failure {
                sent: Sent::No,
                reason,
                message: "why".to_owned(),
            })],
            ..Fake::default()
        };
        let problem = search(&mut fake, "filter:a", None).unwrap_err();
        assert_eq!(problem.kind, kind);
        assert!(problem.message.contains("why"));
    }
}
