use super::*;

fn variables<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let (_, value) = set.iter().find(|(own, _)| *own == name)?;
        Some((*value).to_owned()).filter(|value| !value.trim().is_empty())
    }
}

const TOKEN: (&str, &str) = ("PASSCODE_ACCESS_TOKEN", "CANARY-token");
const TENANT: (&str, &str) = ("AZURE_TENANT_ID", "contoso.example");
const CLIENT: (&str, &str) = ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555");
const SECRET: (&str, &str) = ("AZURE_CLIENT_SECRET", "CANARY-secret");
const CERTIFICATE: (&str, &str) = ("AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem");
const FILE: (&str, &str) = ("AZURE_FEDERATED_TOKEN_FILE", "/f");
const GITHUB: [(&str, &str); 2] = [
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/x"),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "CANARY-github"),
];
const PIPELINES: [(&str, &str); 3] = [
    ("SYSTEM_OIDCREQUESTURI", "https://dev.azure.example/x"),
    ("SYSTEM_ACCESSTOKEN", "CANARY-pipelines"),
    ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection"),
];
const APP_SERVICE: [(&str, &str); 2] = [
    ("IDENTITY_ENDPOINT", "http://127.0.0.1:41056/msi/token"),
    ("IDENTITY_HEADER", "CANARY-header"),
];

#[test]
fn exactly_one_way_is_chosen_or_the_error_says_what_was_found() {
    type Row<'a> = (
        &'a [(&'a str, &'a str)],
        Result<&'a str, (&'a str, &'a str)>,
    );
    let auth = |name: &'static str| ("PASSCODE_AUTH", name);
    let azure = |name: &'static str| ("AZURE_TOKEN_CREDENTIALS", name);
    let table: &[Row<'_>] = &[
        (&[TOKEN], Ok("given-token")),
        (&[TOKEN, TENANT, CLIENT], Ok("given-token")),
        (&[TENANT, CLIENT, SECRET], Ok("client-secret")),
        (&[TENANT, CLIENT, CERTIFICATE], Ok("client-certificate")),
        (&[TENANT, CLIENT, FILE], Ok("workload-identity")),
        (&[TENANT, CLIENT, GITHUB[0], GITHUB[1]], Ok("github-oidc")),
        (
            &[TENANT, CLIENT, PIPELINES[0], PIPELINES[1], PIPELINES[2]],
            Ok("azure-pipelines"),
        ),
        (&APP_SERVICE, Ok("managed-identity")),
        (
            &[CLIENT, APP_SERVICE[0], APP_SERVICE[1]],
            Ok("managed-identity"),
        ),
        // What a person sets is meant; what a platform sets is merely there.
        (
            &[TENANT, CLIENT, SECRET, APP_SERVICE[0], APP_SERVICE[1]],
            Ok("client-secret"),
        ),
        (&[TOKEN, GITHUB[0]], Ok("given-token")),
        // A name decides.
        (
            &[auth("managed-identity"), TENANT, CLIENT, SECRET],
            Ok("managed-identity"),
        ),
        (
            &[auth("client-secret"), TOKEN, TENANT, CLIENT, SECRET],
            Ok("client-secret"),
        ),
        (
            &[auth("managed-identity-federated"), TENANT, CLIENT],
            Ok("managed-identity-federated"),
        ),
        (&[auth("Azure-CLI")], Ok("azure-cli")),
        (&[auth("azd")], Ok("azure-developer-cli")),
        (&[auth("device-code"), CLIENT], Ok("device-code")),
        (&[auth("browser"), CLIENT, TENANT], Ok("browser")),
        (&[auth("login"), CLIENT], Ok("kept-sign-in")),
        (
            &[azure("AzureCliCredential"), TENANT, CLIENT, SECRET],
            Ok("azure-cli"),
        ),
        (
            &[azure("managedidentitycredential")],
            Ok("managed-identity"),
        ),
        (
            &[azure("prod"), TENANT, CLIENT, SECRET],
            Ok("client-secret"),
        ),
        (&[azure("dev")], Err(("not-signed-in", "nothing is set"))),
        (&[auth("guess")], Err(("sign-in-unknown", "'guess'"))),
        (
            &[azure("SharedTokenCacheCredential")],
            Err(("sign-in-unknown", "Shared")),
        ),
        (&[auth("browser")], Err(("not-signed-in", "found nothing"))),
        (&[], Err(("not-signed-in", "nothing is set"))),
        (
            &[("PASSCODE_ACCESS_TOKEN", " ")],
            Err(("not-signed-in", "nothing is set")),
        ),
        (&[TENANT], Err(("not-signed-in", "found AZURE_TENANT_ID"))),
        (
            &[TENANT, CLIENT],
            Err(("not-signed-in", "found AZURE_TENANT_ID, AZURE_CLIENT_ID")),
        ),
        (
            &[SECRET],
            Err(("not-signed-in", "found AZURE_CLIENT_SECRET")),
        ),
        (
            &[CERTIFICATE],
            Err(("not-signed-in", "found AZURE_CLIENT_CERTIFICATE_PATH")),
        ),
        (&[GITHUB[0]], Err(("not-signed-in", "github-oidc"))),
        (
            &[APP_SERVICE[0]],
            Err(("managed-identity-endpoint", "IDENTITY_HEADER")),
        ),
        (
            &[TOKEN, SECRET],
            Err((
                "sign-in-ambiguous",
                "PASSCODE_ACCESS_TOKEN and AZURE_CLIENT_SECRET",
            )),
        ),
        (
            &[TENANT, CLIENT, SECRET, CERTIFICATE],
            Err(("sign-in-ambiguous", "each names another way")),
        ),
        (
            &[TENANT, CLIENT, FILE, APP_SERVICE[0], APP_SERVICE[1]],
            Err((
                "sign-in-ambiguous",
                "AZURE_FEDERATED_TOKEN_FILE and IDENTITY_ENDPOINT",
            )),
        ),
    ];
    for (set, expected) in table {
        match (way(&variables(set), &[]), expected) {
            (Ok(found), Ok(kind)) => {
                assert_eq!(found.kind(), *kind, "{set:?}");
                let printed = format!("{found:?}");
                assert!(!printed.contains("CANARY"), "{printed}");
                assert!(printed.contains("****"), "{printed}");
            }
            (Err(error), Err((code, says))) => {
                assert_eq!(error.code, *code, "{set:?}");
                assert!(error.message.contains(says), "{set:?}: {}", error.message);
                assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
            }
            (found, expected) => panic!("{set:?}: {found:?}, expected {expected:?}"),
        }
    }
    let missing = way(&variables(&[TENANT, SECRET]), &[]).unwrap_err();
    assert!(
        missing.remedy.starts_with("set AZURE_CLIENT_ID too"),
        "{}",
        missing.remedy
    );
}

