//! Couriers from the command line: a passcode goes to a service, and nowhere else.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use passcode_example_extensions::{CHANGE_FREEZE, ONE_TIME_SECRET, ONE_TIME_SECRET_GRANT};
use serde_json::{Value, json};
use support::{Home, Ran};

const COSU: &str = "SAMPLE-COSU-0001";
const VAULT: &str = "contoso.example/vault";
const TOKEN: &str = "Canary-Vault-Token-2";

/// A service of one-time secrets, which takes the first `takes` and refuses the others.
struct Vault {
    origin: String,
    bodies: Arc<Mutex<Vec<Value>>>,
    takes: Arc<AtomicUsize>,
}

impl Vault {
    fn start(takes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let vault = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            bodies: Arc::default(),
            takes: Arc::new(AtomicUsize::new(takes)),
        };
        let (bodies, takes) = (vault.bodies.clone(), vault.takes.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let (mut line, mut length, mut bearer) = (String::new(), 0, false);
                while reader.read_line(&mut line).unwrap_or(0) > 2 {
                    let lower = line.to_ascii_lowercase();
                    if let Some(value) = lower.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    bearer |= line.trim_end() == format!("authorization: Bearer {TOKEN}");
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                bodies
                    .lock()
                    .unwrap()
                    .push(serde_json::from_slice(&body).unwrap());
                let left =
                    takes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
                let status = match (bearer, left) {
                    (false, _) => "401 Unauthorized",
                    (true, Ok(_)) => "201 Created",
                    (true, Err(_)) => "503 Service Unavailable",
                };
                // It says everything back: none of that may pass.
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let stream = reader.get_mut();
                let _ = stream.write_all(answer.as_bytes());
                let _ = stream.write_all(&body);
            }
        });
        vault
    }

    fn take(&self, more: usize) {
        self.takes.store(more, Ordering::SeqCst);
    }

    fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }

    fn secrets(&self) -> Vec<String> {
        let bodies = self.bodies().into_iter();
        bodies
            .map(|body| body["secret"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A home whose config file has the example courier, and a reviewer.
fn home(vault: &Vault) -> Home {
    let mut home = Home::new();
    let grant = ONE_TIME_SECRET_GRANT.replace("https://vault.contoso.example", &vault.origin);
    std::fs::write(home.path().join("vault.toml"), grant).unwrap();
    let mut config = String::new();
    for (name, bytes, more) in [
        ("vault", ONE_TIME_SECRET, "grant = \"vault.toml\"\n"),
        ("ungranted", ONE_TIME_SECRET, ""),
        ("change-freeze", CHANGE_FREEZE, ""),
    ] {
        let file = format!("{name}.wasm");
        std::fs::write(home.path().join(&file), bytes).unwrap();
        let digest = passcode_host::digest(bytes);
        config.push_str(&format!(
            "[extensions.\"contoso.example/{name}\"]\ncomponent = \"{file}\"\ndigest = \"sha256:{digest}\"\n{more}"
        ));
    }
    std::fs::write(home.path().join("config.toml"), config).unwrap();
    home.set("CONTOSO_VAULT_TOKEN", TOKEN);
    home
}

fn practise(home: &Home, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["-o", "json"]);
    home.practice(&all)
}

/// Every file below a folder, but the practice tenant's own state, which is Intune's side.
fn written(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            written(&path, into);
        } else if !path.ends_with("practice/state.json") {
            into.extend(std::fs::read(&path).unwrap());
        }
    }
}

