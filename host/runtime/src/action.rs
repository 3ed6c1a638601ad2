//! The steps of an action: find, prepare, commit, observe. Each runs in a fresh instance, and
//! after each the host believes what it saw itself over what the component says.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::authority::{Authority, Phase};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::component::Loaded;
use crate::contract::exports::Callable;
use crate::contract::types::{
    Address, Context, Description, Findings, HistoryEntry, HistoryQuery, Operator, Order, Plan,
    Problem, ReviewRecord, Rule, Selector,
};
use crate::document::{IdentityCard, KeptPlan, NotAPlan, PlanDocument};
use crate::door::{Binding, Carried, Stopped, Vault};
use crate::error::{HostError, Refusal};
use crate::gate;
use crate::identity::Identity;
use crate::imports::Step;
use crate::ledger::{PlanId, StoredPlan};
use crate::pace::Stop;
use crate::reports::{
    Committed, Listed, Observed, approval_decides, host_knows, not_seen_again, receipt,
};
use crate::review::Reviewing;
use crate::shared::Shared;
use crate::step::{Running, call};
use crate::wanted::{Wanted, caller, operator};

/// A loaded component under its authority.
#[derive(Clone)]
pub struct Action {
    shared: Arc<Shared>,
    callable: Arc<Callable<Step>>,
    digest: String,
    authority: Arc<Authority>,
    grant_digest: String,
    stop: Stop,
    reviewing: Option<Arc<dyn Reviewing>>,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action")
            .field("digest", &self.digest)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

impl Action {
    pub(crate) fn new(shared: Arc<Shared>, loaded: Loaded<Step>, authority: Authority) -> Self {
        Self {
            shared,
            callable: Arc::new(loaded.callable),
            digest: loaded.digest,
            grant_digest: authority.digest(),
            authority: Arc::new(authority),
            stop: Stop::default(),
            reviewing: None,
        }
    }

    /// The same, until somebody says that nothing is to be sent any more: from then on no plan's
    /// request leaves that was not on its way, also none that waits for its turn. Those calls end
    /// with [`HostError::Stopping`]. What was sent is looked after to its end, and whatever only
    /// looks is not hindered.
    #[must_use]
    pub fn until(mut self, no_more: watch::Receiver<bool>) -> Self {
        self.stop = Stop::on(no_more);
        self
    }

    /// The same, which asks these reviewers about every plan that it makes, and carries out no
    /// plan that they did not see.
    #[must_use]
    pub fn reviewed_by(mut self, reviewing: Arc<dyn Reviewing>) -> Self {
        self.reviewing = Some(reviewing);
        self
    }

    /// SHA-256 of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What the component may do.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) async fn start(
        &self,
        phase: Phase,
        device: Option<&str>,
        plan: Option<(PlanId, Arc<PlanDocument>)>,
    ) -> Result<Running<Step>, HostError> {
        let binding = Binding {
            phase,
            device: device.map(str::to_owned),
            plan,
            approval: None,
            stop: self.stop.clone(),
        };
        let state = Step::new(&self.shared, &self.authority, binding);
        let Shared {
            machine, limits, ..
        } = &*self.shared;
        Running::start(machine, &self.callable, limits, state).await
    }

    /// The context of a call. Signs in first, so that the component can ask who we are.
    async fn context(&self) -> Result<Context, HostError> {
        self.sign_in(None).await?;
        Ok(self.offline_context())
    }

    fn offline_context(&self) -> Context {
        Context {
            now: rfc3339(self.shared.time.now()),
            time_zone: None,
            cloud: self.shared.cloud.clone(),
            practice: self.shared.practice,
        }
    }

    /// What the component is.
    ///
    /// # Errors
    ///
    /// If it fails, or runs into a limit.
    pub async fn describe(&self) -> Result<Description, HostError> {
        call!(&mut self.start(Phase::Find, None, None).await?, describe())
    }

    /// The rules it knows.
    ///
    /// # Errors
    ///
    /// If it fails, or runs into a limit.
    pub async fn matrix(&self) -> Result<Vec<Rule>, HostError> {
        call!(&mut self.start(Phase::Find, None, None).await?, matrix())
    }

    /// The addresses it knows.
    ///
    /// # Errors
    ///
    /// If it fails, or runs into a limit.
    pub async fn addresses(&self) -> Result<Vec<Address>, HostError> {
        call!(&mut self.start(Phase::Find, None, None).await?, addresses())
    }

