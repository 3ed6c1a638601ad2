//! A text to a run file, strictly: what is not understood is not passed over.

mod guards;
mod reader;
mod who;

use std::time::Duration;

use reader::{Fields, Reader};

use crate::bech32::{self, Recipient};
use crate::fault::{At, Fault};
use crate::model::{Action, Budget, Delivery, Platform, RunFile};
use crate::template::Template;
use crate::text::{NAME, TEXT, TITLE};
use crate::yaml::{Node, What};

/// The word that says which format this is.
pub(crate) const SCHEMA: &str = "passcode/run/v1";

const KEYS: [&str; 15] = [
    "schema",
    "title",
    "action",
    "who",
    "narrow",
    "reason",
    "ticket",
    "verifiedBy",
    "guards",
    "reviewers",
    "delivery",
    "budget",
    "concurrency",
    "validFor",
    "wait",
];

pub(crate) const ACTIONS: [(&str, Action); 3] = [
    ("reset", Action::Reset),
    ("remove", Action::Remove),
    ("auto", Action::Auto),
];
pub(crate) const PLATFORMS: [(&str, Platform); 2] =
    [("ios", Platform::Ios), ("android", Platform::Android)];
const DELIVERIES: [&str; 4] = ["none", "terminal", "age", "courier"];

const MINUTE: u64 = 60;
const DAY: u64 = 86_400;
/// What holds where a key is left out, and how far it goes.
pub(crate) const VALID_FOR: Duration = Duration::from_secs(DAY);
pub(crate) const LONGEST_VALID: Duration = Duration::from_secs(7 * DAY);
pub(crate) const WAIT: Duration = Duration::from_secs(30 * MINUTE);
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(DAY);
pub(crate) const CONCURRENCY: u16 = 8;
pub(crate) const MOST_CONCURRENT: u16 = 128;
pub(crate) const BUDGET: Budget = Budget {
    writes_per_20s: 199,
    requests_per_20s: 1990,
};

pub(crate) use guards::{COOL_DOWN, DAYS, DEFAULT_DEVICES, MOST_DEVICES, STOP_WHEN, WITHIN};
pub(crate) use who::{GUID, IMEI, ROUNDED, UPN, check_value};

impl RunFile {
    /// Read a run file. `name` is what the file is called in messages.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in the order of its lines.
    pub fn parse(text: &str, name: &str) -> Result<Self, Vec<Fault>> {
        read(text, name, true)
    }

    /// Read what [`RunFile::document`] wrote, which has everything but the devices of lists.
    ///
    /// # Errors
    ///
    /// What is wrong with it, if another version wrote it or somebody changed it.
    pub fn from_document(document: &serde_json::Value, name: &str) -> Result<Self, Vec<Fault>> {
        read(&document.to_string(), name, false)
    }
}

fn read(text: &str, name: &str, needs_devices: bool) -> Result<RunFile, Vec<Fault>> {
    let root = crate::yaml::read(text, name).map_err(|fault| vec![fault])?;
    let mut reader = Reader::new(name, needs_devices);
    let run = reader.run(&root);
    let mut faults = reader.faults;
    faults.sort_by_key(|fault| (fault.line, fault.column));
    match run {
        Some(run) if faults.is_empty() => Ok(RunFile {
            places: reader.places,
            ..run
        }),
        // A value is missing only after a fault was named; say so if that should ever fail.
        _ if faults.is_empty() => Err(vec![At::START.fault(
            name,
            "it could not be read",
            "compare it with docs/run-files.md",
        )]),
        _ => Err(faults),
    }
}

