//! `passcode auth status`: who, by which way, until when, with which rights; and where tokens may go.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passcode_practice::{PRACTICE_TENANT_ID, TokenRequest};

use serde_json::{Value, json};

use crate::authority::{Authority, CLIENT};
use crate::support::Home;

#[test]
fn a_person_and_an_app_are_shown_with_their_rights_and_without_their_token() {
    for (request, person) in [
        (TokenRequest::help_desk(), true),
        (TokenRequest::app(), false),
    ] {
        let authority = Authority::giving(&request);
        let mut home = authority.home();
        home.set("PASSCODE_ACCESS_TOKEN", &authority.token);
        let ran = home.run(&["auth", "status"]);
        let said = ran.expect(0, "auth");
        assert_eq!(said["kind"], "given-token");
        assert_eq!(said["tenant"], PRACTICE_TENANT_ID);
        assert_eq!(said["cloud"], "custom");
        assert_eq!(said["authority"], authority.url);
        assert_eq!(said["practice"], true);
        assert_eq!(said["appOnly"], !person);
        let (has, lacks) = if person {
            ("scopes", "roles")
        } else {
            ("roles", "scopes")
        };
        assert!(!said[has].as_array().unwrap().is_empty(), "{said}");
        assert!(said[lacks].as_array().unwrap().is_empty(), "{said}");
        assert!(said["expires"].as_str().unwrap().ends_with('Z'));
        let table = home.run(&["auth", "status", "-o", "table"]);
        assert!(table.stdout.contains("DeviceManagement"), "{table:?}");
        let csv = home.run(&["auth", "status", "-o", "csv", "-v"]);
        for ran in [ran, table, csv] {
            assert!(!format!("{ran:?}").contains(&authority.token));
        }
    }
}

#[test]
fn the_practice_tenants_person_is_shown_too() {
    let said = Home::new().practice(&["auth", "status"]).expect(0, "auth");
    assert_eq!(said["kind"], "practice");
    assert_eq!(said["user"], "helpdesk@contoso.example");
}

#[test]
fn nobody_is_signed_in_by_nothing_or_by_half() {
    let mut home = Home::new();
    home.run(&["auth", "status"]).fails(3, "not-signed-in");
    home.set("AZURE_CLIENT_SECRET", "CANARY-half");
    let half = home.run(&["auth", "status"]);
    half.fails(3, "not-signed-in");
    assert!(!format!("{half:?}").contains("CANARY"));
    home.set("PASSCODE_AUTH", "prayer");
    home.run(&["auth", "status"]).fails(3, "sign-in-unknown");
}

/// The profile names the way; a token that is set besides is not taken instead.
#[test]
fn a_profile_names_the_way_to_sign_in() {
    let authority = Authority::giving(&TokenRequest::app());
    let mut home = authority.home();
    home.set("AZURE_CLIENT_SECRET", "CANARY-secret");
    home.set("PASSCODE_ACCESS_TOKEN", "eyJ.x.y");
    let config = "[profile.desk]\nauth = \"client-secret\"\n[profile.mine]\nauth = \"login\"\n";
    std::fs::write(home.path().join("config.toml"), config).unwrap();
    home.run(&["config", "check"]).expect(0, "config-check");
    home.run(&["auth", "status"]).fails(3, "sign-in-ambiguous");
    let said = home
        .run(&["auth", "status", "--profile", "desk"])
        .expect(0, "auth");
    assert_eq!(said["kind"], "client-secret");
    assert_eq!(authority.values("client_id"), [CLIENT]);
    let mine = home.run(&["devices", "--profile", "mine"]);
    let refused = mine.fails(3, "not-signed-in");
    let remedy = refused["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("`passcode login --profile mine`"),
        "{remedy}"
    );
    home.set("PASSCODE_AUTH", "kept-sign-in");
    home.run(&["auth", "status", "--profile", "desk"])
        .fails(3, "not-signed-in");
}

#[test]
fn a_token_that_says_nothing_goes_only_where_the_file_says() {
    let mut home = Home::new();
    home.set("PASSCODE_ACCESS_TOKEN", "CANARY-opaque");
    let file = home.path().join("config.toml");
    let refused = home.run(&["auth", "status"]);
    refused.fails(3, "token-opaque");
    assert!(!format!("{refused:?}").contains("CANARY"));
    let other = "allowed_origins = [\"https://graph.microsoft.us\"]";
    std::fs::write(&file, other).unwrap();
    home.run(&["auth", "status"]).fails(3, "token-opaque");
    std::fs::write(&file, "allowed_origins = [\"https://graph.microsoft.com\"]").unwrap();
    let said = home.run(&["auth", "status"]);
    let document = said.expect(0, "auth");
    assert_eq!(
        (&document["readable"], &document["kind"]),
        (&false.into(), &"given-token".into())
    );
    assert!(!format!("{said:?}").contains("CANARY"));
    // A loopback address needs nobody's word, and another origin of one's own needs the file's.
    home.set("PASSCODE_CLOUD", "custom");
    home.set("PASSCODE_GRAPH_URL", "http://127.0.0.1:9");
    home.set("PASSCODE_AUTHORITY_URL", "http://127.0.0.1:9");
    home.run(&["auth", "status"]).expect(0, "auth");
    home.set("PASSCODE_GRAPH_URL", "https://graph.corp.invalid");
    home.run(&["auth", "status"]).fails(2, "origin-not-allowed");
}

