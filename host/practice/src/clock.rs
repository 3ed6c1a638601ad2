//! The service's own time: the machine's, shifted on demand.

use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;

/// How far the service's time stands from the machine's.
///
/// `offset` imitates two clocks that disagree, `advanced` is time that a test let pass.
/// Both show in the `Date` header and in every timestamp. Token lifetimes follow the machine's clock,
/// so that letting eight hours pass does not also sign everybody out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ServiceClock {
    pub(crate) offset: time::Duration,
    pub(crate) advanced: time::Duration,
}

impl ServiceClock {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.at(OffsetDateTime::now_utc())
    }

    pub(crate) fn at(&self, machine: OffsetDateTime) -> OffsetDateTime {
        machine
            .checked_add(self.offset)
            .and_then(|shifted| shifted.checked_add(self.advanced))
            .unwrap_or(machine)
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let by = time::Duration::try_from(by).unwrap_or(time::Duration::ZERO);
        self.advanced = self.advanced.saturating_add(by);
    }
}

/// Graph's timestamps carry seven digits of a second.
pub(crate) fn timestamp(at: OffsetDateTime) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");
    at.to_offset(time::UtcOffset::UTC)
        .format(format)
        .unwrap_or_default()
}

/// The form inside an error's `innerError.date`: no fraction, no zone.
pub(crate) fn error_date(at: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    at.to_offset(time::UtcOffset::UTC)
        .format(format)
        .unwrap_or_default()
}

/// The `Date` header.
pub(crate) fn http_date(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .format(&Rfc2822)
        .map(|text| text.replace("+0000", "GMT"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn every_form_of_an_instant_is_the_one_its_place_wants() {
        let at = datetime!(2026-01-07 04:43:03.5 UTC);
        assert_eq!(timestamp(at), "2026-01-07T04:43:03.5000000Z");
        assert_eq!(error_date(at), "2026-01-07T04:43:03");
        assert_eq!(http_date(at), "Wed, 07 Jan 2026 04:43:03 GMT");
    }

    #[test]
    fn offset_and_advance_add_up() {
        let mut clock = ServiceClock {
            offset: time::Duration::minutes(-5),
            ..ServiceClock::default()
        };
        clock.advance(Duration::from_secs(3600));
        let at = datetime!(2026-01-07 04:00 UTC);
        assert_eq!(clock.at(at), datetime!(2026-01-07 04:55 UTC));
    }
}