impl Reader<'_> {
    fn run(&mut self, root: &Node) -> Option<RunFile> {
        if self.is_of_another_version(root) {
            return None;
        }
        let fields = self.map(root, "", &KEYS)?;
        let schema = self.required(&fields, "schema", "write `schema: passcode/run/v1`");
        let schema = schema.and_then(|node| self.word(node, "schema", &[(SCHEMA, ())]));
        let title = self.required(&fields, "title", "say in a few words what the run is for");
        let title = title.and_then(|node| self.plain_text(node, "title", TITLE));
        let action = self.required(
            &fields,
            "action",
            "write `action: reset`, `remove` or `auto`",
        );
        let action = action.and_then(|node| self.word(node, "action", &ACTIONS));
        let who = self.required(
            &fields,
            "who",
            "name devices: `who: {serials: [\"…\"]}`, or `who: {csv: {file: devices.csv}}`",
        );
        let who = who.and_then(|node| self.who(node));
        let platform = fields.get("narrow").map(|node| self.narrow(node));
        let reason = fields
            .get("reason")
            .map(|node| self.template(node, "reason"));
        let ticket = fields
            .get("ticket")
            .map(|node| self.template(node, "ticket"));
        let verified_by = fields
            .get("verifiedBy")
            .map(|node| self.template(node, "verifiedBy"));
        let guards = self.guards(fields.get("guards"));
        let reviewers = fields.get("reviewers").map(|node| {
            self.list(node, "reviewers", true, |reader, node, path| {
                reader.plain_text(node, path, NAME)
            })
        });
        let delivery = fields.get("delivery").map(|node| self.delivery(node));
        let budget = self.budget(fields.get("budget"));
        let concurrency = self.number_or(
            &fields,
            "concurrency",
            1..=u64::from(MOST_CONCURRENT),
            u64::from(CONCURRENCY),
        );
        let valid_for = self.time_or(&fields, "validFor", LONGEST_VALID, false, VALID_FOR);
        let wait = self.time_or(&fields, "wait", LONGEST_WAIT, true, WAIT);
        schema?;
        Some(RunFile {
            name: self.name.to_owned(),
            title: title?,
            action: action?,
            who: who?,
            platform: or_absent(platform)?,
            reason: or_absent(reason)?,
            ticket: or_absent(ticket)?,
            verified_by: or_absent(verified_by)?,
            guards: guards?,
            reviewers: or_absent(reviewers)?.unwrap_or_default(),
            delivery: or_absent(delivery)?.unwrap_or(Delivery::None),
            budget: budget?,
            concurrency: u16::try_from(concurrency?).ok()?,
            valid_for: valid_for?,
            wait: wait?,
            places: std::collections::BTreeMap::new(),
        })
    }

    /// A file of a later version has keys that this one cannot judge, so that is all that is said.
    fn is_of_another_version(&mut self, root: &Node) -> bool {
        let What::Map(entries) = &root.what else {
            return false;
        };
        let other = entries.iter().find_map(|entry| match &entry.value.what {
            What::Text(word) if entry.key == "schema" => {
                let other = word.starts_with("passcode/") && word != SCHEMA;
                other.then_some(entry.value.at)
            }
            _ => None,
        });
        if let Some(at) = other {
            self.fault(
                at,
                format!("this is another document, or a run file of another version, than `{SCHEMA}`"),
                format!("write `schema: {SCHEMA}` if it is a run file, or use the version of passcode that it was written for"),
            );
        }
        other.is_some()
    }

    fn narrow(&mut self, node: &Node) -> Option<Platform> {
        let fields = self.map(node, "narrow", &["platform"])?;
        let remedy = "write `narrow: {platform: ios}` or `android`";
        let platform = self.required(&fields, "platform", remedy)?;
        self.word(platform, "narrow.platform", &PLATFORMS)
    }

    fn template(&mut self, node: &Node, path: &str) -> Option<Template> {
        let text = self.text(node, path)?;
        match Template::parse(text) {
            Ok(template) => Some(template),
            Err(wrong) => {
                self.fault(
                    node.at,
                    format!("`{path}` {wrong}"),
                    format!(
                        "write at most {TEXT} characters; `{{{{ row.NAME }}}}` takes a value of the row, and braces stand for nothing else"
                    ),
                );
                None
            }
        }
    }

    fn delivery(&mut self, node: &Node) -> Option<Delivery> {
        let keys = ["to", "recipients", "file", "courier"];
        let fields = self.map(node, "delivery", &keys)?;
        let remedy = "write `to: none`, `terminal`, `age` or `courier`";
        let to = self.required(&fields, "to", remedy)?;
        let words: Vec<(&str, &str)> = DELIVERIES.iter().map(|word| (*word, *word)).collect();
        let to = self.word(to, "delivery.to", &words)?;
        for (key, whose) in [
            ("recipients", "age"),
            ("file", "age"),
            ("courier", "courier"),
        ] {
            if let Some(node) = fields.get(key).filter(|_| to != whose) {
                self.fault(
                    node.at,
                    format!("`delivery.{key}` is for `to: {whose}`"),
                    format!("remove it, or write `to: {whose}`"),
                );
            }
        }
        match to {
            "age" => {}
            "courier" => {
                let remedy = "name the extension, for example `courier: contoso.example/vault`";
                let node = self.required(&fields, "courier", remedy)?;
                let courier = self.extension(node, "delivery.courier")?;
                return Some(Delivery::Courier { courier });
            }
            "terminal" => return Some(Delivery::Terminal),
            _ => return Some(Delivery::None),
        }
        let remedy = "name at least one, as `age-keygen` prints it: `age1…`";
        let recipients = self
            .required(&fields, "recipients", remedy)
            .and_then(|node| {
                self.list(node, "delivery.recipients", false, |reader, node, path| {
                    reader.recipient(node, path)
                })
            });
        let remedy = "name a file, for example `file: passcodes.age`";
        let file = self.required(&fields, "file", remedy);
        let file = file.and_then(|node| self.plain_text(node, "delivery.file", TEXT));
        Some(Delivery::Age {
            recipients: recipients?,
            file: file?,
        })
    }

    /// An extension's name, `OWNER/NAME`.
    fn extension(&mut self, node: &Node, path: &str) -> Option<String> {
        let text = self.text(node, path)?;
        let part = |part: &str| {
            let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
            let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
            part.bytes().all(inside) && edge(part.bytes().next()) && edge(part.bytes().last())
        };
        let named = text.split_once('/');
        if text.len() <= 80 && named.is_some_and(|(owner, name)| part(owner) && part(name)) {
            return Some(text.to_owned());
        }
        self.fault(
            node.at,
            format!("`{path}` is no extension's name"),
            "write it as in the config file: `contoso.example/vault`",
        );
        None
    }

    fn recipient(&mut self, node: &Node, path: &str) -> Option<String> {
        let text = self.text(node, path)?;
        let secret = text
            .trim()
            .to_ascii_uppercase()
            .starts_with("AGE-SECRET-KEY-");
        let (wrong, remedy) = match bech32::recipient(text) {
            Recipient::Whole => return Some(text.to_owned()),
            Recipient::Mistyped => (
                "has a typing error: its check sum is wrong",
                "copy the public key again as `age-keygen` printed it",
            ),
            Recipient::None if secret => (
                "is a secret key, and whoever reads this file has it now",
                "make a new one with `age-keygen`, and write its public key here: `age1…`",
            ),
            Recipient::None => (
                "is no age recipient",
                "write the public key that `age-keygen` printed: `age1` and 58 characters",
            ),
        };
        self.fault(node.at, format!("`{path}` {wrong}"), remedy);
        None
    }

    fn budget(&mut self, node: Option<&Node>) -> Option<Budget> {
        let keys = ["writesPer20s", "requestsPer20s"];
        let fields = match node {
            Some(node) => self.map(node, "budget", &keys)?,
            None => Fields::default(),
        };
        let most = |number: u16| 1..=u64::from(number);
        let (writes, requests) = (BUDGET.writes_per_20s, BUDGET.requests_per_20s);
        let writes = self.number_or(&fields, keys[0], most(writes), u64::from(writes));
        let requests = self.number_or(&fields, keys[1], most(requests), u64::from(requests));
        Some(Budget {
            writes_per_20s: u16::try_from(writes?).ok()?,
            requests_per_20s: u16::try_from(requests?).ok()?,
        })
    }
}

/// Absent is right, and so is a value; a value that is wrong is not.
fn or_absent<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}
