use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt as _, symlink};

use time::macros::datetime;

use super::Notary;
use crate::{Head, Record, Verifier, What};

fn record() -> Record {
    Record::new(What::Planned, datetime!(2026-03-01 12:00 UTC))
}

#[test]
fn the_same_file_is_the_same_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keys/audit.pem");
    let one = Notary::open_or_create(&path).unwrap();
    let other = Notary::open_or_create(&path).unwrap();
    let third = Notary::open(&path).unwrap();
    assert_eq!(one.public_key(), other.public_key());
    assert_eq!(one.public_key(), third.public_key());

    let line = other.seal(&Head::EMPTY, &record()).unwrap();
    assert_eq!(line.key, one.public_key().id());
    let mut verifier = Verifier::new(&[one.public_key()], None);
    verifier.push(&line);
    let verdict = verifier.finish();
    assert!(verdict.is_intact(), "{verdict:?}");
    assert_eq!(verdict.signed, 1);
    // Nothing else is left lying about, such as a draft with the key in it.
    let left: Vec<_> = fs::read_dir(home.path().join("keys")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

/// The key and its public half from RFC 8410, section 10, as `openssl genpkey` would write them.
#[cfg(unix)]
#[test]
fn a_key_that_another_program_made_is_read() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("audit.pem");
    let key = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    let text = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(
        Notary::open(&path).unwrap().public_key().to_string(),
        "ed25519:Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    );
}

#[test]
fn another_file_is_another_key() {
    let home = tempfile::tempdir().unwrap();
    let one = Notary::open_or_create(&home.path().join("one")).unwrap();
    let other = Notary::open_or_create(&home.path().join("other")).unwrap();
    assert_ne!(one.public_key(), other.public_key());
}

#[test]
fn many_that_begin_at_once_have_one_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keys/audit.pem");
    let keys: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Notary::open_or_create(&path).unwrap().public_key()))
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn without_a_file_opening_makes_none() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("audit.pem");
    let error = Notary::open(&path).unwrap_err().to_string();
    assert!(error.contains("there is no such file"), "{error}");
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn only_this_user_can_read_a_new_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keys/audit.pem");
    let _ = Notary::open_or_create(&path).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&home.path().join("keys")), 0o700);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_or_replace_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keys/audit.pem");
    let _ = Notary::open_or_create(&path).unwrap();
    let set = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for mode in [0o644, 0o640, 0o604, 0o660, 0o606] {
        set(&path, mode);
        let error = Notary::open_or_create(&path).unwrap_err().to_string();
        assert!(error.contains("other users may read it"), "{error}");
        assert!(error.contains("chmod 600"), "{error}");
    }
    set(&path, 0o600);
    set(&home.path().join("keys"), 0o777);
    let error = Notary::open_or_create(&path).unwrap_err().to_string();
    assert!(error.contains("other users may replace it"), "{error}");
    // Nor is one made there.
    let error = Notary::open_or_create(&home.path().join("keys/new")).unwrap_err();
    assert!(error.to_string().contains("may replace it"), "{error}");
    assert!(!home.path().join("keys/new").exists());
    set(&home.path().join("keys"), 0o1777);
    let _ = Notary::open_or_create(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn links_folders_and_pipes_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let real = home.path().join("real");
    let _ = Notary::open_or_create(&real).unwrap();
    let link = home.path().join("link");
    symlink(&real, &link).unwrap();
    let dangling = home.path().join("dangling");
    symlink(home.path().join("nowhere"), &dangling).unwrap();
    for path in [&link, &dangling] {
        let error = Notary::open_or_create(path).unwrap_err().to_string();
        assert!(error.contains("symbolic link"), "{error}");
    }
    assert!(!home.path().join("nowhere").exists());
    let folder = home.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let error = Notary::open_or_create(&folder).unwrap_err().to_string();
    assert!(error.contains("not a file"), "{error}");
}

#[test]
fn a_damaged_key_is_refused_and_stays() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("audit.pem");
    let _ = Notary::open_or_create(&path).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let longer = whole.replace("-----END", "AAAA\n-----END");
    for text in ["", "x", &whole[..whole.len() / 2], &whole[1..], &longer] {
        fs::write(&path, text).unwrap();
        let error = Notary::open_or_create(&path).unwrap_err().to_string();
        assert!(error.contains("it holds no Ed25519 key"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn nothing_it_shows_holds_the_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("audit.pem");
    let notary = Notary::open_or_create(&path).unwrap();
    let shown = format!("{notary:?}");
    assert_eq!(shown, format!("Notary({})", notary.public_key().id()));
}
