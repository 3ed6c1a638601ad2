//! Passcodes in a file: who can open it, what else can, and what is left when it goes wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use age::x25519::Identity;
use passcode_delivery::{AgeFile, Delivered, DeliveryError, Recipients};
use serde_json::{Value, json};

const CANARY: &str = "Canary-4711-passcode";

fn row(number: u64, passcode: &str) -> Delivered<'_> {
    Delivered {
        run: "5f0c9a34-7d1e-4b62-9c55-2f1d0c7be802",
        practice: true,
        number,
        device_id: "0b5e3f0e-6f5d-4a36-9a0c-000000000001",
        device_name: Some("Zoë's \u{202e}daPi \u{1b}[2J \u{1f600}"),
        serial: Some("SAMPLE-000001"),
        user: None,
        plan: "9c1f",
        passcode,
    }
}

fn recipients(identities: &[&Identity]) -> Recipients {
    let texts: Vec<String> = identities
        .iter()
        .map(|one| one.to_public().to_string())
        .collect();
    Recipients::parse(&texts).unwrap()
}

fn open(path: &Path, identity: &Identity) -> String {
    let decryptor = age::Decryptor::new(fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    decryptor
        .decrypt(std::iter::once(identity as &dyn age::Identity))
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// The names in a folder, and whether the canary is in any of the files.
fn look(folder: &Path) -> (Vec<String>, bool) {
    let mut names = Vec::new();
    let mut found = false;
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        let bytes = fs::read(entry.path()).unwrap();
        found |= bytes
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes());
    }
    names.sort();
    (names, found)
}

#[test]
fn each_recipient_reads_every_line_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passcodes.age");
    let (one, two, other) = (
        Identity::generate(),
        Identity::generate(),
        Identity::generate(),
    );
    let mut file = AgeFile::begin(&path, &recipients(&[&one, &two])).unwrap();
    file.write(&row(1, CANARY)).unwrap();
    let without_practice = Delivered {
        practice: false,
        ..row(2, "\"quoted\" \\ ü")
    };
    file.write(&without_practice).unwrap();
    assert_eq!(file.finish().unwrap(), 2);
    for identity in [&one, &two] {
        let text = open(&path, identity);
        assert!(text.is_ascii() && !text.contains('\u{1b}'), "{text:?}");
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            lines[0],
            json!({
                "schema": "passcode/delivered/v1",
                "run": "5f0c9a34-7d1e-4b62-9c55-2f1d0c7be802",
                "practice": true,
                "number": 1,
                "deviceId": "0b5e3f0e-6f5d-4a36-9a0c-000000000001",
                "deviceName": "Zoë's \u{202e}daPi \u{1b}[2J \u{1f600}",
                "serialNumber": "SAMPLE-000001",
                "userPrincipalName": null,
                "plan": "9c1f",
                "passcode": CANARY,
            })
        );
        assert_eq!(lines[1]["passcode"], "\"quoted\" \\ ü");
        assert_eq!(lines[1].get("practice"), None);
        assert_eq!(lines.len(), 2);
    }
    let decryptor = age::Decryptor::new(fs::File::open(&path).unwrap()).unwrap();
    assert!(decryptor.decrypt(std::iter::once(&other as _)).is_err());
}

#[test]
fn nothing_in_clear_is_ever_on_the_disk_and_the_name_comes_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passcodes.age");
    let identity = Identity::generate();
    let mut file = AgeFile::begin(&path, &recipients(&[&identity])).unwrap();
    for number in 1..=2_000 {
        file.write(&row(number, CANARY)).unwrap();
        if number % 500 == 0 {
            let (names, found) = look(folder.path());
            assert!(!found, "in clear after {number}");
            assert_eq!(names.len(), 1);
            assert!(names[0].ends_with(".part"), "{names:?}");
        }
    }
    let shown = format!("{file:?}");
    assert!(!shown.contains(CANARY), "{shown}");
    assert_eq!(file.finish().unwrap(), 2_000);
    assert_eq!(
        look(folder.path()),
        (vec!["passcodes.age".to_owned()], false)
    );
    assert_eq!(open(&path, &identity).lines().count(), 2_000);

    // The search does find it where it is.
    fs::write(folder.path().join("planted"), CANARY).unwrap();
    assert!(look(folder.path()).1);
}

