//! Times as people write them.

use std::time::Duration;

/// `500ms`, `15s`, `2m`, `8h`, or plain seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => 0.0,
    };
    let parsed = number.parse::<f64>().ok().filter(|_| seconds > 0.0);
    parsed
        .and_then(|number| Duration::try_from_secs_f64(number * seconds).ok())
        .ok_or_else(|| "write a time such as 15s, 2m or 8h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_are_written_with_a_unit_or_in_seconds() {
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("15s", Some(15_000)),
            ("15", Some(15_000)),
            ("1.5m", Some(90_000)),
            ("8h", Some(28_800_000)),
            ("0s", Some(0)),
            ("", None),
            ("s", None),
            ("15d", None),
            ("-1s", None),
            ("1.2.3s", None),
        ] {
            let parsed = parse(text).ok().map(|time| time.as_millis());
            assert_eq!(parsed, milliseconds, "{text}");
        }
    }
}
