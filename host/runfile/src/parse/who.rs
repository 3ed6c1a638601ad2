//! The devices of a run file.

use super::reader::Reader;
use crate::model::{Columns, Csv, Finder, Group, Kind, Listed, Who};
use crate::text::{self, FILTER, NAME, TEXT};
use crate::yaml::{Node, What};

/// The keys of `who.csv.columns`.
const COLUMNS: [&str; 9] = [
    "id",
    "serial",
    "user",
    "name",
    "imei",
    "entraDeviceId",
    "ticket",
    "reason",
    "verifiedBy",
];

const KEYS: [&str; 11] = [
    "ids",
    "serials",
    "users",
    "names",
    "imeis",
    "entraDeviceIds",
    "csv",
    "stdin",
    "filter",
    "group",
    "finder",
];

/// The form of a GUID that is not all zeros, for the schema.
pub(crate) const GUID: &str =
    "^(?![0-]+$)[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";
/// The form of an IMEI, with or without its check digit or its software version.
pub(crate) const IMEI: &str = "^[0-9]{14,16}$";

impl Reader<'_> {
    pub(super) fn who(&mut self, node: &Node) -> Option<Who> {
        let fields = self.map(node, "who", &KEYS)?;
        let mut who = Who::default();
        let before = self.faults.len();
        if fields.is_empty() && self.needs_devices {
            self.fault(
                node.at,
                "`who` names nobody",
                format!("write one of {}", KEYS.join(", ")),
            );
        }
        for key in KEYS {
            let Some(node) = fields.get(key) else {
                continue;
            };
            match Kind::of_list(key) {
                Some(kind) => {
                    if let Some(devices) = self.devices(node, kind) {
                        who.lists.insert(kind, devices);
                    }
                }
                None => match key {
                    "csv" => who.csv = self.csv(node),
                    "filter" => who.filter = self.plain_text(node, "who.filter", FILTER),
                    "group" => who.group = self.group(node),
                    "finder" => who.finder = self.finder(node),
                    _ => who.stdin = self.stdin(node),
                },
            }
        }
        (self.faults.len() == before).then_some(who)
    }

    /// Devices that are named twice are no fault here: that is judged over all rows.
    fn devices(&mut self, node: &Node, kind: Kind) -> Option<Vec<Listed>> {
        let path = format!("who.{}", kind.list());
        let What::List(nodes) = &node.what else {
            self.is_not(node, &path, "a list");
            return None;
        };
        if nodes.is_empty() {
            self.fault(
                node.at,
                format!("`{path}` is empty"),
                "name a device, or remove the key",
            );
        }
        let mut devices = Vec::new();
        for (number, node) in nodes.iter().enumerate() {
            let path = format!("{path}[{number}]");
            let Some(value) = self.text(node, &path) else {
                continue;
            };
            match check_value(kind, value) {
                Ok(()) => devices.push(Listed {
                    value: value.to_owned(),
                    at: node.at,
                }),
                Err((wrong, remedy)) => self.fault(node.at, format!("`{path}` {wrong}"), remedy),
            }
        }
        Some(devices)
    }

    fn csv(&mut self, node: &Node) -> Option<Csv> {
        let fields = self.map(node, "who.csv", &["file", "columns"])?;
        let remedy = "name the file, for example `file: devices.csv`";
        let file = self.required(&fields, "file", remedy);
        let file = file.and_then(|node| self.plain_text(node, "who.csv.file", TEXT));
        let columns = fields.get("columns").map(|node| self.columns(node));
        Some(Csv {
            file: file?,
            columns: super::or_absent(columns)?,
        })
    }

    fn columns(&mut self, node: &Node) -> Option<Columns> {
        let fields = self.map(node, "who.csv.columns", &COLUMNS)?;
        let mut columns = Columns::default();
        let mut named = false;
        for key in COLUMNS {
            let Some(node) = fields.get(key) else {
                continue;
            };
            let title = self.plain_text(node, &fields.path(key), NAME);
            let title = title.map(|title| title.trim_matches(' ').to_owned());
            match key {
                "ticket" => columns.ticket = title,
                "reason" => columns.reason = title,
                "verifiedBy" => columns.verified_by = title,
                _ => {
                    named = true;
                    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == key)?;
                    if let Some(title) = title {
                        columns.names.insert(kind, title);
                    }
                }
            }
        }
        if !named {
            self.fault(
                node.at,
                "`who.csv.columns` does not say which column names the device",
                "add one of id, serial, user, name, imei, entraDeviceId",
            );
        }
        Some(columns)
    }

    fn group(&mut self, node: &Node) -> Option<Group> {
        let fields = self.map(node, "who.group", &["id", "name"])?;
        match (fields.get("id"), fields.get("name")) {
            (Some(node), None) => {
                let id = self.text(node, "who.group.id")?;
                if !is_guid(id) || is_zeros(id) {
                    self.fault(
                        node.at,
                        "`who.group.id` is not the id of a group",
                        "write the group's object id, as Microsoft Entra shows it, or `name`",
                    );
                    return None;
                }
                Some(Group::Id(id.to_owned()))
            }
            (None, Some(node)) => {
                let name = self.plain_text(node, "who.group.name", NAME);
                name.map(Group::Name)
            }
            _ => {
                self.fault(
                    node.at,
                    "`who.group` does not say which group, or says it twice",
                    "write `group: {id: …}`, or `group: {name: …}` with its whole display name",
                );
                None
            }
        }
    }

    fn finder(&mut self, node: &Node) -> Option<Finder> {
        let fields = self.map(node, "who.finder", &["extension", "query"])?;
        let remedy = "name it as the configuration does, for example `contoso.example/tickets`";
        let extension = self.required(&fields, "extension", remedy);
        let extension =
            extension.and_then(|node| self.plain_text(node, "who.finder.extension", NAME));
        let remedy = "say what it is asked, for example a ticket number";
        let query = self.required(&fields, "query", remedy);
        let query = query.and_then(|node| self.plain_text(node, "who.finder.query", TEXT));
        Some(Finder {
            extension: extension?,
            query: query?,
        })
    }

    fn stdin(&mut self, node: &Node) -> bool {
        let yes = matches!(node.what, What::YesNo(true));
        if !yes {
            let remedy = "write `stdin: true`, or remove the key";
            self.fault(node.at, "`who.stdin` is not `true`", remedy);
        }
        yes
    }
}

