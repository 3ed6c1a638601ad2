//! A run file as the document that is kept, hashed and approved: everything but the devices.

use serde_json::{Map, Value, json};
use time::UtcOffset;

use crate::duration::write;
use crate::guards::Window;
use crate::model::{Delivery, Guards, RunFile};
use crate::parse::{DAYS, SCHEMA};

impl RunFile {
    /// Everything but the devices that the file itself lists, with every default written out: a
    /// later version with other defaults must not carry out something else than was approved.
    ///
    /// The same request is the same document, however it was written: one time is one text, days
    /// are in the order of the week. [`RunFile::from_document`] reads it.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("schema", SCHEMA.into());
        put("title", self.title.as_str().into());
        put("action", json!(self.action));
        let mut who = Map::new();
        if let Some(csv) = &self.who.csv {
            who.insert("csv".to_owned(), json!(csv));
        }
        if self.who.stdin {
            who.insert("stdin".to_owned(), true.into());
        }
        if let Some(filter) = &self.who.filter {
            who.insert("filter".to_owned(), filter.as_str().into());
        }
        if let Some(group) = &self.who.group {
            who.insert("group".to_owned(), json!(group));
        }
        if let Some(finder) = &self.who.finder {
            who.insert("finder".to_owned(), json!(finder));
        }
        put("who", who.into());
        if let Some(platform) = self.platform {
            put("narrow", json!({ "platform": platform }));
        }
        for (key, template) in [
            ("reason", &self.reason),
            ("ticket", &self.ticket),
            ("verifiedBy", &self.verified_by),
        ] {
            if let Some(template) = template {
                put(key, template.as_str().into());
            }
        }
        put("guards", guards(&self.guards));
        put("reviewers", json!(self.reviewers));
        put("delivery", delivery(&self.delivery));
        put(
            "budget",
            json!({
                "writesPer20s": self.budget.writes_per_20s,
                "requestsPer20s": self.budget.requests_per_20s,
            }),
        );
        put("concurrency", self.concurrency.into());
        put("validFor", write(self.valid_for).into());
        put("wait", write(self.wait).into());
        map.into()
    }
}

fn guards(guards: &Guards) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    put("maxDevices", guards.max_devices.into());
    if let Some(above) = guards.two_people_above {
        put("twoPeopleAbove", above.into());
    }
    if !guards.kinds.is_empty() {
        put("kinds", json!(guards.kinds));
    }
    if let Some(within) = guards.checked_in_within {
        put("checkedInWithin", write(within).into());
    }
    let share = format!("{}%", guards.stop_when.failure_share);
    let after = guards.stop_when.after;
    put("stopWhen", json!({ "failureShare": share, "after": after }));
    if let Some(cool_down) = guards.cool_down {
        put("coolDown", write(cool_down).into());
    }
    if let Some(open) = &guards.window {
        put("window", window(open));
    }
    put("accept", json!(guards.accept));
    put("again", guards.again.into());
    map.into()
}

fn window(window: &Window) -> Value {
    let days: Vec<&str> = DAYS
        .iter()
        .filter(|(_, day)| window.days.contains(day))
        .map(|(word, _)| *word)
        .collect();
    json!({
        "days": days,
        "from": time_of_day(window.from),
        "to": time_of_day(window.to),
        "offset": offset(window.offset),
    })
}

