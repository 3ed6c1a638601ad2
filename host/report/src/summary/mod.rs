//! What a page says of a run, gathered row by row in memory that does not grow with the rows.

mod spans;
mod timeline;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::view::RowView;
use crate::words::{self, Class};

pub use spans::Spans;
use timeline::Timeline;

/// How many rows a summary keeps, for the tables of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Of all rows, the first so many. Default 2,000: more make a page that browsers are slow
    /// with. About 1 KB each.
    pub rows: usize,
    /// Of the rows that somebody has to do something about, the first so many. Default 500.
    pub troubled: usize,
    /// Of the rows that took longest from being sent to their end, so many. Default 10.
    pub slowest: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            rows: 2_000,
            troubled: 500,
            slowest: 10,
        }
    }
}

/// The sums of a run's rows.
#[derive(Clone, Debug)]
pub struct Summary {
    keep: Keep,
    rows: u64,
    states: BTreeMap<String, u64>,
    classes: [u64; Class::ALL.len()],
    kept: Vec<RowView>,
    troubled: Vec<RowView>,
    groups: BTreeMap<(String, String), Group>,
    slowest: Vec<(u64, RowView)>,
    spans: spans::Durations,
    planned: Timeline<1>,
    sent: Timeline<4>,
}

/// Rows that went wrong in the same way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) rows: u64,
}

fn key_of(row: &RowView) -> (String, String) {
    (row.state.clone(), row.code.clone().unwrap_or_default())
}

/// States that are counted apart; more than there are words for. What is beyond is counted as
/// `other`, so that rows full of invented states cannot fill the memory.
const STATES: usize = 64;

