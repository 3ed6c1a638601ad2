use std::time::Duration;

use time::macros::datetime;
use time::{OffsetDateTime, UtcOffset, Weekday};

use passcode_runfile::{CheckedIn, StopWhen, Window, checked_in, cool};

const WORKDAYS: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

fn window(days: &[Weekday], from: u16, to: u16, hours: i8) -> Window {
    Window {
        days: days.to_vec(),
        from: from * 60,
        to: to * 60,
        offset: UtcOffset::from_hms(hours, 0, 0).unwrap(),
    }
}

fn hours(number: f64) -> Duration {
    Duration::from_secs_f64(number * 3600.0)
}

/// 16 November 2026 is a Monday.
#[test]
fn a_window_is_open_from_its_first_second_to_the_one_before_its_end() {
    let office = window(&WORKDAYS, 8, 18, 1);
    let night = window(&[Weekday::Friday], 22, 6, 0);
    let whole = window(&[Weekday::Sunday], 0, 24, -8);
    let cases = [
        (&office, datetime!(2026-11-16 07:00 UTC), true, 0.0),
        (
            &office,
            datetime!(2026-11-16 06:59:59 UTC),
            false,
            1.0 / 3600.0,
        ),
        (&office, datetime!(2026-11-16 16:59:59.9 UTC), true, 0.0),
        (&office, datetime!(2026-11-16 17:00 UTC), false, 14.0),
        (&office, datetime!(2026-11-20 17:00 UTC), false, 62.0),
        (&office, datetime!(2026-11-21 12:00 UTC), false, 43.0),
        (&office, datetime!(2026-11-15 23:30 UTC), false, 7.5),
        (&office, datetime!(2026-11-16 08:00 +02:00), false, 1.0),
        (&night, datetime!(2026-11-20 21:59 UTC), false, 1.0 / 60.0),
        (&night, datetime!(2026-11-20 22:00 UTC), true, 0.0),
        (&night, datetime!(2026-11-21 05:59:59 UTC), true, 0.0),
        (&night, datetime!(2026-11-21 06:00 UTC), false, 160.0),
        // The night before Friday belongs to Thursday.
        (&night, datetime!(2026-11-20 03:00 UTC), false, 19.0),
        (&whole, datetime!(2026-11-22 08:00 UTC), true, 0.0),
        (&whole, datetime!(2026-11-23 07:59:59 UTC), true, 0.0),
        (&whole, datetime!(2026-11-23 08:00 UTC), false, 144.0),
        // Before 1970 the remainder of a division would be negative.
        (&office, datetime!(1969-12-31 22:00 UTC), false, 9.0),
    ];
    for (window, now, open, until) in cases {
        assert_eq!(window.open_at(now), open, "{now}");
        assert_eq!(window.opens_in(now), hours(until), "{now}");
    }
}

#[test]
fn a_window_is_open_when_it_says_it_opens_and_not_before() {
    let windows = [
        window(&WORKDAYS, 8, 18, 1),
        window(&[Weekday::Friday, Weekday::Saturday], 22, 6, -11),
        window(&[Weekday::Sunday], 0, 24, 14),
        window(&[Weekday::Monday], 23, 0, 0),
    ];
    for window in windows {
        for step in 0..(14 * 24 * 4) {
            let now = datetime!(2026-11-16 00:07:13.5 UTC) + time::Duration::minutes(15 * step);
            let wait = window.opens_in(now);
            assert!(wait <= Duration::from_secs(7 * 86_400), "{now}");
            assert!(window.open_at(now + wait), "{now} {wait:?}");
            if !wait.is_zero() {
                let before = now + wait - time::Duration::nanoseconds(1);
                assert!(!window.open_at(before), "{now} {wait:?}");
            }
        }
    }
}

#[test]
fn a_share_of_failures_stops_once_enough_have_finished() {
    let stop = |failure_share, after| StopWhen {
        failure_share,
        after,
    };
    for (stop, finished, failed, reached) in [
        (stop(10, 20), 19, 19, false),
        (stop(10, 20), 20, 1, false),
        (stop(10, 20), 20, 2, true),
        (stop(10, 20), 29, 2, false),
        (stop(10, 20), 100, 9, false),
        (stop(10, 20), 100, 10, true),
        (stop(100, 3), 3, 2, false),
        (stop(100, 3), 3, 3, true),
        (stop(1, 1), 1, 0, false),
        (stop(1, 1), 0, 0, false),
        (stop(1, 1), u64::MAX, u64::MAX, true),
    ] {
        assert_eq!(
            stop.reached(finished, failed),
            reached,
            "{stop:?} {finished} {failed}"
        );
    }
}

#[test]
fn a_check_in_is_recent_old_absent_or_unreadable() {
    let now = datetime!(2026-11-21 12:00 UTC);
    let week = Duration::from_secs(7 * 86_400);
    for (last, expected) in [
        (Some("2026-11-21T11:00:00Z"), CheckedIn::Recently),
        (Some("2026-11-14T12:00:00Z"), CheckedIn::Recently),
        (
            Some("2026-11-14T13:00:00.1234567+01:00"),
            CheckedIn::Recently,
        ),
        (
            Some("2026-11-14T11:59:59Z"),
            CheckedIn::TooLongAgo(week + Duration::from_secs(1)),
        ),
        (Some("2026-11-21T12:30:00Z"), CheckedIn::Recently),
        (Some("2026-11-22T12:00:01Z"), CheckedIn::Unreadable),
        (Some("9999-12-31T23:59:59Z"), CheckedIn::Unreadable),
        (Some("0001-01-01T00:00:00Z"), CheckedIn::Never),
        (Some("yesterday"), CheckedIn::Unreadable),
        (Some("2026-11-21"), CheckedIn::Unreadable),
        (Some(" "), CheckedIn::Never),
        (None, CheckedIn::Never),
    ] {
        assert_eq!(checked_in(last, now, week), expected, "{last:?}");
    }
}

#[test]
fn a_device_cools_down_from_its_last_action() {
    let now: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);
    let day = Duration::from_secs(86_400);
    for (last, left) in [
        (None, None),
        (Some(datetime!(2026-11-20 12:00 UTC)), None),
        (
            Some(datetime!(2026-11-20 12:00:01 UTC)),
            Some(Duration::from_secs(1)),
        ),
        (Some(now), Some(day)),
        (Some(datetime!(2026-11-21 12:05 UTC)), Some(day)),
    ] {
        assert_eq!(cool(last, now, day), left, "{last:?}");
    }
    assert_eq!(cool(Some(now), now, Duration::ZERO), None);
}