/// Whether a value can name a device at all; what is wrong, and what to do, if not. Lists, tables
/// and JSON lines are judged alike.
pub(crate) fn check_value(kind: Kind, value: &str) -> Result<(), (String, &'static str)> {
    if let Some(wrong) = text::fault(value, NAME) {
        return Err((wrong, "write the value as Intune shows it"));
    }
    if value.starts_with(' ') || value.ends_with(' ') {
        let remedy = "remove the space; it would be searched for";
        return Err(("begins or ends with a space".to_owned(), remedy));
    }
    if value.starts_with('=') {
        let remedy = "write the value itself; in a spreadsheet, format the column as text";
        return Err(("is a spreadsheet's formula".to_owned(), remedy));
    }
    if matches!(kind, Kind::Serial | Kind::Imei) && is_rounded(value) {
        let remedy = "take it from the source again, and format the column as text before";
        return Err((
            "is a number that a spreadsheet has rounded".to_owned(),
            remedy,
        ));
    }
    let wrong = |what: &str, remedy| Err((what.to_owned(), remedy));
    match kind {
        Kind::Id | Kind::EntraDeviceId if !is_guid(value) => wrong(
            "is not a GUID",
            "write 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12",
        ),
        Kind::Id | Kind::EntraDeviceId if is_zeros(value) => wrong(
            "is all zeros, which stands for no device, or for every one that is not registered",
            "name the device by its serial number or its id",
        ),
        Kind::Imei if !is_imei(value) => wrong(
            "is not an IMEI",
            "write its 14 to 16 digits without spaces or hyphens",
        ),
        Kind::User if !is_upn(value) => wrong(
            "is not a sign-in name",
            "write the user principal name, for example adele@contoso.example",
        ),
        _ => Ok(()),
    }
}

/// `3.52099E+14`: what is left of a long number after a spreadsheet had it.
fn is_rounded(value: &str) -> bool {
    let Some((number, exponent)) = value.split_once("E+") else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && digits(exponent)
}

/// The same, for the schema.
pub(crate) const ROUNDED: &str = "^[0-9]([.,][0-9]+)?E\\+[0-9]+$";
/// The form of a sign-in name, for the schema.
pub(crate) const UPN: &str = "^[^@ ]+@[^@ ]+$";

fn is_guid(value: &str) -> bool {
    let groups: Vec<&str> = value.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_zeros(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b'0' | b'-'))
}

fn is_imei(value: &str) -> bool {
    (14..=16).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_upn(value: &str) -> bool {
    match value.split_once('@') {
        Some((name, domain)) => {
            !name.is_empty() && !domain.is_empty() && !domain.contains('@') && !value.contains(' ')
        }
        None => false,
    }
}
