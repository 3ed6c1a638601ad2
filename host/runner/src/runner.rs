//! The order in which things happen.

use std::sync::Arc;
use std::time::Duration;

use passcode_host::contract::types::{
    HistoryEntry, HistoryQuery, Progress, ProgressState, Selector,
};
use passcode_host::ledger::{Attempt, PlanId, SendLedger, Sending};
use passcode_host::{
    Action, Committed, Host, HostError, KeptPlan, Observed, Passcode, PlanDocument, Refusal, Sent,
    Wanted,
};

use crate::ended::Ended;
use crate::licence::{self, Subscription};
use crate::look::{Shown, Standing};
use crate::rights;
use crate::select::{Found, Narrow};
use crate::settle::consequences;
use crate::watch::{MachineClock, Watched, watch};

/// Drives actions. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Runner {
    host: Host,
    action: Action,
    ledger: Arc<dyn SendLedger>,
    tenant: Option<String>,
    subscription: Option<Arc<dyn Subscription>>,
}

/// What carrying out a plan brought, before anybody waits.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What became of the request; absent if none left.
    pub sent: Option<Sent>,
    /// What the component says.
    pub progress: Option<Progress>,
    /// What went wrong.
    pub error: Option<HostError>,
    /// How it ended.
    pub ended: Ended,
}

impl Carried {
    /// Whether the device can have been touched, so that there is something to watch.
    #[must_use]
    pub fn may_have_touched(&self) -> bool {
        self.sent
            .as_ref()
            .is_some_and(|sent| sent.sending.may_have_touched())
    }
}

impl From<Committed> for Carried {
    fn from(committed: Committed) -> Self {
        let ended = Ended::of_committed(&committed);
        let (progress, error) = match committed.progress {
            Ok(progress) => (Some(progress), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            sent: committed.sent,
            progress,
            error,
            ended,
        }
    }
}

impl Runner {
    /// A runner of one action. `ledger` is the one that `host` was built with; `tenant` is the
    /// tenant of the settings, for tokens that do not name theirs.
    #[must_use]
    pub fn new(
        host: Host,
        action: Action,
        ledger: Arc<dyn SendLedger>,
        tenant: Option<String>,
    ) -> Self {
        Self {
            host,
            action,
            ledger,
            tenant,
            subscription: None,
        }
    }

    /// The same, which asks how the tenant's subscription stands where a read is refused without
    /// a cause of its own.
    #[must_use]
    pub fn asking(mut self, subscription: Arc<dyn Subscription>) -> Self {
        self.subscription = Some(subscription);
        self
    }

