//! The guards of a run file.

use std::time::Duration;

use time::{UtcOffset, Weekday};

use super::reader::{Fields, Reader};
use crate::guards::{StopWhen, Window};
use crate::model::Guards;
use crate::yaml::{Node, What};

const GUARDS: [&str; 9] = [
    "maxDevices",
    "twoPeopleAbove",
    "kinds",
    "checkedInWithin",
    "stopWhen",
    "coolDown",
    "window",
    "accept",
    "again",
];

/// Devices of a run that says nothing about it: a slip of a list ends here.
pub(crate) const DEFAULT_DEVICES: u64 = 25;
/// Devices of any run.
pub(crate) const MOST_DEVICES: u64 = 1_000_000;
/// When a run that says nothing about it stops.
pub(crate) const STOP_WHEN: StopWhen = StopWhen {
    failure_share: 10,
    after: 20,
};
const YEAR: Duration = Duration::from_secs(365 * 86_400);
/// The longest `checkedInWithin`.
pub(crate) const WITHIN: Duration = YEAR;
/// The longest `coolDown`.
pub(crate) const COOL_DOWN: Duration = YEAR;

pub(crate) const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Reader<'_> {
    pub(super) fn guards(&mut self, node: Option<&Node>) -> Option<Guards> {
        let fields = match node {
            Some(node) => self.map(node, "guards", &GUARDS)?,
            None => Fields::default(),
        };
        let before = self.faults.len();
        let max_devices = self.number_or(&fields, "maxDevices", 1..=MOST_DEVICES, DEFAULT_DEVICES);
        let two_people_above = fields
            .get("twoPeopleAbove")
            .and_then(|_| self.number_or(&fields, "twoPeopleAbove", 0..=MOST_DEVICES, 0));
        let kinds = fields
            .get("kinds")
            .and_then(|node| self.words(node, "guards.kinds", false));
        let checked_in_within = fields
            .get("checkedInWithin")
            .and_then(|node| self.time(node, "guards.checkedInWithin", WITHIN, false));
        let stop_when = match fields.get("stopWhen") {
            Some(node) => self.stop_when(node),
            None => Some(STOP_WHEN),
        };
        let cool_down = fields
            .get("coolDown")
            .and_then(|node| self.time(node, "guards.coolDown", COOL_DOWN, false));
        let window = fields.get("window").and_then(|node| self.window(node));
        let accept = fields
            .get("accept")
            .and_then(|node| self.words(node, "guards.accept", true));
        let again = fields
            .get("again")
            .and_then(|node| self.yes_no(node, "guards.again"));
        // A guard that was written and not understood must not become a guard that is not there.
        if self.faults.len() > before {
            return None;
        }
        Some(Guards {
            max_devices: max_devices?,
            two_people_above,
            kinds: kinds.unwrap_or_default(),
            checked_in_within,
            stop_when: stop_when?,
            cool_down,
            window,
            accept: accept.unwrap_or_default(),
            again: again.unwrap_or_default(),
        })
    }

    /// Names of kinds and checks: which there are, the caller knows.
    fn words(&mut self, node: &Node, path: &str, may_be_empty: bool) -> Option<Vec<String>> {
        self.list(node, path, may_be_empty, |reader, node, path| {
            let text = reader.text(node, path)?;
            let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
                reader.is_not(node, path, "a name of small letters, digits and hyphens");
                return None;
            }
            Some(text.to_owned())
        })
    }

    fn stop_when(&mut self, node: &Node) -> Option<StopWhen> {
        let fields = self.map(node, "guards.stopWhen", &["failureShare", "after"])?;
        let share = match fields.get("failureShare") {
            Some(node) => self.share(node, "guards.stopWhen.failureShare"),
            None => Some(STOP_WHEN.failure_share),
        };
        let after = self.number_or(&fields, "after", 1..=MOST_DEVICES, STOP_WHEN.after);
        Some(StopWhen {
            failure_share: share?,
            after: after?,
        })
    }

    fn share(&mut self, node: &Node, path: &str) -> Option<u8> {
        let share = match &node.what {
            What::Text(text) => text.strip_suffix('%'),
            _ => None,
        };
        let share = share
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .filter(|digits| !digits.starts_with('0'))
            .and_then(|digits| digits.parse().ok())
            .filter(|share| (1..=100).contains(share));
        if share.is_none() {
            self.is_not(node, path, "a share from 1% to 100%");
        }
        share
    }

    fn window(&mut self, node: &Node) -> Option<Window> {
        let fields = self.map(node, "guards.window", &["days", "from", "to", "offset"])?;
        let days = match fields.get("days") {
            Some(node) => self.list(node, "guards.window.days", false, |reader, node, path| {
                reader.word(node, path, &DAYS)
            }),
            None => Some(DAYS.iter().map(|(_, day)| *day).collect()),
        };
        let from = self.required(&fields, "from", "write when it opens: `from: \"08:00\"`");
        let from = from.and_then(|node| self.time_of_day(node, "guards.window.from", false));
        let to = self.required(&fields, "to", "write when it closes: `to: \"18:00\"`");
        let to_at = to.map(|node| node.at);
        let to = to.and_then(|node| self.time_of_day(node, "guards.window.to", true));
        let offset = match fields.get("offset") {
            Some(node) => self.offset(node, "guards.window.offset"),
            None => Some(UtcOffset::UTC),
        };
        let (from, to) = (from?, to?);
        if from == to {
            self.fault(
                to_at.unwrap_or_else(|| fields.at()),
                "`guards.window` ends when it begins",
                "for whole days write `from: \"00:00\"` and `to: \"24:00\"`",
            );
        }
        Some(Window {
            days: days?,
            from,
            to,
            offset: offset?,
        })
    }

    fn time_of_day(&mut self, node: &Node, path: &str, may_be_24: bool) -> Option<u16> {
        let time = match &node.what {
            What::Text(text) => minutes(text),
            _ => None,
        };
        let time = time.filter(|minutes| *minutes < 1440 || (may_be_24 && *minutes == 1440));
        if time.is_none() {
            let last = if may_be_24 { "24:00" } else { "23:59" };
            let what = format!("a text from \"00:00\" to \"{last}\"");
            self.is_not(node, path, &what);
        }
        time
    }

    fn offset(&mut self, node: &Node, path: &str) -> Option<UtcOffset> {
        let offset = match &node.what {
            What::Text(text) => offset(text),
            _ => None,
        };
        if offset.is_none() {
            self.is_not(node, path, "a text such as \"+01:00\", \"-08:00\" or \"Z\"");
        }
        offset
    }
}

/// `HH:MM` in minutes.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

/// The offsets from UTC that there are: up to 14 hours.
fn offset(text: &str) -> Option<UtcOffset> {
    if text == "Z" {
        return Some(UtcOffset::UTC);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let minutes = i32::from(minutes(text.get(1..)?)?);
    if minutes > 14 * 60 {
        return None;
    }
    UtcOffset::from_whole_seconds(sign * minutes * 60).ok()
}
