//! Times as they are written: a whole number and a unit, `30m`, `12h`, `7d`.

use std::time::Duration;

/// The units, smallest first, in seconds.
const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];

/// Read a time. None if it is not one: no sign, no fraction, no leading zero, one unit.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let digits = text.get(..text.len().checked_sub(1)?)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || digits.is_empty() || (digits.starts_with('0') && text != "0s") {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(*seconds)?))
}

/// Write a time in the largest unit that leaves nothing over, so that one time is one text.
pub(crate) fn write(time: Duration) -> String {
    let seconds = time.as_secs();
    let fits = |(_, unit): &&(char, u64)| seconds != 0 && seconds.is_multiple_of(*unit);
    match UNITS.iter().rev().find(fits) {
        Some((name, unit)) => format!("{}{name}", seconds / unit),
        None => "0s".to_owned(),
    }
}

/// A regular expression for the times up to `most`, for the schema.
pub(crate) fn pattern(most: Duration, zero: bool) -> String {
    let mut choices: Vec<String> = UNITS
        .iter()
        .map(|(name, unit)| (name, most.as_secs() / unit))
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("({}){name}", numbers(number)))
        .collect();
    if zero {
        choices.push("0s".to_owned());
    }
    format!("^({})$", choices.join("|"))
}

/// A regular expression for the numbers from 1 to `most`.
fn numbers(most: u64) -> String {
    let digits: Vec<u8> = most.to_string().bytes().map(|byte| byte - b'0').collect();
    let length = digits.len();
    let any = |count: usize| match count {
        0 => String::new(),
        count => format!("[0-9]{{{count}}}"),
    };
    // Shorter numbers first, then those of the same length that are smaller from some digit on.
    let mut choices: Vec<String> = (1..length)
        .map(|short| format!("[1-9]{}", any(short - 1)))
        .collect();
    let mut same = String::new();
    for (place, digit) in digits.iter().enumerate() {
        let least = u8::from(place == 0);
        if *digit > least {
            choices.push(format!(
                "{same}[{least}-{}]{}",
                digit - 1,
                any(length - place - 1)
            ));
        }
        same.push(char::from(b'0' + digit));
    }
    choices.push(same);
    choices.join("|")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{numbers, parse, pattern, write};

    #[test]
    fn times_are_a_whole_number_and_a_unit() {
        for (text, seconds) in [
            ("0s", Some(0)),
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("12h", Some(43_200)),
            ("7d", Some(604_800)),
            ("0m", None),
            ("", None),
            ("7", None),
            ("d", None),
            ("07d", None),
            ("-7d", None),
            ("+7d", None),
            ("1.5h", None),
            ("7 d", None),
            ("7D", None),
            ("1d12h", None),
            ("7ä", None),
            ("99999999999999999999d", None),
            ("9999999999999999999d", None),
        ] {
            assert_eq!(parse(text).map(|time| time.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn one_time_is_one_text() {
        for (text, written) in [
            ("24h", "1d"),
            ("1440m", "1d"),
            ("90m", "90m"),
            ("60s", "1m"),
            ("61s", "61s"),
            ("0s", "0s"),
        ] {
            assert_eq!(parse(text).map(write).as_deref(), Some(written));
        }
    }

    #[test]
    fn the_pattern_of_numbers_has_every_number_and_no_other() {
        for most in [1, 7, 9, 10, 19, 42, 168, 199, 200, 1990, 10_080] {
            let pattern = format!("^({})$", numbers(most));
            let schema = serde_json::json!({ "type": "string", "pattern": pattern });
            let valid = jsonschema::validator_for(&schema).unwrap();
            for number in 0..=most * 2 + 20 {
                let value = serde_json::json!(number.to_string());
                assert_eq!(
                    valid.is_valid(&value),
                    (1..=most).contains(&number),
                    "{number} of {most}"
                );
            }
        }
        let day = pattern(Duration::from_secs(86_400), true);
        assert!(day.ends_with("|0s)$") && day.contains("(1)d"), "{day}");
    }
}