    /// The same, until somebody says that nothing is to be sent any more: see [`Action::until`].
    #[must_use]
    pub fn until(mut self, no_more: tokio::sync::watch::Receiver<bool>) -> Self {
        self.action = self.action.until(no_more);
        self
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &dyn SendLedger {
        &*self.ledger
    }

    /// The tenant we are signed in to.
    ///
    /// # Errors
    ///
    /// If there is no token.
    pub async fn tenant(&self) -> Result<String, HostError> {
        let named = self.host.whoami("graph").await?.tenant;
        Ok(match (named.is_empty(), &self.tenant) {
            (true, Some(tenant)) => tenant.clone(),
            _ => named,
        })
    }

    /// Find devices: the union of what each selector brings.
    ///
    /// # Errors
    ///
    /// What the component or the service says.
    pub async fn find(&self, selectors: &[Selector], narrow: &Narrow) -> Result<Found, HostError> {
        let mut found = Found::default();
        for selector in selectors {
            match self.action.find(selector).await {
                Ok(findings) => found.add(findings, narrow),
                Err(error) => return Err(self.told(error, false).await),
            }
        }
        Ok(found)
    }

    /// Look at everything that is still open on a device, left by an earlier run or a crash,
    /// and write down what that proves. What stays open afterwards is returned.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be read or written. A look that fails leaves its attempt open.
    pub async fn tidy(&self, device: &str) -> Result<Vec<Attempt>, HostError> {
        let tenant = self.tenant().await?;
        let open = self.open(&tenant, device).await?;
        if open.is_empty() {
            return Ok(open);
        }
        for attempt in open {
            if let Err(HostError::Ledger(error)) = self.look(&attempt.intent.plan).await {
                return Err(HostError::Ledger(error));
            }
        }
        self.open(&tenant, device).await
    }

    async fn told(&self, error: HostError, acting: bool) -> HostError {
        let error = if rights::concerns(&error) {
            let identity = self.host.whoami("graph").await.ok();
            rights::told(error, identity.as_ref(), acting)
        } else {
            error
        };
        match &self.subscription {
            // What was sent was preceded by reads: there is a licence.
            Some(subscription) if !acting && licence::concerns(&error) => {
                licence::told(error, subscription.lapsed().await.as_deref())
            }
            _ => error,
        }
    }

    async fn open(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, HostError> {
        let open = self.ledger.open_attempts(tenant, device).await;
        open.map_err(HostError::Ledger)
    }

    /// Whether an open attempt stands in the way of a new plan, by the ledger's own rules.
    /// Told before a person is asked to confirm what would then be refused.
    #[must_use]
    pub fn in_the_way(open: &[Attempt], again: bool, after: Option<PlanId>) -> Option<HostError> {
        let undecided = open
            .iter()
            .find(|one| one.sending.is_undecided() && after != Some(one.intent.plan));
        if let Some(attempt) = undecided {
            let plan = attempt.intent.plan;
            return Some(HostError::Refused {
                refusal: Refusal::Undecided,
                message: format!(
                    "the device has an earlier attempt whose outcome is unknown (plan {}, {})",
                    plan.short(),
                    passcode_host::rfc3339(attempt.intent.at)
                ),
                remedy: format!(
                    "look with `passcode status {plan}`; if the device was not touched, act again with `--after-unknown {plan}`"
                ),
            });
        }
        let pending = open
            .iter()
            .find(|one| !one.sending.is_undecided() && !again)?;
        let plan = pending.intent.plan;
        Some(HostError::Refused {
            refusal: Refusal::Open,
            message: format!(
                "the device has an earlier action that has not ended (plan {}, sent {})",
                plan.short(),
                passcode_host::rfc3339(pending.intent.at)
            ),
            remedy: format!(
                "go on watching it with `passcode status {plan} --wait`, or use `--again`"
            ),
        })
    }

    /// Make a plan. Only reads.
    ///
    /// # Errors
    ///
    /// As [`Action::prepare`].
    pub async fn plan(&self, wanted: &Wanted) -> Result<PlanDocument, HostError> {
        match self.action.prepare(wanted).await {
            Ok(plan) => Ok(plan),
            Err(error) => Err(self.told(error, false).await),
        }
    }

    /// Carry out a plan: first look at what is open on its device, then the one request.
    ///
    /// # Errors
    ///
    /// If it may not be carried out; nothing was sent then.
    pub async fn carry_out(&self, document: &PlanDocument) -> Result<Carried, HostError> {
        self.carried(document, false).await
    }

    /// The same for a plan that another person approved, of which the caller has made sure.
    ///
    /// # Errors
    ///
    /// As [`Runner::carry_out`].
    pub async fn carry_out_approved(&self, document: &PlanDocument) -> Result<Carried, HostError> {
        self.carried(document, true).await
    }

    async fn carried(&self, document: &PlanDocument, approved: bool) -> Result<Carried, HostError> {
        let kept = self.action.kept(&document.id).await?;
        self.carry_out_kept(&kept, approved).await
    }

    /// The same for a plan that was just read from the ledger.
    ///
    /// # Errors
    ///
    /// As [`Runner::carry_out`].
    pub async fn carry_out_kept(
        &self,
        kept: &KeptPlan,
        approved: bool,
    ) -> Result<Carried, HostError> {
        self.tidy(kept.device()).await?;
        let mut committed = match self.action.commit_kept(kept, approved).await {
            Ok(committed) => committed,
            Err(error) => return Err(self.told(error, false).await),
        };
        if let Err(error) = committed.progress {
            committed.progress = Err(self.told(error, committed.sent.is_some()).await);
        }
        Ok(committed.into())
    }

    /// Look once, and write down what that proves.
    ///
    /// # Errors
    ///
    /// As [`Action::observe`]; if what was seen cannot be written down.
    pub async fn look(&self, plan: &PlanId) -> Result<Observed, HostError> {
        let mut observed = match self.action.observe(plan).await {
            Ok(observed) => observed,
            Err(error) => return Err(self.told(error, false).await),
        };
        let proven = consequences(&observed.attempt, &observed.progress);
        let name = observed.attempt.intent.client_request_id.clone();
        if let Some(settlement) = proven.accepted {
            let settled = self
                .ledger
                .settle(&name, Sending::Accepted, &settlement)
                .await;
            settled.map_err(HostError::Ledger)?;
            observed.attempt.sending = Sending::Accepted;
            observed.attempt.settlement = settlement;
        }
        if let Some(ending) = proven.ending {
            let ended = self.ledger.end(&name, ending).await;
            ended.map_err(HostError::Ledger)?;
            observed.attempt.ending = Some(ending);
        }
        Ok(observed)
    }

    /// Watch a plan that was sent.
    pub async fn watch(
        &self,
        plan: &PlanId,
        sending: Sending,
        limit: Duration,
        told: impl FnMut(&Observed),
    ) -> Watched {
        watch(
            &MachineClock::default(),
            sending,
            limit,
            async || self.look(plan).await,
            told,
        )
        .await
    }

    /// What stands about a plan; looks once if there is something to see.
    ///
    /// # Errors
    ///
    /// If the plan is not in the ledger, or the look fails.
    pub async fn standing(&self, plan: &PlanId) -> Result<Standing, HostError> {
        let document = self.action.plan(plan).await?;
        let attempts = self.ledger.attempts(plan).await;
        let attempts = attempts.map_err(HostError::Ledger)?;
        let newest = Attempt::that_counts(&attempts).cloned();
        let Some(attempt) = newest else {
            let ended = Ended::of_plan(&document);
            return Ok(Standing {
                document,
                attempt: None,
                observed: None,
                ended,
            });
        };
        if !attempt.sending.may_have_touched() {
            return Ok(Standing {
                document,
                ended: Ended::of_attempt(&attempt),
                attempt: Some(attempt),
                observed: None,
            });
        }
        let observed = self.look(plan).await?;
        let ended = if observed.attempt.sending.is_undecided() {
            Ended::Unknown
        } else {
            Ended::of_state(&observed.progress.state)
        };
        Ok(Standing {
            document,
            attempt: Some(observed.attempt.clone()),
            observed: Some(observed),
            ended,
        })
    }

    /// The passcode of a look, after it was written down that it is about to be shown.
    ///
    /// # Errors
    ///
    /// If that cannot be written down: then nobody gets to see it.
    pub async fn disclose<'a>(
        &self,
        observed: &'a Observed,
        to: &str,
    ) -> Result<Option<&'a Passcode>, HostError> {
        let Some(passcode) = &observed.passcode else {
            return Ok(None);
        };
        let name = &observed.attempt.intent.client_request_id;
        let written = self.ledger.deliver(name, self.host.now(), to).await;
        written.map_err(HostError::Ledger)?;
        Ok(Some(passcode))
    }