    /// Find devices.
    ///
    /// # Errors
    ///
    /// What the component or the service says.
    pub async fn find(&self, selector: &Selector) -> Result<Findings, HostError> {
        let context = self.context().await?;
        let mut running = self.start(Phase::Find, None, None).await?;
        let said = call!(&mut running, find(selector, &context))?;
        answer(&mut running, said)
    }

    /// Who acts, as it would stand in a plan: whoever is signed in, else who is claimed.
    ///
    /// # Errors
    ///
    /// If there is no token.
    pub async fn operator(&self, claimed: Option<&str>) -> Result<Operator, HostError> {
        let identity = self.sign_in(claimed).await?;
        Ok(operator(&identity, claimed, self.credential_kind()))
    }

    /// Make a plan, and keep it in the ledger. Only reads.
    ///
    /// # Errors
    ///
    /// What the component or the service says; if the component proposes anything but its
    /// granted action on the device that was asked for; if the ledger cannot keep the plan.
    pub async fn prepare(&self, wanted: &Wanted) -> Result<PlanDocument, HostError> {
        let context = self.context().await?;
        let claimed = wanted.claimed_operator.as_deref();
        let identity = self.sign_in(claimed).await?;
        let order = Order {
            device_id: wanted.device.clone(),
            verb: wanted.verb,
            address: wanted.address.clone(),
            address_values: wanted.address_values.clone(),
            preflight: wanted.preflight,
            caller: caller(wanted, &identity, self.credential_kind()),
        };
        let mut running = self
            .start(Phase::Prepare, Some(&wanted.device), None)
            .await?;
        let said = call!(&mut running, prepare(&order, &context))?;
        let proposal = answer(&mut running, said)?;
        let tenant = self.tenant(&identity.tenant)?;
        let card = self.card(&mut running, &wanted.device).await?;
        gate::proposal(&self.authority, &wanted.device, &proposal)?;
        let service_date = running.door().service_date();
        let service_date = service_date.as_deref().and_then(parse_rfc3339);
        // Reviewers need places of their own: a step that kept its own would wait for them, and
        // they for it.
        drop(running);
        let created = service_date.unwrap_or_else(|| self.shared.time.now());
        let expires = created.checked_add(wanted.valid_for).unwrap_or(created);
        let mut plan = Plan {
            proposal,
            caller: order.caller,
            tenant,
            cloud: self.shared.cloud.clone(),
            practice: self.shared.practice,
            created: rfc3339(created),
            expires: rfc3339(expires),
            reviews: Vec::<ReviewRecord>::new(),
            delivery: wanted.delivery.clone(),
            component_digest: self.digest.clone(),
            grant_digest: self.grant_digest.clone(),
            again: wanted.again,
            after_unknown: wanted.after_unknown.map(|id| id.to_string()),
        };
        if let Some(reviewing) = &self.reviewing {
            plan.reviews = reviewing.review(&plan, &context).await;
        }
        let (document, canonical) = PlanDocument::seal(card, plan);
        let stored = StoredPlan {
            id: document.id,
            tenant: document.plan.tenant.clone(),
            device: wanted.device.clone(),
            created,
            expires,
            document: canonical,
        };
        self.shared
            .ledger
            .keep_plan(&stored)
            .await
            .map_err(HostError::Ledger)?;
        Ok(document)
    }

    /// The plan of that name, if this ledger made it.
    ///
    /// # Errors
    ///
    /// If it did not, or cannot be read.
    pub async fn plan(&self, id: &PlanId) -> Result<PlanDocument, HostError> {
        let read = |stored: &StoredPlan| PlanDocument::from_ledger(&stored.document);
        self.read(id, read).await
    }

    /// The same plan, to be carried out.
    ///
    /// # Errors
    ///
    /// As [`Action::plan`].
    pub async fn kept(&self, id: &PlanId) -> Result<KeptPlan, HostError> {
        self.read(id, KeptPlan::from_ledger).await
    }

    async fn read<T>(
        &self,
        id: &PlanId,
        read: fn(&StoredPlan) -> Result<T, NotAPlan>,
    ) -> Result<T, HostError> {
        let stored = self
            .shared
            .ledger
            .plan(id)
            .await
            .map_err(HostError::Ledger)?;
        let stored = stored.filter(|stored| stored.id == *id).ok_or_else(|| {
            HostError::refused(
                Refusal::UnknownPlan,
                format!("plan {} is not in this ledger", id.short()),
                "it was made elsewhere, or edited; make a new one here with `--what-if`",
            )
        })?;
        read(&stored).map_err(|error| {
            HostError::refused(
                Refusal::UnknownPlan,
                format!(
                    "plan {} cannot be read by this version: {error}",
                    id.short()
                ),
                "make a new one with `--what-if`",
            )
        })
    }

