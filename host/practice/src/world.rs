//! Everything the tenant remembers: devices, actions, users. It can be saved and loaded.

use crate::action::{ActionRecord, ActionState, RemoteAction, Timeline};
use crate::by_device::{ByDevice, OfDevice};
use crate::clock::timestamp;
use crate::error::PracticeError;
use crate::fleet::Fleet;
use crate::fleet::device::Device;
use crate::fleet::file::{DeviceEntry, EarlierEntry, GroupEntry, ScriptFamily};
use crate::graph::approval::ApprovalRequest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Names the format of a saved state.
pub(crate) const SCHEMA: &str = "passcode/practice-state/v1";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct World {
    pub(crate) schema: String,
    pub(crate) tenant: String,
    pub(crate) domain: String,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) devices: ByDevice<Device>,
    pub(crate) actions: ByDevice<ActionRecord>,
    pub(crate) apps: Vec<App>,
    pub(crate) scripts: Vec<Script>,
    /// Absent in states from before there were any.
    #[serde(default)]
    pub(crate) approvals: Vec<ApprovalRequest>,
    /// Absent in states from before there were any.
    #[serde(default)]
    pub(crate) groups: Vec<Group>,
    /// Service time that was let pass, in seconds, so that a loaded state goes on where it stopped.
    pub(crate) advanced: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) devices: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    pub(crate) family: ScriptFamily,
    pub(crate) id: String,
    pub(crate) run_state: String,
    pub(crate) device: String,
}

/// A group of the directory. Members are named by their directory ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Who is in it directly, and of which sort.
    pub(crate) members: Vec<(MemberKind, String)>,
}

/// What a member of a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MemberKind {
    User,
    Group,
    Device,
}

impl OfDevice for Device {
    fn device_id(&self) -> &str {
        &self.id
    }
}

impl OfDevice for ActionRecord {
    fn device_id(&self) -> &str {
        &self.device
    }
}

