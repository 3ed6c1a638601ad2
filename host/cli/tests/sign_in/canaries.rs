//! No way to sign in leaves anything secret anywhere: not in an answer, on stderr, in the ledger, in
//! a recording, or in any other file.

use std::path::{Path, PathBuf};

use passcode_practice::TokenRequest;
use tempfile::TempDir;

use crate::authority::{Authority, DEVICE_CODE, GITHUB_ASSERTION, PIPELINES_ASSERTION, REFRESH};
use crate::support::Home;

const PASSCODE: &str = "CANARY-passcode-31415";

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

/// Where one of the secrets is, in text and in files.
pub fn leaks(heard: &str, folder: &Path, secrets: &[String]) -> Vec<String> {
    let mut places = files(folder);
    places.push((PathBuf::from("what was printed"), heard.as_bytes().to_vec()));
    let mut leaks = Vec::new();
    for (number, secret) in secrets.iter().enumerate() {
        assert!(secret.len() > 8, "secret {number} would be found anywhere");
        let holds = |bytes: &[u8]| {
            bytes
                .windows(secret.len())
                .any(|at| at == secret.as_bytes())
        };
        let at = places.iter().filter(|(_, bytes)| holds(bytes));
        leaks.extend(at.map(|(place, _)| format!("secret {number} in {}", place.display())));
    }
    leaks
}

/// What a person would do in a day, with everything that is said.
pub fn a_day(authority: &Authority, home: &Home) -> String {
    for _ in 0..4 {
        authority.tenant.next_passcode(PASSCODE);
    }
    let record = home.path().join("recording");
    let record = record.to_str().unwrap();
    let kiosk = ["--serial", "SAMPLE-COSU-0001"];
    let mut heard = String::new();
    for (words, code) in [
        (vec!["auth", "status", "-v"], 0),
        (vec!["devices", "-v", kiosk[0], kiosk[1]], 0),
        (
            vec![
                "reset", "-v", kiosk[0], kiosk[1], "--yes", "--record", record, "-o", "json",
            ],
            0,
        ),
        (vec!["reveal", "-v", kiosk[0], kiosk[1]], 0),
        (vec!["status", "-v", "-o", "yaml"], 0),
        (vec!["config", "show"], 0),
        (vec!["remove", "-v", kiosk[0], kiosk[1], "--yes"], 6),
    ] {
        let ran = home.run(&words);
        assert_eq!(ran.code, code, "{words:?} {ran:?}");
        heard.push_str(&format!("{}\n{}\n{ran:?}\n", ran.stdout, ran.stderr));
    }
    assert_eq!(authority.tenant.resets("KIOSK-0001").unwrap().len(), 1);
    heard
}

