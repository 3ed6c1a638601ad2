//! What is done with a row, through a runner: the same as for a device on its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use passcode_host::contract::types::{Device, Fact, Selector, Verb};
use passcode_host::ledger::LedgerError;
use passcode_host::{HostError, PlanDocument, Wanted};
use passcode_ledger::run::{Row, RunLedger};
use passcode_runfile::{CheckedIn, checked_in, cool};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::watch;

use super::hands::{Did, Hands, Label};
use super::verdict::{after_look, after_plan, after_send};
use crate::select::{Choice, Narrow, choose};
use crate::{Ended, Runner};

/// What a row asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asked {
    /// Which device.
    pub selector: Selector,
    /// What the list says about the device besides. If the device says otherwise, it is another one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expect: BTreeMap<String, String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// How the caller was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_by: Option<String>,
    /// What the finder that named the device found besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// What is asked for every row.
#[derive(Clone, Debug)]
pub struct Order {
    /// What to do.
    pub verb: Verb,
    /// Only such devices.
    pub narrow: Narrow,
    /// Only these kinds; all, if empty.
    pub kinds: Vec<String>,
    /// Only devices that checked in within this time.
    pub checked_in_within: Option<Duration>,
    /// Not within this time after a passcode action of ours.
    pub cool_down: Option<Duration>,
    /// Checks that are accepted.
    pub accepted_checks: Vec<String>,
    /// Go ahead beside another passcode action.
    pub again: bool,
    /// Where passcodes go.
    pub delivery: String,
    /// How long plans stay valid.
    pub valid_for: Duration,
    /// How long a device is waited for; zero for not at all.
    pub wait: Duration,
    /// Whether to read evidence that no document demands.
    pub preflight: bool,
    /// A name for the operator where no sign-in proves one.
    pub claimed_operator: Option<String>,
    /// Whether another person approved the set of plans.
    pub approved: bool,
}

/// Devices of a tenant.
#[derive(Clone, Debug)]
pub struct Devices {
    runner: Runner,
    ledger: Arc<dyn RunLedger>,
    order: Order,
    tenant: String,
    no_more: watch::Sender<bool>,
}

impl Devices {
    /// The devices of the tenant that a runner is signed in to. `ledger` is where the run is kept.
    ///
    /// # Errors
    ///
    /// If nobody is signed in.
    pub async fn new(
        runner: Runner,
        ledger: Arc<dyn RunLedger>,
        order: Order,
    ) -> Result<Self, HostError> {
        let tenant = runner.tenant().await?;
        let (no_more, told) = watch::channel(false);
        Ok(Self {
            runner: runner.until(told),
            ledger,
            order,
            tenant,
            no_more,
        })
    }

    async fn made(&self, row: &Row) -> Result<Result<PlanDocument, Did>, HostError> {
        let asked: Asked = match serde_json::from_str(&row.new.selector) {
            Ok(asked) => asked,
            Err(error) => {
                let message = format!("{} is not a row of ours: {error}", row.new.source);
                return Ok(Err(Did::ended(Ended::Fault, "fault", message)));
            }
        };
        let selectors = std::slice::from_ref(&asked.selector);
        let found = self.runner.find(selectors, &self.order.narrow).await?;
        let device = match choose(&found) {
            Choice::One(device) => device,
            Choice::None => {
                let message = format!("no device matches{}", named(&asked.selector));
                return Ok(Err(Did::ended(
                    Ended::NotFound,
                    "device-not-found",
                    message,
                )));
            }
            Choice::Many(several) => {
                let ids: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
                let message = format!(
                    "{} devices match{}: {}",
                    several.len(),
                    named(&asked.selector),
                    ids.join(", ")
                );
                return Ok(Err(Did::ended(Ended::NotFound, "several-devices", message)));
            }
        };
        if let Some((code, message)) = self.out_of_bounds(device, &asked).await? {
            return Ok(Err(Did::Ended {
                ended: Ended::Refused,
                device: Some((device.id.clone(), label(device))),
                why: Some((code.to_owned(), message)),
            }));
        }
        let open = self.runner.tidy(&device.id).await?;
        if let Some(error) = Runner::in_the_way(&open, self.order.again, None) {
            return Err(error);
        }
        self.runner
            .plan(&self.wanted(&device.id, asked))
            .await
            .map(Ok)
    }

    fn wanted(&self, device: &str, asked: Asked) -> Wanted {
        let mut wanted = Wanted::new(device, self.order.verb);
        wanted.preflight = self.order.preflight;
        wanted.claimed_operator = self.order.claimed_operator.clone();
        wanted.reason = asked.reason;
        wanted.ticket = asked.ticket;
        wanted.verified_by = asked.verified_by;
        wanted.facts = asked.facts;
        wanted.accepted_checks = self.order.accepted_checks.clone();
        wanted.delivery = self.order.delivery.clone();
        wanted.valid_for = signed(self.order.valid_for);
        wanted.again = self.order.again;
        wanted
    }

    /// Why the run's own guards leave a device out.
    async fn out_of_bounds(
        &self,
        device: &Device,
        asked: &Asked,
    ) -> Result<Option<(&'static str, String)>, HostError> {
        if let Some(message) = differs(device, &asked.expect) {
            return Ok(Some(("row-differs", message)));
        }
        if let Some(message) = guarded(device, &self.order, self.now()) {
            return Ok(Some(message));
        }
        self.too_warm(&device.id).await
    }

