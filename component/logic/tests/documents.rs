//! The rules against tables that were written by hand from the documents.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

use passcode_logic::combine::{Eligibility, Possible, eligibility};
use passcode_logic::contract::Ruling;
use passcode_logic::kind::Kind;
use passcode_logic::version::OsVersion;
use std::collections::BTreeMap;

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .map(|line| line.split(" ; ").next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('|').map(str::trim).collect())
}

fn kinds(words: &str) -> Vec<String> {
    let mut kinds: Vec<&str> = words
        .split(' ')
        .flat_map(|word| -> Vec<&str> {
            match word {
                "cosu" => vec!["android-dedicated"],
                "cobo" => vec!["android-fully-managed"],
                "cope" => vec!["android-corporate-work-profile"],
                "byod" => vec!["android-personal-work-profile"],
                "aosp" => vec!["aosp-user-associated", "aosp-userless"],
                "aosp-user" => vec!["aosp-user-associated"],
                "aosp-userless" => vec!["aosp-userless"],
                "da" => vec!["android-device-administrator"],
                "ios-corp" => vec!["ios-corporate"],
                "ios-pers" => vec!["ios-personal"],
                "ue" => vec!["ios-user-enrollment"],
                "shared" => vec!["shared-ipad"],
                "vision" => vec!["visionos"],
                "mac" => vec!["macos"],
                "win" => vec!["windows"],
                "all" => Kind::ALL.iter().map(|kind| kind.name()).collect(),
                other => panic!("no such word: {other}"),
            }
        })
        .collect();
    kinds.sort_unstable();
    kinds.into_iter().map(str::to_owned).collect()
}

fn page(title: &str) -> &'static str {
    let title = title.to_lowercase();
    match () {
        () if title.contains("remote device action: remove") => "remove",
        () if title.contains("remote device action: reset") => "reset",
        () if title.contains("clear passcode") => "clear",
        () if title.contains("resetpasscode") => "graph",
        () if title.contains("device passcode") => "passcode",
        () => panic!("an unknown document: {title}"),
    }
}

#[test]
fn every_statement_of_every_document_is_a_rule_and_every_rule_a_statement() {
    let mut written: BTreeMap<String, u32> = BTreeMap::new();
    for cells in lines(include_str!("tables/rules.txt")) {
        let [date, page, words, condition, about, ruling] = cells[..] else {
            panic!("a line of another shape: {cells:?}");
        };
        *written
            .entry(format!(
                "{date} {page} {:?} {condition} {about} {ruling}",
                kinds(words)
            ))
            .or_default() += 1;
    }
    let mut coded: BTreeMap<String, u32> = BTreeMap::new();
    for rule in passcode_logic::matrix() {
        let mut kinds = rule.kinds.clone();
        kinds.sort_unstable();
        let ruling = match rule.ruling {
            Ruling::Supported => "supported",
            Ruling::Unsupported => "unsupported",
            Ruling::Conditional => "conditional",
            Ruling::Note => "note",
        };
        let (date, page) = (&rule.citation.date, page(&rule.citation.document));
        let condition = rule.condition.as_deref().unwrap_or("-");
        *coded
            .entry(format!(
                "{date} {page} {kinds:?} {condition} {} {ruling}",
                rule.about
            ))
            .or_default() += 1;
    }
    for (statement, count) in &written {
        assert_eq!(
            coded.get(statement),
            Some(count),
            "in the documents, not in the rules: {statement}"
        );
    }
    for statement in coded.keys() {
        assert!(
            written.contains_key(statement),
            "in the rules, not in the documents: {statement}"
        );
    }
}

#[test]
fn ids_are_unique_and_every_rule_is_cited_in_full() {
    let mut seen = Vec::new();
    for rule in passcode_logic::matrix() {
        assert!(!seen.contains(&rule.id), "{} twice", rule.id);
        let citation = &rule.citation;
        for part in [
            &citation.document,
            &citation.uri,
            &citation.date,
            &citation.section,
            &citation.statement,
        ] {
            assert!(!part.is_empty(), "{}: an empty part", rule.id);
        }
        assert!(citation.date.starts_with("20"), "{}", rule.id);
        seen.push(rule.id);
    }
}

#[test]
fn together_the_documents_mean_what_was_worked_out_by_hand() {
    let mut kinds_seen = Vec::new();
    for cells in lines(include_str!("tables/verdicts.txt")) {
        let [kind, version, answer, date, disagree] = cells[..] else {
            panic!("a line of another shape: {cells:?}");
        };
        let kind = Kind::named(kind).unwrap_or_else(|| panic!("no such kind: {kind}"));
        kinds_seen.push(kind);
        let (found, by, against) = match eligibility(kind, OsVersion::parse(version)) {
            Eligibility::Yes {
                what,
                disputed_level,
                reading,
            } => (
                match (what, disputed_level) {
                    (Possible::Remove, false) => "remove",
                    (Possible::ResetDevice, false) => "device",
                    (Possible::ResetWorkProfile, false) => "profile",
                    (Possible::ResetWorkProfile, true) => "profile?",
                    other => panic!("{cells:?}: {other:?}"),
                },
                reading.by.map(|by| by.document.date),
                if reading.against.is_empty() {
                    "no"
                } else {
                    "yes"
                },
            ),
            Eligibility::No(reading) => ("no", reading.by.map(|by| by.document.date), "-"),
            Eligibility::NeedsVersion(_) => ("version?", None, "-"),
            Eligibility::Unmentioned => ("silent", None, "-"),
        };
        assert_eq!(
            (found, by.unwrap_or("-"), against),
            (answer, date, disagree),
            "{cells:?}"
        );
    }
    for kind in Kind::ALL {
        assert!(kinds_seen.contains(&kind), "no line for {kind:?}");
    }
}

#[test]
fn every_address_is_a_route_of_the_manifest_and_one_is_ordinary() {
    let manifest: toml::Table = include_str!("../../skin/manifest.toml")
        .parse()
        .expect("TOML");
    let routes = manifest["route"].as_array().expect("routes");
    let posts: Vec<&toml::Value> = routes
        .iter()
        .filter(|route| route["method"].as_str() == Some("POST"))
        .collect();
    let addresses = passcode_logic::addresses();
    assert_eq!(posts.len(), addresses.len());
    for address in &addresses {
        let route = posts
            .iter()
            .find(|route| route["name"].as_str() == Some(&address.id));
        let route = route.unwrap_or_else(|| panic!("no route {}", address.id));
        assert_eq!(route["path"].as_str(), Some(address.path.as_str()));
        let names_device = route
            .get("names-device")
            .and_then(toml::Value::as_bool)
            .unwrap_or(true);
        assert_eq!(names_device, address.names_device, "{}", address.id);
        assert_eq!(
            address.path.contains("{version}"),
            address.versions.len() > 1,
            "{}",
            address.id
        );
    }
    assert_eq!(
        addresses.iter().filter(|address| address.ordinary).count(),
        1
    );
    assert_eq!(
        addresses
            .iter()
            .filter(|address| !address.names_device)
            .count(),
        3
    );
}
