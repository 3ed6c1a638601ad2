//! A sender's part: plan for its devices, then carry all of that out.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use passcode_builtin::{COMPONENT, GRANT};
use passcode_host::contract::types::Verb;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use passcode_host::ledger::{PlanId, Sending};
use passcode_host::{Action, Authority, Destination, Host, Rate, Wanted};
use passcode_ledger::SqliteLedger;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::{OURS, WINDOW};

pub(crate) const GRAPH: &str = "PASSCODE_BUDGET_GRAPH";
pub(crate) const TOKEN: &str = "PASSCODE_BUDGET_TOKEN";
pub(crate) const HOME: &str = "PASSCODE_BUDGET_HOME";
pub(crate) const DEVICES: &str = "PASSCODE_BUDGET_DEVICES";
/// Actions at the same time.
const AT_ONCE: usize = 16;

#[derive(Debug)]
struct Token(String);

#[async_trait]
impl Credential for Token {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        Ok(AccessToken::new(self.0.clone(), None))
    }

    fn kind(&self) -> &'static str {
        "given"
    }
}

fn told(name: &str) -> String {
    std::env::var(name).unwrap()
}

pub(crate) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let became = runtime.block_on(send());
    println!("{became}");
    let _ = std::io::stdin().read_line(&mut String::new());
}

async fn send() -> usize {
    let home = PathBuf::from(told(HOME));
    let ledger = SqliteLedger::open(home.join("ledger.db"), true)
        .await
        .unwrap();
    let token = Arc::new(Token(told(TOKEN)));
    let graph = Destination::new("graph", &told(GRAPH), token).unwrap();
    let usual = Rate::default();
    assert_eq!(usual.writes, OURS);
    let host = Host::builder(Arc::new(ledger))
        .destination(graph)
        .cache(home.join("cache"))
        .rate(Rate {
            // As much shorter as the tenant's is.
            window: usual.window.mul_f64(WINDOW.as_secs_f64() / 20.0),
            ..usual
        })
        .practice()
        .build()
        .unwrap();
    let action = host
        .load(COMPONENT, &Authority::parse(GRANT).unwrap())
        .unwrap();
    let devices = told(DEVICES);
    let (first, last) = devices.split_once(' ').unwrap();
    let devices = first.parse::<usize>().unwrap()..=last.parse().unwrap();
    let plans = each(&action, devices, plan).await;
    println!("ready");
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()))
        .await
        .unwrap()
        .unwrap();
    let sent = each(&action, plans, carry_out).await;
    sent.into_iter().filter(|accepted| *accepted).count()
}

async fn plan(action: Action, number: usize) -> PlanId {
    let device = format!("5ca1e000-0000-4000-8000-{number:012}");
    let mut wanted = Wanted::new(&device, Verb::Reset);
    wanted.reason = Some("measured".to_owned());
    action.prepare(&wanted).await.unwrap().id
}

async fn carry_out(action: Action, plan: PlanId) -> bool {
    let committed = action.commit(&plan).await;
    let accepted = matches!(
        &committed,
        Ok(committed) if committed.sent.as_ref().is_some_and(|sent| sent.sending == Sending::Accepted)
    );
    if !accepted {
        eprintln!("{committed:?}");
    }
    accepted
}

/// Do something with each, so many at a time.
async fn each<T, R, F>(
    action: &Action,
    of: impl IntoIterator<Item = T>,
    doing: impl Fn(Action, T) -> F,
) -> Vec<R>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut all = JoinSet::new();
    for one in of {
        let permit = room.clone().acquire_owned().await.unwrap();
        let doing = doing(action.clone(), one);
        all.spawn(async move {
            let done = doing.await;
            drop(permit);
            done
        });
    }
    all.join_all().await
}