#[test]
fn debug_shows_no_passcode() {
    let row = row(7, CANARY);
    let shown = format!("{row:?} {row:#?}");
    assert!(!shown.contains(CANARY) && shown.contains("****"), "{shown}");
}

#[test]
fn what_is_not_finished_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passcodes.age");
    let mut file = AgeFile::begin(&path, &recipients(&[&Identity::generate()])).unwrap();
    file.write(&row(1, CANARY)).unwrap();
    drop(file);
    assert_eq!(look(folder.path()).0, Vec::<String>::new());
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passcodes.age");
    let to = recipients(&[&Identity::generate()]);
    let mut file = AgeFile::begin(&path, &to).unwrap();
    file.write(&row(1, CANARY)).unwrap();
    // Somebody else was faster.
    fs::write(&path, "theirs").unwrap();
    for refused in [
        file.finish().map(|_| ()),
        AgeFile::begin(&path, &to).map(|_| ()),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(&error, DeliveryError::Exists(named) if *named == path));
        assert!(
            error.to_string().contains("passcodes.age exists"),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    assert_eq!(look(folder.path()).0, ["passcodes.age"]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it_and_a_link_is_not_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passcodes.age");
    let to = recipients(&[&Identity::generate()]);
    AgeFile::begin(&path, &to).unwrap().finish().unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let link = folder.path().join("link.age");
    symlink(folder.path().join("elsewhere"), &link).unwrap();
    assert!(matches!(
        AgeFile::begin(&link, &to),
        Err(DeliveryError::Exists(_))
    ));
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn a_place_where_no_file_can_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let to = recipients(&[&Identity::generate()]);
    let nowhere = folder.path().join("no/such/folder/passcodes.age");
    let error = AgeFile::begin(&nowhere, &to).unwrap_err();
    assert!(
        error.to_string().contains("no/such/folder/passcodes.age: "),
        "{error}"
    );
    assert!(matches!(
        AgeFile::begin(Path::new("/"), &to),
        Err(DeliveryError::NoFile(_))
    ));
}

/// `age` itself, of which the crate is not a copy: Debian's package `age`.
#[test]
fn the_age_tool_opens_what_we_wrote() {
    let there = Command::new("age").arg("--version").output().is_ok();
    if !there {
        assert!(
            std::env::var_os("PASSCODE_REQUIRE_DATA").is_none(),
            "`age` is not installed (apt-get install age)"
        );
        eprintln!("skipped: `age` is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.txt");
    let made = Command::new("age-keygen")
        .arg("-o")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let public = Command::new("age-keygen")
        .arg("-y")
        .arg(&key)
        .output()
        .unwrap();
    let public = String::from_utf8(public.stdout).unwrap();
    let path = folder.path().join("passcodes.age");
    let mut file = AgeFile::begin(&path, &Recipients::parse(&[public]).unwrap()).unwrap();
    for number in 1..=1_000 {
        file.write(&row(number, CANARY)).unwrap();
    }
    file.finish().unwrap();
    let opened = Command::new("age")
        .arg("--decrypt")
        .arg("--identity")
        .args([&key, &path])
        .output()
        .unwrap();
    assert!(opened.status.success(), "{opened:?}");
    let text = String::from_utf8(opened.stdout).unwrap();
    let mut numbers = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["number"], &line["passcode"]),
            (&json!(number), &json!(CANARY))
        );
        numbers = number;
    }
    assert_eq!(numbers, 1_000);
}
