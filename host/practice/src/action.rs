//! A remote action over time: what was asked, and which state it is in at a given instant.

use crate::clock::timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;

/// The remote actions that the practice tenant carries out on its devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RemoteAction {
    /// Resets an Android passcode, removes an Apple one.
    ResetPasscode,
    /// Locks the screen.
    RemoteLock,
    /// Restores factory settings.
    Wipe,
    /// Removes company data.
    Retire,
    /// Removes the device from the tenant.
    Delete,
    /// Asks the device to check in.
    SyncDevice,
}

impl RemoteAction {
    /// The last path segment of the POST (for [`RemoteAction::Delete`] there is none; the name is ours).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ResetPasscode => "resetPasscode",
            Self::RemoteLock => "remoteLock",
            Self::Wipe => "wipe",
            Self::Retire => "retire",
            Self::Delete => "delete",
            Self::SyncDevice => "syncDevice",
        }
    }

    /// The member of Graph's `remoteAction` enumeration, used in audits. `None`: no member, no audit.
    pub(crate) fn audit_name(self) -> Option<&'static str> {
        match self {
            Self::ResetPasscode => Some("resetPasscode"),
            Self::RemoteLock => Some("remoteLock"),
            Self::Wipe => Some("factoryReset"),
            Self::Retire => Some("removeCompanyData"),
            Self::Delete => Some("delete"),
            Self::SyncDevice => None,
        }
    }

    pub(crate) fn from_segment(segment: &str) -> Option<Self> {
        [
            Self::ResetPasscode,
            Self::RemoteLock,
            Self::Wipe,
            Self::Retire,
            Self::SyncDevice,
        ]
        .into_iter()
        .find(|action| action.name() == segment)
    }
}

/// Graph's `actionState`, as far as a practice device can reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActionState {
    /// Queued; the device has not checked in.
    Pending,
    /// The device has the command.
    Active,
    /// Carried out.
    Done,
    /// The device reported failure.
    Failed,
    /// The device cannot do it.
    NotSupported,
    /// Taken back before the device got it.
    Canceled,
}

impl ActionState {
    /// Graph's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::NotSupported => "notSupported",
            Self::Canceled => "canceled",
        }
    }
}

/// How long a device leaves an action pending, and how long it works on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delays {
    pub(crate) until_active: Duration,
    pub(crate) until_end: Duration,
}

impl Delays {
    pub(crate) const fn seconds(until_active: u64, working: u64) -> Self {
        Self {
            until_active: Duration::from_secs(until_active),
            until_end: Duration::from_secs(until_active + working),
        }
    }

    /// `pace` 1 is believable, 0 is at once, 0.01 a hundred times faster.
    pub(crate) fn paced(self, pace: f64) -> Self {
        let scale = |delay: Duration| {
            Duration::try_from_secs_f64(delay.as_secs_f64() * pace).unwrap_or(delay)
        };
        Self {
            until_active: scale(self.until_active),
            until_end: scale(self.until_end),
        }
    }
}

/// When an action changes state. Instants, not delays, so that the state at any time is a pure function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timeline {
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) start: OffsetDateTime,
    /// `None`: the device never hears of it, as long as it stays offline.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub(crate) active: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub(crate) end: Option<OffsetDateTime>,
    pub(crate) outcome: ActionState,
}

impl Timeline {
    pub(crate) fn new(start: OffsetDateTime, delays: Option<Delays>, outcome: ActionState) -> Self {
        Self {
            start,
            active: delays.map(|delays| start + delays.until_active),
            end: delays.map(|delays| start + delays.until_end),
            outcome,
        }
    }

    /// An action that ended in the past, for earlier results in a fleet file.
    pub(crate) fn finished(start: OffsetDateTime, outcome: ActionState) -> Self {
        Self::new(start, Some(Delays::seconds(2, 5)), outcome)
    }

    /// The state at `now`, and when it was reached. `None` before the start.
    pub(crate) fn state_at(&self, now: OffsetDateTime) -> Option<(ActionState, OffsetDateTime)> {
        if now < self.start {
            return None;
        }
        let reached = match (self.active, self.end) {
            (_, Some(end)) if now >= end => (self.outcome, end),
            (Some(active), _) if now >= active => (ActionState::Active, active),
            _ => (ActionState::Pending, self.start),
        };
        Some(reached)
    }
}

/// One action asked of one device, with what the audit remembers of the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionRecord {
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) action: RemoteAction,
    /// A user principal name, or the client id of an application.
    pub(crate) by: String,
    pub(crate) timeline: Timeline,
    /// Known to the service only when the action is done.
    #[serde(default)]
    pub(crate) passcode: Option<String>,
    #[serde(default)]
    pub(crate) unlock_pin: Option<String>,
    #[serde(default)]
    pub(crate) error_code: i32,
    pub(crate) device_name: String,
    pub(crate) owner: String,
    pub(crate) imei: String,
}

