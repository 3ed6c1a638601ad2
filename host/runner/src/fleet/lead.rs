//! Whether what a finder found can be used at all. Pure.
//!
//! A finder only names devices, and each is looked up again and compared. What is judged here keeps
//! nonsense out of the ledger and off the screen: an answer is used whole, or not at all.

use passcode_host::contract::types::{Fact, Selector};
use passcode_host::{parse_rfc3339, plain};
use passcode_runfile::{self as runfile, Kind};

/// The most devices that one answer may name. A longer list comes in several.
pub const MOST_SELECTORS: usize = 10_000;
/// The most facts of one answer. They are kept with each device that it names.
pub const MOST_FACTS: usize = 16;
/// The longest name and the longest value of a fact, in bytes.
const FACT_NAME: usize = 64;
const FACT_VALUE: usize = 512;

/// Why an answer of a finder is not used, if it is not. Nothing of the answer is repeated.
///
/// # Errors
///
/// What is wrong with it.
pub fn judged(selectors: &[Selector], facts: &[Fact]) -> Result<(), String> {
    if selectors.len() > MOST_SELECTORS {
        return Err(format!(
            "it names {} devices at once, and {MOST_SELECTORS} are the most",
            selectors.len()
        ));
    }
    if facts.len() > MOST_FACTS {
        return Err(format!(
            "it adds {} facts, and {MOST_FACTS} are the most",
            facts.len()
        ));
    }
    for (number, selector) in selectors.iter().enumerate() {
        if let Some(wrong) = unusable(selector) {
            return Err(format!("device {} of its answer {wrong}", number + 1));
        }
    }
    for (number, fact) in facts.iter().enumerate() {
        if let Some(wrong) = not_a_fact(fact) {
            return Err(format!("fact {} of its answer {wrong}", number + 1));
        }
    }
    Ok(())
}

/// What two selectors of one device have in common, as far as can be told from here.
#[must_use]
pub fn same(selector: &Selector) -> String {
    let (name, value, ignores_case) = match (selector, named(selector)) {
        (_, Some(named)) => (
            named.kind.word().to_owned(),
            named.value,
            named.kind.ignores_case(),
        ),
        (Selector::Other((name, value)), None) => (name.clone(), value.clone(), true),
        (_, None) => return String::new(),
    };
    let value = if ignores_case {
        value.to_lowercase()
    } else {
        value
    };
    format!("{name}\n{value}")
}

fn unusable(selector: &Selector) -> Option<String> {
    match selector {
        // The id that the directory gives a person, which lists of devices have.
        Selector::Other((name, value)) if name == "userId" => runfile::Selector {
            kind: Kind::Id,
            value: value.clone(),
        }
        .wrong(),
        Selector::Other(_) => {
            Some("is named by a property that this version does not know".to_owned())
        }
        selector => named(selector)?.wrong(),
    }
}

fn named(selector: &Selector) -> Option<runfile::Selector> {
    let (kind, value) = match selector {
        Selector::Id(value) => (Kind::Id, value),
        Selector::EntraDeviceId(value) => (Kind::EntraDeviceId, value),
        Selector::SerialNumber(value) => (Kind::Serial, value),
        Selector::Imei(value) => (Kind::Imei, value),
        Selector::DeviceName(value) => (Kind::Name, value),
        Selector::UserPrincipalName(value) => (Kind::User, value),
        Selector::Other(_) => return None,
    };
    Some(runfile::Selector {
        kind,
        value: value.clone(),
    })
}

fn not_a_fact(fact: &Fact) -> Option<&'static str> {
    let shown = |text: &str| plain(text) == text;
    if fact.name.is_empty() || fact.name.len() > FACT_NAME || fact.value.len() > FACT_VALUE {
        Some("is longer than a fact may be, or has no name")
    } else if !shown(&fact.name) || !shown(&fact.value) {
        Some("has a character that does not show")
    } else if parse_rfc3339(&fact.observed).is_none() {
        Some("does not say when it was observed")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "e0000001-0000-4000-8000-000000000001";

    fn other(name: &str, value: &str) -> Selector {
        Selector::Other((name.to_owned(), value.to_owned()))
    }

    fn fact(name: &str, value: &str, observed: &str) -> Fact {
        Fact {
            name: name.to_owned(),
            value: value.to_owned(),
            source: "whoever".to_owned(),
            observed: observed.to_owned(),
        }
    }

    #[test]
    fn what_cannot_name_a_device_is_not_used() {
        for (selector, usable) in [
            (Selector::Id(GUID.to_owned()), true),
            (Selector::Id(GUID.to_uppercase()), true),
            (Selector::Id("7".to_owned()), false),
            (
                Selector::Id("00000000-0000-0000-0000-000000000000".to_owned()),
                false,
            ),
            (Selector::SerialNumber("SAMPLE-COSU-0001".to_owned()), true),
            (Selector::SerialNumber(String::new()), false),
            (Selector::SerialNumber("A\u{1b}[2J".to_owned()), false),
            (Selector::DeviceName("\u{202e}daPi".to_owned()), false),
            (Selector::DeviceName("x".repeat(257)), false),
            (
                Selector::UserPrincipalName("adele@contoso.example".to_owned()),
                true,
            ),
            (Selector::UserPrincipalName("adele".to_owned()), false),
            (Selector::Imei("350000000000011".to_owned()), true),
            (Selector::Imei("35".to_owned()), false),
            (Selector::EntraDeviceId("x".to_owned()), false),
            (other("userId", GUID), true),
            (other("userId", "adele"), false),
            (other("operatingSystem", "Android"), false),
        ] {
            let found = judged(std::slice::from_ref(&selector), &[]);
            assert_eq!(found.is_ok(), usable, "{selector:?}: {found:?}");
            let message = found.err().unwrap_or_default();
            assert_eq!(plain(&message), message);
        }
    }

    #[test]
    fn there_is_a_most_of_everything() {
        let one = Selector::Id(GUID.to_owned());
        let many = vec![one; MOST_SELECTORS];
        assert!(judged(&many, &[]).is_ok());
        let more = [many, vec![other("userId", GUID)]].concat();
        assert!(judged(&more, &[]).is_err());
        let facts = vec![fact("ticket.open", "true", "2026-03-02T10:00:00Z"); MOST_FACTS + 1];
        assert!(judged(&[], &facts[1..]).is_ok());
        assert!(judged(&[], &facts).is_err());
    }

    #[test]
    fn a_fact_is_short_plain_and_of_some_time() {
        let at = "2026-03-02T10:00:00Z";
        for (fact, usable) in [
            (fact("ticket.open", "", at), true),
            (fact("", "true", at), false),
            (fact(&"n".repeat(65), "true", at), false),
            (fact("n", &"v".repeat(513), at), false),
            (fact("n", "a\u{1b}[2J", at), false),
            (fact("n\n", "a", at), false),
            (fact("n", "a", "yesterday"), false),
        ] {
            assert_eq!(
                judged(&[], std::slice::from_ref(&fact)).is_ok(),
                usable,
                "{fact:?}"
            );
        }
    }

    #[test]
    fn letter_case_tells_two_names_apart_and_two_serial_numbers_not() {
        let serial = |value: &str| same(&Selector::SerialNumber(value.to_owned()));
        let name = |value: &str| same(&Selector::DeviceName(value.to_owned()));
        assert_eq!(serial("a1"), serial("A1"));
        assert_ne!(name("a1"), name("A1"));
        assert_ne!(serial("a1"), name("a1"));
        assert_eq!(same(&other("userId", "AB")), same(&other("userId", "ab")));
    }
}