    /// Carry out a plan: once, on the very device, while it is valid.
    ///
    /// # Errors
    ///
    /// If the plan may not be carried out; nothing was sent then. Once the component runs,
    /// what happened is in [`Committed`].
    pub async fn commit(&self, id: &PlanId) -> Result<Committed, HostError> {
        self.commit_kept(&self.kept(id).await?, false).await
    }

    /// The same for a plan that another person approved, of which the caller has made sure: then a
    /// reviewer's demand for an approval is met. A denial stays one.
    ///
    /// # Errors
    ///
    /// As [`Action::commit`].
    pub async fn commit_approved(&self, id: &PlanId) -> Result<Committed, HostError> {
        self.commit_kept(&self.kept(id).await?, true).await
    }

    /// The same for a plan that was just read from the ledger.
    ///
    /// # Errors
    ///
    /// As [`Action::commit`].
    pub async fn commit_kept(
        &self,
        kept: &KeptPlan,
        approved: bool,
    ) -> Result<Committed, HostError> {
        let (document, id) = (kept.shared(), &kept.id());
        let plan = &document.plan;
        let identity = self.sign_in(None).await?;
        gate::admit(
            plan,
            &gate::Facts {
                tenant: &self.tenant(&identity.tenant)?,
                cloud: &self.shared.cloud,
                practice: self.shared.practice,
                component_digest: &self.digest,
                grant_digest: &self.grant_digest,
                reviewers: &self.reviewers(),
                approved,
            },
        )?;
        let attempts = self
            .shared
            .ledger
            .attempts(id)
            .await
            .map_err(HostError::Ledger)?;
        let device = plan.proposal.device.id.clone();
        let approval = Carried::kept(&attempts, &device);
        gate::unused(attempts)?;
        let mut running = self
            .start(Phase::Commit, Some(&device), Some((*id, document.clone())))
            .await?;
        running.door().binding.approval = approval;
        let now = running
            .door()
            .look_again(&document.identity.path, &document.identity.select)
            .await
            .map_err(|why| unseen(&mut running, &why))?;
        running.tell("host-read", &now);
        gate::unexpired(plan, self.shared.time.now())?;
        gate::unchanged(&document.identity, &now)?;
        let context = self.offline_context();
        let said = call!(&mut running, commit(plan, &context));
        let sent = running.door().sent.take();
        let progress = match said {
            Ok(said) => answer(&mut running, said),
            Err(error) => Err(error),
        };
        let progress = progress.map_err(|error| approval_decides(sent.as_ref(), id, error));
        if sent.is_none() && progress.is_ok() {
            return Err(HostError::Component(
                "it claims progress although it sent nothing".to_owned(),
            ));
        }
        Ok(Committed { sent, progress })
    }

    /// Look how an action that was sent is getting on.
    ///
    /// # Errors
    ///
    /// If nothing was sent for this plan; what the component or the service says.
    pub async fn observe(&self, id: &PlanId) -> Result<Observed, HostError> {
        let document = self.kept(id).await?.shared();
        let attempts = self
            .shared
            .ledger
            .attempts(id)
            .await
            .map_err(HostError::Ledger)?;
        let attempt = attempts
            .into_iter()
            .rev()
            .find(|attempt| attempt.sending.may_have_touched());
        let attempt = attempt.ok_or_else(|| {
            HostError::refused(
                Refusal::UnknownPlan,
                format!(
                    "plan {} was never sent, so there is nothing to watch",
                    id.short()
                ),
                format!("carry it out with `passcode execute {id}`"),
            )
        })?;
        let context = self.context().await?;
        let device = document.plan.proposal.device.id.clone();
        let receipt = receipt(&attempt);
        let mut running = self
            .start(Phase::Observe, Some(&device), Some((*id, document.clone())))
            .await?;
        let said = call!(&mut running, observe(&document.plan, &receipt, &context))?;
        let progress = answer(&mut running, said)?;
        let opens = self.opens();
        let seal = progress
            .outcome
            .as_ref()
            .and_then(|outcome| outcome.passcode);
        let door = running.door();
        let listed = door.snapshot.as_deref().unwrap_or_default();
        let passcode = match seal {
            Some(seal) => Some(gate::open_own(
                &door.vault,
                seal,
                &device,
                opens,
                &receipt,
                listed,
            )?),
            None => None,
        };
        Ok(Observed {
            progress,
            passcode,
            attempt,
        })
    }