#[test]
fn a_managed_identity_is_named_in_one_way() {
    let by = |name: &'static str| (name, "an-id");
    let client = by("PASSCODE_MANAGED_IDENTITY_CLIENT_ID");
    let object = by("PASSCODE_MANAGED_IDENTITY_OBJECT_ID");
    let resource = by("PASSCODE_MANAGED_IDENTITY_RESOURCE_ID");
    let id = || "an-id".to_owned();
    type Row<'a> = (&'a [(&'a str, &'a str)], bool, Option<Identity>);
    let table: &[Row<'_>] = &[
        (&[], true, Some(Identity::System)),
        (
            &[("AZURE_CLIENT_ID", "an-id")],
            true,
            Some(Identity::ClientId(id())),
        ),
        (
            &[("AZURE_CLIENT_ID", "the-app")],
            false,
            Some(Identity::System),
        ),
        (&[client], true, Some(Identity::ClientId(id()))),
        (
            &[client, ("AZURE_CLIENT_ID", "the-app")],
            false,
            Some(Identity::ClientId(id())),
        ),
        (&[object], true, Some(Identity::ObjectId(id()))),
        (&[resource], true, Some(Identity::ResourceId(id()))),
        (&[object, resource], true, None),
        (&[client, object], true, None),
    ];
    for (set, its, expected) in table {
        let found = identity(&variables(set), *its);
        assert_eq!(found.ok(), *expected, "{set:?}");
    }
}

#[test]
fn every_way_has_its_own_name_and_is_built_under_it() {
    let all = [
        TOKEN,
        TENANT,
        CLIENT,
        SECRET,
        CERTIFICATE,
        FILE,
        GITHUB[0],
        GITHUB[1],
        PIPELINES[0],
        PIPELINES[1],
        PIPELINES[2],
        APP_SERVICE[0],
        APP_SERVICE[1],
    ];
    for name in names() {
        let built = build(kind(name).unwrap(), &variables(&all), &[]).unwrap();
        assert_eq!(built.kind(), name);
    }
    assert_eq!(names().count(), 13);
}
