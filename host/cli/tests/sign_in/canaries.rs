//! No way to sign in leaves anything secret anywhere: not in an answer, on stderr, in the ledger, in
//! a recording, or in any other file.

use std::path::{Path, PathBuf};

use passcode_practice::TokenRequest;
use tempfile::TempDir;

use crate::authority::{Authority, DEVICE_CODE, GITHUB_ASSERTION, REFRESH};
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
    ]
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
        let mut secrets = case.secrets;
        secrets.extend([authority.token.clone(), PASSCODE.to_owned()]);
        // What was made for this sign-in only, and seen on the other side.
        secrets.extend(authority.values("client_assertion"));
        let leaks = leaks(&heard, home.path(), &secrets);
        assert!(leaks.is_empty(), "{}: {leaks:?}", case.way);
    }
}

#[test]
fn a_person_who_signs_in_leaves_no_secret_either() {
    let authority = Authority::start();
    let home = authority.home();
    let ran = home.run(&["login", "-v"]);
    assert_eq!(ran.code, 0, "{ran:?}");
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
