//! One action by the host and the component, as the command carries it out.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use passcode_builtin::{COMPONENT, GRANT};
use passcode_host::contract::types::{
    Context, Disposition, Order, Plan, Progress, ProgressState, Receipt, Selector, Verb,
};
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use passcode_host::{
    Action, Answers, Authority, Crossing, Destination, Failure, Host, HostBuilder, Identity,
    Observed, Phase, PlanDocument, Rate, Request, Response, Sandbox, Tap, Wanted,
};

use crate::ledger::Memory;
use crate::service::Service;

/// An Android device that the organisation owns: its reset brings a passcode back.
const SERIAL: &str = "SAMPLE-COSU-0001";

/// A host and the component in it.
pub(crate) struct Sandboxed {
    host: Host,
    action: Action,
    authority: Authority,
    ledger: Arc<Memory>,
    selector: Selector,
}

/// What the component was told in one action, in order, and what became of it.
pub(crate) struct Seen {
    pub(crate) serial: String,
    pub(crate) crossings: Vec<(Phase, &'static str, String)>,
    pub(crate) plan: PlanDocument,
    pub(crate) observed: Observed,
}

impl Seen {
    /// What the component was answered in a phase.
    pub(crate) fn answers(&self, phase: Phase) -> Vec<Response> {
        let answers: Vec<Response> = self
            .crossings
            .iter()
            .filter(|(of, what, _)| *of == phase && *what == "response")
            .map(|(_, _, content)| serde_json::from_str(content).unwrap())
            .collect();
        assert!(!answers.is_empty());
        answers
    }

    /// Who the component was told that we are.
    pub(crate) fn identity(&self) -> Identity {
        let told = self
            .crossings
            .iter()
            .find(|(_, what, _)| *what == "identity");
        let identity: Option<Identity> = serde_json::from_str(&told.unwrap().2).unwrap();
        identity.unwrap()
    }
}

#[derive(Debug)]
struct Token(String);

#[async_trait]
impl Credential for Token {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        Ok(AccessToken::new(self.0.clone(), None))
    }

