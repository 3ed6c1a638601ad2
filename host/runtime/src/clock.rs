//! What time it is. Only the host knows, and it believes the service over this machine.

use std::sync::Mutex;

use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{Duration, OffsetDateTime, UtcOffset};

/// The host's clock, set by the `Date` header of the last answer.
#[derive(Debug, Default)]
pub(crate) struct Time {
    /// What to add to this machine's clock.
    offset: Mutex<Duration>,
    /// The last header, read. Many answers come in one second.
    last: Mutex<Option<LastDate>>,
}

#[derive(Clone, Debug)]
struct LastDate {
    header: String,
    instant: OffsetDateTime,
    rfc3339: String,
}

impl Time {
    /// Now, as far as the service let us know.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let offset = *self
            .offset
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        OffsetDateTime::now_utc() + offset
    }

    /// Take note of a `Date` header; the same instant in RFC 3339.
    pub(crate) fn note(&self, date: &str) -> Option<String> {
        let LastDate {
            instant, rfc3339, ..
        } = self.read(date)?;
        let difference = instant - OffsetDateTime::now_utc();
        // The header has whole seconds, and the answer took a while.
        let difference = if difference.abs() < Duration::seconds(2) {
            Duration::ZERO
        } else {
            difference
        };
        *self
            .offset
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = difference;
        Some(rfc3339)
    }

    fn read(&self, header: &str) -> Option<LastDate> {
        let mut last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|last| last.header == header) {
            return Some(last.clone());
        }
        let instant = parse_http_date(header)?;
        let read = LastDate {
            header: header.to_owned(),
            instant,
            rfc3339: rfc3339(instant),
        };
        *last = Some(read.clone());
        Some(read)
    }
}

/// An instant as the contract writes it.
#[must_use]
pub fn rfc3339(instant: OffsetDateTime) -> String {
    instant
        .to_offset(UtcOffset::UTC)
        .replace_nanosecond(0)
        .unwrap_or(instant)
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// An instant as services write it.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

pub(crate) fn parse_http_date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_header_sets_the_clock() {
        let time = Time::default();
        let noted = time.note("Tue, 15 Nov 2033 08:12:31 GMT");
        assert_eq!(noted.as_deref(), Some("2033-11-15T08:12:31Z"));
        assert_eq!(time.now().year(), 2033);
        assert_eq!(time.note("yesterday"), None);
        let noted = time.note("Tue, 15 Nov 2033 08:12:31 GMT");
        assert_eq!(noted.as_deref(), Some("2033-11-15T08:12:31Z"));
        let noted = time.note("Wed, 16 Nov 2033 08:12:31 GMT");
        assert_eq!(noted.as_deref(), Some("2033-11-16T08:12:31Z"));
        assert_eq!(time.now().day(), 16);
    }
}
