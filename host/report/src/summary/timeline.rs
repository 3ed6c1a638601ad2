//! Events over time, in at most so many intervals, without knowing beforehand when it ends.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

/// Counts of `N` sorts of events in intervals of equal length. The intervals begin a second long,
/// and become longer when there would be too many: each length divides the next, so nothing that
/// was counted has to be counted anew.
#[derive(Clone, Debug)]
pub(crate) struct Timeline<const N: usize> {
    most: i64,
    seconds: i64,
    counts: BTreeMap<i64, [u64; N]>,
    ends: [Option<(OffsetDateTime, OffsetDateTime)>; N],
}

/// Lengths that read well on an axis; afterwards they double.
const LENGTHS: [i64; 14] = [
    1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800,
];

impl<const N: usize> Timeline<N> {
    pub(super) fn new(most: i64) -> Self {
        Self {
            most,
            seconds: 1,
            counts: BTreeMap::new(),
            ends: [None; N],
        }
    }

    pub(super) fn add(&mut self, at: OffsetDateTime, sort: usize) {
        let Some(end) = self.ends.get_mut(sort) else {
            return;
        };
        *end = Some(end.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        let interval = at.unix_timestamp().div_euclid(self.seconds);
        self.counts.entry(interval).or_insert([0; N])[sort] += 1;
        while self.length() > self.most {
            self.widen();
        }
    }

    fn length(&self) -> i64 {
        let first = self.counts.first_key_value().map_or(0, |(at, _)| *at);
        let last = self.counts.last_key_value().map_or(0, |(at, _)| *at);
        last - first + 1
    }

    fn widen(&mut self) {
        let now = self.seconds;
        let next = LENGTHS.into_iter().find(|length| *length > now);
        self.seconds = next.unwrap_or(now * 2);
        let factor = self.seconds / now;
        let mut wider: BTreeMap<i64, [u64; N]> = BTreeMap::new();
        for (interval, counts) in &self.counts {
            let sums = wider.entry(interval.div_euclid(factor)).or_insert([0; N]);
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        self.counts = wider;
    }

    /// How long an interval is, in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Every interval from the first to the last that has an event in it, with its beginning.
    pub(crate) fn intervals(&self) -> impl Iterator<Item = (OffsetDateTime, [u64; N])> + '_ {
        let first = self.counts.first_key_value().map_or(0, |(at, _)| *at);
        let length = if self.counts.is_empty() {
            0
        } else {
            self.length()
        };
        (first..first + length).filter_map(|interval| {
            let at = OffsetDateTime::from_unix_timestamp(interval.checked_mul(self.seconds)?);
            // The first interval may begin before the calendar does; it is shown from there.
            let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH - Duration::days(719_162));
            Some((at, self.counts.get(&interval).copied().unwrap_or([0; N])))
        })
    }

    /// When the first event of these sorts was.
    pub(super) fn first(&self, sorts: &[usize]) -> Option<OffsetDateTime> {
        let ends = sorts.iter().filter_map(|sort| self.ends.get(*sort));
        ends.filter_map(|end| end.map(|(first, _)| first)).min()
    }

    /// When the last one was.
    pub(super) fn last(&self, sorts: &[usize]) -> Option<OffsetDateTime> {
        let ends = sorts.iter().filter_map(|sort| self.ends.get(*sort));
        ends.filter_map(|end| end.map(|(_, last)| last)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::datetime;

    #[test]
    fn each_length_divides_the_next() {
        for pair in LENGTHS.windows(2) {
            assert_eq!(pair[1] % pair[0], 0, "{pair:?}");
        }
    }

    #[test]
    fn intervals_without_events_are_there_too() {
        let mut timeline = Timeline::<2>::new(10);
        let start = datetime!(2026-01-02 03:04:05.9 UTC);
        timeline.add(start, 0);
        timeline.add(start + Duration::seconds(3), 1);
        let counts: Vec<_> = timeline.intervals().map(|(_, counts)| counts).collect();
        assert_eq!(counts, [[1, 0], [0, 0], [0, 0], [0, 1]]);
        assert_eq!(
            timeline.intervals().next().unwrap().0,
            datetime!(2026-01-02 03:04:05 UTC)
        );
        timeline.add(start + Duration::seconds(40), 1);
        assert_eq!(timeline.seconds(), 5);
        assert_eq!(timeline.intervals().count(), 9);
        assert!(Timeline::<1>::new(3).intervals().next().is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn nothing_is_lost_and_there_are_never_too_many(
            seconds in proptest::collection::vec(-62_135_596_800i64..=253_402_300_799, 1..200),
            near in proptest::collection::vec(0i64..100_000, 0..200),
        ) {
            let mut timeline = Timeline::<1>::new(200);
            for (done, at) in (1u64..).zip(near.iter().chain(&seconds)) {
                timeline.add(OffsetDateTime::from_unix_timestamp(*at).unwrap(), 0);
                prop_assert_eq!(timeline.intervals().map(|(_, [n])| n).sum::<u64>(), done);
                prop_assert!(timeline.intervals().count() <= 200);
            }
        }
    }
}
