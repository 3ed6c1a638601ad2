use super::*;

/// Variables that are set.
type Set<'a> = &'a [(&'a str, &'a str)];
/// A case.
type Row2<'a, T> = (Set<'a>, T);
type Row3<'a, T, U> = (Set<'a>, T, U);

const APP: [(&str, &str); 2] = [
    ("IDENTITY_ENDPOINT", "http://127.0.0.1:41056/msi/token/"),
    ("IDENTITY_HEADER", "CANARY-header"),
];
const MSI: [(&str, &str); 2] = [
    ("MSI_ENDPOINT", "http://127.0.0.1:41057/oauth2/token"),
    ("MSI_SECRET", "CANARY-secret"),
];
const ARC: [(&str, &str); 2] = [
    (
        "IDENTITY_ENDPOINT",
        "http://localhost:40342/metadata/identity/oauth2/token",
    ),
    ("IMDS_ENDPOINT", "http://localhost:40342"),
];

fn found(variables: &[(&str, &str)]) -> Result<Platform, CredentialError> {
    let get = |name: &str| {
        let (_, value) = variables.iter().find(|(set, _)| *set == name)?;
        Some((*value).to_owned())
    };
    Platform::from_environment(&get, &["https://identity.corp.example".to_owned()])
}

/// The order is that of Microsoft's own libraries; addresses and headers as their pages have them.
#[test]
fn each_platform_is_asked_in_its_own_way() {
    let resource = "https%3A%2F%2Fgraph.microsoft.com";
    let table: &[Row3<'_, String, Set<'_>>] = &[
        (
            &[],
            format!(
                "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}"
            ),
            &[("metadata", "true")],
        ),
        (
            &APP,
            format!("http://127.0.0.1:41056/msi/token/?api-version=2019-08-01&resource={resource}"),
            &[("metadata", "true"), ("x-identity-header", "CANARY-header")],
        ),
        (
            &[APP[0], APP[1], MSI[0], MSI[1]],
            format!("http://127.0.0.1:41056/msi/token/?api-version=2019-08-01&resource={resource}"),
            &[("metadata", "true"), ("x-identity-header", "CANARY-header")],
        ),
        (
            &MSI,
            format!(
                "http://127.0.0.1:41057/oauth2/token?api-version=2017-09-01&resource={resource}"
            ),
            &[("metadata", "true"), ("secret", "CANARY-secret")],
        ),
        (
            &ARC,
            format!(
                "http://localhost:40342/metadata/identity/oauth2/token?api-version=2020-06-01&resource={resource}"
            ),
            &[("metadata", "true")],
        ),
        (
            &[(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                "http://127.0.0.1:50342",
            )],
            format!(
                "http://127.0.0.1:50342/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}"
            ),
            &[("metadata", "true")],
        ),
    ];
    for (variables, address, headers) in table {
        let platform = found(variables).unwrap();
        let asked = platform.address("https://graph.microsoft.com", &Identity::System);
        assert_eq!(asked.unwrap().as_str(), address);
        let sent = platform.headers();
        let sent: Vec<(&str, &str)> = sent.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(&sent, headers);
        assert!(!format!("{platform:?}").contains("CANARY"));
    }
}

#[test]
fn an_identity_is_chosen_by_the_platforms_own_parameter() {
    let id = || "an-id".to_owned();
    let [client, object, resource] = [
        Identity::ClientId(id()),
        Identity::ObjectId(id()),
        Identity::ResourceId(id()),
    ];
    let refused = Err("managed-identity-choice");
    let table: &[Row3<'_, &Identity, Result<Option<&str>, &str>>] = &[
        (&[], &Identity::System, Ok(None)),
        (&[], &client, Ok(Some("client_id"))),
        (&[], &object, Ok(Some("object_id"))),
        (&[], &resource, Ok(Some("msi_res_id"))),
        (&APP, &client, Ok(Some("client_id"))),
        (&APP, &object, Ok(Some("object_id"))),
        (&APP, &resource, Ok(Some("mi_res_id"))),
        (&MSI, &client, Ok(Some("clientid"))),
        (&MSI, &object, refused),
        (&MSI, &resource, refused),
        (&ARC, &Identity::System, Ok(None)),
        (&ARC, &client, refused),
        (&ARC, &object, refused),
        (&ARC, &resource, refused),
    ];
    for (variables, identity, expected) in table {
        let platform = found(variables).unwrap();
        let chosen = platform.parameter(identity);
        let chosen = chosen
            .as_ref()
            .map(|chosen| chosen.map(|(name, _)| name))
            .map_err(|error| error.code.as_str());
        assert_eq!(chosen, *expected, "{platform:?} {identity:?}");
    }
    let asked = found(&APP).unwrap();
    let asked = asked.address("r", &Identity::ResourceId("/a b&c=d".into()));
    assert!(
        asked
            .unwrap()
            .as_str()
            .ends_with("&mi_res_id=%2Fa+b%26c%3Dd")
    );
}

#[test]
fn an_endpoint_that_would_carry_secrets_away_is_refused() {
    let header = APP[1];
    let at = |address: &'static str| [("IDENTITY_ENDPOINT", address), header];
    let table: &[Row2<'_, Result<(), &str>>] = &[
        (&at("http://169.254.129.5:8081/msi/token"), Ok(())),
        (&at("https://identity.corp.example/msi"), Ok(())),
        (&at("https://evil.example/msi"), Err("origin-not-allowed")),
        (
            &at("http://identity.corp.example/msi"),
            Err("origin-plain-http"),
        ),
        (&at("http://10.0.0.1/msi"), Err("origin-plain-http")),
        (
            &at("http://a:b@127.0.0.1/msi"),
            Err("managed-identity-endpoint"),
        ),
        (&at("file:///etc/passwd"), Err("managed-identity-endpoint")),
        (&at("x"), Err("managed-identity-endpoint")),
        (
            &[
                ("IDENTITY_ENDPOINT", "https://identity.corp.example/x"),
                ("IMDS_ENDPOINT", "http://localhost"),
            ],
            Err("managed-identity-endpoint"),
        ),
        (
            &[APP[0], APP[1], ("IDENTITY_SERVER_THUMBPRINT", "AA")],
            Err("managed-identity-platform"),
        ),
        (&[MSI[0]], Err("managed-identity-platform")),
    ];
    for (variables, expected) in table {
        let platform = found(variables);
        let platform = platform.as_ref().map(|_| ()).map_err(|e| e.code.as_str());
        assert_eq!(platform, *expected, "{variables:?}");
    }
}