/// The same name always gets the same id, so that runs can be compared.
pub(crate) fn derived_guid(what: &str) -> String {
    let digest = Sha256::digest(what.as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

impl World {
    pub(crate) fn from_fleet(fleet: &Fleet, now: OffsetDateTime) -> Result<Self, PracticeError> {
        let mut world = Self {
            schema: SCHEMA.to_owned(),
            tenant: fleet.tenant.id.clone(),
            domain: fleet.tenant.domain.clone(),
            users: BTreeMap::new(),
            devices: ByDevice::default(),
            actions: ByDevice::default(),
            apps: Vec::new(),
            scripts: Vec::new(),
            approvals: Vec::new(),
            groups: Vec::new(),
            advanced: 0.0,
        };
        for user in &fleet.users {
            world.add_user(&user.upn, user.id.as_deref(), user.name.as_deref());
        }
        for (index, entry) in fleet.devices.iter().enumerate() {
            world.add_device(index, entry, now);
        }
        for app in &fleet.apps {
            let found: Result<Vec<_>, _> =
                app.devices.iter().map(|name| world.id_of(name)).collect();
            world.apps.push(App {
                id: app.id.clone(),
                name: app.name.clone(),
                devices: found?,
            });
        }
        for script in &fleet.scripts {
            let device = world.id_of(&script.device)?;
            world.scripts.push(Script {
                family: script.family,
                id: script.id.clone(),
                run_state: script.run_state.clone(),
                device,
            });
        }
        world.add_groups(&fleet.groups)?;
        Ok(world)
    }

    /// Reads a saved state.
    pub(crate) fn from_json(text: &str) -> Result<Self, PracticeError> {
        let world: Self =
            serde_json::from_str(text).map_err(|error| PracticeError::State(error.to_string()))?;
        if world.schema == SCHEMA {
            Ok(world)
        } else {
            Err(PracticeError::State(format!(
                "it says {:?}, this program reads {SCHEMA:?}",
                world.schema
            )))
        }
    }

    /// A number no clock can hold counts as nothing: the file may have been edited.
    pub(crate) fn advanced(&self) -> time::Duration {
        time::Duration::checked_seconds_f64(self.advanced).unwrap_or_default()
    }

    pub(crate) fn add_user(&mut self, upn: &str, id: Option<&str>, name: Option<&str>) -> &User {
        self.users
            .entry(upn.to_lowercase())
            .or_insert_with(|| User {
                id: id.map_or_else(|| derived_guid(&format!("user:{upn}")), str::to_owned),
                name: name.map_or_else(|| display_name(upn), str::to_owned),
            })
    }

    fn add_groups(&mut self, entries: &[GroupEntry]) -> Result<(), PracticeError> {
        let ids: Vec<String> = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| match &entry.id {
                Some(id) => id.to_lowercase(),
                None => derived_guid(&format!("group:{index}:{}", entry.name)),
            })
            .collect();
        for (entry, id) in entries.iter().zip(&ids) {
            let mut members = Vec::new();
            for upn in &entry.users {
                members.push((MemberKind::User, self.add_user(upn, None, None).id.clone()));
            }
            for name in &entry.groups {
                let inner = entries
                    .iter()
                    .zip(&ids)
                    .find(|(other, id)| other.name == *name || id.eq_ignore_ascii_case(name));
                let Some((_, inner)) = inner else {
                    return Err(PracticeError::Fleet(format!(
                        "group {:?} has the group {name:?} in it, which is not there",
                        entry.name
                    )));
                };
                members.push((MemberKind::Group, inner.clone()));
            }
            for name in &entry.devices {
                let device = self.id_of(name)?;
                // A group holds the directory's object of a device, not Intune's.
                let entra = self
                    .device(&device)
                    .map(|device| device.text("azureADDeviceId"));
                let entra = entra.unwrap_or_default().to_owned();
                members.push((MemberKind::Device, entra));
            }
            self.groups.push(Group {
                id: id.clone(),
                name: entry.name.clone(),
                members,
            });
        }
        Ok(())
    }

    fn add_device(&mut self, index: usize, entry: &DeviceEntry, now: OffsetDateTime) {
        let id = entry.id.clone().map_or_else(
            || derived_guid(&format!("device:{index}:{}:{}", entry.serial, entry.name)),
            |id| id.to_lowercase(),
        );
        let mut properties = match entry.kind.properties() {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
        set("deviceName", json!(entry.name));
        set(
            "managedDeviceName",
            json!(format!("{}_sample", entry.serial)),
        );
        set("serialNumber", json!(entry.serial));
        set("imei", json!(entry.imei.clone().unwrap_or_default()));
        set("meid", json!(""));
        set(
            "azureADDeviceId",
            json!(derived_guid(&format!("entra:{id}"))),
        );
        set(
            "azureActiveDirectoryDeviceId",
            json!(derived_guid(&format!("entra:{id}"))),
        );
        set("enrolledDateTime", json!(timestamp(now - entry.enrolled.0)));
        set(
            "lastSyncDateTime",
            json!(timestamp(now - entry.last_sync.0)),
        );
        let certificate = match entry.certificate_expired {
            Some(ago) => now - ago.0,
            None => now + time::Duration::days(200),
        };
        set(
            "managementCertificateExpirationDate",
            json!(timestamp(certificate)),
        );
        if let Some(version) = &entry.os_version {
            set("osVersion", json!(version));
        }
        let upn = entry.user.clone().filter(|_| !entry.kind.userless());
        let user = upn
            .as_deref()
            .map(|upn| self.add_user(upn, None, None).clone());
        set(
            "userId",
            json!(user.as_ref().map_or("", |user| user.id.as_str())),
        );
        set(
            "userDisplayName",
            json!(user.as_ref().map_or("", |user| user.name.as_str())),
        );
        let upn = upn.unwrap_or_default();
        set("userPrincipalName", json!(upn));
        set("emailAddress", json!(upn));
        set("enrolledByUserPrincipalName", json!(upn));
        for (name, value) in &entry.properties {
            set(name.0, value.clone());
        }
        self.devices.push(Device {
            id: id.clone(),
            kind: entry.kind,
            online: entry.online,
            reset: entry.reset,
            policy: entry.policy,
            properties,
        });
        for earlier in &entry.earlier {
            self.add_earlier(&id, earlier, now);
        }
    }

    fn add_earlier(&mut self, device: &str, entry: &EarlierEntry, now: OffsetDateTime) {
        let start = now - entry.ago.0;
        let timeline = match entry.state {
            ActionState::Pending => Timeline::new(start, None, ActionState::Done),
            ActionState::Active => Timeline {
                active: Some(start),
                ..Timeline::new(start, None, ActionState::Done)
            },
            ended => Timeline::finished(start, ended),
        };
        let record = self.record(device, entry.action, &entry.by, timeline);
        let Some(mut record) = record else { return };
        record.passcode.clone_from(&entry.passcode);
        record.error_code = entry.error_code;
        self.actions.push(record);
    }

    /// A new record of an action, not yet among the actions. `None`: no such device.
    pub(crate) fn record(
        &self,
        device: &str,
        action: RemoteAction,
        by: &str,
        timeline: Timeline,
    ) -> Option<ActionRecord> {
        let device = self.device(device)?;
        Some(ActionRecord {
            id: uuid::Uuid::new_v4().to_string(),
            device: device.id.clone(),
            action,
            by: by.to_owned(),
            timeline,
            passcode: None,
            unlock_pin: None,
            error_code: 0,
            device_name: device.text("deviceName").to_owned(),
            owner: device.text("userPrincipalName").to_owned(),
            imei: device.text("imei").to_owned(),
        })
    }

    pub(crate) fn device(&self, id: &str) -> Option<&Device> {
        self.devices.of(id).next()
    }

    pub(crate) fn device_mut(&mut self, id: &str) -> Option<&mut Device> {
        self.devices.first_mut(id)
    }

    /// The id of the device that an id, serial number or name means: the id before all, else the first that fits.
    pub(crate) fn id_of(&self, name: &str) -> Result<String, PracticeError> {
        self.device(name)
            .or_else(|| self.devices.iter().find(|device| device.is_called(name)))
            .map(|device| device.id.clone())
            .ok_or_else(|| PracticeError::NoSuchDevice(name.to_owned()))
    }

    /// The user's id, whether `key` is an id or a user principal name.
    pub(crate) fn user_id(&self, key: &str) -> Option<String> {
        self.users
            .iter()
            .find(|(upn, user)| upn.eq_ignore_ascii_case(key) || user.id.eq_ignore_ascii_case(key))
            .map(|(_, user)| user.id.clone())
    }

    /// `deviceActionResults` at `now`, oldest first. Without `history` only the newest of each action.
    pub(crate) fn results(
        &self,
        device: &str,
        now: OffsetDateTime,
        history: bool,
        show_passcode: bool,
    ) -> Vec<Value> {
        let mut records: Vec<&ActionRecord> = self
            .actions
            .of(device)
            .filter(|record| record.timeline.start <= now)
            .collect();
        records.sort_by_key(|record| record.timeline.start);
        if !history {
            let all = records.clone();
            records.retain(|record| {
                all.iter()
                    .rfind(|other| other.action == record.action)
                    .is_some_and(|newest| newest.id == record.id)
            });
        }
        records
            .iter()
            .filter_map(|record| record.result_at(now, show_passcode))
            .collect()
    }
}

fn display_name(upn: &str) -> String {
    let name = upn.split('@').next().unwrap_or(upn);
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{} Sample", first.to_uppercase(), letters.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        World::from_fleet(&Fleet::shipped().expect("fleet"), OffsetDateTime::now_utc())
            .expect("world")
    }

    #[test]
    fn a_saved_state_is_the_state_that_is_loaded() {
        let world = world();
        let text = serde_json::to_string(&world).expect("json");
        let again = World::from_json(&text).expect("state");
        assert_eq!(*again.devices, *world.devices);
        assert_eq!(*again.actions, *world.actions);
    }

    #[test]
    fn a_state_of_another_program_is_refused() {
        assert!(World::from_json("{}").is_err());
        let text = serde_json::to_string(&world())
            .expect("json")
            .replace("state/v1", "state/v9");
        assert!(
            World::from_json(&text)
                .expect_err("refused")
                .to_string()
                .contains("v9")
        );
    }

    #[test]
    fn without_history_only_the_newest_result_of_each_action_remains() {
        let mut world = world();
        let id = world.id_of("RESET-BEFORE-0029").expect("id");
        let now = OffsetDateTime::now_utc();
        let timeline = Timeline::finished(now - time::Duration::HOUR, ActionState::Failed);
        let record = world
            .record(&id, RemoteAction::ResetPasscode, "x", timeline)
            .expect("record");
        world.actions.push(record);
        assert_eq!(world.results(&id, now, true, true).len(), 2);
        let latest = world.results(&id, now, false, true);
        assert_eq!(latest.len(), 1);
        assert_eq!(latest[0]["actionState"], "failed");
    }

    #[test]
    fn a_user_is_found_by_id_and_by_name() {
        let world = world();
        let id = world.user_id("Adele@contoso.example").expect("user");
        assert_eq!(world.user_id(&id), Some(id.clone()));
        assert_eq!(world.user_id("nobody@contoso.example"), None);
    }
}
