//! What a run file says, as values that cannot be wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fault::{At, Fault};
use crate::guards::{StopWhen, Window};
use crate::nearest::nearest;
use crate::template::Template;
use crate::text::shown;

/// A run file that was read and found right.
#[derive(Clone, Debug)]
pub struct RunFile {
    /// What the file is called, for messages.
    pub name: String,
    /// What people call the run.
    pub title: String,
    /// What is to be done.
    pub action: Action,
    /// With which devices.
    pub who: Who,
    /// Only devices of this platform, if several answer to one selector.
    pub platform: Option<Platform>,
    /// Why; may take values of the row.
    pub reason: Option<Template>,
    /// The ticket; may take values of the row.
    pub ticket: Option<Template>,
    /// How the person who asks was verified; may take values of the row.
    pub verified_by: Option<Template>,
    /// What keeps the run from going wrong at scale.
    pub guards: Guards,
    /// Extensions that are asked about each plan, by id.
    pub reviewers: Vec<String>,
    /// Where passcodes go.
    pub delivery: Delivery,
    /// Requests to the service.
    pub budget: Budget,
    /// Devices worked on at the same time, 1 to 128.
    pub concurrency: u16,
    /// How long the plans may be carried out after they were made, at most 7 days.
    pub valid_for: Duration,
    /// How long each device is watched after the service accepted; nothing means not at all.
    pub wait: Duration,
    pub(crate) places: BTreeMap<String, At>,
}

/// What is to be done with each device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A new, temporary passcode (Android).
    Reset,
    /// No passcode any more (iPhone and iPad).
    Remove,
    /// Remove on iPhone and iPad, reset on Android: whatever the device knows.
    Auto,
}

/// A platform that a run can be narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// iPhone and iPad.
    Ios,
    /// Android, with and without Google's services.
    Android,
}

/// By what a device is named.
///
/// In the order in which one of several is chosen to select: what names one device for certain
/// comes first, what a person can share or choose comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Intune's device id.
    Id,
    /// The Entra device id.
    EntraDeviceId,
    /// The serial number.
    Serial,
    /// The IMEI.
    Imei,
    /// The device's name.
    Name,
    /// The primary user's sign-in name.
    User,
}

impl Kind {
    /// All of them, in the order of choice.
    pub const ALL: [Self; 6] = [
        Self::Id,
        Self::EntraDeviceId,
        Self::Serial,
        Self::Imei,
        Self::Name,
        Self::User,
    ];

    /// The word of the run file, for one column: `serial`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.words().0
    }

    /// The key of the run file for a list: `serials`.
    #[must_use]
    pub const fn list(self) -> &'static str {
        self.words().1
    }

    /// The property of Graph's `managedDevice`: `serialNumber`.
    #[must_use]
    pub const fn property(self) -> &'static str {
        self.words().2
    }

    /// The case of the contract's `selector`: `serial-number`.
    #[must_use]
    pub const fn contract(self) -> &'static str {
        self.words().3
    }

    /// Whether two values that differ in letter case name the same device.
    #[must_use]
    pub const fn ignores_case(self) -> bool {
        !matches!(self, Self::Name | Self::Imei)
    }

    /// The kind whose list has that key.
    pub(crate) fn of_list(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.list() == key)
    }

    const fn words(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Id => ("id", "ids", "id", "id"),
            Self::EntraDeviceId => (
                "entraDeviceId",
                "entraDeviceIds",
                "azureADDeviceId",
                "entra-device-id",
            ),
            Self::Serial => ("serial", "serials", "serialNumber", "serial-number"),
            Self::Imei => ("imei", "imeis", "imei", "imei"),
            Self::Name => ("name", "names", "deviceName", "device-name"),
            Self::User => ("user", "users", "userPrincipalName", "user-principal-name"),
        }
    }
}

/// How one device is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Selector {
    /// By what.
    pub kind: Kind,
    /// The value, as it was written.
    pub value: String,
}

impl Selector {
    /// As JSON, in the shape of the contract's `selector`: `{"serial-number": "…"}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut map = serde_json::Map::new();
        map.insert(self.kind.contract().to_owned(), self.value.clone().into());
        serde_json::Value::Object(map)
    }

    /// Why the value can name no device at all, if it cannot. Never repeats the value.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        let judged = crate::parse::check_value(self.kind, &self.value);
        judged.err().map(|(wrong, _)| wrong)
    }

    /// What two selectors of one device have in common, as far as can be told from here.
    pub(crate) fn same(&self) -> String {
        let value = match self.kind.ignores_case() {
            true => self.value.to_lowercase(),
            false => self.value.clone(),
        };
        format!("{}\n{value}", self.kind.word())
    }
}

/// On whose behalf and why, for one device: templates are filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Texts {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// How the person who asks was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_by: Option<String>,
}

/// Which devices are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// Devices named in the run file itself.
    pub lists: BTreeMap<Kind, Vec<Listed>>,
    /// A table.
    pub csv: Option<Csv>,
    /// Whether standard input has more, as JSON lines.
    pub stdin: bool,
    /// What Graph is to filter the tenant's devices by, as it is written.
    pub filter: Option<String>,
    /// A group, whose users' devices are meant.
    pub group: Option<Group>,
    /// An extension that is asked.
    pub finder: Option<Finder>,
}