fn time_of_day(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn offset(offset: UtcOffset) -> String {
    let minutes = offset.whole_minutes();
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{}", time_of_day(minutes))
}

fn delivery(delivery: &Delivery) -> Value {
    match delivery {
        Delivery::None => json!({ "to": "none" }),
        Delivery::Terminal => json!({ "to": "terminal" }),
        Delivery::Age { recipients, file } => {
            json!({ "to": "age", "recipients": recipients, "file": file })
        }
        Delivery::Courier { courier } => json!({ "to": "courier", "courier": courier }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::RunFile;

    #[test]
    fn one_request_is_one_document_and_defaults_are_written_out() {
        let short = "
schema: passcode/run/v1
title: t
action: auto
who: {serials: [A], stdin: true}
guards: {window: {days: [fri, mon], from: 22:00, to: 06:00, offset: Z}, coolDown: 48h}
";
        let long = r#"{"wait": "1800s", "validFor": "1d", "title": "t", "who": {"stdin": true,
            "csv": null_}, "action": "auto", "schema": "passcode/run/v1", "concurrency": 8.0,
            "guards": {"coolDown": "2d", "maxDevices": 0x19, "again": false, "window":
            {"offset": "-00:00", "to": "06:00", "from": "22:00", "days": ["mon", "fri"]}}}"#
            .replace("\"csv\": null_", "\"names\": [\"B\"]");
        let document = RunFile::parse(short, "a").unwrap().document();
        assert_eq!(document, RunFile::parse(&long, "b").unwrap().document());
        assert_eq!(
            document,
            json!({
                "schema": "passcode/run/v1",
                "title": "t",
                "action": "auto",
                "who": { "stdin": true },
                "guards": {
                    "maxDevices": 25,
                    "stopWhen": { "failureShare": "10%", "after": 20 },
                    "coolDown": "2d",
                    "window": {
                        "days": ["mon", "fri"],
                        "from": "22:00",
                        "to": "06:00",
                        "offset": "+00:00",
                    },
                    "accept": [],
                    "again": false,
                },
                "reviewers": [],
                "delivery": { "to": "none" },
                "budget": { "writesPer20s": 199, "requestsPer20s": 1990 },
                "concurrency": 8,
                "validFor": "1d",
                "wait": "30m",
            })
        );
    }

    #[test]
    fn a_document_is_read_back_whole() {
        let text = "
schema: passcode/run/v1
title: Everything
action: reset
who:
  csv: {file: d.csv, columns: {serial: S, entraDeviceId: E, ticket: T, reason: R, verifiedBy: V}}
  stdin: true
  filter: operatingSystem eq 'Android'
  group: {name: Sales}
  finder: {extension: contoso.example/tickets, query: INC-1}
narrow: {platform: ios}
reason: 'for {{ row.R }}, ä'
ticket: '{{ run.title }}'
verifiedBy: callback
guards:
  maxDevices: 500
  twoPeopleAbove: 100
  kinds: [android-dedicated]
  checkedInWithin: 7d
  stopWhen: {failureShare: 25%, after: 10}
  coolDown: 1h
  window: {days: [sun, mon], from: '08:00', to: '24:00', offset: '-03:30'}
  accept: [android-version]
  again: true
reviewers: [contoso.example/change-board]
delivery:
  to: age
  recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
  file: out.age
budget: {writesPer20s: 100, requestsPer20s: 1000}
concurrency: 4
validFor: 3d
wait: 0s
";
        let document = RunFile::parse(text, "a").unwrap().document();
        let again = RunFile::from_document(&document, "b").unwrap();
        assert_eq!(again.document(), document);
        assert_eq!(document["guards"]["window"]["offset"], "-03:30");
        assert_eq!(document["who"]["csv"]["columns"]["verifiedBy"], "V");
        assert_eq!(document["who"]["filter"], "operatingSystem eq 'Android'");
        assert_eq!(document["who"]["group"], json!({ "name": "Sales" }));
        assert_eq!(document["who"]["finder"]["query"], "INC-1");
        // A list is not in the document, and a document without any device is read back, too.
        let listed = "{schema: passcode/run/v1, title: t, action: auto, who: {serials: [A]}}";
        let listed = RunFile::parse(listed, "a").unwrap().document();
        assert_eq!(listed["who"], json!({}));
        assert!(RunFile::from_document(&listed, "b").is_ok());
        assert!(RunFile::parse(&listed.to_string(), "b").is_err());
    }
}