    /// The action results that a device lists, whoever made them, with their passcodes.
    ///
    /// # Errors
    ///
    /// What the component or the service says.
    pub async fn results(&self, device: &str) -> Result<Vec<Listed>, HostError> {
        let context = self.context().await?;
        let device_id = device.to_owned();
        let mut running = self.start(Phase::Results, Some(device), None).await?;
        let said = call!(&mut running, results(&device_id, &context))?;
        let results = answer(&mut running, said)?;
        let opens = self.opens();
        let vault: &Vault = &running.door().vault;
        Ok(results
            .into_iter()
            .map(|result| {
                let passcode = result
                    .passcode
                    .and_then(|seal| gate::open_listed(vault, seal, device, opens, &result));
                Listed { result, passcode }
            })
            .collect())
    }

    /// The service's own record of actions.
    ///
    /// # Errors
    ///
    /// What the component or the service says.
    pub async fn history(&self, query: &HistoryQuery) -> Result<Vec<HistoryEntry>, HostError> {
        let context = self.context().await?;
        let mut running = self.start(Phase::History, None, None).await?;
        let said = call!(&mut running, history(query, &context))?;
        answer(&mut running, said)
    }

    /// The reviewers that are asked about every plan: name and digest.
    fn reviewers(&self) -> Vec<(String, String)> {
        let asked = self.reviewing.as_ref();
        asked.map_or_else(Vec::new, |reviewing| reviewing.reviewers())
    }

    fn opens(&self) -> Option<&str> {
        self.authority
            .showing_devices()
            .and_then(|route| route.opens.as_deref())
    }

    /// The destination of the management service: the one that shows devices.
    fn service(&self) -> &str {
        self.authority
            .showing_devices()
            .map_or("", |route| route.destination.as_str())
    }

    /// Who we are; and the ledger is told, before anything is written in it.
    async fn sign_in(&self, claimed: Option<&str>) -> Result<Arc<Identity>, HostError> {
        let identity = self.shared.sign_in(self.service()).await?;
        // A sign-in that names nobody is no reason to forget who was named before.
        if identity.name.is_some() || claimed.is_some() {
            let operator = operator(&identity, claimed, self.credential_kind());
            self.shared.ledger.acting(&operator);
        }
        Ok(identity)
    }

    fn credential_kind(&self) -> String {
        self.shared
            .destination(self.service())
            .map_or_else(String::new, |(graph, _)| graph.credential.kind().to_owned())
    }

    fn tenant(&self, of_token: &str) -> Result<String, HostError> {
        let named = self.shared.tenant.as_deref();
        match (of_token, named) {
            ("", None) => Err(HostError::Setup {
                message: "neither the token nor the settings say which tenant this is".to_owned(),
                remedy: "set AZURE_TENANT_ID".to_owned(),
            }),
            ("", Some(named)) => Ok(named.to_owned()),
            (token, _) => Ok(token.to_owned()),
        }
    }

    /// The identity card, from the answer that the host saw itself.
    async fn card(
        &self,
        running: &mut Running<Step>,
        device: &str,
    ) -> Result<IdentityCard, HostError> {
        let route = self.authority.showing_devices();
        let seen = running.door().seen.remove(device);
        let (Some(route), Some(mut sight)) = (route, seen) else {
            return Err(HostError::Component(
                "it proposes a plan for a device it did not look at".to_owned(),
            ));
        };
        let left_out = |name: &String| !sight.select.contains(name);
        if !sight.select.is_empty() && route.identity.iter().any(left_out) {
            // A component chooses what it reads itself, not what a person decides by and
            // `commit` compares.
            sight.select.clear();
            let whole = running.door().look_again(&sight.path, &[]).await;
            sight.properties = whole.map_err(|why| unseen(running, &why))?;
            running.tell("host-read", &sight.properties);
        }
        let identifying = route
            .identity
            .iter()
            .filter(|name| sight.properties.contains_key(*name))
            .cloned()
            .collect();
        if sight.properties.get("id").and_then(|id| id.as_str()) != Some(device) {
            return Err(HostError::Component(
                "the service answered with another device than it was asked for".to_owned(),
            ));
        }
        Ok(IdentityCard {
            device: device.to_owned(),
            path: sight.path,
            select: sight.select,
            properties: sight.properties,
            identifying,
        })
    }
}

/// Why the device could not be read again: the host's own reason goes before the service's.
fn unseen(running: &mut Running<Step>, why: &Stopped) -> HostError {
    let fault = running.door().take_fault();
    fault.unwrap_or_else(|| not_seen_again(why))
}

/// A component's answer, or its problem.
fn answer<T>(running: &mut Running<Step>, said: Result<T, Problem>) -> Result<T, HostError> {
    said.map_err(|problem| host_knows(running.door(), problem))
}