impl Who {
    /// What only the tenant or an extension can tell, in the order in which it is asked.
    #[must_use]
    pub fn asked(&self) -> Vec<Source> {
        let filter = self.filter.as_ref().map(|_| Source::Filter);
        let group = self.group.as_ref().map(|_| Source::Group);
        let finder = self.finder.as_ref().map(|_| Source::Finder);
        [filter, group, finder].into_iter().flatten().collect()
    }
}

/// A source of devices that has to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Graph, with a filter on the tenant's devices.
    Filter,
    /// The directory, for the members of a group.
    Group,
    /// An extension.
    Finder,
}

impl Source {
    /// The key of the run file: `who.filter`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Filter => "who.filter",
            Self::Group => "who.group",
            Self::Finder => "who.finder",
        }
    }
}

/// Which group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// The one with this id.
    Id(String),
    /// The one with exactly this display name. Names are not unique.
    Name(String),
}

/// Which extension is asked, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finder {
    /// The extension's id, as the configuration has it.
    pub extension: String,
    /// What it is asked: a ticket number, a name.
    pub query: String,
}

/// A device named in the run file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What names it.
    pub value: String,
    pub(crate) at: At,
}

/// A table of devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Csv {
    /// The file, as it is written; relative to the run file's folder.
    pub file: String,
    /// Which column is what; without it the titles of Intune's own exports are recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
}

/// The titles of a table's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Columns {
    /// Those that name the device; at least one. The first of [`Kind::ALL`] selects.
    #[serde(flatten)]
    pub names: BTreeMap<Kind, String>,
    /// The one of the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The one of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The one that says how the person was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_by: Option<String>,
}

/// What keeps a run from going wrong at scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guards {
    /// A run of more devices is refused.
    pub max_devices: u64,
    /// A run of more devices takes two people: who planned it, and another who signs. None: no
    /// number of devices demands that.
    pub two_people_above: Option<u64>,
    /// Only devices of these kinds; empty: of every kind that the action fits.
    pub kinds: Vec<String>,
    /// Only devices that checked in within so long.
    pub checked_in_within: Option<Duration>,
    /// When the rest is not tried.
    pub stop_when: StopWhen,
    /// How long a device is left alone after its last passcode action by us.
    pub cool_down: Option<Duration>,
    /// When the run may send.
    pub window: Option<Window>,
    /// Checks on which the documents disagree, and which are accepted.
    pub accept: Vec<String>,
    /// Whether to go ahead although another passcode action is under way.
    pub again: bool,
}

impl Guards {
    /// How many people other than the planner have to approve a run of so many devices.
    #[must_use]
    pub fn others(&self, devices: u64) -> u32 {
        u32::from(self.two_people_above.is_some_and(|above| devices > above))
    }
}

/// Where passcodes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nowhere: whoever needs one asks for it later.
    None,
    /// To the terminal, one by one.
    Terminal,
    /// Into a file that only the holders of some age identities can read.
    Age {
        /// `age1…`, at least one.
        recipients: Vec<String>,
        /// The file, as it is written; relative to the run file's folder.
        file: String,
    },
    /// To a service that an extension knows, which takes each passcode there without reading it.
    Courier {
        /// The extension, `OWNER/NAME`.
        courier: String,
    },
}

/// Requests to the service in any 20 seconds. Never more than Intune's own limits allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Writes, 1 to 199.
    pub writes_per_20s: u16,
    /// Requests of every sort, 1 to 1990.
    pub requests_per_20s: u16,
}

impl RunFile {
    /// A fault at a key of the file: `guards.accept[1]`. Where the key is not written, at the
    /// nearest one above it that is.
    #[must_use]
    pub fn fault(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) -> Fault {
        let mut path = key;
        let at = loop {
            match self.places.get(path) {
                Some(at) => break *at,
                None => match path.rfind(['.', '[']) {
                    Some(end) => path = path.get(..end).unwrap_or_default(),
                    None => break At::START,
                },
            }
        };
        at.fault(&self.name, message, remedy)
    }

    /// Words of the file that the caller does not know: kinds of devices in `guards.kinds`, checks
    /// in `guards.accept`.
    #[must_use]
    pub fn unknown_words(&self, kinds: &[&str], checks: &[&str]) -> Vec<Fault> {
        let lists = [
            ("guards.kinds", "kind of device", &self.guards.kinds, kinds),
            ("guards.accept", "check", &self.guards.accept, checks),
        ];
        let mut faults = Vec::new();
        for (key, what, words, known) in lists {
            for (number, word) in words.iter().enumerate() {
                if known.contains(&word.as_str()) {
                    continue;
                }
                let remedy = match nearest(word, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("write one of {}", known.join(", ")),
                };
                let message = format!("there is no {what} `{}`", shown(word));
                faults.push(self.fault(&format!("{key}[{number}]"), message, remedy));
            }
        }
        faults
    }

    /// What is wrong if the run has so many devices: more than `guards.maxDevices`.
    #[must_use]
    pub fn over_cap(&self, devices: u64) -> Option<Fault> {
        let most = self.guards.max_devices;
        (devices > most).then(|| {
            self.fault(
                "guards.maxDevices",
                format!("the run has {devices} devices, and `guards.maxDevices` allows {most}"),
                format!("if all of them are meant, set `guards.maxDevices` to {devices}"),
            )
        })
    }
}
