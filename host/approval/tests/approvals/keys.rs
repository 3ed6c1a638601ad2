//! Signing with a private key.

use passcode_approval::{Key, NotAKey, SignError, sign_with_ssh_key};
use ssh_key::{Cipher, Kdf, LineEnding};

use super::signers::{Minisigner, Person, document, statement};

/// As `ssh-keygen -N "correct horse"` would write it.
fn encrypted() -> String {
    let kdf = Kdf::Bcrypt {
        salt: vec![7; 16],
        rounds: 4,
    };
    let key = Person::new(1).private();
    let key = key.encrypt_with(Cipher::Aes256Ctr, kdf, 7, "correct horse");
    key.unwrap().to_openssh(LineEnding::LF).unwrap().to_string()
}

#[test]
fn a_key_signs_if_it_can_be_read() {
    let plain = Person::new(1).private().to_openssh(LineEnding::LF).unwrap();
    for (key, passphrase) in [
        (plain.as_str(), None),
        (plain.as_str(), Some("not needed")),
        (encrypted().as_str(), Some("correct horse")),
    ] {
        let signed = sign_with_ssh_key(&statement(), key, passphrase).unwrap();
        assert_eq!(document(&signed).signatures().len(), 1);
    }
}

#[test]
fn a_key_that_cannot_sign_is_refused_without_showing_it() {
    let plain = Person::new(1).private().to_openssh(LineEnding::LF).unwrap();
    let cut = &plain[..plain.len() / 2];
    let try_with =
        |key: &str, passphrase| sign_with_ssh_key(&statement(), key, passphrase).unwrap_err();
    assert!(matches!(try_with("", None), SignError::NotAKey));
    assert!(matches!(try_with(cut, None), SignError::NotAKey));
    let public = Person::new(1).public();
    assert!(matches!(try_with(&public, None), SignError::NotAKey));
    assert!(matches!(
        try_with(encrypted().as_str(), None),
        SignError::NeedsPassphrase
    ));
    assert!(matches!(
        try_with(encrypted().as_str(), Some("wrong horse")),
        SignError::WrongPassphrase
    ));
    let shown = format!("{:?} {}", try_with(cut, None), try_with(cut, None));
    assert!(!shown.contains("b3Blbn"), "{shown}");
    let mut nonsense = statement();
    nonsense.subject.clear();
    assert!(matches!(
        sign_with_ssh_key(&nonsense, &plain, None),
        Err(SignError::Statement(_))
    ));
}

#[test]
fn public_keys_are_read_and_others_refused() {
    let ssh = Person::new(1).public();
    let mini = Minisigner::new().public();
    assert_eq!(Key::parse(&format!("{ssh} ada@host\n")), Key::parse(&ssh));
    assert!(
        Key::parse(&ssh)
            .unwrap()
            .fingerprint()
            .starts_with("SHA256:")
    );
    assert_eq!(Key::parse(&mini).unwrap().fingerprint().len(), 16);
    let private = Person::new(1).private().to_openssh(LineEnding::LF).unwrap();
    let cases = [
        (String::new(), NotAKey::NotAKey),
        ("ssh-ed25519".to_owned(), NotAKey::NotAKey),
        (ssh.replace("AAAA", "AAAB"), NotAKey::NotEd25519),
        (mini[1..].to_owned(), NotAKey::NotAKey),
        (format!("{mini}AAAA"), NotAKey::NotAKey),
        (
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=".to_owned(),
            NotAKey::NotEd25519,
        ),
        (private.to_string(), NotAKey::Private),
        ("RWRTY0IyAAAAAAAA".to_owned(), NotAKey::Private),
    ];
    for (text, refusal) in cases {
        assert_eq!(Key::parse(&text).unwrap_err(), refusal, "{text}");
    }
}
