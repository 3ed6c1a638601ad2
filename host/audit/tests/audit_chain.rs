//! Every way to tamper with a chain, and what is said of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::convert::Infallible;

use passcode_audit::{Fault, Head, LISTED, Line, Notary, PublicKey, Record, Verdict, What, verify};
use sha2::{Digest as _, Sha256};
use time::macros::datetime;

struct Chain {
    _home: tempfile::TempDir,
    notary: Notary,
    lines: Vec<Line>,
}

fn record(number: u64) -> Record {
    let mut record = Record::new(What::Intended, datetime!(2026-03-01 12:00 UTC));
    record.device = Some(format!("device-{number}"));
    record.reason = Some("forgotten passcode".to_owned());
    record
}

fn chain(length: u64) -> Chain {
    let home = tempfile::tempdir().unwrap();
    let notary = Notary::open_or_create(&home.path().join("audit.pem")).unwrap();
    let lines = sealed(length, |after, record| notary.seal(after, record).unwrap());
    Chain {
        _home: home,
        notary,
        lines,
    }
}

fn sealed(length: u64, seal: impl Fn(&Head, &Record) -> Line) -> Vec<Line> {
    let mut head = Head::EMPTY;
    (1..=length)
        .map(|number| {
            let line = seal(&head, &record(number));
            head = line.head();
            line
        })
        .collect()
}

fn look(lines: &[Line], keys: &[PublicKey], kept: Option<&Head>) -> Verdict {
    let lines = lines.iter().cloned().map(Ok::<_, Infallible>);
    let Ok(verdict) = verify(lines, keys, kept);
    verdict
}

fn rehash(line: &mut Line) {
    line.hash = Sha256::digest(line.body.as_bytes()).into();
}

/// What was found, as `line fault`.
fn found(verdict: &Verdict) -> Vec<String> {
    let named = |fault: &Fault| serde_json::to_value(fault).unwrap()["fault"].clone();
    let findings = verdict.findings.iter();
    findings
        .map(|one| format!("{} {}", one.line, named(&one.fault).as_str().unwrap()))
        .collect()
}

#[test]
fn a_chain_that_nobody_touched_is_intact() {
    let chain = chain(5);
    let keys = [chain.notary.public_key()];
    let verdict = look(&chain.lines, &keys, None);
    assert!(verdict.is_intact(), "{verdict:?}");
    assert_eq!((verdict.lines, verdict.signed), (5, 5));
    assert_eq!(verdict.head, chain.lines[4].head());
    for kept in &chain.lines {
        let verdict = look(&chain.lines, &keys, Some(&kept.head()));
        assert!(verdict.is_intact(), "{verdict:?}");
        assert!(verdict.excludes_truncation());
    }
    assert!(look(&[], &keys, None).is_intact());
}

/// Two chains of one key, as after a database was put back from a copy and written to again: the
/// third line of the one stands in the other.
fn forked() -> Vec<Line> {
    SHARED.with(|one| {
        let mut lines = one.lines.clone();
        let mut other = record(3);
        other.reason = None;
        lines[2] = one.notary.seal(&lines[1].head(), &other).unwrap();
        lines
    })
}

thread_local! {
    static SHARED: Chain = chain(5);
}