impl Summary {
    /// Nothing yet.
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self {
            keep,
            rows: 0,
            states: BTreeMap::new(),
            classes: [0; Class::ALL.len()],
            kept: Vec::new(),
            troubled: Vec::new(),
            groups: BTreeMap::new(),
            slowest: Vec::new(),
            spans: spans::Durations::default(),
            planned: Timeline::new(60),
            sent: Timeline::new(140),
        }
    }

    /// Add a row.
    pub fn add(&mut self, row: &RowView) {
        let word = words::word(&row.state);
        let class = word.class;
        self.rows += 1;
        self.count_state(&row.state);
        self.classes[class.place()] += 1;
        if self.kept.len() < self.keep.rows {
            self.kept.push(row.clone());
        }
        if word.needs_somebody() {
            self.group(row);
            if self.troubled.len() < self.keep.troubled {
                self.troubled.push(row.clone());
            }
        }
        if let Some(at) = row.planned_at {
            self.planned.add(at, 0);
        }
        if let Some(sent) = row.sent_at {
            self.sent.add(sent, SENT);
            if let Some(ended) = row.ended_at {
                self.sent.add(ended, ended_as(class));
                // A service's clock and ours differ: what took less than nothing took nothing.
                let took = (ended - sent).whole_milliseconds().max(0);
                self.span(u64::try_from(took).unwrap_or(u64::MAX), row);
            }
        }
    }

    fn group(&mut self, row: &RowView) {
        let mut key = key_of(row);
        if !self.groups.contains_key(&key) && self.groups.len() >= STATES {
            key = ("other".to_owned(), String::new());
        }
        self.groups.entry(key).or_default().rows += 1;
    }

    fn count_state(&mut self, state: &str) {
        if !self.states.contains_key(state) && self.states.len() >= STATES {
            *self.states.entry("other".to_owned()).or_default() += 1;
        } else {
            *self.states.entry(state.to_owned()).or_default() += 1;
        }
    }

    fn span(&mut self, milliseconds: u64, row: &RowView) {
        self.spans.add(milliseconds);
        let shortest = self.slowest.last().map_or(0, |(took, _)| *took);
        if self.slowest.len() < self.keep.slowest || milliseconds > shortest {
            self.slowest.push((milliseconds, row.clone()));
            self.slowest.sort_by_key(|(took, _)| Reverse(*took));
            self.slowest.truncate(self.keep.slowest);
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many are in which state.
    #[must_use]
    pub fn states(&self) -> &BTreeMap<String, u64> {
        &self.states
    }

    /// How many are of a class.
    #[must_use]
    pub fn of_class(&self, class: Class) -> u64 {
        self.classes[class.place()]
    }

    /// How long it took from being sent to the end.
    #[must_use]
    pub fn spans(&self) -> Option<Spans> {
        self.spans.spans()
    }

    /// When the first request was sent.
    #[must_use]
    pub fn first_sent(&self) -> Option<OffsetDateTime> {
        self.sent.first(&[SENT])
    }

    /// When the last row that was sent ended.
    #[must_use]
    pub fn last_ended(&self) -> Option<OffsetDateTime> {
        self.sent.last(&[ENDED_WELL, ENDED_BADLY, ENDED_OTHERWISE])
    }

    pub(crate) fn kept(&self) -> &[RowView] {
        &self.kept
    }

    /// What went wrong, by state and code, with how many rows each.
    pub(crate) fn groups(&self) -> &BTreeMap<(String, String), Group> {
        &self.groups
    }

    /// The group of a row, if it has one of its own.
    pub(crate) fn group_of(&self, row: &RowView) -> (String, String) {
        let key = key_of(row);
        if self.groups.contains_key(&key) {
            key
        } else {
            ("other".to_owned(), String::new())
        }
    }

    pub(crate) fn troubled(&self) -> &[RowView] {
        &self.troubled
    }

    /// The slowest rows with their milliseconds, the slowest first.
    pub(crate) fn slowest(&self) -> &[(u64, RowView)] {
        &self.slowest
    }

    pub(crate) fn planned(&self) -> &Timeline<1> {
        &self.planned
    }

    /// Four columns: sent, and ended well, badly and otherwise.
    pub(crate) fn sent(&self) -> &Timeline<4> {
        &self.sent
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self::new(Keep::default())
    }
}

pub(crate) const SENT: usize = 0;
pub(crate) const ENDED_WELL: usize = 1;
pub(crate) const ENDED_BADLY: usize = 2;
pub(crate) const ENDED_OTHERWISE: usize = 3;

fn ended_as(class: Class) -> usize {
    match class {
        Class::Done => ENDED_WELL,
        Class::Failed => ENDED_BADLY,
        _ => ENDED_OTHERWISE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    fn row(number: u64, state: &str, took: i64) -> RowView {
        let sent =
            datetime!(2026-01-02 03:04:05 UTC) + Duration::seconds(number.try_into().unwrap());
        RowView {
            number,
            state: state.to_owned(),
            sent_at: Some(sent),
            ended_at: Some(sent + Duration::seconds(took)),
            ..RowView::default()
        }
    }

    #[test]
    fn every_row_is_counted_once_in_a_state_and_a_class() {
        let mut summary = Summary::default();
        let states = [
            "done",
            "delivered",
            "failed",
            "refused",
            "unknown",
            "doen",
            "planned",
        ];
        for (number, state) in (1..).zip(states) {
            summary.add(&row(number, state, 1));
        }
        assert_eq!(summary.rows(), 7);
        assert_eq!(summary.states().values().sum::<u64>(), 7);
        let classes = Class::ALL.map(|class| summary.of_class(class));
        assert_eq!(classes, [2, 0, 1, 1, 2, 1]);
        assert_eq!(
            summary
                .troubled()
                .iter()
                .map(|row| row.number)
                .collect::<Vec<_>>(),
            [3, 4, 5, 6]
        );
    }

    #[test]
    fn the_slowest_are_the_slowest_whenever_they_come() {
        let keep = Keep {
            rows: 3,
            troubled: 1,
            slowest: 2,
        };
        let mut summary = Summary::new(keep);
        for (number, took) in [(1, 5), (2, 90), (3, 7), (4, 60), (5, -3)] {
            summary.add(&row(number, "failed", took));
        }
        let slowest: Vec<_> = summary
            .slowest()
            .iter()
            .map(|(ms, row)| (*ms, row.number))
            .collect();
        assert_eq!(slowest, [(90_000, 2), (60_000, 4)]);
        assert_eq!(summary.kept().len(), 3);
        assert_eq!(summary.troubled().len(), 1);
        assert_eq!(summary.spans().unwrap().longest, 90.0);
    }

    #[test]
    fn invented_states_do_not_fill_the_memory() {
        let mut summary = Summary::default();
        for number in 0..1_000 {
            summary.add(&row(number, &format!("state-{number}"), 1));
        }
        assert_eq!(summary.states().len(), STATES + 1);
        assert_eq!(summary.states().values().sum::<u64>(), 1_000);
    }
}