fn occurs(content: &[u8], text: &str) -> bool {
    content
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

fn sent(home: &Home) -> usize {
    let actions = practise(home, &["status", "--limit", "100"]).json();
    let actions = actions["actions"].as_array().unwrap().iter();
    actions.filter(|action| action["ours"] == true).count()
}

#[test]
fn a_passcode_goes_to_the_vault_and_nowhere_else() {
    let vault = Vault::start(1);
    let home = home(&vault);
    let to = format!("courier:{VAULT}");
    let arguments = [
        "reset",
        "--serial",
        COSU,
        "--yes",
        "-v",
        "--ticket",
        "INC-7",
        "--deliver",
        &to,
    ];
    let ran = practise(&home, &arguments);
    let result = ran.expect(0, "result");
    assert_eq!(
        result["delivered"]["to"],
        format!("courier {VAULT}"),
        "{result}"
    );
    let [body] = vault.bodies().try_into().unwrap();
    assert_eq!(
        (&body["ticket"], &body["viewsAllowed"]),
        (&json!("INC-7"), &json!(1))
    );
    let [passcode] = vault.secrets().try_into().unwrap();
    // It is the device's passcode indeed.
    let plan = result["plan"].as_str().unwrap();
    let shown = practise(&home, &["reveal", plan, "--reveal"]).expect(0, "result");
    assert_eq!(shown["passcode"], passcode.as_str());
    let mut files = Vec::new();
    written(home.path(), &mut files);
    assert!(
        occurs(&files, VAULT) && files.len() > 10_000,
        "files were read"
    );
    for secret in [&passcode, TOKEN] {
        assert!(
            !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
            "{ran:?}"
        );
        assert!(!occurs(&files, secret), "a file holds it");
    }
    // Written down before it left, and once it arrived.
    for to in [
        format!("begun: courier {VAULT}"),
        format!("\"courier {VAULT}"),
    ] {
        assert!(occurs(&files, &to), "{to}");
    }
    let attempts = practise(&home, &["status", plan]).json();
    assert_eq!(attempts["delivered"]["to"], "json", "{attempts}");
}

#[test]
fn what_the_vault_refuses_is_undelivered_and_delivered_later() {
    let vault = Vault::start(0);
    let home = home(&vault);
    let to = format!("courier:{VAULT}");
    let ran = practise(
        &home,
        &["reset", "--serial", COSU, "--yes", "--deliver", &to],
    );
    let failed = ran.fails(10, "not-delivered");
    let remedy = failed["remedy"].as_str().unwrap();
    assert!(remedy.contains(&format!("--deliver {to}")), "{failed}");
    assert!(
        failed["message"].as_str().unwrap().contains("5xx"),
        "{failed}"
    );
    assert_eq!(failed["touched"], "yes", "{failed}");
    let plan = failed["plan"].as_str().unwrap().to_owned();
    let [passcode] = vault.secrets().try_into().unwrap();
    assert!(!format!("{ran:?}").contains(&passcode));
    let standing = practise(&home, &["status", &plan]).expect(0, "result");
    assert_eq!(standing["delivered"], Value::Null, "{standing}");

    vault.take(1);
    let later = practise(&home, &["reveal", &plan, "--deliver", &to]).expect(0, "result");
    assert_eq!(
        later["delivered"]["to"],
        format!("courier {VAULT}"),
        "{later}"
    );
    assert_eq!(vault.secrets(), [passcode.clone(), passcode]);
    assert_eq!(sent(&home), 1, "the device was reset once");
}

#[test]
fn a_plan_that_names_a_courier_is_delivered_by_it() {
    let vault = Vault::start(1);
    let home = home(&vault);
    let to = format!("courier:{VAULT}");
    let plan = practise(
        &home,
        &["reset", "--serial", COSU, "--what-if", "--deliver", &to],
    );
    let plan = plan.expect(0, "plan");
    assert_eq!(plan["plan"]["delivery"], format!("courier {VAULT}"));
    assert!(vault.bodies().is_empty());
    let id = plan["id"].as_str().unwrap();
    let result = practise(&home, &["execute", id, "--yes"]).expect(0, "result");
    assert_eq!(result["delivered"]["to"], format!("courier {VAULT}"));
    assert_eq!(vault.bodies().len(), 1);
}

#[test]
fn a_courier_that_cannot_deliver_is_found_out_before_anything_is_sent() {
    let vault = Vault::start(9);
    let home = home(&vault);
    let reset = |name: &str, more: &[&str]| {
        let to = format!("courier:contoso.example/{name}");
        let all = ["reset", "--serial", COSU, "--yes", "--deliver", &to];
        practise(&home, &[&all[..], more].concat())
    };
    reset("nobody", &[]).fails(2, "extension-unknown");
    reset("change-freeze", &[]).fails(2, "extension-world");
    reset("ungranted", &[]).fails(2, "extension-grant");
    reset("vault", &["--no-wait"]).fails(2, "usage");
    assert_eq!(reset("vault", &["--reveal"]).code, 2);
    assert_eq!(reset("Vault", &[]).code, 2);
    let to = format!("courier:{VAULT}");
    let remove = [
        "remove",
        "--serial",
        "SAMPLE-IPHONE-0010",
        "--yes",
        "--deliver",
        &to,
    ];
    practise(&home, &remove).fails(2, "usage");
    std::fs::write(home.path().join("vault.wasm"), CHANGE_FREEZE).unwrap();
    reset("vault", &[]).fails(6, "extension-digest");
    assert_eq!((sent(&home), vault.bodies().len()), (0, 0));
}

#[test]
fn rows_of_a_run_are_delivered_one_by_one_and_the_rest_later() {
    let vault = Vault::start(1);
    let home = home(&vault);
    let file = home.path().join("sample.run.yaml");
    let text = format!(
        "schema: passcode/run/v1\ntitle: Sample devices\naction: reset\nwait: 1m\nwho:\n  serials: [{COSU}, SAMPLE-BYOD-0004]\ndelivery: {{to: courier, courier: {VAULT}}}\n"
    );
    std::fs::write(&file, text).unwrap();
    let ran = practise(&home, &["run", "start", file.to_str().unwrap(), "--yes"]);
    let failed = ran.fails(11, "not-delivered");
    let message = failed["message"].as_str().unwrap();
    assert!(
        message.contains("1 passcodes were delivered") && message.contains("row 2"),
        "{failed}"
    );
    let remedy = failed["remedy"].as_str().unwrap();
    assert!(remedy.contains("passcode run resume"), "{failed}");
    let list = practise(&home, &["run", "list"]).json();
    let run = list["runs"][0]["run"].as_str().unwrap().to_owned();
    let states = || {
        let shown = practise(&home, &["run", "show", &run]).json();
        let rows = shown["devices"].as_array().unwrap().clone();
        let states = rows
            .iter()
            .map(|row| row["state"].as_str().unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    assert_eq!(states(), ["delivered", "done"]);
    vault.take(9);
    let ran = practise(&home, &["run", "resume", &run]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(states(), ["delivered", "delivered"]);
    let secrets = vault.secrets();
    assert_eq!(secrets.len(), 3, "the first was not delivered again");
    assert!(secrets[0] != secrets[1] && secrets[1] == secrets[2]);
    assert_eq!(sent(&home), 2);
    let mut files = Vec::new();
    written(home.path(), &mut files);
    assert!(secrets.iter().all(|secret| !occurs(&files, secret)));
}
