//! Progress, with a clock that the test holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../runtime/src/text.rs"]
#[expect(unreachable_pub, reason = "the rule itself, where it lives")]
mod text;

use std::time::Duration;

use passcode_report::{Event, Every, Phase, Progress, Standing, due, event_json, line};
use time::macros::datetime;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ended(row: u64, outcome: &str) -> Event {
    Event::Ended {
        row,
        outcome: outcome.to_owned(),
    }
}

/// Plans for 98 rows, two set aside.
fn planned() -> Progress {
    let mut progress = Progress::new(100);
    for row in 1..=98 {
        progress.note(s(row / 10), &Event::Planned { row });
    }
    for row in 99..=100 {
        let outcome = "not-found".to_owned();
        progress.note(s(10), &Event::SetAside { row, outcome });
    }
    progress
}

#[test]
fn phases_follow_from_what_happened() {
    let mut progress = Progress::new(3);
    assert_eq!(progress.snapshot(s(0)).phase, Phase::Planning);
    for row in 1..=3 {
        progress.note(s(1), &Event::Planned { row });
    }
    assert_eq!(progress.snapshot(s(1)).phase, Phase::Sending);
    for row in 1..=3 {
        progress.note(s(2), &Event::Sent { row });
        progress.note(s(3), &ended(row, "done"));
    }
    let now = progress.snapshot(s(3));
    assert_eq!(
        (now.phase, now.left),
        (Phase::Finished, Some(s(0)).filter(|_| false))
    );
}

#[test]
fn each_event_counts_where_it_belongs() {
    let mut progress = planned();
    for (row, outcome) in [(1, "done"), (2, "failed"), (3, "unknown"), (4, "pending")] {
        progress.note(s(20), &Event::Sent { row });
        progress.note(s(21), &ended(row, outcome));
    }
    progress.note(s(21), &Event::Sent { row: 5 });
    progress.note(s(21), &Event::Budget { used: 300, of: 200 });
    let now = progress.snapshot(s(22));
    assert_eq!((now.planned, now.set_aside, now.sent), (98, 2, 5));
    assert_eq!((now.finished, now.failed, now.unsure), (6, 1, 1));
    assert_eq!(now.budget, Some(1.0));
    assert_eq!(
        line(&now),
        "sent 5 of 98, finished 6 of 100 (6 %), 2 set aside, 1 failed, 1 not known, 4.0/s, budget 100 %"
    );
}

#[test]
fn the_time_left_is_none_at_first_then_sinks_and_is_never_negative() {
    let mut progress = Progress::from(Standing {
        rows: 1_000,
        planned: 1_000,
        ..Standing::default()
    });
    assert_eq!(progress.snapshot(s(0)).left, None);
    let mut last: Option<Duration> = None;
    // Ten a second, with a hiccup of three seconds in between.
    let mut row = 0;
    for second in 0..103 {
        if !(40..43).contains(&second) {
            for _ in 0..10 {
                row += 1;
                progress.note(s(second), &Event::Sent { row });
                progress.note(s(second), &ended(row, "done"));
            }
        }
        let now = progress.snapshot(s(second) + Duration::from_millis(999));
        assert!(
            second >= 5 || now.left.is_none(),
            "{second}: {:?}",
            now.left
        );
        if let (Some(last), Some(left)) = (last, now.left) {
            assert!(left <= last + s(2), "{second}: from {last:?} to {left:?}");
        }
        if second > 10 && second < 100 {
            let truly = 102 - second;
            let left = now.left.unwrap().as_secs();
            assert!(left.abs_diff(truly) <= 10, "{second}: {left} for {truly}");
        }
        last = now.left.or(last);
    }
    assert_eq!(progress.snapshot(s(103)).phase, Phase::Finished);
}

