//! Instants as the services write them: RFC 3339 with up to seven fractional digits, any
//! offset. Nothing here asks what time it is.

/// Hundreds of nanoseconds since 1970-01-01T00:00:00Z: the finest that Graph writes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Instant(i64);

const TICKS: i64 = 10_000_000;

impl Instant {
    /// Read one. Digits beyond the seventh are dropped; a text without an offset, or with
    /// anything after it, is no instant.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = bytes.get(from..to)?;
            digits.iter().try_fold(0_i64, |sum, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| sum * 10 + i64::from(digit - b'0'))
            })
        };
        let sign = |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|b| allowed.contains(b));
        if !(sign(4, b"-") && sign(7, b"-") && sign(10, b"Tt ") && sign(13, b":") && sign(16, b":"))
        {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        // A leap second counts as the first instant of the next minute.
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut at = 19;
        let mut fraction = 0;
        if sign(at, b".") {
            let from = at + 1;
            at = from;
            let mut scale = TICKS;
            while let Some(digit) = bytes.get(at).filter(|b| b.is_ascii_digit()) {
                scale /= 10;
                fraction += i64::from(digit - b'0') * scale;
                at += 1;
            }
            if at == from {
                return None;
            }
        }
        let offset = if sign(at, b"Zz") {
            at += 1;
            0
        } else if sign(at, b"+-") && sign(at + 3, b":") {
            let (hours, minutes) = (number(at + 1, at + 3)?, number(at + 4, at + 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = (hours * 60 + minutes) * 60;
            let negative = sign(at, b"-");
            at += 6;
            if negative { -offset } else { offset }
        } else {
            return None;
        };
        if at != bytes.len() {
            return None;
        }
        let seconds =
            days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
                - offset;
        Some(Self(seconds * TICKS + fraction))
    }

    /// So many seconds earlier.
    #[must_use]
    pub fn minus_seconds(self, seconds: i64) -> Self {
        Self(self.0 - seconds * TICKS)
    }

    /// Whole seconds from `earlier` until this one; negative if it is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / TICKS
    }
}

/// A timestamp worth keeping. .NET writes the year 1 where it has no time at all.
pub(crate) fn meaningful(text: &str) -> bool {
    !text.is_empty() && !text.starts_with("0001-01-01")
}

fn leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leaps = before / 4 - before / 100 + before / 400;
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    // 719 162 days lie between 0001-01-01 and 1970-01-01.
    before * 365 + leaps + months + day - 1 - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_services_write_is_read() {
        for (text, ticks) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:01.5Z", 15_000_000),
            ("1970-01-01T00:00:00.0000001Z", 1),
            ("1970-01-01T00:00:00.00000019Z", 1),
            ("2000-02-29T12:00:00Z", 951_825_600 * TICKS),
            ("2026-08-20T10:00:00+02:00", 1_787_212_800 * TICKS),
            (
                "2016-12-31T23:58:46.7156189-08:00",
                1_483_257_526 * TICKS + 7_156_189,
            ),
            ("1969-12-31T23:59:59Z", -TICKS),
            ("0001-01-01T00:00:00Z", -62_135_596_800 * TICKS),
        ] {
            assert_eq!(Instant::parse(text), Some(Instant(ticks)), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_instant() {
        for text in [
            "",
            "2026-08-20",
            "2026-08-20T10:00:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-08-20T24:00:00Z",
            "2026-08-20T10:00:00.Z",
            "2026-08-20T10:00:00Zx",
            "2026-08-20T10:00:00+0200",
            "x026-08-20T10:00:00Z",
            "2026-08-20T10:00:00é",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn offsets_do_not_matter_for_order() {
        let early = Instant::parse("2026-08-20T09:59:59+02:00").expect("an instant");
        let late = Instant::parse("2026-08-20T08:00:00Z").expect("an instant");
        assert!(early < late);
        assert_eq!(late.seconds_since(early), 1);
    }
}
