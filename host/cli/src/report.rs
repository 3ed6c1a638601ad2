//! What became of an action, for a program and for a person.

use passcode_host::contract::types::{Effect, Level, ProgressState};
use passcode_host::ledger::{Attempt, PlanId, Sending, Settlement};
use passcode_host::{Observed, PlanDocument, plain, rfc3339};
use passcode_runner::Ended;
use serde_json::{Value, json};

use crate::app::App;
use crate::exit;
use crate::output::Rows;

/// What whoever waits for an approval does first.
pub(crate) const APPROVE: &str = "have another administrator approve it in Intune (Tenant administration > Multi Admin Approval)";

/// The code under which an approval is waited for, if the service gave one.
pub(crate) fn approval_code(settlement: &Settlement) -> Option<&str> {
    let code = settlement.approval_code.as_deref();
    code.filter(|code| !code.is_empty())
}

/// What is known of one action.
#[derive(Clone, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) app: &'a App,
    pub(crate) document: &'a PlanDocument,
    pub(crate) attempt: Option<&'a Attempt>,
    pub(crate) observed: Option<&'a Observed>,
    pub(crate) ended: Ended,
    /// The passcode, if it may be printed: it was asked for, and that was written down.
    pub(crate) passcode: Option<&'a str>,
}

impl Report<'_> {
    pub(crate) fn plan(&self) -> PlanId {
        self.document.id
    }

    fn awaits_approval(&self) -> bool {
        self.ended == Ended::AwaitingApproval
    }

    fn approval_code(&self) -> Option<&str> {
        approval_code(&self.attempt?.settlement)
    }

    fn has_passcode(&self) -> bool {
        self.observed.is_some_and(|seen| seen.passcode.is_some())
    }

    /// Whether watching on can bring anything.
    fn goes_on(&self) -> bool {
        matches!(
            self.ended,
            Ended::Pending | Ended::Accepted | Ended::Unknown
        ) || (self.ended == Ended::Interrupted && self.attempt.is_some())
    }

    pub(crate) fn summary(&self) -> String {
        if let Some(observed) = self.observed {
            return observed.progress.summary.clone();
        }
        match self.attempt.map(|attempt| attempt.sending) {
            None => "the plan was never carried out".to_owned(),
            Some(Sending::NotExecuted) if self.awaits_approval() => match self.approval_code() {
                Some(code) => format!(
                    "waiting for another administrator's approval in Intune (request {code}); nothing was done yet"
                ),
                None => {
                    "waiting for another administrator's approval in Intune; nothing was done yet"
                        .to_owned()
                }
            },
            Some(Sending::NotExecuted) => {
                "the request was refused before anything was executed".to_owned()
            }
            Some(Sending::Rejected) => "the service refused the request".to_owned(),
            Some(Sending::Accepted) => "Intune accepted it".to_owned(),
            Some(Sending::Intended | Sending::Unknown) => {
                "nobody knows whether Intune took the request".to_owned()
            }
        }
    }

    pub(crate) fn body(&self) -> Value {
        let plan = &self.document.plan;
        let proposal = &plan.proposal;
        let progress = self.observed.map(|observed| &observed.progress);
        let outcome = progress.and_then(|progress| progress.outcome.as_ref());
        let settlement = self.attempt.map(|attempt| &attempt.settlement);
        let mut body = json!({
            "plan": self.plan(),
            "ended": self.ended.word(),
            "exitCode": exit::number(self.ended),
            "summary": self.summary(),
            "device": device(self.document),
            "effect": proposal.effect,
            "level": outcome.map_or(&proposal.level, |outcome| &outcome.level),
            "tenant": plan.tenant,
            "cloud": plan.cloud,
            "caller": plan.caller,
            "sending": self.attempt.map(|attempt| attempt.sending),
            "sentAt": self.attempt.map(|attempt| rfc3339(attempt.intent.at)),
            "clientRequestId": self.attempt.map(|attempt| &attempt.intent.client_request_id),
            "requestId": settlement.and_then(|settlement| settlement.request_id.as_ref()),
            "status": settlement.and_then(|settlement| settlement.status),
            "settledBy": settlement.and_then(|settlement| settlement.settled_by.as_ref()),
            "state": progress.map(|progress| state_word(&progress.state)),
            "actionResult": progress.and_then(|p| p.action_result.as_ref()).map(listed),
            "others": progress.map(|p| p.others.iter().map(listed).collect::<Vec<_>>()),
            "delivered": self.attempt.and_then(|attempt| attempt.delivery())
                .map(|(at, to)| json!({ "at": rfc3339(*at), "to": to })),
            "passcodeAvailable": self.has_passcode(),
            "expectations": outcome.map_or(&proposal.expectations, |o| &o.expectations),
            "remedy": outcome.and_then(|outcome| outcome.remedy.as_ref()),
            "approvalCode": self.approval_code(),
            "expires": self.awaits_approval().then_some(&plan.expires),
            "resumeCommand": self.awaits_approval().then(|| resume_command(self.app, self.document)),
            "watchCommand": self.goes_on().then(|| watch_command(self.app, self.document)),
            "revealCommand": self.has_passcode().then(|| reveal_command(self.app, self.document)),
        });
        if let (Some(passcode), Some(object)) = (self.passcode, body.as_object_mut()) {
            object.insert("passcode".to_owned(), json!(passcode));
        }
        body
    }

    pub(crate) fn rows(&self) -> Rows {
        let card = |name: &str| self.document.identity.text(name).unwrap_or_default();
        let state = self.observed.map(|seen| state_word(&seen.progress.state));
        let mut fields = vec![
            ("plan", self.plan().to_string()),
            ("ended", self.ended.word().to_owned()),
            ("state", state.unwrap_or_default()),
            ("deviceId", self.document.identity.device.clone()),
            ("deviceName", card("deviceName")),
            ("serialNumber", card("serialNumber")),
            ("user", card("userPrincipalName")),
            ("effect", self.document.plan.proposal.effect.to_string()),
            ("passcodeAvailable", self.has_passcode().to_string()),
            ("summary", self.summary()),
        ];
        if let Some(passcode) = self.passcode {
            fields.push(("passcode", passcode.to_owned()));
        }
        Rows::one(fields)
    }

    pub(crate) fn human(&self) -> String {
        let mut out = format!("{}: {}\n", self.ended.word(), plain(&self.summary()));
        if let Some(passcode) = self.passcode {
            out.push_str(&format!("passcode: {passcode}\n"));
        }
        let outcome = self
            .observed
            .and_then(|seen| seen.progress.outcome.as_ref());
        for step in outcome.iter().flat_map(|outcome| &outcome.expectations) {
            out.push_str(&format!("  - {} {}\n", plain(&step.who), plain(&step.text)));
        }
        if let Some(remedy) = outcome.and_then(|outcome| outcome.remedy.as_ref()) {
            out.push_str(&format!("do: {}\n", plain(remedy)));
        }
        if self.attempt.is_none() {
            out.push_str(&format!(
                "carry it out: {}\n",
                command(self.app, self.document, "execute", "")
            ));
        }
        if self.awaits_approval() && self.attempt.is_some() {
            out.push_str(&format!(
                "do: {APPROVE}; then, until {}: {}\n",
                self.document.plan.expires,
                resume_command(self.app, self.document)
            ));
        }
        if self.goes_on() {
            out.push_str(&format!(
                "go on watching: {}\n",
                watch_command(self.app, self.document)
            ));
        }
        if self.has_passcode() {
            out.push_str(&format!(
                "show the passcode: {}\n",
                reveal_command(self.app, self.document)
            ));
        }
        out
    }
}