#[test]
fn what_is_waited_for_is_shown_and_counts() {
    let mut progress = planned();
    for row in 1..=50 {
        progress.note(s(20 + row / 10), &Event::Sent { row });
        progress.note(s(20 + row / 10), &ended(row, "done"));
    }
    let before = progress.snapshot(s(26)).left.unwrap();
    progress.note(s(26), &Event::Throttled { seconds: 40 });
    let throttled = progress.snapshot(s(36));
    assert!(throttled.left.unwrap() > before, "{throttled:?}");
    assert!(line(&throttled).ends_with("waiting 30 s: throttled by the service"));
    assert_eq!(progress.snapshot(s(66)).waiting, None, "its time has come");

    let why = "for an approval".to_owned();
    progress.note(s(67), &Event::Waiting { why, until: None });
    let waiting = progress.snapshot(s(68));
    assert_eq!(waiting.left, None);
    assert!(line(&waiting).ends_with("waiting: for an approval"));
    progress.note(s(69), &ended(51, "done"));
    assert_eq!(progress.snapshot(s(69)).waiting, None, "it goes on");
}

#[test]
fn a_run_taken_up_again_goes_on_counting_where_it_was() {
    let standing = Standing {
        rows: 10,
        planned: 9,
        set_aside: 1,
        sent: 4,
        ended: 3,
        failed: 1,
        unsure: 0,
    };
    let mut progress = Progress::from(standing);
    assert_eq!(
        line(&progress.snapshot(s(0))),
        "sent 4 of 9, finished 4 of 10 (40 %), 1 set aside, 1 failed"
    );
}

#[test]
fn lines_come_when_they_say_something() {
    let every = Every::default();
    let mut progress = Progress::from(Standing {
        rows: 1_000,
        planned: 1_000,
        ..Standing::default()
    });
    let first = progress.snapshot(s(0));
    assert!(due(every, None, &first));
    assert!(
        !due(every, Some(&first), &progress.snapshot(s(40))),
        "nothing new"
    );
    assert!(
        due(every, Some(&first), &progress.snapshot(s(300))),
        "still here"
    );

    progress.note(s(1), &Event::Sent { row: 1 });
    assert!(!due(every, Some(&first), &progress.snapshot(s(29))));
    assert!(due(every, Some(&first), &progress.snapshot(s(30))));

    for row in 1..=100 {
        progress.note(s(2), &ended(row, "done"));
    }
    assert!(
        due(every, Some(&first), &progress.snapshot(s(2))),
        "a tenth"
    );
    let half_a_second = progress.snapshot(Duration::from_millis(500));
    assert!(
        !due(every, Some(&first), &half_a_second),
        "not twice a second"
    );

    let last = progress.snapshot(s(3));
    progress.note(s(4), &Event::Throttled { seconds: 9 });
    let throttled = progress.snapshot(s(4));
    assert!(due(every, Some(&last), &throttled));
    assert!(
        !due(every, Some(&throttled), &progress.snapshot(s(6))),
        "said already"
    );
    for row in 101..=1_000 {
        progress.note(s(6), &ended(row, "done"));
    }
    let end = progress.snapshot(s(6));
    assert!(due(every, Some(&throttled), &end), "the end is always said");
    assert_eq!(line(&end), "finished: 1,000 of 1,000");
}

#[test]
fn events_are_lines_for_programs() {
    let now = datetime!(2026-03-04 05:06:07 UTC);
    let of = |event: Event| event_json("r1", now, s(10), &event, text::plain);
    let head = r#""run":"r1","schema":"passcode/run-event/v1""#;
    for (event, name, fields) in [
        (Event::Planned { row: 3 }, "planned", r#""row":3"#),
        (Event::Sent { row: 3 }, "sent", r#""row":3"#),
        (ended(3, "done"), "ended", r#""outcome":"done","row":3"#),
        (
            Event::Throttled { seconds: 9 },
            "throttled",
            r#""seconds":9"#,
        ),
        (
            Event::Budget { used: 9, of: 200 },
            "budget",
            r#""of":200,"used":9"#,
        ),
    ] {
        let line: serde_json::Value = serde_json::from_str(&of(event)).unwrap();
        let whole =
            format!(r#"{{"at":"2026-03-04T05:06:07.000Z","event":"{name}",{fields},{head}}}"#);
        assert_eq!(
            line,
            serde_json::from_str::<serde_json::Value>(&whole).unwrap()
        );
    }
    let waiting = of(Event::Waiting {
        why: "for \u{202e}the window\n".to_owned(),
        until: Some(s(70)),
    });
    assert!(
        waiting.contains(r#""until":"2026-03-04T05:07:07.000Z""#),
        "{waiting}"
    );
    assert!(
        waiting.contains(r"\u202e") && !waiting.contains('\n'),
        "{waiting}"
    );
}