#[test]
fn every_tampering_is_named() {
    type Tamper = fn(&mut Vec<Line>);
    let cases: &[(&str, Tamper, &[&str])] = &[
        (
            "a letter of a body",
            |lines| lines[2].body = lines[2].body.replace("forgotten", "forgotteN"),
            &["3 changed", "3 bad-signature"],
        ),
        (
            "a body, and its hash made anew",
            |lines| {
                lines[2].body = lines[2].body.replace("device-3", "device-4");
                rehash(&mut lines[2]);
            },
            &["3 bad-signature", "4 unchained"],
        ),
        (
            "a body and all hashes after it made anew",
            |lines| {
                lines[2].body = lines[2].body.replace("device-3", "device-9");
                rehash(&mut lines[2]);
                for at in 3..5 {
                    let (old, new) = (lines[at].clone(), lines[at - 1].head().to_string());
                    let previous = old.body.split("previous\":\"").nth(1).unwrap()[..64].to_owned();
                    lines[at].body = old.body.replace(&previous, new.split_once(':').unwrap().1);
                    rehash(&mut lines[at]);
                }
            },
            &["3 bad-signature", "4 bad-signature", "5 bad-signature"],
        ),
        ("the hash", |lines| lines[2].hash[0] ^= 1, &["3 changed"]),
        (
            "a line in the place of another, both signed",
            |lines| *lines = forked(),
            &["4 unchained"],
        ),
        (
            "the first line removed",
            |lines| drop(lines.remove(0)),
            &["1 missing"],
        ),
        (
            "a middle line removed",
            |lines| drop(lines.remove(2)),
            &["3 missing"],
        ),
        (
            "a line removed and those after it numbered anew",
            |lines| {
                lines.remove(2);
                for (at, line) in lines.iter_mut().enumerate() {
                    line.number = at as u64 + 1;
                }
            },
            &["3 renumbered", "3 missing", "4 renumbered"],
        ),
        (
            "two lines swapped",
            |lines| lines.swap(2, 3),
            &["3 missing", "3 out-of-place"],
        ),
        (
            "two lines swapped with their numbers",
            |lines| {
                lines.swap(2, 3);
                lines[2].number = 3;
                lines[3].number = 4;
            },
            &[
                "3 renumbered",
                "3 missing",
                "4 renumbered",
                "3 out-of-place",
            ],
        ),
        (
            "a line doubled",
            |lines| lines.insert(2, lines[2].clone()),
            &["3 out-of-place"],
        ),
        (
            "a forged line at the end, signature and key taken from another",
            |lines| {
                let last = lines[4].clone();
                let forged = Line::unsigned(&last.head(), &record(6)).unwrap();
                lines.push(Line {
                    key: last.key,
                    signature: last.signature,
                    ..forged
                });
            },
            &["6 bad-signature"],
        ),
        (
            "a forged line at the end, not signed",
            |lines| lines.push(Line::unsigned(&lines[4].head(), &record(6)).unwrap()),
            &["6 unsigned"],
        ),
        (
            "the signature taken away",
            |lines| {
                lines[2].key.clear();
                lines[2].signature.clear();
            },
            &["3 unsigned"],
        ),
        (
            "a body that is no record",
            |lines| lines[2].body = "{}".to_owned(),
            &["3 changed", "3 bad-signature", "3 unreadable"],
        ),
        (
            "everything signed with another key",
            |lines| *lines = chain(5).lines,
            &[
                "1 unknown-key",
                "2 unknown-key",
                "3 unknown-key",
                "4 unknown-key",
                "5 unknown-key",
            ],
        ),
        (
            "another's lines under the known key's name",
            |lines| {
                let key = lines[0].key.clone();
                *lines = chain(2).lines;
                lines.iter_mut().for_each(|line| line.key.clone_from(&key));
            },
            &["1 bad-signature", "2 bad-signature"],
        ),
    ];
    for (name, tamper, expected) in cases {
        let (mut lines, key) = SHARED.with(|one| (one.lines.clone(), one.notary.public_key()));
        tamper(&mut lines);
        let verdict = look(&lines, &[key], None);
        assert_eq!(found(&verdict), *expected, "{name}");
        assert!(!verdict.is_intact(), "{name}");
    }
}

#[test]
fn truncation_is_found_by_a_kept_head_and_else_not_excluded() {
    let chain = chain(5);
    let keys = [chain.notary.public_key()];
    let kept = chain.lines[3].head();
    for (left, expected) in [(5, None), (4, None), (3, Some((4, 4))), (0, Some((1, 4)))] {
        let verdict = look(&chain.lines[..left], &keys, Some(&kept));
        let truncated = expected.map(|(line, to)| (line, Fault::Truncated { to }));
        let found = verdict.findings.first();
        assert_eq!(
            found.map(|one| (one.line, one.fault.clone())),
            truncated,
            "{left} left"
        );

        let verdict = look(&chain.lines[..left], &keys, None);
        assert!(verdict.is_intact() && !verdict.excludes_truncation());
        assert!(verdict.caveats()[0].contains("truncation cannot be excluded"));
    }
    // The head of an empty chain was kept before there was anything to cut off.
    let verdict = look(&[], &keys, Some(&Head::EMPTY));
    assert!(verdict.is_intact() && !verdict.excludes_truncation());
}

#[test]
fn history_written_anew_with_the_key_is_found_by_a_kept_head() {
    let chain = chain(5);
    let keys = [chain.notary.public_key()];
    let kept = chain.lines[3].head();
    let anew = sealed(6, |after, record| {
        let mut record = record.clone();
        record.reason = None;
        chain.notary.seal(after, &record).unwrap()
    });
    let verdict = look(&anew, &keys, Some(&kept));
    assert_eq!(found(&verdict), ["4 not-the-kept-head"]);
    // Without it nothing can tell, and that is said.
    let verdict = look(&anew, &keys, None);
    assert!(verdict.is_intact());
    assert!(
        verdict
            .caveats()
            .iter()
            .any(|one| one.contains("has the key"))
    );
}

