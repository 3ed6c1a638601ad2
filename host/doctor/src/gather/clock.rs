//! How far two clocks are apart, by one answer.

use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

/// How far the service is ahead of this machine, in seconds, by the `Date` of an answer that
/// was asked for at `before` and there at `after`. How long the answer took does not count.
pub(super) fn ahead(before: OffsetDateTime, after: OffsetDateTime, date: &str) -> Option<i64> {
    let date = OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822).ok()?;
    // The header has whole seconds, rounded down.
    let (earliest, latest) = (before - Duration::SECOND, after);
    let ahead = if date < earliest {
        date - earliest
    } else if date > latest {
        date - latest
    } else {
        Duration::ZERO
    };
    Some(ahead.whole_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_time_an_answer_takes_is_not_a_difference() {
        let before = datetime!(2026-11-20 12:00:00.9 UTC);
        let after = datetime!(2026-11-20 12:00:10.1 UTC);
        for (date, expected) in [
            ("Fri, 20 Nov 2026 12:00:00 GMT", Some(0)),
            ("Fri, 20 Nov 2026 12:00:10 GMT", Some(0)),
            ("Fri, 20 Nov 2026 12:10:10 GMT", Some(599)),
            ("Fri, 20 Nov 2026 11:50:00 GMT", Some(-599)),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(ahead(before, after, date), expected, "{date}");
        }
    }
}
