//! Groups of people, as the directory shows them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::{Answer, encoded, get, send, tenant};
use passcode_practice::{PracticeOptions, PracticeTenant, READ_GROUPS, TokenRequest};

const SALES: &str = "e0000001-0000-4000-8000-000000000001";

fn ids(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let value = body["value"].as_array().expect("list");
    value
        .iter()
        .map(|one| one["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn as_person(tenant: &PracticeTenant, request: &TokenRequest, path: &str) -> Answer {
    let token = format!("Bearer {}", tenant.mint_token(request));
    send(tenant, "GET", path, &[("Authorization", &token)], "").expect("answer")
}

#[test]
fn a_group_is_found_by_its_name() {
    let tenant = tenant();
    for (filter, status, expected) in [
        ("displayName eq 'Sales'", 200, 1),
        ("displayName eq 'Front desk'", 200, 2),
        ("displayName eq 'Nobody''s'", 200, 0),
        ("colour eq 'red'", 400, 0),
    ] {
        let path = format!("/v1.0/groups?$select=id&$filter={}", encoded(filter));
        let answer = get(&tenant, &path);
        assert_eq!(answer.status, status, "{filter}");
        if status == 200 {
            assert_eq!(ids(&answer).len(), expected, "{filter}");
        } else {
            assert_eq!(answer.code(), "Request_UnsupportedQuery", "{filter}");
        }
    }
}

#[test]
fn members_of_groups_in_groups_are_there_once_and_of_every_sort() {
    let tenant = PracticeTenant::start(PracticeOptions::immediate().page_size(3)).expect("tenant");
    let mut path = format!("/v1.0/groups/{SALES}/transitiveMembers?$select=id&$top=999");
    let (mut kinds, mut all) = (Vec::new(), Vec::new());
    loop {
        let answer = get(&tenant, &path);
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert!(body["value"].as_array().expect("list").len() <= 3);
        for one in body["value"].as_array().expect("list") {
            kinds.push(one["@odata.type"].as_str().expect("type").to_owned());
            assert!(one.get("userPrincipalName").is_none(), "{one}");
        }
        all.extend(ids(&answer));
        match body["@odata.nextLink"].as_str() {
            Some(next) => path = next[tenant.url().len()..].to_owned(),
            None => break,
        }
    }
    let of = |kind: &str| kinds.iter().filter(|own| own.ends_with(kind)).count();
    assert_eq!(
        (of(".user"), of(".group"), of(".device")),
        (5, 1, 1),
        "{kinds:?}"
    );
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 7);
}

#[test]
fn who_may_not_read_users_sees_of_them_their_ids() {
    let tenant = tenant();
    let path = format!("/v1.0/groups/{SALES}/transitiveMembers");
    let plain = as_person(&tenant, &TokenRequest::help_desk(), &path);
    assert!(plain.json()["value"][0]["userPrincipalName"].is_null());
    let more = TokenRequest::help_desk().with_permissions(&[READ_GROUPS, "User.ReadBasic.All"]);
    let more = as_person(&tenant, &more, &path);
    assert_eq!(
        more.json()["value"][0]["userPrincipalName"],
        "adele@contoso.example"
    );
}

#[test]
fn the_directory_asks_for_its_own_permission_and_for_no_intune_role() {
    let tenant = tenant();
    let path = format!("/v1.0/groups/{SALES}/transitiveMembers?$select=id");
    let without = TokenRequest::help_desk().without(READ_GROUPS);
    for path in [path.as_str(), "/v1.0/groups"] {
        let refused = as_person(&tenant, &without, path);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "Authorization_RequestDenied")
        );
    }
    let roleless = TokenRequest::help_desk().without_intune_role();
    assert_eq!(as_person(&tenant, &roleless, &path).status, 200);
}

#[test]
fn what_is_not_there_or_not_served_is_said() {
    let tenant = tenant();
    let nobody = "/v1.0/groups/e0000099-0000-4000-8000-000000000099/transitiveMembers";
    let missing = get(&tenant, nobody);
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (404, "Request_ResourceNotFound")
    );
    for path in [
        // A cast takes a header that the product does not send.
        format!("/v1.0/groups/{SALES}/transitiveMembers/microsoft.graph.user"),
        format!("/v1.0/groups/{SALES}/owners"),
        format!("/v1.0/groups/{SALES}/transitiveMembers?$top=1000"),
    ] {
        assert_eq!(get(&tenant, &path).status, 400, "{path}");
    }
}
