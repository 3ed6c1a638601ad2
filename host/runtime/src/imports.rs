//! What a component may call: `http` through the door, `auth` and `log`. Nothing else is linked.

use std::sync::Arc;

use crate::authority::{Authority, Phase};
use crate::contract::bindings::passcode::action::{auth, http, log};
use crate::contract::types::Method;
use crate::door::{Binding, Door, Pages, Stopped};
use crate::error::{HostError, Limit};
use crate::exchange::{Failure, FailureReason, Reached, Request, Response};
use crate::identity::{Acting, Identity};
use crate::limits::Meter;
use crate::shared::Shared;
use crate::step::{Confined, Running};
use crate::tap::Crossing;

/// What the store of a real step holds.
pub(crate) struct Step {
    pub(crate) door: Door,
    shared: Arc<Shared>,
    phase: Phase,
    meter: Meter,
    /// Which step of this host it is.
    number: u64,
}

impl Step {
    pub(crate) fn new(shared: &Arc<Shared>, authority: &Arc<Authority>, binding: Binding) -> Self {
        Self {
            phase: binding.phase,
            door: Door::new(shared.clone(), authority.clone(), binding),
            meter: Meter::new(&shared.limits),
            number: shared.next_step(),
            shared: shared.clone(),
        }
    }

    /// Take up links that an earlier step of the same search heard of.
    pub(crate) fn hand(&mut self, pages: Pages) {
        self.door.take_up(pages);
    }

    /// The answers to several reads. All of them are counted before the first leaves: a list that
    /// is longer than any step may go on ends it with nothing sent.
    async fn answers(
        &mut self,
        mut requests: Vec<Request>,
    ) -> wasmtime::Result<Vec<Result<Response, Failure>>> {
        let allowed = self.meter.requests(requests.len())?;
        let beyond = requests.split_off(allowed).len();
        let answers = self.door.read_all(requests).await;
        let mut answers: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.map_err(|stopped| failure(&stopped, false)))
            .collect();
        answers.extend(std::iter::repeat_with(|| Err(used_up())).take(beyond));
        Ok(answers)
    }

    fn tell_answer(&self, answer: &Result<Response, Failure>) {
        match answer {
            Ok(response) => self.tell("response", response),
            Err(failure) => self.tell("failure", failure),
        }
    }

    async fn answer(&mut self, request: Request) -> wasmtime::Result<Result<Response, Failure>> {
        if !self.meter.request()? {
            return Ok(Err(used_up()));
        }
        let changes = request.method != Method::Get;
        let answer = self.door.send(request).await;
        let left = self.door.sent.is_some() || self.phase == Phase::Deliver;
        Ok(answer.map_err(|stopped| failure(&stopped, changes && left)))
    }
}

impl Running<Step> {
    pub(crate) fn door(&mut self) -> &mut Door {
        &mut self.store.data_mut().door
    }
}

impl Confined for Step {
    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }

    fn fault(&mut self) -> Option<HostError> {
        self.door.take_fault()
    }

    fn is_heard(&self) -> bool {
        self.shared.tap.is_some()
    }

    fn crossing(&self, what: &'static str, content: &str) {
        if let Some(tap) = &self.shared.tap {
            tap.crossing(&Crossing {
                step: self.number,
                phase: self.phase,
                what,
                content,
            });
        }
    }
}

