//! Finders that ask a service of their own: the devices of a run come from an inventory, page by page,
//! and from nowhere that the grant does not name.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use passcode_example_extensions::{INVENTORY, INVENTORY_GRANT};
use serde_json::{Value, json};
use support::{Home, Ran};

const TOKEN: &str = "Canary-Inventory-Token-7";
/// What the inventory tells besides, and nobody asked for.
const NOTE: &str = "Canary-Note-Of-The-Inventory";
const GHENT: [&str; 5] = [
    "SAMPLE-COSU-0001",
    "SAMPLE-COPE-0003",
    "SAMPLE-BYOD-0004",
    "SAMPLE-IPAD-0011",
    "SAMPLE-BYOD-0036",
];
/// So many devices are on a page.
const PAGE: usize = 2;

/// An inventory service on this machine, and what it was asked.
struct Inventory {
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Inventory {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let inventory = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
        };
        let asked = inventory.asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let (mut first, mut line, mut bearer) = (String::new(), String::new(), false);
                reader.read_line(&mut first).unwrap();
                while reader.read_line(&mut line).unwrap_or(0) > 2 {
                    bearer |= line.trim_end() == format!("authorization: Bearer {TOKEN}");
                    line.clear();
                }
                let target = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
                let (status, body) = match bearer {
                    true => answer(&target),
                    false => ("401 Unauthorized", json!({"why": NOTE})),
                };
                asked.lock().unwrap().push(target);
                let body = body.to_string();
                let _ = write!(
                    reader.get_mut(),
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        inventory
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn answer(target: &str) -> (&'static str, Value) {
    let page = |from: usize| {
        let devices = GHENT.iter().skip(from).take(PAGE);
        let devices: Vec<Value> = devices
            .map(|serial| json!({"serial": serial, "note": NOTE, "owner": {"name": NOTE}}))
            .collect();
        let next = from + PAGE;
        let after = (next < GHENT.len()).then(|| format!("c/{next}"));
        (
            "200 OK",
            json!({"devices": devices, "after": after, "total": NOTE}),
        )
    };
    match target.split_once("?after=") {
        None if target == "GET /api/locations/ghent/devices" => page(0),
        Some(("GET /api/locations/ghent/devices", "c%2F2")) => page(2),
        Some(("GET /api/locations/ghent/devices", "c%2F4")) => page(4),
        None if target == "GET /api/locations/depot/devices" => (
            "200 OK",
            json!({"devices": [{"serial": GHENT[0]}, {"note": NOTE}]}),
        ),
        None if target == "GET /api/locations/closed/devices" => {
            ("403 Forbidden", json!({"why": NOTE}))
        }
        None if target == "GET /api/locations/broken/devices" => {
            ("500 Internal Server Error", json!({"why": NOTE}))
        }
        None if target == "GET /api/locations/moved/devices" => ("302 Found", json!({"why": NOTE})),
        _ => ("404 Not Found", json!({"why": NOTE})),
    }
}

/// A home whose config file has the example finder, with its grant and without.
fn home(inventory: &Inventory) -> Home {
    let mut home = Home::new();
    let grant = INVENTORY_GRANT.replace("https://inventory.contoso.example", &inventory.origin);
    std::fs::write(home.path().join("inventory.toml"), grant).unwrap();
    std::fs::write(home.path().join("inventory.wasm"), INVENTORY).unwrap();
    let digest = passcode_host::digest(INVENTORY);
    let mut config = String::new();
    for (name, more) in [
        ("inventory", "grant = \"inventory.toml\"\n"),
        ("ungranted", ""),
    ] {
        config.push_str(&format!(
            "[extensions.\"contoso.example/{name}\"]\ncomponent = \"inventory.wasm\"\ndigest = \"sha256:{digest}\"\n{more}"
        ));
    }
    std::fs::write(home.path().join("config.toml"), config).unwrap();
    home.set("CONTOSO_INVENTORY_TOKEN", TOKEN);
    home
}

/// A run of what the finder finds.
fn run(home: &Home, verb: &[&str], extension: &str, query: &str) -> Ran {
    let path = home.path().join("sample.run.yaml");
    let text = format!(
        "schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nwait: 1m\n\
         who: {{finder: {{extension: contoso.example/{extension}, query: '{query}'}}}}\n"
    );
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    let mut all = vec!["run", verb[0], path.as_str()];
    all.extend(&verb[1..]);
    all.extend(["-o", "json"]);
    home.practice(&all)
}

/// Every file below a folder.
fn written(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => written(&path, into),
            path => into.extend(std::fs::read(&path).unwrap()),
        }
    }
}