#[test]
fn an_unsigned_chain_is_held_by_its_hashes_and_a_kept_head() {
    let lines = sealed(5, |after, record| Line::unsigned(after, record).unwrap());
    let kept = lines[4].head();
    let verdict = look(&lines, &[], Some(&kept));
    assert!(verdict.is_intact(), "{verdict:?}");
    assert!(verdict.caveats()[0].contains("no key was given"));

    let mut changed = lines.clone();
    changed[2].body = changed[2].body.replace("forgotten", "forgotteN");
    assert_eq!(found(&look(&changed, &[], None)), ["3 changed"]);

    let anew = sealed(5, |after, record| {
        let mut record = record.clone();
        record.reason = None;
        Line::unsigned(after, &record).unwrap()
    });
    assert_eq!(
        found(&look(&anew, &[], Some(&kept))),
        ["5 not-the-kept-head"]
    );
}

#[test]
fn a_chain_may_change_its_key() {
    let one = chain(3);
    let other = chain(0);
    let mut lines = one.lines.clone();
    let next = other.notary.seal(&lines[2].head(), &record(4)).unwrap();
    lines.push(next);
    let keys = [one.notary.public_key(), other.notary.public_key()];
    assert!(look(&lines, &keys, None).is_intact());
    assert_eq!(found(&look(&lines, &keys[..1], None)), ["4 unknown-key"]);
}

#[test]
fn all_findings_are_counted_and_the_first_are_listed() {
    let lines = sealed(LISTED as u64 + 7, |after, record| {
        Line::unsigned(after, record).unwrap()
    });
    let key = PublicKey::from_bytes([9; 32]);
    let verdict = look(&lines, &[key], None);
    assert_eq!(verdict.found, LISTED as u64 + 7);
    assert_eq!(verdict.findings.len(), LISTED);
    assert_eq!(verdict.findings[LISTED - 1].line, LISTED as u64);
}

#[test]
fn a_chain_that_was_not_read_to_its_end_has_no_verdict() {
    let lines = vec![
        Ok(Line::unsigned(&Head::EMPTY, &record(1)).unwrap()),
        Err("the disk is gone"),
    ];
    assert_eq!(
        verify(lines.into_iter(), &[], None).unwrap_err(),
        "the disk is gone"
    );
}

mod any {
    use super::{chain, look};
    use passcode_audit::Line;
    use proptest::prelude::*;
    use std::sync::OnceLock;

    fn shared() -> &'static super::Chain {
        static CHAIN: OnceLock<super::Chain> = OnceLock::new();
        CHAIN.get_or_init(|| chain(8))
    }

    /// Another text of one edit: a character replaced, inserted or removed.
    fn edited(text: &str, at: usize, how: u8, with: char) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        let at = at % (letters.len() + 1);
        match how % 3 {
            0 => letters.insert(at, with),
            1 if at < letters.len() => letters[at] = with,
            _ => {
                if at < letters.len() {
                    letters.remove(at);
                } else {
                    letters.pop();
                }
            }
        }
        letters.into_iter().collect()
    }

    fn mutate(line: &mut Line, part: u8, at: usize, how: u8, with: char) {
        match part % 5 {
            0 => line.body = edited(&line.body, at, how, with),
            1 => line.key = edited(&line.key, at, how, with),
            2 => line.signature = edited(&line.signature, at, how, with),
            3 => line.hash[at % 32] ^= 1 << (how % 8),
            _ => line.number = line.number.wrapping_add(at as u64),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn any_mutation_of_any_line_is_found(
            line in 0_usize..8, part: u8, at: usize, how: u8,
            with in prop_oneof![any::<char>(), prop::char::range('0', 'z')], rehashed: bool,
        ) {
            let chain = shared();
            let mut lines = chain.lines.clone();
            mutate(&mut lines[line], part, at, how, with);
            prop_assume!(lines != chain.lines);
            if rehashed {
                super::rehash(&mut lines[line]);
                prop_assume!(lines != chain.lines);
            }
            let verdict = look(&lines, &[chain.notary.public_key()], None);
            prop_assert!(!verdict.is_intact());
        }

        #[test]
        fn any_other_order_or_choice_of_lines_is_found_by_the_head(
            picked in prop::collection::vec(0_usize..8, 0..12),
        ) {
            let chain = shared();
            prop_assume!(!(picked.len() == 8 && picked.is_sorted() && picked[0] == 0 && picked[7] == 7
                && picked.windows(2).all(|two| two[0] < two[1])));
            let lines: Vec<Line> = picked.iter().map(|at| chain.lines[*at].clone()).collect();
            let kept = chain.lines[7].head();
            let verdict = look(&lines, &[chain.notary.public_key()], Some(&kept));
            prop_assert!(!verdict.is_intact(), "{picked:?}");
        }
    }
}