    fn kind(&self) -> &'static str {
        "given-token"
    }
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<(Phase, &'static str, String)>>);

impl Tap for Heard {
    fn crossing(&self, crossing: &Crossing<'_>) {
        let heard = (crossing.phase, crossing.what, crossing.content.to_owned());
        self.0.lock().unwrap().push(heard);
    }
}

impl Sandboxed {
    /// Carry one action out against a practice tenant, and remember its answers.
    pub(crate) async fn learn(cache: &Path) -> (Self, Seen) {
        let service = Arc::new(Service::start());
        let heard = Arc::new(Heard::default());
        let tap = heard.clone();
        let tapped = Self::new(&service, cache, |builder| builder.tap(tap));
        let (plan, observed) = tapped.action().await;
        service.learned();
        let seen = Seen {
            serial: SERIAL.to_owned(),
            crossings: std::mem::take(&mut *heard.0.lock().unwrap()),
            plan,
            observed,
        };
        // The tap writes everything down, which the command does not do.
        (Self::new(&service, cache, |builder| builder), seen)
    }

    pub(crate) fn new(
        service: &Arc<Service>,
        cache: &Path,
        change: impl FnOnce(HostBuilder) -> HostBuilder,
    ) -> Self {
        let ledger = Arc::new(Memory::default());
        let token = Arc::new(Token(service.token.clone()));
        let graph = Destination::new("graph", service.tenant.url(), token).unwrap();
        let answering = service.clone();
        let builder = Host::builder(ledger.clone())
            .destination(graph)
            .cache(cache.to_owned())
            .practice()
            // Thousands of actions in 20 seconds are more than Intune's own limits.
            .rate(Rate {
                writes: usize::MAX,
                any: usize::MAX,
                ..Rate::default()
            })
            .answered_by(move |method, url| answering.answer(method, url));
        let host = change(builder).build().unwrap();
        let authority = Authority::parse(GRANT).unwrap();
        Self {
            action: host.load(COMPONENT, &authority).unwrap(),
            host,
            authority,
            ledger,
            selector: Selector::SerialNumber(SERIAL.to_owned()),
        }
    }

    /// Find, prepare, commit, observe.
    pub(crate) async fn action(&self) -> (PlanDocument, Observed) {
        self.ledger.forget();
        let found = self.action.find(&self.selector).await.unwrap();
        let wanted = Wanted::new(&found.matched[0].id, Verb::Reset);
        let plan = self.action.prepare(&wanted).await.unwrap();
        let committed = self.action.commit(&plan.id).await.unwrap();
        committed.progress.unwrap();
        let observed = self.action.observe(&plan.id).await.unwrap();
        assert!(observed.passcode.is_some() && observed.progress.state == ProgressState::Done);
        (plan, observed)
    }

    /// From the component's bytes and the code cache to something that can be called.
    pub(crate) fn load(&self) -> Action {
        self.host.load(COMPONENT, &self.authority).unwrap()
    }
}

/// The component alone: its instances, their limits, and what crosses. No door, no envelope, no ledger.
pub(crate) struct Bare {
    sandbox: Sandbox,
    answers: Arc<Again>,
    selector: Selector,
    context: Context,
    order: Order,
    plan: Plan,
    receipt: Receipt,
}

/// What the component was answered before, in order, again and again.
#[derive(Debug)]
struct Again {
    answers: Vec<Response>,
    next: AtomicUsize,
    identity: Identity,
}

impl Answers for Again {
    fn send(&self, _: &Request) -> Option<Result<Response, Failure>> {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.answers.len();
        Some(Ok(self.answers[next].clone()))
    }

    fn whoami(&self, _: &str) -> Option<Option<Identity>> {
        Some(Some(self.identity.clone()))
    }

    fn log(&self, _: &str, _: &str) -> bool {
        true
    }
}

impl Bare {
    /// The same engine and limits; answered what the component was answered before.
    pub(crate) fn of(cache: &Path, seen: &Seen) -> Self {
        let phases = [Phase::Find, Phase::Prepare, Phase::Commit, Phase::Observe];
        let answers = phases
            .into_iter()
            .flat_map(|phase| seen.answers(phase))
            .collect();
        let plan = seen.plan.plan.clone();
        let attempt = &seen.observed.attempt;
        Self {
            sandbox: Sandbox::load(COMPONENT, Some(cache.to_owned())).unwrap(),
            answers: Arc::new(Again {
                answers,
                next: AtomicUsize::new(0),
                identity: seen.identity(),
            }),
            selector: Selector::SerialNumber(SERIAL.to_owned()),
            context: Context {
                now: plan.created.clone(),
                time_zone: None,
                cloud: plan.cloud.clone(),
                practice: true,
            },
            order: Order {
                device_id: plan.proposal.device.id.clone(),
                verb: Verb::Reset,
                address: None,
                address_values: Vec::new(),
                preflight: true,
                caller: plan.caller.clone(),
            },
            receipt: Receipt {
                client_request_id: attempt.intent.client_request_id.clone(),
                request_id: attempt.settlement.request_id.clone(),
                disposition: Disposition::Accepted,
                service_date: attempt.settlement.service_date.clone(),
                snapshot: attempt.intent.snapshot.clone(),
            },
            plan,
        }
    }

    /// Find, prepare, commit, observe.
    pub(crate) async fn action(&self) -> Progress {
        let (sandbox, context, plan) = (&self.sandbox, &self.context, &self.plan);
        let answers = || self.answers.clone();
        let found = sandbox.find(&self.selector, context, answers()).await;
        assert_eq!(found.unwrap().unwrap().matched[0].id, self.order.device_id);
        let proposal = sandbox.prepare(&self.order, context, answers()).await;
        assert_eq!(
            proposal.unwrap().unwrap().checks.len(),
            plan.proposal.checks.len()
        );
        let committed = sandbox.commit(plan, context, answers()).await;
        committed.unwrap().unwrap();
        let progress = sandbox
            .observe(plan, &self.receipt, context, answers())
            .await;
        progress.unwrap().unwrap()
    }

    pub(crate) async fn instantiate(&self) -> impl Sized + use<> {
        self.sandbox
            .instantiate(self.answers.clone())
            .await
            .unwrap()
    }
}