/// The device, as the host saw it.
pub(crate) fn device(document: &PlanDocument) -> Value {
    let card = &document.identity;
    json!({
        "id": card.device,
        "name": card.text("deviceName"),
        "serialNumber": card.text("serialNumber"),
        "userPrincipalName": card.text("userPrincipalName"),
        "kind": document.plan.proposal.device.kind,
    })
}

/// A result as the service lists it, without the number of its seal, which means nothing
/// outside.
pub(crate) fn listed(result: &passcode_host::contract::types::ActionResult) -> Value {
    json!({
        "name": result.name,
        "typeName": result.type_name,
        "state": result.state,
        "started": result.started,
        "updated": result.updated,
        "errorCode": result.error_code,
    })
}

pub(crate) fn state_word(state: &ProgressState) -> String {
    state.to_string().replace(' ', "-")
}

/// The command that goes on watching.
pub(crate) fn watch_command(app: &App, document: &PlanDocument) -> String {
    command(app, document, "status", " --wait")
}

/// The command that sends the same request again, with the approval.
pub(crate) fn resume_command(app: &App, document: &PlanDocument) -> String {
    command(app, document, "execute", "")
}

/// The command that shows the passcode.
pub(crate) fn reveal_command(app: &App, document: &PlanDocument) -> String {
    command(app, document, "reveal", "")
}

pub(crate) fn command(app: &App, document: &PlanDocument, verb: &str, flags: &str) -> String {
    format!("passcode {verb} {}{flags}{}", document.id, app.same_place())
}

/// What a passcode opens.
pub(crate) fn opens(effect: &Effect, level: &Level) -> String {
    match (level, effect) {
        (Level::Device, _) => "This is the temporary passcode of the device.".to_owned(),
        (Level::WorkProfile, _) => {
            "This is the temporary passcode of the work profile. It does not unlock the phone."
                .to_owned()
        }
        (Level::Disputed, _) => "The documents disagree about which lock this opens: try it at the lock screen, then at the work profile.".to_owned(),
        (Level::Other(level), _) => format!("This is a temporary passcode; level: {level}."),
    }
}
