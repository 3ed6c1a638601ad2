//! A process: it can be frozen and killed, and what it does to devices goes over the network.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passcode_host::contract::types::{ActionResult, Evidence, Progress, ProgressState};
use passcode_host::ledger::{
    Intent, IntentRefused, LedgerError, PlanId, SendLedger as _, Sending, Settlement, StoredPlan,
};
use passcode_host::{HostError, Observed, Refusal, Sent};
use passcode_ledger::run::Row;
use passcode_runner::fleet::{Did, Hands, Label, after_look, after_send};
use passcode_runner::{Carried, Ended, consequences};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::network::{Fate, Network};
use crate::store::Store;

pub(crate) const TENANT: &str = "11111111-aaaa-4bbb-8ccc-222222222222";

/// What all steps of a process share: time, and whether it is frozen.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) network: Arc<Network>,
    pub(crate) begun: Instant,
    /// No step goes on before then.
    pub(crate) frozen: Mutex<Instant>,
    /// How many of a thousand calls to the store fail.
    pub(crate) broken: u64,
    /// How far its clock is off.
    pub(crate) skew: time::Duration,
}

impl Life {
    /// Let up to so many milliseconds pass; and as many more as the process is frozen.
    pub(crate) async fn pass(&self, most: u64) {
        let time = self.network.chance(|chance| chance.below(most));
        tokio::time::sleep(Duration::from_millis(time)).await;
        loop {
            let until = *self.frozen.lock().unwrap();
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    pub(crate) fn milliseconds(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap()
    }
}

/// What the store's clock shows.
pub(crate) fn clock(begun: Instant) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000) + begun.elapsed()
}

pub(crate) struct Process {
    pub(crate) store: Store,
    pub(crate) name: String,
    pub(crate) wait: Duration,
    pub(crate) count: Mutex<u64>,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn refused(why: IntentRefused) -> HostError {
    let refusal = match &why {
        IntentRefused::PlanUsed(_) => Refusal::Used,
        IntentRefused::Undecided(_) => Refusal::Undecided,
        IntentRefused::Open(_) => Refusal::Open,
        IntentRefused::UnknownPlan => Refusal::UnknownPlan,
        IntentRefused::Ledger(error) => return HostError::Ledger(error.clone()),
    };
    HostError::Refused {
        refusal,
        message: why.to_string(),
        remedy: String::new(),
    }
}

impl Process {
    fn life(&self) -> &Life {
        &self.store.life
    }

    fn plan_of(&self, device: &str) -> StoredPlan {
        // Two processes that plan the same device make two plans.
        let salt = self.life().network.chance(|chance| chance.next());
        let mut id = [0; 32];
        id[..8].copy_from_slice(&salt.to_be_bytes());
        StoredPlan {
            id: PlanId(id),
            tenant: TENANT.to_owned(),
            device: device.to_owned(),
            created: OffsetDateTime::UNIX_EPOCH,
            expires: OffsetDateTime::UNIX_EPOCH + time::Duration::days(40_000),
            document: format!("{device} {salt}"),
        }
    }

    async fn request(&self, row: &Row) -> Result<Carried, HostError> {
        let (Some(plan), Some(device)) = (row.plan, row.device.clone()) else {
            panic!("a row without a plan was to be sent");
        };
        let name = {
            let mut count = self.count.lock().unwrap();
            *count += 1;
            format!("{}-{count}", self.name)
        };
        let intent = Intent {
            plan,
            tenant: TENANT.to_owned(),
            device: device.clone(),
            client_request_id: name.clone(),
            request: format!("POST {device}"),
            at: self.now(),
            service_date: None,
            snapshot: Vec::new(),
            after_unknown: None,
            again: false,
        };
        self.store.reach().await.map_err(HostError::Ledger)?;
        self.store.ledger.intend(&intent).await.map_err(refused)?;
        self.store.back().await;
        let network = &self.life().network;
        let fate = network.fate();
        self.life().pass(80).await;
        if fate != Fate::NotSent {
            network.post(&device, fate, self.life().milliseconds());
        }
        self.life().pass(80).await;
        let (sending, status) = match fate {
            Fate::Accepted => (Sending::Accepted, Some(204)),
            Fate::NotSent => (Sending::NotExecuted, None),
            Fate::AnswerLost | Fate::Lost => (Sending::Unknown, None),
            Fate::Throttled => (Sending::NotExecuted, Some(429)),
            Fate::Rejected => (Sending::Rejected, Some(400)),
        };
        let settlement = Settlement {
            status,
            ..Settlement::default()
        };
        let settled = self.settle(&name, sending, &settlement).await;
        let sent = Sent {
            client_request_id: name,
            sending: if settled.is_ok() {
                sending
            } else {
                Sending::Intended
            },
            settlement,
            approval: None,
        };
        let error = settled.err().map(HostError::Ledger);
        Ok(Carried {
            ended: Ended::of_sent(&sent, error.as_ref()),
            sent: Some(sent),
            progress: None,
            error: error.or(Some(HostError::Component("the answer in words".to_owned()))),
        })
    }

