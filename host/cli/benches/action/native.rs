//! The same action by the same logic without a sandbox.

use passcode_host::Phase;
use passcode_host::ledger::Sending;
use passcode_logic as logic;
use passcode_logic::contract::{
    Caller, Context, Disposition, Operator, Order, Plan, Progress, Proof, Proposal, Receipt,
    Selector, Verb,
};
use passcode_logic::service::{Acting, Failure, Identity, Request, Response, Service};

use crate::sandboxed::Seen;

/// What the logic is called with, and what it is answered.
pub(crate) struct Native {
    selector: Selector,
    context: Context,
    order: Order,
    tenant: String,
    receipt: Receipt,
    answers: [Vec<Response>; 4],
    identity: Identity,
}

/// The answers of one step, in order.
struct Answers<'a>(std::slice::Iter<'a, Response>, &'a Identity);

impl Service for Answers<'_> {
    fn send(&mut self, _: &str, _: Request) -> Result<Response, Failure> {
        Ok(self.0.next().unwrap().clone())
    }

    fn whoami(&mut self, _: &str) -> Option<Identity> {
        Some(self.1.clone())
    }
}

impl Native {
    /// With what the component was told.
    ///
    /// # Panics
    ///
    /// If the logic then says anything else than the component said: it would not be the same action.
    pub(crate) fn of(seen: &Seen) -> Self {
        let plan = &seen.plan.plan;
        let attempt = &seen.observed.attempt;
        assert_eq!(attempt.sending, Sending::Accepted);
        assert!(attempt.intent.snapshot.is_empty());
        let native = Self {
            selector: Selector::SerialNumber(seen.serial.clone()),
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
                caller: Caller {
                    operator: Operator {
                        name: plan.caller.operator.name.clone(),
                        id: plan.caller.operator.id.clone(),
                        proof: Proof::SignedIn("given-token".to_owned()),
                    },
                    reason: None,
                    ticket: None,
                    verified_by: None,
                    accepted_checks: Vec::new(),
                    facts: Vec::new(),
                },
            },
            tenant: plan.tenant.clone(),
            receipt: Receipt {
                client_request_id: attempt.intent.client_request_id.clone(),
                request_id: attempt.settlement.request_id.clone(),
                disposition: Disposition::Accepted,
                service_date: attempt.settlement.service_date.clone(),
                snapshot: Vec::new(),
            },
            answers: [Phase::Find, Phase::Prepare, Phase::Commit, Phase::Observe]
                .map(|phase| responses(seen, phase)),
            identity: identity(seen),
        };
        let (proposal, progress) = native.action();
        let checks = |summary: &String| plan.proposal.checks.iter().any(|c| c.summary == *summary);
        assert_eq!(proposal.checks.len(), plan.proposal.checks.len());
        assert!(proposal.checks.iter().all(|check| checks(&check.summary)));
        assert_eq!(proposal.request.path, plan.proposal.request.path);
        assert_eq!(progress.summary, seen.observed.progress.summary);
        assert!(progress.outcome.is_some());
        native
    }

    /// Find, prepare, commit, observe.
    pub(crate) fn action(&self) -> (Proposal, Progress) {
        let [mut found, mut prepared, mut committed, mut observed] = self
            .answers
            .each_ref()
            .map(|answers| Answers(answers.iter(), &self.identity));
        let findings = logic::find(&mut found, &self.selector, &self.context).unwrap();
        assert_eq!(findings.matched[0].id, self.order.device_id);
        let proposal = logic::prepare(&mut prepared, &self.order, &self.context).unwrap();
        let plan = self.envelope(proposal);
        logic::commit(&mut committed, &plan, &self.context).unwrap();
        let progress = logic::observe(&mut observed, &plan, &self.receipt, &self.context).unwrap();
        (plan.proposal, progress)
    }

    fn envelope(&self, proposal: Proposal) -> Plan {
        Plan {
            proposal,
            caller: self.order.caller.clone(),
            tenant: self.tenant.clone(),
            cloud: self.context.cloud.clone(),
            practice: true,
            created: self.context.now.clone(),
            expires: self.context.now.clone(),
            reviews: Vec::new(),
            delivery: "terminal".to_owned(),
            component_digest: String::new(),
            grant_digest: String::new(),
            again: false,
            after_unknown: None,
        }
    }
}

fn identity(seen: &Seen) -> Identity {
    let identity = seen.identity();
    Identity {
        acting: match identity.acting {
            passcode_host::Acting::Delegated => Acting::Person,
            passcode_host::Acting::Application => Acting::Application,
            passcode_host::Acting::Opaque => Acting::Opaque,
        },
        permissions: identity.permissions,
    }
}

fn responses(seen: &Seen, phase: Phase) -> Vec<Response> {
    seen.answers(phase)
        .into_iter()
        .map(|answer| Response {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
        })
        .collect()
}