impl ActionRecord {
    /// The member of `deviceActionResults`, or `None` if the action has not begun at `now`.
    pub(crate) fn result_at(&self, now: OffsetDateTime, show_passcode: bool) -> Option<Value> {
        let (state, since) = self.timeline.state_at(now)?;
        let done = state == ActionState::Done;
        let mut result = json!({
            "@odata.type": "#microsoft.graph.deviceActionResult",
            "actionName": self.action.name(),
            "actionState": state.name(),
            "startDateTime": timestamp(self.timeline.start),
            "lastUpdatedDateTime": timestamp(since),
        });
        match self.action {
            RemoteAction::ResetPasscode => {
                let failed = state == ActionState::Failed;
                result["@odata.type"] = json!("#microsoft.graph.resetPasscodeActionResult");
                result["errorCode"] = json!(if failed { self.error_code } else { 0 });
                result["passcode"] =
                    json!(self.passcode.as_ref().filter(|_| done && show_passcode));
            }
            RemoteAction::RemoteLock => {
                result["@odata.type"] = json!("#microsoft.graph.remoteLockActionResult");
                result["unlockPin"] = json!(self.unlock_pin.as_ref().filter(|_| done));
            }
            _ => {}
        }
        Some(result)
    }

    /// The `remoteActionAudit`, if this action leaves one and has begun.
    pub(crate) fn audit_at(&self, now: OffsetDateTime) -> Option<Value> {
        let name = self.action.audit_name()?;
        let (state, _) = self.timeline.state_at(now)?;
        Some(json!({
            "id": self.id,
            "deviceDisplayName": self.device_name,
            "userName": self.by,
            // Unconfirmed: what Intune writes here for an application. We write its client id.
            "initiatedByUserPrincipalName": self.by,
            "action": name,
            "requestDateTime": timestamp(self.timeline.start),
            "deviceOwnerUserPrincipalName": self.owner,
            "deviceIMEI": self.imei,
            "actionState": state.name(),
            "managedDeviceId": self.device,
            "deviceActionCategory": "single",
            "bulkDeviceActionId": null,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2026-05-01 12:00 UTC);

    fn record(delays: Option<Delays>, outcome: ActionState) -> ActionRecord {
        ActionRecord {
            id: "a".into(),
            device: "d".into(),
            action: RemoteAction::ResetPasscode,
            by: "helpdesk@contoso.example".into(),
            timeline: Timeline::new(START, delays, outcome),
            passcode: Some("Sample42".into()),
            unlock_pin: None,
            error_code: 1001,
            device_name: "n".into(),
            owner: String::new(),
            imei: String::new(),
        }
    }

    #[test]
    fn an_action_moves_from_pending_to_active_to_its_end() {
        let timeline = Timeline::new(START, Some(Delays::seconds(3, 4)), ActionState::Done);
        let cases = [
            (-1, None),
            (0, Some(ActionState::Pending)),
            (2, Some(ActionState::Pending)),
            (3, Some(ActionState::Active)),
            (6, Some(ActionState::Active)),
            (7, Some(ActionState::Done)),
            (999_999, Some(ActionState::Done)),
        ];
        for (second, expected) in cases {
            let now = START + time::Duration::seconds(second);
            assert_eq!(
                timeline.state_at(now).map(|(state, _)| state),
                expected,
                "{second} s"
            );
        }
    }

    #[test]
    fn an_offline_device_stays_pending() {
        let timeline = Timeline::new(START, None, ActionState::Done);
        let later = START + time::Duration::days(30);
        assert_eq!(
            timeline.state_at(later),
            Some((ActionState::Pending, START))
        );
    }

    #[test]
    fn a_pace_of_zero_ends_the_action_as_it_begins() {
        let delays = Delays::seconds(3600, 60).paced(0.0);
        let timeline = Timeline::new(START, Some(delays), ActionState::Failed);
        assert_eq!(timeline.state_at(START), Some((ActionState::Failed, START)));
    }

    #[test]
    fn the_passcode_shows_only_when_done_and_the_error_code_only_when_failed() {
        let at = |record: &ActionRecord, second: i64| {
            let now = START + time::Duration::seconds(second);
            record.result_at(now, true).expect("begun")
        };
        let good = record(Some(Delays::seconds(1, 1)), ActionState::Done);
        assert_eq!(at(&good, 1)["passcode"], Value::Null);
        assert_eq!(at(&good, 2)["passcode"], "Sample42");
        assert_eq!(at(&good, 2)["errorCode"], 0);
        let bad = record(Some(Delays::seconds(1, 1)), ActionState::Failed);
        assert_eq!(at(&bad, 2)["passcode"], Value::Null);
        assert_eq!(at(&bad, 1)["errorCode"], 0);
        assert_eq!(at(&bad, 2)["errorCode"], 1001);
    }
}
