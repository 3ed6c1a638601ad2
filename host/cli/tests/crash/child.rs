//! A process that carries out a plan as the command does, with a ledger that stops at a point:
//! it announces it and then does nothing for ever, so that it can be killed exactly there.

use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_builtin::{COMPONENT, GRANT};
use passcode_entra::{Http, HttpOptions, SignIn};
use passcode_host::contract::types::Operator;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, PlanId, SendLedger, Sending, Settlement,
    StoredPlan,
};
use passcode_host::{Authority, Destination, Host};
use passcode_ledger::SqliteLedger;
use passcode_runner::Runner;
use time::OffsetDateTime;

use crate::point::Point;
use crate::scene::Scene;
use crate::tenant::{ROLE, Said, role};

const PLAN: &str = "PASSCODE_CRASH_PLAN";
const ARRIVED: &str = "has come to its point";

/// The real ledger, and the point at which time stands still.
#[derive(Debug)]
struct Announcing {
    inner: SqliteLedger,
    point: String,
}

impl Announcing {
    async fn passes(&self, point: Point) {
        if self.point == format!("{point:?}") {
            println!("{ARRIVED}");
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl SendLedger for Announcing {
    fn practice(&self) -> bool {
        self.inner.practice()
    }

    fn acting(&self, operator: &Operator) {
        self.inner.acting(operator);
    }

    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        self.inner.keep_plan(plan).await
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        self.inner.plan(id).await
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        self.passes(Point::BeforeIntent).await;
        self.inner.intend(intent).await?;
        self.passes(Point::AfterIntent).await;
        Ok(())
    }

    async fn settle(
        &self,
        name: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        self.passes(Point::BeforeAccepted).await;
        self.inner.settle(name, sending, settlement).await?;
        self.passes(Point::AfterAccepted).await;
        Ok(())
    }

    async fn end(&self, name: &str, ending: Ending) -> Result<(), LedgerError> {
        self.passes(Point::BeforeEnd).await;
        self.inner.end(name, ending).await
    }

    async fn deliver(&self, name: &str, at: OffsetDateTime, to: &str) -> Result<(), LedgerError> {
        self.passes(Point::BeforeDelivery).await;
        self.inner.deliver(name, at, to).await
    }

    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.attempts(plan).await
    }

    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.open_attempts(tenant, device).await
    }

    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.recent(limit).await
    }
}

/// A process on its way to a point. Returns when it is there.
pub fn at(point: Point, scene: &Scene, plan: &str) -> Child {
    let mut child = role(&format!("{point:?}"), "child::the_child")
        .env(PLAN, plan)
        .env("PASSCODE_HOME", scene.home.path())
        .envs(scene.environment())
        .spawn()
        .unwrap();
    let arrived = Said::of(&mut child).line(ARRIVED);
    assert!(arrived.is_some(), "it never came to {point:?}");
    child
}

/// The child's part. Without a role and a plan, nothing.
#[tokio::test]
async fn the_child() {
    let (Ok(point), Ok(plan)) = (std::env::var(ROLE), std::env::var(PLAN)) else {
        return;
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let home = PathBuf::from(std::env::var_os("PASSCODE_HOME").unwrap());
    let inner = SqliteLedger::open(home.join("practice/ledger.db"), true);
    let inner = inner.await.unwrap();
    let ledger: Arc<dyn SendLedger> = Arc::new(Announcing { inner, point });

    let choice = SignIn::from_environment(|name| std::env::var(name).ok(), &[]).unwrap();
    let (graph, cloud) = (
        choice.cloud.graph_root().to_owned(),
        choice.cloud.name().to_owned(),
    );
    let http = Http::new(&HttpOptions::default()).unwrap();
    let credential = choice.sign_in.credential(choice.cloud, &http).unwrap();
    let tenant = std::env::var("AZURE_TENANT_ID").unwrap();
    let host = Host::builder(ledger.clone())
        .cache(home.join("cache"))
        .destination(Destination::new("graph", &graph, credential).unwrap())
        .cloud(&cloud)
        .tenant(&tenant)
        .practice()
        .build()
        .unwrap();
    let action = host
        .load(COMPONENT, &Authority::parse(GRANT).unwrap())
        .unwrap();
    let runner = Runner::new(host, action, ledger, Some(tenant));

    let id: PlanId = plan.parse().unwrap();
    let document = runner.action().plan(&id).await.unwrap();
    let sent = runner.carry_out(&document).await.unwrap().sent.unwrap();
    let watched = runner.watch(&id, sent.sending, Duration::from_secs(2), |_| {});
    let observed = watched.await.last.unwrap();
    runner.disclose(&observed, "json").await.unwrap();
}
