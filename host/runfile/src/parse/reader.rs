//! What every key's reading is made of: each of these names what is wrong and goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::duration;
use crate::fault::{At, Fault};
use crate::nearest::nearest;
use crate::text;
use crate::yaml::{Node, What};

pub(crate) struct Reader<'a> {
    pub(crate) name: &'a str,
    /// Whether a file without any device is wrong.
    pub(crate) needs_devices: bool,
    pub(crate) faults: Vec<Fault>,
    /// Where each key's value stands.
    pub(crate) places: BTreeMap<String, At>,
}

/// The keys of one map.
#[derive(Default)]
pub(crate) struct Fields<'n> {
    path: String,
    at: Option<At>,
    nodes: BTreeMap<&'n str, &'n Node>,
}

impl<'n> Fields<'n> {
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.nodes.get(key).copied()
    }

    pub(crate) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    pub(crate) fn at(&self) -> At {
        self.at.unwrap_or(At::START)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(name: &'a str, needs_devices: bool) -> Self {
        Self {
            name,
            needs_devices,
            faults: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    pub(crate) fn fault(&mut self, at: At, message: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(at.fault(self.name, message, remedy));
    }

    /// That a value is not what it should be. An empty one is named as such.
    pub(crate) fn is_not(&mut self, node: &Node, path: &str, what: &str) {
        let message = match (&node.what, path) {
            (_, "") => format!("a run file is keys with values, not {}", node.is()),
            (What::Null, _) => format!("`{path}` has no value"),
            _ => format!("`{path}` is not {what}"),
        };
        let remedy = match node.what {
            What::Null => format!("write {what}, or remove the key"),
            What::Number(_) | What::YesNo(_) if what.starts_with("a text") => {
                // Else 00123 would be the number 123.
                "put it in quotation marks".to_owned()
            }
            _ => format!("write {what}"),
        };
        self.fault(node.at, message, remedy);
    }

    /// The keys of a map. What it should not have is named.
    pub(crate) fn map<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let What::Map(entries) = &node.what else {
            self.is_not(node, path, "keys with values");
            return None;
        };
        let mut fields = Fields {
            path: path.to_owned(),
            at: Some(node.at),
            nodes: BTreeMap::new(),
        };
        for entry in entries {
            let key = entry.key.as_str();
            if !known.contains(&key) {
                let remedy = match nearest(key, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("remove it; there are {}", known.join(", ")),
                };
                let name = text::shown(&join(path, key));
                self.fault(entry.at, format!("there is no key `{name}`"), remedy);
                continue;
            }
            self.places.insert(join(path, key), entry.value.at);
            if fields.nodes.insert(key, &entry.value).is_some() {
                self.fault(
                    entry.at,
                    format!("`{}` stands twice", join(path, key)),
                    "keep one of the two",
                );
            }
        }
        Some(fields)
    }

    pub(crate) fn required<'n>(
        &mut self,
        fields: &Fields<'n>,
        key: &str,
        remedy: &str,
    ) -> Option<&'n Node> {
        let node = fields.get(key);
        if node.is_none() {
            self.fault(
                fields.at(),
                format!("`{}` is missing", fields.path(key)),
                remedy,
            );
        }
        node
    }

    pub(crate) fn text<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n str> {
        match &node.what {
            What::Text(text) => Some(text),
            _ => {
                self.is_not(node, path, "a text");
                None
            }
        }
    }

    /// A text in which nothing is filled in.
    pub(crate) fn plain_text(&mut self, node: &Node, path: &str, most: usize) -> Option<String> {
        let text = self.text(node, path)?;
        if let Some(wrong) = text::fault(text, most) {
            let remedy = format!("write 1 to {most} visible characters");
            self.fault(node.at, format!("`{path}` {wrong}"), remedy);
            return None;
        }
        if text.contains("{{") {
            self.fault(
                node.at,
                format!("`{path}` takes no template"),
                "templates are for `reason`, `ticket` and `verifiedBy`",
            );
            return None;
        }
        Some(text.to_owned())
    }

    pub(crate) fn word<T: Copy>(
        &mut self,
        node: &Node,
        path: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let one_of = match names.as_slice() {
            [one] => format!("`{one}`"),
            names => format!("one of {}", names.join(", ")),
        };
        let What::Text(text) = &node.what else {
            self.is_not(node, path, &one_of);
            return None;
        };
        let found = words.iter().find(|(word, _)| word == text);
        if found.is_none() {
            let remedy = match nearest(text, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write {one_of}"),
            };
            self.fault(node.at, format!("`{path}` is not {one_of}"), remedy);
        }
        found.map(|(_, value)| *value)
    }

    pub(crate) fn yes_no(&mut self, node: &Node, path: &str) -> Option<bool> {
        match node.what {
            What::YesNo(yes) => Some(yes),
            _ => {
                self.is_not(node, path, "`true` or `false`");
                None
            }
        }
    }

    /// A whole number within bounds, or what holds where the key is left out.
    pub(crate) fn number_or(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> Option<u64> {
        let Some(node) = fields.get(key) else {
            return Some(default);
        };
        let number = node.count().filter(|number| range.contains(number));
        if number.is_none() {
            let what = format!("a number from {} to {}", range.start(), range.end());
            self.is_not(node, &fields.path(key), &what);
        }
        number
    }

    pub(crate) fn time(
        &mut self,
        node: &Node,
        path: &str,
        most: Duration,
        zero: bool,
    ) -> Option<Duration> {
        let time = match &node.what {
            What::Text(text) => duration::parse(text),
            _ => None,
        };
        let time = time.filter(|time| *time <= most && (zero || !time.is_zero()));
        if time.is_none() {
            let least = if zero { "0s" } else { "1s" };
            let most = duration::write(most);
            let what = format!("a time from {least} to {most}, such as 90s, 30m, 12h or 7d");
            self.is_not(node, path, &what);
        }
        time
    }

    pub(crate) fn time_or(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        most: Duration,
        zero: bool,
        default: Duration,
    ) -> Option<Duration> {
        match fields.get(key) {
            Some(node) => self.time(node, &fields.path(key), most, zero),
            None => Some(default),
        }
    }

    /// A list. `each` reads one; none may be there twice.
    pub(crate) fn list<T>(
        &mut self,
        node: &Node,
        path: &str,
        may_be_empty: bool,
        mut each: impl FnMut(&mut Self, &Node, &str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let What::List(nodes) = &node.what else {
            self.is_not(node, path, "a list");
            return None;
        };
        if nodes.is_empty() && !may_be_empty {
            self.fault(
                node.at,
                format!("`{path}` is empty"),
                "name at least one, or remove the key",
            );
        }
        let mut values = Vec::new();
        let mut seen = BTreeSet::new();
        let mut whole = !nodes.is_empty() || may_be_empty;
        for (number, node) in nodes.iter().enumerate() {
            let path = format!("{path}[{number}]");
            self.places.insert(path.clone(), node.at);
            match each(self, node, &path) {
                Some(value) => values.push(value),
                None => whole = false,
            }
            if let What::Text(text) = &node.what
                && !seen.insert(text.as_str())
            {
                self.fault(
                    node.at,
                    format!("`{path}` stands twice"),
                    "keep one of the two",
                );
                whole = false;
            }
        }
        whole.then_some(values)
    }
}