    /// Every passcode action that a device lists, newest first, whoever made it; ours marked.
    ///
    /// # Errors
    ///
    /// What the component, the service or the ledger says.
    pub async fn results(&self, device: &str) -> Result<Vec<Shown>, HostError> {
        let listed = match self.action.results(device).await {
            Ok(listed) => listed,
            Err(error) => return Err(self.told(error, false).await),
        };
        let mut ours = Vec::new();
        for attempt in self.attempts_on(device).await? {
            if !attempt.sending.may_have_touched() {
                continue;
            }
            if let Ok(observed) = self.look(&attempt.intent.plan).await
                && observed.progress.state != ProgressState::Ambiguous
                && let Some(result) = observed.progress.action_result
            {
                ours.push((result, observed.attempt));
            }
        }
        let mut shown: Vec<Shown> = listed
            .into_iter()
            .filter(|listed| is_passcode_action(&listed.result.name, &listed.result.type_name))
            .map(|listed| {
                let own = ours.iter().find(|(result, _)| {
                    result.name == listed.result.name
                        && result.type_name == listed.result.type_name
                        && result.started == listed.result.started
                });
                Shown {
                    ours: own.map(|(_, attempt)| attempt.clone()),
                    result: listed.result,
                    passcode: listed.passcode,
                }
            })
            .collect();
        shown.sort_by(|a, b| b.result.started.cmp(&a.result.started));
        Ok(shown)
    }

    /// Our attempts on a device, newest first, as far as the ledger's recent ones reach.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be read.
    pub async fn attempts_on(&self, device: &str) -> Result<Vec<Attempt>, HostError> {
        let mut recent = self.recent(RECENT).await?;
        recent.retain(|attempt| attempt.intent.device == device);
        Ok(recent)
    }

    /// Our newest attempts, newest first.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be read.
    pub async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, HostError> {
        self.ledger.recent(limit).await.map_err(HostError::Ledger)
    }

    /// The service's own record of actions, newest first.
    ///
    /// # Errors
    ///
    /// What the component or the service says.
    pub async fn history(
        &self,
        device: Option<&str>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, HostError> {
        let query = HistoryQuery {
            device_id: device.map(str::to_owned),
            since: None,
            limit,
        };
        self.action.history(&query).await
    }
}

/// How many attempts are searched for those of one device.
const RECENT: u32 = 500;

fn is_passcode_action(name: &str, type_name: &str) -> bool {
    type_name.ends_with("resetPasscodeActionResult")
        || ["resetPasscode", "removePasscode"]
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own))
}
