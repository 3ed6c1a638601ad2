//! What any [`SendLedger`] has to do, as tests that take the ledger as an argument.
//!
//! `open(n)` opens store `n`: the first call makes an empty one, each later call gives another,
//! independent handle on the same one, as another process would have. The functions panic with
//! the name of the case that failed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is how a test says that it failed"
)]

mod audit;
mod intend;
mod race;
mod record;
mod runs;
mod settle;

use std::future::Future;
use std::sync::Arc;

use passcode_host::contract::types::ActionResult;
use passcode_host::ledger::{Ending, Intent, PlanId, SendLedger, Sending, Settlement, StoredPlan};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

pub use audit::{StoreHandle, all_lines, every_rule_of_audit, looked_through};
pub use runs::{RunHandle, Runs, every_rule_of_runs, races_for_rows};

/// A handle on a store.
pub type Handle = Arc<dyn SendLedger>;

/// Run every case but the races.
pub async fn every_rule<F, R>(open: F)
where
    F: Fn(u32) -> R,
    R: Future<Output = Handle>,
{
    intend::plan_rules(open(1).await).await;
    intend::device_rules(&open).await;
    intend::chains(open(2).await).await;
    intend::misuse(open(3).await).await;
    settle::table(open(4).await).await;
    settle::endings(open(5).await).await;
    record::plans(open(6).await).await;
    record::attempts(open(7).await, open(7).await).await;
    record::lists(open(8).await).await;
}

/// Let two handles compete for the same plan, and for two plans of the same device, `rounds`
/// times each. Exactly one wins each time.
pub async fn races<F, R>(open: F, rounds: u32)
where
    F: Fn(u32) -> R,
    R: Future<Output = Handle>,
{
    let (one, two) = (open(1).await, open(1).await);
    race::one_plan(&one, &two, rounds).await;
    race::one_device(&one, &two, rounds).await;
}

/// The tenant of every case.
pub(crate) const TENANT: &str = "11111111-aaaa-4bbb-8ccc-222222222222";

/// A plan for a device, told from others by `salt`.
#[must_use]
pub fn plan(device: &str, salt: &str) -> StoredPlan {
    let document = format!(r#"{{"device":"{device}","salt":"{salt}"}}"#);
    let created = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000) + Duration::nanoseconds(7);
    StoredPlan {
        id: PlanId(Sha256::digest(&document).into()),
        tenant: TENANT.into(),
        device: device.into(),
        created,
        expires: created + Duration::hours(24),
        document,
    }
}

/// An intent that carries a plan out, under a name.
#[must_use]
pub fn intent(plan: &StoredPlan, client_request_id: &str) -> Intent {
    Intent {
        plan: plan.id,
        tenant: plan.tenant.clone(),
        device: plan.device.clone(),
        client_request_id: client_request_id.into(),
        request: format!(
            "POST /deviceManagement/managedDevices/{}/resetPasscode",
            plan.device
        ),
        at: plan.created + Duration::minutes(1),
        service_date: Some("Fri, 20 Nov 2026 17:00:00 GMT".into()),
        snapshot: vec![ActionResult {
            name: "resetPasscode".into(),
            type_name: "microsoft.graph.resetPasscodeActionResult".into(),
            state: "done".into(),
            started: Some("2026-11-19T08:00:00Z".into()),
            updated: None,
            error_code: Some(0),
            passcode: Some(1),
        }],
        after_unknown: None,
        again: false,
    }
}

/// What is recorded with a state that an answer brought.
#[must_use]
pub fn answer(status: u16) -> Settlement {
    Settlement {
        status: Some(status),
        request_id: Some("5c0f0c1e".into()),
        service_date: Some("Fri, 20 Nov 2026 17:00:01 GMT".into()),
        approval_code: None,
        settled_by: None,
    }
}

/// Bring a fresh plan for `device` to a state, by the shortest way. `name` is its
/// client-request-id.
pub(crate) async fn stands_at(
    ledger: &dyn SendLedger,
    device: &str,
    name: &str,
    sending: Sending,
    ending: Option<Ending>,
) -> StoredPlan {
    let plan = plan(device, name);
    ledger.keep_plan(&plan).await.expect("a plan is kept");
    ledger
        .intend(&intent(&plan, name))
        .await
        .expect("the first intent on a device passes");
    let settlement = match sending {
        Sending::Intended => return plan,
        Sending::Unknown => Settlement::default(),
        Sending::Accepted => answer(204),
        Sending::Rejected => answer(403),
        Sending::NotExecuted => answer(429),
    };
    ledger
        .settle(name, sending, &settlement)
        .await
        .expect("an intent is settled");
    if let Some(ending) = ending {
        ledger.end(name, ending).await.expect("it ends");
    }
    plan
}