/// A way to sign in: what is set, and what must not be found afterwards.
struct Case {
    way: &'static str,
    set: Vec<(&'static str, String)>,
    secrets: Vec<String>,
}

fn cases(authority: &Authority, folder: &Path) -> Vec<Case> {
    let text = |text: &str| text.to_owned();
    let assertion = "CANARY-workload-assertion-1618";
    std::fs::write(folder.join("assertion"), assertion).unwrap();
    let (pem, key) = certificate();
    std::fs::write(folder.join("app.pem"), pem).unwrap();
    std::fs::write(folder.join("ca.pem"), &authority.ca).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    vec![
        Case {
            way: "given-token",
            set: vec![("PASSCODE_ACCESS_TOKEN", authority.token.clone())],
            secrets: vec![],
        },
        Case {
            way: "client-secret",
            set: vec![("AZURE_CLIENT_SECRET", text("CANARY-client-secret-1123"))],
            secrets: vec![text("CANARY-client-secret-1123")],
        },
        Case {
            way: "client-certificate",
            set: vec![
                ("AZURE_CLIENT_CERTIFICATE_PATH", path("app.pem")),
                (
                    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
                    text("CANARY-password-5813"),
                ),
            ],
            secrets: [key, vec![text("CANARY-password-5813")]].concat(),
        },
        Case {
            way: "workload-identity",
            set: vec![("AZURE_FEDERATED_TOKEN_FILE", path("assertion"))],
            secrets: vec![text(assertion)],
        },
        Case {
            way: "github-oidc",
            set: vec![
                (
                    "ACTIONS_ID_TOKEN_REQUEST_URL",
                    format!("{}/github?run=1", authority.url),
                ),
                (
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                    text("CANARY-github-token-2236"),
                ),
            ],
            secrets: vec![text("CANARY-github-token-2236"), text(GITHUB_ASSERTION)],
        },
        Case {
            way: "managed-identity",
            set: vec![
                ("IDENTITY_ENDPOINT", format!("{}/msi/token", authority.url)),
                ("IDENTITY_HEADER", text("CANARY-identity-header-1732")),
            ],
            secrets: vec![text("CANARY-identity-header-1732")],
        },
        Case {
            way: "managed-identity-federated",
            set: vec![
                ("IDENTITY_ENDPOINT", format!("{}/msi/token", authority.url)),
                ("IDENTITY_HEADER", text("CANARY-identity-header-1732")),
            ],
            secrets: vec![text("CANARY-identity-header-1732")],
        },
        Case {
            way: "azure-pipelines",
            set: vec![
                (
                    "SYSTEM_OIDCREQUESTURI",
                    format!("{}/pipelines?job=1", authority.encrypted),
                ),
                ("SYSTEM_ACCESSTOKEN", text("CANARY-system-token-4181")),
                ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", text("c0ffee")),
                ("PASSCODE_AUTHORITY_URL", authority.encrypted.clone()),
                ("PASSCODE_CA_FILE", path("ca.pem")),
            ],
            secrets: vec![text("CANARY-system-token-4181"), text(PIPELINES_ASSERTION)],
        },
        #[cfg(unix)]
        Case {
            way: "azure-cli",
            set: vec![("PATH", tools(folder, &authority.token))],
            secrets: vec![text(TOOLS_OWN)],
        },
        #[cfg(unix)]
        Case {
            way: "azure-developer-cli",
            set: vec![("PATH", tools(folder, &authority.token))],
            secrets: vec![text(TOOLS_OWN)],
        },
    ]
}

/// What stands beside the token in what Azure's tools print.
#[cfg(unix)]
const TOOLS_OWN: &str = "CANARY-of-the-tool-6765";

/// A PATH that leads to programs which answer as `az` and `azd` do when somebody is signed in, and
/// to nothing else of these names.
#[cfg(unix)]
fn tools(folder: &Path, token: &str) -> String {
    let az = format!(
        r#"{{"accessToken":"{token}","expiresOn":"2099-01-01 00:00:00.000000","expires_on":4070908800,"subscription":"{TOOLS_OWN}","tenant":"t","tokenType":"Bearer"}}"#
    );
    let azd =
        format!(r#"{{"token":"{token}","expiresOn":"2099-01-01T00:00:00Z","x":"{TOOLS_OWN}"}}"#);
    for (name, answer) in [("az", az), ("azd", azd)] {
        std::fs::write(folder.join(format!("{name}.json")), answer).unwrap();
        program(
            folder,
            name,
            "echo CANARY-of-the-tool-6765 >&2\ncat \"$0.json\"\n",
        );
    }
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}", folder.display())
}

#[cfg(unix)]
fn program(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join(name);
    std::fs::write(&file, format!("#!/bin/sh\n{text}")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A tool that fails with its token in what it says, or prints something else than it should.
#[cfg(unix)]
#[test]
fn what_a_tool_says_when_it_fails_is_shown_without_its_token() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::giving(&TokenRequest::app());
    let token = &authority.token;
    let mut home = authority.home();
    let path = std::env::var("PATH").unwrap_or_default();
    home.set("PATH", &format!("{}:{path}", folder.path().display()));
    for (way, name) in [("azure-cli", "az"), ("azure-developer-cli", "azd")] {
        home.set("PASSCODE_AUTH", way);
        for text in [
            format!("echo 'ERROR: the token {token} is no good' >&2\nexit 1\n"),
            format!("echo '{{\"data\":{{\"message\":\"token {token}\"}}}}' >&2\nexit 1\n"),
            format!("echo '{token}'\n"),
            format!("echo '{{\"accessToken\":\"{token}\",\"token\":[\"{token}\"]}}'\n"),
        ] {
            program(folder.path(), name, &text);
            for words in [&["auth", "status", "-v"][..], &["devices", "-v"]] {
                let ran = home.run(words);
                ran.fails(3, way);
                let leaks = leaks(
                    &format!("{}{}{ran:?}", ran.stdout, ran.stderr),
                    home.path(),
                    std::slice::from_ref(token),
                );
                assert!(leaks.is_empty(), "{way} {text}: {leaks:?}");
            }
        }
    }
}

/// A certificate with its key (PEM), and the lines of the key.
fn certificate() -> (String, Vec<String>) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let params = rcgen::CertificateParams::new(vec!["app.example".into()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = key.serialize_pem();
    let lines = key
        .lines()
        .filter(|line| line.len() > 32 && !line.starts_with('-'));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert!(lines.len() > 10);
    (format!("{key}{}", certificate.pem()), lines)
}

#[test]
fn no_way_to_sign_in_leaves_a_secret_anywhere() {
    let folder = TempDir::new().unwrap();
    let ways = cases(&Authority::giving(&TokenRequest::app()), folder.path()).len();
    for way in 0..ways {
        let authority = Authority::giving(&TokenRequest::app());
        let case = cases(&authority, folder.path()).swap_remove(way);
        let mut home = authority.home();
        home.set("PASSCODE_AUTH", case.way);
        for (name, value) in &case.set {
            home.set(name, value);
        }
        let heard = a_day(&authority, &home);
        assert!(heard.contains(case.way), "{}", case.way);
        if case.way == "azure-pipelines" {
            // It went the whole way, and not by a token of somebody else.
            let given = authority.values("client_assertion");
            assert!(given.iter().all(|one| one == PIPELINES_ASSERTION) && !given.is_empty());
        }
        let mut secrets = case.secrets;
        secrets.extend([authority.token.clone(), PASSCODE.to_owned()]);
        // What was made for this sign-in only, and seen on the other side.
        secrets.extend(authority.values("client_assertion"));
        let leaks = leaks(&heard, home.path(), &secrets);
        assert!(leaks.is_empty(), "{}: {leaks:?}", case.way);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_who_signs_in_leaves_no_secret_either() {
    let Some(keyring) = crate::keyring::Keyring::start() else {
        return;
    };
    let authority = Authority::start();
    let mut home = authority.home();
    home.set("DBUS_SESSION_BUS_ADDRESS", keyring.address());
    let ran = home.run(&["login", "-v"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(home.path().join("sign-ins").is_file());
    let secrets = [authority.token.as_str(), REFRESH, DEVICE_CODE].map(str::to_owned);
    assert_eq!(authority.values("device_code"), [DEVICE_CODE]);
    let leaks = leaks(
        &format!("{}{}{ran:?}", ran.stdout, ran.stderr),
        home.path(),
        &secrets,
    );
    assert!(leaks.is_empty(), "{leaks:?}");
}

/// So that it says something that nothing is found.
#[test]
fn what_is_planted_is_found() {
    let authority = Authority::giving(&TokenRequest::app());
    let mut home = authority.home();
    home.set("PASSCODE_ACCESS_TOKEN", &authority.token);
    let secrets = [authority.token.clone(), PASSCODE.to_owned()];
    let mut heard = a_day(&authority, &home);
    assert!(leaks(&heard, home.path(), &secrets).is_empty());
    // On purpose: this is how the passcode is asked for.
    let reveal = ["reveal", "--serial", "SAMPLE-COSU-0001", "--reveal"];
    heard.push_str(&home.run(&reveal).stdout);
    assert_eq!(
        leaks(&heard, home.path(), &secrets),
        ["secret 1 in what was printed"]
    );
    let ledger = home.path().join("practice/ledger.db");
    let mut bytes = std::fs::read(&ledger).unwrap();
    bytes.extend(authority.token.as_bytes());
    std::fs::write(&ledger, bytes).unwrap();
    let found = leaks("", home.path(), &secrets);
    assert_eq!(found, [format!("secret 0 in {}", ledger.display())]);
}
