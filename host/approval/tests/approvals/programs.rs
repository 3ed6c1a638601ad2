//! The programs that people sign with, both ways.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use passcode_approval::{Document, judge, minisign_command, sign_with_ssh_key, ssh_keygen_command};

use super::signers::{approvers, asked, document, statement};

/// Whether the program is there. Where data is required, so is it.
fn there(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        assert!(
            std::env::var_os("PASSCODE_REQUIRE_DATA").is_none(),
            "{program} is not installed"
        );
        eprintln!("{program} is not installed; nothing was tried");
    }
    found
}

/// Run a command line in a folder.
fn shell(folder: &Path, line: &str) -> Output {
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn is_accepted(text: &str, key: &str) {
    let known = approvers(&[("Grace", "grace@contoso.example", key.trim().to_owned())]);
    let judgement = judge(&[document(text)], &known, &asked());
    assert!(judgement.assurance.is_four_eyes(), "{judgement:?}");
    let changed = text.replace("Ward 3", "Ward 4");
    let judgement = judge(&[document(&changed)], &known, &asked());
    assert!(!judgement.assurance.is_four_eyes(), "{judgement:?}");
}

#[test]
fn what_ssh_keygen_signs_is_accepted() {
    if !there("ssh-keygen") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    shell(
        home.path(),
        "ssh-keygen -q -t ed25519 -N '' -C 'grace at work' -f key",
    );
    fs::write(at("a statement"), statement().text().unwrap()).unwrap();
    shell(
        home.path(),
        &ssh_keygen_command(&at("key"), &at("a statement")),
    );
    let joined = shell(home.path(), "cat 'a statement' 'a statement.sig'").stdout;
    let text = String::from_utf8(joined).unwrap();
    is_accepted(&text, &fs::read_to_string(at("key.pub")).unwrap());

    // Ed25519 has one signature for one text, so ours is the same to the letter.
    let key = fs::read_to_string(at("key")).unwrap();
    assert_eq!(sign_with_ssh_key(&statement(), &key, None).unwrap(), text);

    // The fingerprint is the one that people see.
    let seen = shell(home.path(), "ssh-keygen -l -f key.pub").stdout;
    let shown = document(&text).signatures()[0].fingerprint();
    assert!(String::from_utf8(seen).unwrap().contains(&shown), "{shown}");

    // With SHA-256, which `ssh-keygen -O hashalg` offers, and for another purpose.
    shell(
        home.path(),
        "rm 'a statement.sig'; ssh-keygen -Y sign -O hashalg=sha256 -n passcode-approval -f key 'a statement'",
    );
    let joined = shell(home.path(), "cat 'a statement' 'a statement.sig'").stdout;
    is_accepted(
        &String::from_utf8(joined).unwrap(),
        &fs::read_to_string(at("key.pub")).unwrap(),
    );
}

#[test]
fn ssh_keygen_accepts_what_we_sign() {
    if !there("ssh-keygen") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    shell(
        home.path(),
        "ssh-keygen -q -t ed25519 -N 'correct horse' -f key",
    );
    let key = fs::read_to_string(home.path().join("key")).unwrap();
    let public = fs::read_to_string(home.path().join("key.pub")).unwrap();
    let signed = sign_with_ssh_key(&statement(), &key, Some("correct horse")).unwrap();
    let (line, signature) = signed.split_once('\n').unwrap();
    fs::write(home.path().join("statement"), format!("{line}\n")).unwrap();
    fs::write(home.path().join("signature"), signature).unwrap();
    fs::write(
        home.path().join("signers"),
        format!("grace@contoso.example {public}"),
    )
    .unwrap();
    let verify = "ssh-keygen -Y verify -n passcode-approval -f signers -I grace@contoso.example -s signature";
    let said = shell(home.path(), &format!("{verify} < statement")).stdout;
    assert!(String::from_utf8(said).unwrap().contains("Good"));
    is_accepted(&signed, &public);
}

#[test]
fn what_minisign_signs_is_accepted() {
    if !there("minisign") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    shell(home.path(), "minisign -G -W -p key.pub -s key");
    fs::write(at("statement"), statement().text().unwrap()).unwrap();
    shell(home.path(), &minisign_command(&at("key"), &at("statement")));
    let joined = shell(home.path(), "cat statement statement.minisig").stdout;
    let text = String::from_utf8(joined).unwrap();
    let public = fs::read_to_string(at("key.pub")).unwrap();
    let (comment, key) = public.split_once('\n').unwrap();
    is_accepted(&text, key);
    // The fingerprint is the number that minisign shows, which leaves out zeros in front.
    let shown = document(&text).signatures()[0].fingerprint();
    let theirs = comment.rsplit(' ').next().unwrap();
    let number = |digits: &str| u64::from_str_radix(digits, 16).unwrap();
    assert_eq!(number(theirs), number(&shown), "{comment} {shown}");

    // A comment that is not signed is not taken.
    shell(
        home.path(),
        "minisign -S -s key -m statement -c 'approved by all'",
    );
    let joined = shell(home.path(), "cat statement statement.minisig").stdout;
    assert!(Document::parse(&String::from_utf8(joined).unwrap()).is_err());
}
