//! Documents that were touched.

use passcode_approval::{Document, NotADocument, NotAStatement, judge};
use proptest::prelude::*;

use super::signers::{Minisigner, Person, approvers, asked, document, joined, statement};

#[test]
fn what_is_not_statement_and_signatures_is_refused() {
    let ssh = Person::new(1).signs(&statement());
    let mini = Minisigner::new().signs(&statement());
    let text = statement().text().unwrap();
    let block = ssh.strip_prefix(&text).unwrap();
    let lines = ssh.lines().count();
    let at = |line| NotADocument::NotASignature { line };
    let cases = [
        (
            String::new(),
            NotADocument::Statement(NotAStatement::NotThisSchema),
        ),
        (
            block.to_owned(),
            NotADocument::Statement(NotAStatement::NotThisSchema),
        ),
        (text.clone(), NotADocument::NotSigned),
        (
            text.trim_end().to_owned(),
            NotADocument::Statement(NotAStatement::NotCanonical),
        ),
        (format!("{text}\n{block}"), at(2)),
        (format!("{text}note\n{block}"), at(2)),
        (format!("{ssh}\n"), at(lines + 1)),
        (format!("{ssh}note"), at(lines + 1)),
        (format!("{mini}\n"), at(6)),
        (format!("{ssh}{text}"), at(lines + 1)),
        (ssh.trim_end().to_owned(), at(2)),
        (mini.trim_end().to_owned(), at(2)),
        (ssh.replace("U1NI", "U1NI\n"), at(2)),
        (ssh.replace("-----BEGIN", "Key: x\n-----BEGIN"), at(2)),
        (ssh.replace("SSH SIGNATURE", "SSH2 SIGNATURE"), at(2)),
        (
            mini.replace("signature from", "approved by Grace, signature from"),
            at(2),
        ),
        (mini.replace("hashed\n", "hashed\r\n"), at(2)),
        (ssh.repeat(2), at(lines + 1)),
        (joined(&vec![ssh.clone(); 17]), NotADocument::TooLong),
        (
            format!("{ssh}{}", " ".repeat(65_536)),
            NotADocument::TooLong,
        ),
    ];
    for (text, refusal) in cases {
        assert_eq!(Document::parse(&text).unwrap_err(), refusal, "{text}");
    }
    assert_eq!(document(&joined(&[ssh, mini])).signatures().len(), 2);
}

/// The bytes of the signature name the version, and nobody signs those.
#[test]
fn another_version_of_ssh_signatures_is_refused() {
    let ssh = Person::new(1).signs(&statement());
    assert!(ssh.contains("U1NIU0lHAAAAAQ"));
    for other in ["U1NIU0lHAAAAAA", "U1NIU0lHAAAAAg"] {
        let changed = ssh.replace("U1NIU0lHAAAAAQ", other);
        assert!(Document::parse(&changed).is_err());
    }
}

/// Another text of one edit.
fn edited(text: &str, at: usize, how: u8, with: char) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = at % letters.len();
    match how % 4 {
        0 => letters.insert(at, with),
        1 => letters[at] = with,
        2 => drop(letters.remove(at)),
        _ => letters.truncate(at),
    }
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn no_mutation_of_a_signed_document_is_accepted(
        minisign: bool, at: usize, how: u8,
        with in prop_oneof![
            any::<char>(), prop::char::range('0', 'z'), Just('\n'), Just('\r'), Just(' '), Just('='),
        ],
    ) {
        let signer = Minisigner::new();
        let (key, text) = match minisign {
            true => (signer.public(), signer.signs(&statement())),
            false => (Person::new(1).public(), Person::new(1).signs(&statement())),
        };
        let changed = edited(&text, at, how, with);
        prop_assume!(changed != text);
        let known = approvers(&[("Grace", "grace@contoso.example", key)]);
        prop_assert!(judge(&[document(&text)], &known, &asked()).assurance.is_four_eyes());
        if let Ok(document) = Document::parse(&changed) {
            let judgement = judge(&[document], &known, &asked());
            prop_assert!(!judgement.assurance.is_four_eyes(), "{changed}");
        }
    }
}

/// Every bit of what was signed and of the signature, once.
#[test]
fn no_flipped_bit_is_accepted() {
    for (key, text) in [
        (Person::new(1).public(), Person::new(1).signs(&statement())),
        {
            let signer = Minisigner::new();
            (signer.public(), signer.signs(&statement()))
        },
    ] {
        let known = approvers(&[("Grace", "grace@contoso.example", key)]);
        for at in 0..text.len() * 8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at / 8] ^= 1 << (at % 8);
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            if let Ok(document) = Document::parse(&changed) {
                let judgement = judge(&[document], &known, &asked());
                assert!(!judgement.assurance.is_four_eyes(), "{changed}");
            }
        }
    }
}
