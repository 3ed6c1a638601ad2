//! What reached the tenant, in order, and what became of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;

/// One request as the tenant saw it. Tokens and client secrets are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// 1, 2, 3, in order of arrival.
    pub number: u64,
    /// The service's time of arrival.
    pub at: String,
    /// GET, POST and so on.
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// As sent, without the question mark.
    pub query: String,
    /// Names in lower case, in the order sent; without `authorization`.
    pub headers: Vec<(String, String)>,
    /// Whether an `authorization` header was there.
    pub had_token: bool,
    /// The user principal name or client id behind a good token.
    pub caller: Option<String>,
    /// The body as text; secrets of the token endpoint replaced by `***`.
    pub body: String,
    /// `list`, `device`, `resetPasscode`, `remoteActionAudits`, `token`, `none` and so on.
    pub route: String,
    /// The id of the addressed device, if there is one.
    pub device: Option<String>,
    /// Whether an action took effect on the device.
    pub accepted: bool,
    /// The status sent; `None`: no answer was sent, or not yet.
    pub status: Option<u16>,
    /// The names of the faults that struck.
    pub faults: Vec<String>,
    /// The client-request-id of the batch whose part this was.
    #[serde(default)]
    pub batch: Option<String>,
}

/// How often an action was asked of a device, and how often it took effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActionCount {
    /// Requests that reached the tenant, whatever became of them.
    pub received: u64,
    /// Requests that changed the device.
    pub accepted: u64,
}

/// All entries, and the file that mirrors the writes.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Vec<JournalEntry>,
    file: Option<File>,
    next: u64,
    /// Requests over HTTP since the start: a batch is one, whatever is in it.
    pub(crate) exchanges: u64,
}

impl Journal {
    pub(crate) fn new(file: Option<File>) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }

    /// Keeps the entry and gives its number.
    pub(crate) fn arrive(&mut self, mut entry: JournalEntry) -> u64 {
        self.next += 1;
        entry.number = self.next;
        self.entries.push(entry);
        self.next
    }

    pub(crate) fn amend(&mut self, number: u64, change: impl FnOnce(&mut JournalEntry)) {
        if let Some(entry) = self
            .entries
            .iter_mut()
            .rfind(|entry| entry.number == number)
        {
            change(entry);
        }
    }

    /// Appends a write to the file and waits until it is on the disk. Called before the answer is sent.
    pub(crate) fn write_down(&mut self, number: u64) -> std::io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let Some(entry) = self.entries.iter().rfind(|entry| entry.number == number) else {
            return Ok(());
        };
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_data()
    }

    pub(crate) fn entries(&self) -> &[JournalEntry] {
        &self.entries
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Per device id and action name. DELETE counts as the action `delete`.
    pub(crate) fn counts(&self) -> BTreeMap<(String, String), ActionCount> {
        let mut counts: BTreeMap<_, ActionCount> = BTreeMap::new();
        for entry in &self.entries {
            let action = match entry.method.as_str() {
                "DELETE" => "delete",
                "POST" => entry.route.as_str(),
                _ => continue,
            };
            let Some(device) = &entry.device else {
                continue;
            };
            let count = counts
                .entry((device.clone(), action.to_owned()))
                .or_default();
            count.received += 1;
            count.accepted += u64::from(entry.accepted);
        }
        counts
    }
}