    async fn settle(
        &self,
        name: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        self.store.reach().await?;
        self.store.ledger.settle(name, sending, settlement).await?;
        self.store.back().await;
        Ok(())
    }

    async fn observe(&self, row: &Row) -> Result<Observed, HostError> {
        let plan = row.plan.expect("a plan");
        self.life().pass(120).await;
        let attempts = self.store.ledger.attempts(&plan).await;
        let attempts = attempts.map_err(HostError::Ledger)?;
        let attempt = passcode_host::ledger::Attempt::that_counts(&attempts)
            .cloned()
            .expect("an attempt");
        let now = self.life().milliseconds();
        let shown = self.life().network.look(&attempt.intent.device, now);
        let state = match shown {
            None => ProgressState::NotListed,
            Some(None) => ProgressState::Pending,
            Some(Some(true)) => ProgressState::Done,
            Some(Some(false)) => ProgressState::Failed,
        };
        let progress = Progress {
            state,
            summary: String::new(),
            action_result: shown.map(|_| ActionResult {
                name: "resetPasscode".to_owned(),
                type_name: "microsoft.graph.resetPasscodeActionResult".to_owned(),
                state: "done".to_owned(),
                started: None,
                updated: None,
                error_code: None,
                passcode: None,
            }),
            others: Vec::new(),
            settled_by: shown.map(|_| Evidence::NewResult),
            outcome: None,
            look_again_seconds: None,
        };
        let mut observed = Observed {
            progress,
            passcode: None,
            attempt,
        };
        let proven = consequences(&observed.attempt, &observed.progress);
        let name = observed.attempt.intent.client_request_id.clone();
        if let Some(settlement) = proven.accepted {
            let settled = self.settle(&name, Sending::Accepted, &settlement).await;
            settled.map_err(HostError::Ledger)?;
            observed.attempt.sending = Sending::Accepted;
        }
        if let Some(ending) = proven.ending {
            self.store.reach().await.map_err(HostError::Ledger)?;
            let ended = self.store.ledger.end(&name, ending).await;
            ended.map_err(HostError::Ledger)?;
            observed.attempt.ending = Some(ending);
        }
        Ok(observed)
    }
}

impl Hands for Process {
    async fn plan(&self, row: &Row) -> Did {
        self.life().pass(150).await;
        let device = &row.new.selector;
        if device.starts_with("nobody") {
            return Did::ended(Ended::NotFound, "device-not-found", "no device matches");
        }
        let plan = self.plan_of(device);
        let kept = match self.store.reach().await {
            Ok(()) => self.store.ledger.keep_plan(&plan).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            return after_send(Err(HostError::Ledger(error)));
        }
        Did::Planned {
            device: device.clone(),
            label: Label::default(),
            plan: plan.id,
        }
    }

    async fn send(&self, row: &Row) -> Did {
        after_send(self.request(row).await)
    }

    async fn look(&self, row: &Row) -> Did {
        let attempt = row.attempt.as_ref().expect("an attempt");
        let waited = Duration::try_from(self.now() - attempt.intent.at).unwrap_or_default();
        let seen = self.observe(row).await;
        let sure = !attempt.sending.is_undecided();
        after_look(seen.as_ref().map_err(Clone::clone), waited, self.wait, sure)
    }

    fn now(&self) -> OffsetDateTime {
        clock(self.life().begun) + self.life().skew
    }
}