    /// Whether the device had a passcode action of ours a moment ago.
    async fn too_warm(&self, device: &str) -> Result<Option<(&'static str, String)>, HostError> {
        let Some(cool_down) = self.order.cool_down else {
            return Ok(None);
        };
        let last = self.ledger.last_sent(&self.tenant, device).await;
        let last = last.map_err(HostError::Ledger)?;
        Ok(cool(last, self.now(), cool_down).map(|left| {
            let message = format!(
                "an action of ours on the device is too recent; another one may follow in {} s",
                left.as_secs()
            );
            ("cool-down", message)
        }))
    }
}

/// What a source that was asked called the device. A row of a list is there to be looked at.
fn named(selector: &Selector) -> String {
    match selector {
        Selector::Other((name, value)) => format!(" {name} {value}"),
        _ => String::new(),
    }
}

fn signed(duration: Duration) -> time::Duration {
    time::Duration::try_from(duration).unwrap_or(time::Duration::MAX)
}

fn label(device: &Device) -> Label {
    Label {
        name: device.name.clone(),
        serial_number: device.serial_number.clone(),
        user: device.user_principal_name.clone(),
        kind: device.kind.clone(),
    }
}

/// What a list says about a device and the device does not.
fn differs(device: &Device, expect: &BTreeMap<String, String>) -> Option<String> {
    expect.iter().find_map(|(name, listed)| {
        let actual = match name.as_str() {
            "id" => Some(device.id.as_str()),
            "serial" => device.serial_number.as_deref(),
            "user" => device.user_principal_name.as_deref(),
            "name" => Some(device.name.as_str()),
            "imei" => device.imei.as_deref(),
            "entraDeviceId" => device.entra_device_id.as_deref(),
            _ => return Some(format!("`{name}` cannot be compared with the device")),
        };
        let same = actual.is_some_and(|actual| actual.eq_ignore_ascii_case(listed));
        (!same).then(|| {
            format!(
                "the list says {name} `{listed}`, the device `{}`",
                actual.unwrap_or_default()
            )
        })
    })
}

/// Why the guards on kinds and check-ins leave a device out.
fn guarded(device: &Device, order: &Order, now: OffsetDateTime) -> Option<(&'static str, String)> {
    let kind = &device.kind;
    if !order.kinds.is_empty() && !order.kinds.contains(kind) {
        let kinds = order.kinds.join(", ");
        return Some((
            "other-kind",
            format!("it is {kind}, and the run is for {kinds}"),
        ));
    }
    let within = order.checked_in_within?;
    let last = device.last_check_in.as_deref();
    let message = match checked_in(last, now, within) {
        CheckedIn::Recently => return None,
        CheckedIn::TooLongAgo(_) => format!("it last checked in {}", last.unwrap_or_default()),
        CheckedIn::Never => "it never checked in".to_owned(),
        CheckedIn::Unreadable => "when it last checked in cannot be read".to_owned(),
    };
    Some(("not-checked-in", message))
}

impl Hands for Devices {
    async fn plan(&self, row: &Row) -> Did {
        match self.made(row).await {
            Ok(Ok(document)) => after_plan(Ok(&document)),
            Ok(Err(did)) => did,
            Err(error) => after_plan(Err(error)),
        }
    }

    async fn send(&self, row: &Row) -> Did {
        let Some(plan) = row.plan else {
            return Did::ended(Ended::Fault, "fault", "a row without a plan was to be sent");
        };
        let carried = async {
            let kept = self.runner.action().kept(&plan).await?;
            let denied = is_denied(&*self.ledger, &plan.to_string()).await;
            if denied.map_err(HostError::Ledger)? {
                let did = Did::ended(Ended::Refused, "denied", "somebody denied the plan");
                return Ok(Err(did));
            }
            // Another run, or a person, may have been there since the plan was made.
            if let Some((code, message)) = self.too_warm(kept.device()).await? {
                return Ok(Err(Did::ended(Ended::Refused, code, message)));
            }
            let carried = self.runner.carry_out_kept(&kept, self.order.approved).await;
            carried.map(Ok)
        };
        match carried.await {
            Ok(Err(did)) => did,
            Ok(Ok(carried)) if self.order.wait.is_zero() && carried.ended == Ended::Accepted => {
                Did::Ended {
                    ended: Ended::Accepted,
                    device: None,
                    why: None,
                }
            }
            Ok(Ok(carried)) => after_send(Ok(carried)),
            Err(error) => after_send(Err(error)),
        }
    }

    async fn look(&self, row: &Row) -> Did {
        let (Some(plan), Some(attempt)) = (row.plan, &row.attempt) else {
            return Did::ended(
                Ended::Fault,
                "fault",
                "a row without an attempt was looked at",
            );
        };
        let waited = self.now() - attempt.intent.at;
        let waited = Duration::try_from(waited).unwrap_or_default();
        let seen = self.runner.look(&plan).await;
        let sure = !attempt.sending.is_undecided();
        after_look(
            seen.as_ref().map_err(Clone::clone),
            waited,
            self.order.wait,
            sure,
        )
    }

    fn send_no_more(&self) {
        self.no_more.send_replace(true);
    }

    fn now(&self) -> OffsetDateTime {
        self.runner.host().now()
    }
}

/// Whether somebody denied a plan or a set of plans, with a signature or without: nobody gains by
/// forging a denial.
///
/// # Errors
///
/// If the ledger cannot be read.
pub async fn is_denied(ledger: &dyn RunLedger, subject: &str) -> Result<bool, LedgerError> {
    let handed_in = ledger.approvals(subject).await?;
    Ok(handed_in.iter().any(|one| {
        let statement = one.document.lines().next().unwrap_or_default();
        let statement: serde_json::Value = serde_json::from_str(statement).unwrap_or_default();
        statement["decision"] == "deny"
    }))
}