fn occurs(content: &[u8], text: &str) -> bool {
    content
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[test]
fn the_devices_of_an_inventory_are_asked_for_page_by_page() {
    let inventory = Inventory::start();
    let home = home(&inventory);
    let ran = run(&home, &["start", "--yes"], "inventory", "location:ghent");
    let done = ran.expect(0, "run-status");
    assert_eq!(done["tally"]["plans"], 5, "{done}");
    let path = "GET /api/locations/ghent/devices";
    let pages = [
        path.to_owned(),
        format!("{path}?after=c%2F2"),
        format!("{path}?after=c%2F4"),
    ];
    assert_eq!(
        inventory.asked(),
        pages,
        "and nothing else, as often as this"
    );

    let name = done["run"].as_str().unwrap();
    let shown = home.practice(&["run", "show", name, "-o", "json"]).json();
    let rows = shown["devices"].as_array().unwrap();
    let mut found: Vec<(String, String, String)> = rows
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("source"), text("serial"), text("state"))
        })
        .collect();
    found.sort();
    let expected: Vec<_> = GHENT
        .iter()
        .zip(1..)
        .map(|(serial, number)| {
            let source = format!("who.finder:{number}");
            (source, (*serial).to_owned(), "done".to_owned())
        })
        .collect();
    assert_eq!(found, expected, "{shown}");

    let mut files = Vec::new();
    written(home.path(), &mut files);
    assert!(
        occurs(&files, "inventory.location") && files.len() > 10_000,
        "files were read, and what the finder says is in a plan"
    );
    for secret in [TOKEN, NOTE] {
        assert!(!occurs(&files, secret), "a file holds {secret}");
        assert!(
            !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
            "{ran:?}"
        );
    }
}

#[test]
fn what_the_grant_does_not_name_is_not_asked() {
    let inventory = Inventory::start();
    let home = home(&inventory);
    for (extension, query) in [
        // The finder asks for it in its manifest; the operator does not grant it.
        ("inventory", "shift:early"),
        // Another path, by way of a name.
        ("inventory", "location:../../admin"),
        ("inventory", "location:ghent/devices/1"),
        ("inventory", "location:ghent?after=c"),
        ("inventory", "location:%2e%2e"),
        ("inventory", "location:"),
        ("ungranted", "location:ghent"),
    ] {
        for verb in ["check", "plan"] {
            let failure = run(&home, &[verb], extension, query).fails(6, "not-granted");
            assert_eq!(failure["touched"], "no", "{query}: {failure}");
        }
    }
    assert_eq!(inventory.asked(), [""; 0]);
}

#[test]
fn an_inventory_that_says_no_ends_the_command_and_nothing_is_planned() {
    let inventory = Inventory::start();
    let mut home = home(&inventory);
    for (query, code, word) in [
        ("location:closed", 4, "inventory-forbids"),
        ("location:nowhere", 5, "inventory-has-none"),
        ("location:broken", 12, "inventory-out-of-order"),
        // Never followed.
        ("location:moved", 12, "inventory-out-of-order"),
        // A device without a serial number.
        ("location:depot", 12, "inventory-unreadable"),
        ("place:ghent", 2, "query"),
    ] {
        let ran = run(&home, &["plan"], "inventory", query);
        let failure = ran.fails(code, word);
        assert!(!failure.to_string().contains(NOTE), "{failure}");
    }
    home.set("CONTOSO_INVENTORY_TOKEN", "Another-Token");
    run(&home, &["plan"], "inventory", "location:ghent").fails(3, "inventory-credential");
    inventory.asked();
    home.set("CONTOSO_INVENTORY_TOKEN", "");
    // The host says where the credential was to be.
    run(&home, &["plan"], "inventory", "location:ghent").fails(3, "extension-credential");
    assert_eq!(
        inventory.asked(),
        [""; 0],
        "without a credential nobody is asked"
    );
    let plans = home.practice(&["plans", "-o", "json"]).json();
    assert_eq!(plans["plans"], json!([]), "{plans}");
}

#[test]
fn a_grant_with_a_destination_is_checked_before_it_is_configured() {
    let home = Home::new();
    let file = |name: &str, content: &[u8]| {
        let path = home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let component = file("inventory.wasm", INVENTORY);
    let grant = file("inventory.toml", INVENTORY_GRANT.as_bytes());
    let check = ["extension", "check", &component, "--grant", &grant];
    let checked = home.run(&[&check[..], &["-o", "json"]].concat());
    let checked = checked.expect(0, "extension-check");
    assert_eq!(checked["asks"].as_array().unwrap().len(), 2, "{checked}");
    let location = "GET /api/locations/{location}/devices at `inventory`";
    assert_eq!(checked["granted"], json!([location]), "{checked}");
    let shown = home.run(&[&check[..], &["-o", "table"]].concat()).stdout;
    assert!(shown.contains(&format!("{location} (granted)")), "{shown}");
    let shift = "GET /api/shifts/{shift}/devices at `inventory` (not granted)";
    assert!(shown.contains(shift), "{shown}");
    // As a host would refuse it.
    for (from, to, why) in [
        (
            "https://inventory.contoso.example",
            "https://graph.microsoft.com",
            "where devices are managed from",
        ),
        (
            "CONTOSO_INVENTORY_TOKEN",
            "AZURE_CLIENT_SECRET",
            "AZURE_CLIENT_SECRET",
        ),
        (
            "[[destination]]\nname = \"inventory\"",
            "[[destination]]\nname = \"other\"",
            "nothing says where that is",
        ),
    ] {
        let grant = file("wrong.toml", INVENTORY_GRANT.replace(from, to).as_bytes());
        let refused = home.run(&[
            "extension",
            "check",
            &component,
            "--grant",
            &grant,
            "-o",
            "json",
        ]);
        let failure = refused.fails(2, "usage");
        assert!(
            failure["message"].as_str().unwrap().contains(why),
            "{failure}"
        );
    }
}
