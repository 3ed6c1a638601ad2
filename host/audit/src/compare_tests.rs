use time::Duration;
use time::macros::datetime;

use super::{Ours, Theirs, compare};

/// Ours as `id device seconds`, theirs as `id|- device seconds`.
fn ours(text: &str) -> Vec<Ours> {
    parts(text)
        .map(|(id, device, seconds)| Ours {
            client_request_id: id,
            device,
            at: datetime!(2026-03-01 12:00 UTC) + Duration::seconds(seconds),
        })
        .collect()
}

fn theirs(text: &str) -> Vec<Theirs> {
    parts(text)
        .map(|(id, device, seconds)| Theirs {
            client_request_id: (id != "-").then_some(id),
            device,
            at: datetime!(2026-03-01 12:00 UTC) + Duration::seconds(seconds),
            action: "resetPasscode".to_owned(),
            who: None,
        })
        .collect()
}

fn parts(text: &str) -> impl Iterator<Item = (String, String, i64)> {
    text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let mut words = part.split_whitespace().map(str::to_owned);
        let mut word = || words.next().unwrap();
        (word(), word(), word().parse().unwrap())
    })
}

/// `both` as `id=seconds of theirs`, then what is left of each.
fn outcome(our: &str, their: &str) -> (Vec<String>, Vec<String>, Vec<i64>) {
    let matched = compare(ours(our).into_iter(), theirs(their).into_iter());
    let seconds = |their: &Theirs| (their.at - datetime!(2026-03-01 12:00 UTC)).whole_seconds();
    (
        matched
            .both
            .iter()
            .map(|(our, their)| format!("{}={}", our.client_request_id, seconds(their)))
            .collect(),
        matched
            .ours_without_theirs
            .into_iter()
            .map(|our| our.client_request_id)
            .collect(),
        matched.theirs_without_ours.iter().map(seconds).collect(),
    )
}

#[test]
fn ours_and_theirs_find_each_other_once() {
    type Case = (
        &'static str,
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
        &'static [i64],
    );
    let cases: &[Case] = &[
        ("", "", &[], &[], &[]),
        ("a D1 0", "", &[], &["a"], &[]),
        ("", "- D1 0", &[], &[], &[0]),
        // Near in time, on the same device, however it is written; before or after.
        ("a D1 0", "- d1 20", &["a=20"], &[], &[]),
        ("a D1 20", "- D1 0", &["a=0"], &[], &[]),
        ("a D1 0", "- D2 0", &[], &["a"], &[0]),
        // The tolerance is five minutes, to the second.
        ("a D1 0", "- D1 300", &["a=300"], &[], &[]),
        ("a D1 0", "- D1 301", &[], &["a"], &[301]),
        ("a D1 301", "- D1 0", &[], &["a"], &[0]),
        // Each is used once.
        ("a D1 0", "- D1 10, - D1 20", &["a=10"], &[], &[20]),
        ("a D1 0, b D1 30", "- D1 10", &["a=10"], &["b"], &[]),
        // As many as possible: the nearest for `b` would leave `a` without.
        (
            "a D1 0, b D1 290",
            "- D1 280, - D1 560",
            &["a=280", "b=560"],
            &[],
            &[],
        ),
        // The order in which they come does not matter.
        (
            "b D1 600, a D1 0",
            "- D1 605, - D1 5",
            &["a=5", "b=605"],
            &[],
            &[],
        ),
        // An id decides, whatever the times say, and is used up.
        ("a D1 0", "A D1 90000", &["a=90000"], &[], &[]),
        ("a D1 0", "- D1 1, a D1 2", &["a=2"], &[], &[1]),
        ("a D1 0", "a D1 1, a D1 2", &["a=1"], &[], &[2]),
        // An id that is none of ours is not ours, however near; nor is ours on another device.
        ("a D1 0", "x D1 0", &[], &["a"], &[0]),
        ("a D1 0", "a D2 0", &[], &["a"], &[0]),
    ];
    for (our, their, both, left, over) in cases {
        let found = outcome(our, their);
        assert_eq!(found.0, *both, "{our} / {their}");
        assert_eq!(found.1, *left, "{our} / {their}");
        assert_eq!(found.2, *over, "{our} / {their}");
    }
}