impl http::Host for Step {
    async fn send(
        &mut self,
        destination: String,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::Failure>> {
        let request = Request::of(destination, request);
        self.tell("request", &request);
        let answer = self.answer(request).await?;
        self.tell_answer(&answer);
        Ok(answer.map(Into::into).map_err(Into::into))
    }

    async fn send_all(
        &mut self,
        destination: String,
        requests: Vec<http::Request>,
    ) -> wasmtime::Result<Vec<Result<http::Response, http::Failure>>> {
        let requests: Vec<Request> = requests
            .into_iter()
            .map(|request| Request::of(destination.clone(), request))
            .collect();
        // All requests, then all answers in the same order, whichever was back first: so what a
        // listener hears is as deterministic as what the component is told.
        for request in &requests {
            self.tell("request", request);
        }
        let answers = self.answers(requests).await?;
        for answer in &answers {
            self.tell_answer(answer);
        }
        let told = answers.into_iter();
        Ok(told
            .map(|answer| answer.map(Into::into).map_err(Into::into))
            .collect())
    }
}

/// What a component hears when it asks for more than a step may.
pub(crate) fn used_up() -> Failure {
    Failure {
        sent: Reached::No,
        reason: FailureReason::Exhausted(Limit::Requests.name().to_owned()),
        message: "this step has used up its requests".to_owned(),
    }
}

/// What a component hears of a request without an answer.
fn failure(stopped: &Stopped, may_be_sent: bool) -> Failure {
    use FailureReason as Reason;

    let perhaps = if may_be_sent {
        Reached::Unknown
    } else {
        Reached::No
    };
    let (sent, reason, message) = match stopped {
        Stopped::Refused(broken) => (
            Reached::No,
            Reason::Refused(broken.name().to_owned()),
            broken.to_string(),
        ),
        Stopped::NoCredential(error) => (
            Reached::No,
            Reason::NoCredential,
            format!("{} ({}); {}", error.message, error.code, error.remedy),
        ),
        Stopped::NotSent => (
            Reached::No,
            Reason::Unreachable,
            "the service could not be reached".to_owned(),
        ),
        Stopped::Interrupted => (
            perhaps,
            Reason::Interrupted,
            "the connection broke, or no answer came in time".to_owned(),
        ),
        Stopped::Unreadable(why) => (perhaps, Reason::Unreadable, (*why).to_owned()),
        Stopped::Answered(_) => (
            perhaps,
            Reason::Unreadable,
            "the service did not answer as expected".to_owned(),
        ),
        Stopped::Withheld => (
            if may_be_sent {
                Reached::Yes
            } else {
                Reached::No
            },
            Reason::Withheld,
            "the answer repeats a passcode outside its place and was withheld".to_owned(),
        ),
        Stopped::Throttled => (
            Reached::No,
            Reason::Exhausted("rate".to_owned()),
            "the service's limits leave no room for it now".to_owned(),
        ),
        Stopped::Stopping => (
            Reached::No,
            Reason::Refused("stopping".to_owned()),
            "nothing is to be sent any more".to_owned(),
        ),
        Stopped::Ledger => (
            perhaps,
            Reason::Refused("ledger".to_owned()),
            "the ledger does not allow it".to_owned(),
        ),
    };
    Failure {
        sent,
        reason,
        message,
    }
}

impl auth::Host for Step {
    fn whoami(&mut self, destination: String) -> wasmtime::Result<Option<auth::Identity>> {
        let identity = self.shared.identity(&destination);
        self.tell("whoami", &destination);
        self.tell("identity", &identity.as_deref());
        Ok(identity.map(|identity| (*identity).clone().into()))
    }
}

impl From<Identity> for auth::Identity {
    fn from(identity: Identity) -> Self {
        Self {
            tenant: identity.tenant,
            acting: match identity.acting {
                Acting::Delegated => auth::Acting::Delegated,
                Acting::Application => auth::Acting::Application,
                Acting::Opaque => auth::Acting::Opaque,
            },
            name: identity.name,
            permissions: identity.permissions,
        }
    }
}

impl log::Host for Step {
    fn write(&mut self, severity: log::Severity, message: String) -> wasmtime::Result<()> {
        if self.meter.line(message.len())? {
            let severity = severity_name(severity);
            self.shared.log(severity, &crate::text::plain(&message));
            self.tell("log", &(severity, &message));
        }
        Ok(())
    }
}

pub(crate) fn severity_name(severity: log::Severity) -> &'static str {
    match severity {
        log::Severity::Debug => "debug",
        log::Severity::Info => "info",
        log::Severity::Warn => "warn",
    }
}
