//! The client secret against an authority on this machine.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Authority, CLIENT, Canned, SECRET, TENANT, refusal, token};
use passcode_entra::{ClientSecret, Cloud, Http, HttpOptions};
use passcode_host::credential::Credential as _;

#[tokio::test]
async fn a_token_is_asked_for_as_the_second_endpoint_wants_it() {
    let authority = Authority::start(vec![token("t1", 3600)]).await;
    let app = authority.app();
    let given = app.token(&authority.request()).await.unwrap();
    assert_eq!(given.secret(), "t1");
    let lasts = given.expires().unwrap() - time::OffsetDateTime::now_utc();
    assert!((3_590..=3_600).contains(&lasts.whole_seconds()), "{lasts}");

    let asked = authority.asked();
    let only = &asked[0];
    assert_eq!(asked.len(), 1);
    assert_eq!(only.method, "POST");
    assert_eq!(only.uri.to_string(), format!("/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(
        only.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert!(!only.headers.contains_key("authorization"));
    let root = authority.origin.replace(':', "%3A").replace('/', "%2F");
    let expected = format!(
        "grant_type=client_credentials&client_id={CLIENT}\
         &client_secret=CANARY%7Esecret%26with%3Dodd%2Bcharacters%25&scope={root}%2F.default&claims=%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D"
    );
    assert_eq!(only.body, expected);
    assert_eq!(app.kind(), "client-secret");
}

#[tokio::test]
async fn a_token_is_kept_until_five_minutes_before_its_end() {
    for (seconds, requests) in [(3600, 1), (310, 1), (300, 2), (10, 2)] {
        let authority = Authority::start(vec![token("a", seconds), token("b", seconds)]).await;
        let app = authority.app();
        for _ in 0..2 {
            app.token(&authority.request()).await.unwrap();
        }
        assert_eq!(authority.asked().len(), requests, "{seconds} s");
    }
}

#[tokio::test]
async fn many_tasks_cause_one_request() {
    let authority = Authority::start(vec![token("t", 3600)])
        .await
        .slow(Duration::from_millis(100));
    let app = Arc::new(authority.app());
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (app, request) = (app.clone(), authority.request());
            tokio::spawn(async move { app.token(&request).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().secret(), "t");
    }
    assert_eq!(authority.asked().len(), 1);
}

#[tokio::test]
async fn a_renewal_bypasses_what_is_kept_and_is_shared() {
    let authority = Authority::start(vec![token("old", 3600), token("new", 3600)]).await;
    let app = Arc::new(authority.app());
    let mut request = authority.request();
    assert_eq!(app.token(&request).await.unwrap().secret(), "old");
    request.renew = true;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (app, request) = (app.clone(), request.clone());
            tokio::spawn(async move { app.token(&request).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().secret(), "new");
    }
    let asked = authority.asked().len();
    assert_eq!(asked, 2, "one for the old, one for all that renew at once");
    request.renew = false;
    assert_eq!(
        app.token(&request).await.unwrap().secret(),
        "new",
        "the new one is kept"
    );
}

#[tokio::test]
async fn a_claims_challenge_is_passed_on_and_not_answered_from_what_is_kept() {
    // What Microsoft's own client sends after a challenge.
    const CLAIMS: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
    let authority = Authority::start(vec![token("plain", 3600), token("with", 3600)]).await;
    let app = authority.app();
    let mut request = authority.request();
    app.token(&request).await.unwrap();
    request.claims = Some(CLAIMS.into());
    assert_eq!(app.token(&request).await.unwrap().secret(), "with");
    let asked = authority.asked();
    // Both as in a recorded exchange of Microsoft's own client.
    assert!(asked[0].body.ends_with(
        "&claims=%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D"
    ));
    assert!(asked[1].body.ends_with(
        "&claims=%7B%22access_token%22%3A%7B%22nbf%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%221604106651%22%7D%2C%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D"
    ), "{}", asked[1].body);
}

#[tokio::test]
async fn entras_refusals_become_a_cause_and_a_remedy() {
    let table = [
        (
            401,
            "invalid_client",
            7_000_215,
            "the client secret is wrong",
            "the secret's value",
        ),
        (
            401,
            "invalid_client",
            7_000_222,
            "the client secret has expired",
            "az ad app credential reset",
        ),
        (
            400,
            "unauthorized_client",
            700_016,
            "the tenant has no such app",
            "AZURE_CLIENT_ID",
        ),
        (
            400,
            "invalid_request",
            90_002,
            "no such tenant in this cloud",
            "AZURE_TENANT_ID",
        ),
        (400, "access_denied", 53_003, "Conditional Access", "policy"),
        (
            400,
            "invalid_scope",
            70_011,
            "Something else.",
            "https://login.microsoftonline.com/error",
        ),
    ];
    for (status, error, number, cause, remedy) in table {
        let authority =
            Authority::start(vec![refusal(status, error, number, "Something else.")]).await;
        let refused = authority
            .app()
            .token(&authority.request())
            .await
            .unwrap_err();
        let said = refused.said.as_ref().unwrap();
        assert_eq!(said.code, Some(format!("AADSTS{number}")));
        assert!(!refused.code.contains("AADSTS"), "the code is our own");
        let known = number == 70_011;
        assert_eq!(refused.code == "sign-in-refused", known, "{number}");
        let id = |name: &str| {
            let found = said.support_ids.iter().find(|(own, _)| own == name);
            found.map(|(_, id)| id.as_str())
        };
        assert_eq!(id("trace-id"), Some("6f6c4645-0202-4486-b625-fa957dfc4700"));
        assert_eq!(
            id("correlation-id"),
            Some("5fc87507-4086-4e77-b415-cee677eb232e")
        );
        assert_eq!(id("date"), Some("2023-05-06 06:03:00Z"));
        assert!(refused.message.contains(cause), "{}", refused.message);
        assert!(refused.remedy.contains(remedy), "{}", refused.remedy);
        assert!(!refused.transient, "{number}");
        for id in [
            "trace 6f6c4645-0202-4486-b625-fa957dfc4700",
            "correlation 5fc87507-4086-4e77-b415-cee677eb232e",
            CLIENT,
            TENANT,
        ] {
            assert!(refused.message.contains(id), "{id}: {}", refused.message);
        }
        assert_eq!(
            authority.asked().len(),
            1,
            "a final answer is not asked for again"
        );
    }
}

#[tokio::test]
async fn passing_failures_are_tried_again_three_times_in_all() {
    let busy = |status| {
        refusal(
            status,
            "temporarily_unavailable",
            90_033,
            "A transient error has occurred.",
        )
    };
    for status in [500, 503, 429, 400] {
        let authority = Authority::start(vec![busy(status), busy(status), token("t", 3600)]).await;
        let given = authority.app().token(&authority.request()).await.unwrap();
        assert_eq!(
            (given.secret(), authority.asked().len()),
            ("t", 3),
            "{status}"
        );
    }
    let authority = Authority::start(vec![busy(503)]).await;
    let refused = authority
        .app()
        .token(&authority.request())
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.transient),
        ("sign-in-unavailable", true)
    );
    assert_eq!(authority.asked().len(), 3);

    // A pause of a minute is not sat out; it is reported.
    let mut long = busy(429);
    long.1.push(("retry-after", "60".into()));
    let authority = Authority::start(vec![long]).await;
    let refused = authority
        .app()
        .token(&authority.request())
        .await
        .unwrap_err();
    assert!(refused.remedy.contains("in 60 s"), "{}", refused.remedy);
    assert_eq!(authority.asked().len(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Authority::start(vec![token("stolen", 3600)]).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/{TENANT}/oauth2/v2.0/token", elsewhere.origin);
        let authority =
            Authority::start(vec![Canned(status, vec![("location", to)], String::new())]).await;
        let refused = authority
            .app()
            .token(&authority.request())
            .await
            .unwrap_err();
        assert_eq!(refused.code, "sign-in-redirect");
    }
    assert!(elsewhere.asked().is_empty(), "the secret went nowhere else");
}

#[tokio::test]
async fn what_is_no_token_answer_is_refused() {
    let json = |body: &str| Canned(200, vec![], body.into());
    let table = [
        (
            "not json",
            json("<html>captive portal</html>"),
            "sign-in-answer",
        ),
        ("empty", json(""), "sign-in-answer"),
        (
            "no token",
            json(r#"{"token_type":"Bearer","expires_in":1}"#),
            "sign-in-answer",
        ),
        ("empty token", token("", 3600), "sign-in-answer"),
        (
            "other type",
            json(r#"{"token_type":"pop","expires_in":3600,"access_token":"CANARY"}"#),
            "sign-in-answer",
        ),
        (
            "no end",
            json(r#"{"token_type":"Bearer","access_token":"CANARY"}"#),
            "sign-in-answer",
        ),
        (
            "negative end",
            json(r#"{"token_type":"Bearer","expires_in":-1,"access_token":"CANARY"}"#),
            "sign-in-answer",
        ),
        (
            "endless end",
            json(
                r#"{"token_type":"Bearer","expires_in":18446744073709551615,"access_token":"CANARY"}"#,
            ),
            "sign-in-answer",
        ),
        (
            "two lines",
            json(
                "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"CANARY\\r\\nX: 1\"}",
            ),
            "sign-in-answer",
        ),
        // {"aud":"https://management.azure.com"}
        (
            "another audience",
            token(
                "e30.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQuYXp1cmUuY29tIn0.CANARY",
                3600,
            ),
            "token-audience",
        ),
        (
            "huge",
            json(&format!(
                r#"{{"pad":"{}","token_type":"Bearer","expires_in":3600,"access_token":"t"}}"#,
                "x".repeat(300_000)
            )),
            "sign-in-answer",
        ),
        (
            "empty refusal",
            Canned(401, vec![], String::new()),
            "sign-in-refused",
        ),
        (
            "gateway's refusal",
            Canned(403, vec![], "<html>CANARY</html>".into()),
            "sign-in-refused",
        ),
        (
            "other server's refusal",
            Canned(401, vec![], r#"{"error":"invalid_client"}"#.into()),
            "sign-in-refused",
        ),
        (
            "number in the text only",
            Canned(
                400,
                vec![],
                r#"{"error":"x","error_description":"AADSTS90002: Tenant"}"#.into(),
            ),
            "tenant-unknown",
        ),
        (
            "hostile",
            Canned(
                400,
                vec![],
                format!(
                    r#"{{"error":"\u001b[2J\u202e","error_description":"\u001b]0;{SECRET}\u0007"}}"#
                ),
            ),
            "sign-in-refused",
        ),
    ];
    for (case, answer, code) in table {
        let authority = Authority::start(vec![answer]).await;
        let refused = authority
            .app()
            .token(&authority.request())
            .await
            .unwrap_err();
        assert_eq!(refused.code, code, "{case}");
        let printed = format!("{refused} {refused:?} {}", refused.remedy);
        assert!(!printed.contains("CANARY"), "{case}: {printed}");
        assert!(
            !printed.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r', '\n']),
            "{case}: {printed:?}"
        );
    }
}

#[tokio::test]
async fn an_end_given_as_text_is_understood() {
    let body = r#"{"token_type":"bearer","expires_in":"3600","access_token":"t"}"#;
    let authority = Authority::start(vec![Canned(200, vec![], body.into())]).await;
    let given = authority.app().token(&authority.request()).await.unwrap();
    assert!(given.expires().is_some());
}

#[tokio::test]
async fn an_authority_that_is_silent_or_gone_is_named() {
    let silent = Authority::start(vec![token("t", 3600)])
        .await
        .slow(Duration::from_secs(60));
    let options = HttpOptions {
        timeout: Duration::from_millis(50),
        ..HttpOptions::default()
    };
    let http = Http::new(&options).unwrap();
    let app =
        ClientSecret::new(silent.cloud(), TENANT, CLIENT, SECRET.into(), http.clone()).unwrap();
    let refused = app.token(&silent.request()).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.transient),
        ("sign-in-timeout", true)
    );
    assert!(refused.message.contains(&silent.origin), "{refused}");

    let gone = Cloud::custom("http://127.0.0.1:1", "http://127.0.0.1:1", &[]).unwrap();
    let mut request = silent.request();
    request.scope = gone.scope();
    let app = ClientSecret::new(gone, TENANT, CLIENT, SECRET.into(), http).unwrap();
    let refused = app.token(&request).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.transient),
        ("sign-in-unreachable", true)
    );
    assert!(!format!("{refused:?}").contains("CANARY"));
}

#[tokio::test]
async fn a_scope_of_another_cloud_is_not_asked_for() {
    let authority = Authority::start(vec![token("t", 3600)]).await;
    let mut request = authority.request();
    for scope in [
        "https://graph.microsoft.com/.default",
        "",
        "https://evil.example/.default",
    ] {
        request.scope = scope.into();
        let refused = authority.app().token(&request).await.unwrap_err();
        assert_eq!(refused.code, "scope-mismatch");
    }
    assert!(authority.asked().is_empty());
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before() {
    let http = Http::new(&HttpOptions::default()).unwrap();
    let table = [
        ("", CLIENT, SECRET, "tenant-invalid"),
        ("common", CLIENT, SECRET, "tenant-invalid"),
        ("Organizations", CLIENT, SECRET, "tenant-invalid"),
        ("../evil", CLIENT, SECRET, "tenant-invalid"),
        ("..", CLIENT, SECRET, "tenant-invalid"),
        ("t/oauth2/v2.0/x?", CLIENT, SECRET, "tenant-invalid"),
        ("t%2fx", CLIENT, SECRET, "tenant-invalid"),
        (TENANT, "", SECRET, "client-id-invalid"),
        (TENANT, "a b", SECRET, "client-id-invalid"),
        (TENANT, CLIENT, "", "secret-empty"),
    ];
    for (tenant, client, secret, code) in table {
        let refused =
            ClientSecret::new(Cloud::global(), tenant, client, secret.into(), http.clone());
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, code, "{tenant} {client}");
        assert!(!format!("{refused:?}").contains("CANARY"));
    }
}

#[tokio::test]
async fn nothing_prints_the_secret_or_the_token() {
    let authority = Authority::start(vec![token("CANARY-token", 3600)]).await;
    let app = authority.app();
    let given = app.token(&authority.request()).await.unwrap();
    assert!(given.secret().contains("CANARY"), "the canary is there");
    let printed = format!("{app:?} {app:#?} {given:?}");
    assert!(!printed.contains("CANARY"), "{printed}");
    assert!(printed.contains("****"));
}

#[test]
fn certificates_that_cannot_be_read_are_refused() {
    for pem in [
        &b"garbage"[..],
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let options = HttpOptions {
            extra_roots: pem.to_vec(),
            ..HttpOptions::default()
        };
        assert_eq!(Http::new(&options).unwrap_err().code, "ca-invalid");
    }
}
