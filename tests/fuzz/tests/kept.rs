//! The short form of the fuzzer: every target on every input that is kept, and on a few thousand
//! that are made of them by a seeded generator. `PASSCODE_SCALE` makes that many times more.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "all of it is tests; clippy takes only functions marked so for tests"
)]

use std::fs;
use std::path::Path;

use passcode_fuzz::{TARGETS, Target};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Inputs made for each target.
const CASES: u32 = 3000;

/// One change to an input. Places are fractions, so that a change fits any input.
#[derive(Clone, Debug)]
enum Change {
    Remove(u16, u8),
    Insert(u16, Vec<u8>),
    Word(u16, prop::sample::Index),
    Copy(u16, u16, u8),
    Flip(u16, u8),
    Splice(u16, prop::sample::Index, u16),
}

/// The kept inputs of a target, by their file names.
fn kept(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let entry = entry.expect("a file");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// The words of a target's grammar, from a dictionary of libFuzzer's form.
fn words(target: &Target) -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("words")
        .join(target.name);
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(word).collect()
}

fn word(line: &str) -> Vec<u8> {
    let inside = line
        .strip_prefix('"')
        .and_then(|line| line.strip_suffix('"'));
    let mut rest = inside.expect("a word in quotes").bytes();
    let mut out = Vec::new();
    while let Some(byte) = rest.next() {
        match (byte, rest.clone().next()) {
            (b'\\', Some(b'x')) => {
                let digits: Vec<u8> = rest.by_ref().skip(1).take(2).collect();
                let digits = std::str::from_utf8(&digits).expect("digits");
                out.push(u8::from_str_radix(digits, 16).expect("digits"));
            }
            (b'\\', Some(_)) => out.extend(rest.next()),
            (byte, _) => out.push(byte),
        }
    }
    out
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let index = any::<prop::sample::Index>;
    let change = prop_oneof![
        (any::<u16>(), 1..40_u8).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<u16>(), prop::collection::vec(any::<u8>(), 1..4))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<u16>(), index()).prop_map(|(at, word)| Change::Word(at, word)),
        (any::<u16>(), any::<u16>(), 1..60_u8)
            .prop_map(|(from, to, count)| Change::Copy(from, to, count)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        (any::<u16>(), index(), any::<u16>())
            .prop_map(|(at, other, from)| Change::Splice(at, other, from)),
    ];
    prop::collection::vec(change, 0..5)
}

fn changed(seed: &[u8], changes: &[Change], words: &[Vec<u8>], corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for change in changes {
        let place = |fraction: u16| usize::from(fraction) * bytes.len() / usize::from(u16::MAX);
        match change {
            Change::Remove(at, count) => {
                let at = place(*at);
                let end = (at + usize::from(*count)).min(bytes.len());
                bytes.drain(at..end);
            }
            Change::Insert(at, more) => {
                let at = place(*at);
                bytes.splice(at..at, more.iter().copied());
            }
            Change::Word(at, word) => {
                let at = place(*at);
                bytes.splice(at..at, word.get(words).iter().copied());
            }
            Change::Copy(from, to, count) => {
                let (from, to) = (place(*from), place(*to));
                let end = (from + usize::from(*count)).min(bytes.len());
                let piece = bytes[from..end].to_vec();
                bytes.splice(to..to, piece);
            }
            Change::Flip(at, byte) => {
                let at = place(*at);
                if let Some(there) = bytes.get_mut(at) {
                    *there = *byte;
                }
            }
            Change::Splice(at, other, from) => {
                let at = place(*at);
                let other = other.get(corpus);
                let from = usize::from(*from) * other.len() / usize::from(u16::MAX);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
    bytes
}

/// What a target says to an input; its assertion, if one fails.
fn said(target: &Target, bytes: &[u8]) -> Result<bool, String> {
    let run = target.run;
    std::panic::catch_unwind(|| run(bytes)).map_err(|said| {
        let text = said.downcast_ref::<String>().cloned();
        text.or_else(|| said.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default()
    })
}

fn holds(name: &str) {
    let target = passcode_fuzz::target(name);
    let files = kept(&target);
    assert!(files.len() >= 5, "only {} inputs are kept", files.len());
    let mut through = 0;
    for (file, bytes) in &files {
        match said(&target, bytes) {
            Ok(came) => through += usize::from(came),
            Err(why) => panic!("corpus/{name}/{file}: {why}"),
        }
    }
    assert!(through >= 3, "only {through} kept inputs are not refused");

    let corpus: Vec<Vec<u8>> = files.into_iter().map(|(_, bytes)| bytes).collect();
    let words = words(&target);
    let scale = std::env::var("PASSCODE_SCALE").ok();
    let scale: u32 = scale.and_then(|text| text.parse().ok()).unwrap_or(1);
    let config = Config {
        cases: CASES * scale,
        failure_persistence: None,
        ..Config::default()
    };
    let generator = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, generator);
    let through = std::cell::Cell::new(0_u32);
    let input = (any::<prop::sample::Index>(), changes());
    let outcome = runner.run(&input, |(seed, changes)| {
        let seed: &Vec<u8> = seed.get(&corpus);
        let bytes = changed(seed, &changes, &words, &corpus);
        match said(&target, &bytes) {
            Ok(came) => through.set(through.get() + u32::from(came)),
            Err(why) => {
                let input = bytes.escape_ascii();
                return Err(TestCaseError::fail(format!("{why}\ninput: b\"{input}\"")));
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{name}: {error}\nkeep the input in tests/fuzz/corpus/{name}");
    }
    let share = through.get() * 100 / (CASES * scale);
    assert!(share >= 5, "only {share} % of the inputs are not refused");
}

#[test]
fn a_request_that_leaves_is_one_that_the_grant_names() {
    holds("path");
}

#[test]
fn what_both_allow_is_no_more_than_either() {
    holds("grant");
}

#[test]
fn a_problem_claims_no_more_than_the_answer_allows() {
    holds("errors");
}

#[test]
fn a_text_of_an_action_result_passes_nowhere() {
    holds("sealing");
}

#[test]
fn an_edited_plan_is_refused() {
    holds("plan");
}

#[test]
fn a_fleet_is_refused_or_a_tenant_can_begin_with_it() {
    holds("fleet");
}

#[test]
fn a_recording_is_refused_or_can_be_written_again() {
    holds("recording");
}

#[test]
fn nobody_is_named_in_what_is_masked() {
    holds("mask");
}

#[test]
fn every_target_is_run() {
    let named: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    let tested = [
        "path",
        "grant",
        "errors",
        "sealing",
        "plan",
        "fleet",
        "recording",
        "mask",
    ];
    assert_eq!(named, tested);
}