/// A token with these claims, signed by nobody.
fn token(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.CANARY-signature",
        part("{\"alg\":\"none\"}"),
        part(&claims.to_string())
    )
}

/// The app id that stands for Graph in every cloud.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

#[test]
fn a_token_of_another_cloud_is_refused_by_its_audience_or_its_issuer() {
    let global = "https://login.microsoftonline.com/7e4a/v2.0";
    let china = "https://login.partner.microsoftonline.cn/7e4a/v2.0";
    for (cloud, claims) in [
        ("global", json!({"aud": "https://graph.microsoft.us"})),
        ("usgov", json!({"aud": "https://graph.microsoft.com"})),
        ("global", json!({"aud": GRAPH, "iss": china})),
        ("china", json!({"aud": GRAPH, "iss": global})),
        ("dod", json!({"aud": GRAPH, "iss": global})),
    ] {
        let mut home = Home::new();
        home.set("PASSCODE_CLOUD", cloud);
        home.set("PASSCODE_ACCESS_TOKEN", &token(&claims));
        // It reads the token, and sends nothing.
        let ran = home.run(&["auth", "status", "-v"]);
        let refused = ran.fails(3, "wrong-cloud");
        let remedy = refused["remedy"].as_str().unwrap();
        assert!(remedy.contains("PASSCODE_CLOUD"), "{cloud} {remedy}");
        assert!(!format!("{ran:?}").contains("CANARY"));
    }
    let mut home = Home::new();
    let good = token(&json!({"aud": GRAPH, "iss": global}));
    home.set("PASSCODE_ACCESS_TOKEN", &good);
    home.run(&["auth", "status"]).expect(0, "auth");
}

#[test]
fn a_personal_accounts_token_is_sent_nowhere() {
    let authority = Authority::giving(&TokenRequest::help_desk());
    let mut home = authority.home();
    let audience = authority.tenant.url();
    let personal = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let claims = json!({"aud": audience, "tid": personal, "scp": "User.Read"});
    home.set("PASSCODE_ACCESS_TOKEN", &token(&claims));
    home.unset("AZURE_TENANT_ID");
    for words in [&["auth", "status"][..], &["devices", "-v"]] {
        let ran = home.run(words);
        let refused = ran.fails(3, "personal-account");
        let remedy = refused["remedy"].as_str().unwrap();
        assert!(remedy.contains("work or school account"), "{remedy}");
        assert!(!format!("{ran:?}").contains("CANARY"));
    }
    assert!(authority.tenant.journal().is_empty());
    // The same token of somebody's tenant goes there.
    let claims = json!({"aud": audience, "tid": PRACTICE_TENANT_ID});
    home.set("PASSCODE_ACCESS_TOKEN", &token(&claims));
    home.run(&["devices"]).fails(3, "token-not-accepted");
    assert!(!authority.tenant.journal().is_empty());
}

/// A variable alone sends no secret elsewhere, whichever variable it is.
#[test]
fn no_variable_names_another_origin_for_any_way_to_sign_in() {
    let elsewhere = "https://elsewhere.corp.invalid";
    let identity = format!("{elsewhere}/msi/token");
    for variables in [
        &[
            ("PASSCODE_AUTH", "managed-identity"),
            ("IDENTITY_ENDPOINT", identity.as_str()),
            ("IDENTITY_HEADER", "CANARY"),
        ][..],
        &[
            ("PASSCODE_AUTH", "managed-identity"),
            ("MSI_ENDPOINT", &identity),
            ("MSI_SECRET", "CANARY"),
        ],
        &[
            ("PASSCODE_AUTH", "client-secret"),
            ("AZURE_CLIENT_SECRET", "CANARY"),
            ("AZURE_TENANT_ID", "contoso.example"),
            ("AZURE_CLIENT_ID", CLIENT),
            ("PASSCODE_CLOUD", "custom"),
            ("PASSCODE_GRAPH_URL", "http://127.0.0.1:9"),
            ("PASSCODE_AUTHORITY_URL", elsewhere),
        ],
    ] {
        let mut home = Home::new();
        for (name, value) in variables {
            home.set(name, value);
        }
        for command in [&["auth", "status"][..], &["devices"]] {
            let refused = home.run(command);
            refused.fails(2, "origin-not-allowed");
            assert!(!format!("{refused:?}").contains("CANARY"));
        }
        let allowed = format!("allowed_origins = [\"{elsewhere}\"]");
        std::fs::write(home.path().join("config.toml"), allowed).unwrap();
        let tried = home.run(&["auth", "status"]);
        assert_eq!(tried.code, 12, "{tried:?}");
    }
}
