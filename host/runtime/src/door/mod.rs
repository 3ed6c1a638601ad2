//! The one door every request leaves through. What a component wants is judged by pure rules
//! (`rules`), what comes back is rebuilt from what may pass (`seal`), and a request that may
//! change something goes through the ledger first (`change`).

mod answers;
mod approval;
mod change;
mod courier;
mod passed;
mod place;
mod reading;
mod reads;
mod refused;
mod rules;
mod seal;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::time::{Instant as Deadline, sleep};
use uuid::Uuid;

pub use approval::ApprovalSent;
pub(crate) use approval::Carried;
pub use courier::Carriage;
use courier::Held;
pub(crate) use passed::Passed;
pub(crate) use reading::retry_after;
pub(crate) use refused::{AGAIN, Refused, unread};
pub(crate) use rules::{Admitted, Bounds, Broken, admit};
use seal::Unusable;
#[cfg(feature = "inspect")]
pub(crate) use seal::{Filtered, answer, refusal};
pub(crate) use seal::{SEAL_KEY, Sealed, Vault};

use reading::{demanded_claims, json_content, token_refused};

use crate::authority::{Authority, Path, Phase, Route};
use crate::batch::Batches;
use crate::budget::Share;
use crate::connector::{Answer, Connector, NoAnswer, Outgoing};
use crate::contract::types::{ActionResult, Method};
use crate::credential::{AccessToken, CredentialError, TokenRequest};
use crate::destination::Destination;
use crate::document::{PlanDocument, Sight};
use crate::error::HostError;
use crate::exchange::{Request, Response};
use crate::ledger::{PlanId, Sending, Settlement};
use crate::pace::{NoTurn, Stop, Taken};
use crate::retry;
use crate::shared::Shared;

/// What became of the plan's request in this step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its `client-request-id`, and its name in the ledger.
    pub client_request_id: String,
    /// What is known of it.
    pub sending: Sending,
    /// What came back.
    pub settlement: Settlement,
    /// What the last request carried for Multi Admin Approval.
    pub approval: Option<ApprovalSent>,
}

/// What the step is bound to.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) phase: Phase,
    pub(crate) device: Option<String>,
    pub(crate) plan: Option<(PlanId, Arc<PlanDocument>)>,
    /// The code under which this plan's request was to be approved.
    pub(crate) approval: Option<Carried>,
    /// Whether the plan's request may still be sent.
    pub(crate) stop: Stop,
}

/// Why nothing passes.
#[derive(Clone, Debug)]
pub(crate) enum Stopped {
    Refused(Broken),
    NoCredential(Box<CredentialError>),
    NotSent,
    Interrupted,
    Unreadable(&'static str),
    /// The host's own request was refused.
    Answered(Box<Refused>),
    Withheld,
    /// The service's limits leave no room.
    Throttled,
    /// Whoever asked for it said that nothing is to be sent any more.
    Stopping,
    /// The ledger refused or failed; `Door::take_fault` says why.
    Ledger,
}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        Self::Refused(broken)
    }
}

impl From<Unusable> for Stopped {
    fn from(why: Unusable) -> Self {
        match why {
            Unusable::Leak => Self::Withheld,
            Unusable::OtherDevice => {
                Self::Unreadable("the answer shows another device than the one that was asked for")
            }
            Unusable::NotJson => {
                Self::Unreadable("the answer is not JSON that can be read in one way only")
            }
            Unusable::ForgedSeal => {
                Self::Unreadable("the answer carries a key that only the host may write")
            }
        }
    }
}

/// A link to a further page, kept as it came.
#[derive(Debug)]
pub(crate) struct Page {
    destination: String,
    route: Route,
    url: url::Url,
}

/// Links on their way from one step of a search to the next. No component sees them.
#[derive(Debug)]
pub(crate) struct Pages {
    gone: usize,
    pages: Vec<Page>,
}

/// What is learnt while requests are under way, several at once.
#[derive(Debug, Default)]
struct Noted {
    service_date: Option<String>,
    fault: Option<HostError>,
    no_credential: Option<CredentialError>,
    challenged: bool,
}

/// The door of one step.
#[derive(Debug)]
pub(crate) struct Door {
    shared: Arc<Shared>,
    authority: Arc<Authority>,
    pub(crate) binding: Binding,
    pub(crate) vault: Vault,
    pages: Vec<Page>,
    /// How many of them an earlier step of the same search heard of.
    handed: usize,
    /// How many were named before the first of them, and are gone.
    gone: usize,
    /// The last answer that showed each device, by its id.
    pub(crate) seen: BTreeMap<String, Sight>,
    /// The bound device's action results, from the last answer that listed them.
    pub(crate) snapshot: Option<Vec<ActionResult>>,
    noted: Mutex<Noted>,
    pub(crate) sent: Option<Sent>,
    /// The passcode that a courier's step takes somewhere.
    held: Option<Held>,
    /// Waiting beyond this is in vain: the step ends.
    deadline: Deadline,
}

impl Door {
    pub(crate) fn new(shared: Arc<Shared>, authority: Arc<Authority>, binding: Binding) -> Self {
        Self {
            deadline: Deadline::now() + shared.limits.wall,
            shared,
            authority,
            binding,
            vault: Vault::default(),
            pages: Vec::new(),
            handed: 0,
            gone: 0,
            seen: BTreeMap::new(),
            snapshot: None,
            noted: Mutex::default(),
            sent: None,
            held: None,
        }
    }

    /// Let one request out, and what may pass of its answer in.
    pub(crate) async fn send(&mut self, wish: Request) -> Result<Response, Stopped> {
        let authority = self.authority.clone();
        if self.binding.phase == Phase::Deliver && wish.method != Method::Get {
            return self.courier(&authority, wish).await;
        }
        if wish.method == Method::Get || wish.path.starts_with("page:") {
            let leaving = self.leaving(&authority, wish)?;
            let answer = self.fetch(&leaving).await?;
            return self.arrived(leaving, &answer);
        }
        let admitted = self.admitted(&authority, &wish)?;
        let (destination, connector) = self.destination(&wish.destination)?;
        let url = destination.url(&admitted.path, &wish.query);
        self.change(admitted, &wish, &destination, &connector, url)
            .await
    }

    /// Whether the rules let a request leave in this step.
    fn admitted<'a>(
        &self,
        authority: &'a Authority,
        wish: &Request,
    ) -> Result<Admitted<'a>, Broken> {
        let body = wish.body.as_deref();
        if body.is_some_and(|body| body.contains(SEAL_KEY)) {
            return Err(Broken::Body);
        }
        if place::stands_elsewhere(wish) {
            return Err(Broken::SealPlace);
        }
        let plan = self.binding.plan.as_ref();
        let bounds = Bounds {
            phase: self.binding.phase,
            device: self.binding.device.as_deref(),
            plan: plan.map(|(_, document)| &document.plan.proposal.request),
        };
        admit(authority, bounds, wish)
    }

    fn destination(&self, name: &str) -> Result<(Destination, Connector), Stopped> {
        let found = self.shared.destination(name);
        found.ok_or_else(|| Broken::Destination(name.to_owned()).into())
    }

    /// Read a device again, the way it was read before. The host's own request: no component
    /// hears of it.
    pub(crate) async fn look_again(
        &mut self,
        path: &str,
        select: &[String],
    ) -> Result<BTreeMap<String, Value>, Stopped> {
        let authority = self.authority.clone();
        let route = authority.showing_devices().ok_or(Broken::NoSnapshot)?;
        let path = Path::parse(path).map_err(Broken::from)?;
        let bindings = route.path.matches(&path).ok_or(Broken::Device)?;
        if bindings.get("device") != self.binding.device.as_ref() {
            return Err(Broken::Device.into());
        }
        let wanted: Vec<&str> = select
            .iter()
            .map(String::as_str)
            .filter(|name| route.identity.contains(*name) || route.shows.contains(*name))
            .collect();
        let query = match wanted.is_empty() {
            true => Vec::new(),
            false => vec![("$select".to_owned(), wanted.join(","))],
        };
        let (destination, connector) = self.destination(&route.destination)?;
        let answer = self
            .read(&destination, &connector, destination.url(&path, &query))
            .await?;
        if answer.status != 200 {
            return Err(Stopped::Answered(Box::new(Refused::of(&answer))));
        }
        json_content(&answer)?;
        let filtered = seal::answer(
            route,
            self.binding.device.as_deref(),
            &answer.body,
            &mut self.vault,
        )
        .map_err(|_| Stopped::Unreadable("the device could not be read again"))?;
        filtered
            .card
            .ok_or(Stopped::Unreadable("the device could not be read again"))
    }

    /// A request that only reads: sent once more, with a new token, if the first was not
    /// accepted, and again after a pause if the service throttles it or is out of order.
    async fn read(
        &self,
        destination: &Destination,
        connector: &Connector,
        url: url::Url,
    ) -> Result<Answer, Stopped> {
        let (mut renew, mut claims, mut tries) = (false, None, 0);
        let mut batches = self.shared.batches(&destination.name);
        loop {
            let id = Uuid::new_v4().to_string();
            let token = self.token(destination, renew, claims.take()).await?;
            let turn = self.turn(destination, token.secret(), false).await?;
            let outgoing = Outgoing {
                method: Method::Get,
                url: url.clone(),
                authorization: destination.authorization(token.secret()),
                client_request_id: &id,
                approval: None,
                body: None,
            };
            let joining = batches.map(|batches| (batches, &token));
            let answer = self
                .exchange(connector, outgoing, turn, tries, joining)
                .await;
            // What many asked for together, and could not be told, is asked alone.
            let in_vain = matches!(answer, Err(NoAnswer::Interrupted | NoAnswer::Unreadable));
            if in_vain && batches.take().is_some() {
                continue;
            }
            let (answer, pause) = answer.map_err(|why| match why {
                NoAnswer::NotSent => Stopped::NotSent,
                NoAnswer::Interrupted => Stopped::Interrupted,
                NoAnswer::Unreadable => {
                    Stopped::Unreadable("the answer broke off or is larger than allowed")
                }
            })?;
            self.note(&answer);
            if let Some(pause) = pause.filter(|pause| self.is_worth(*pause, tries)) {
                tries += 1;
                sleep(pause).await;
                continue;
            }
            if renew || !token_refused(&answer) {
                return Ok(answer);
            }
            renew = true;
            claims = demanded_claims(&answer);
        }
    }

    fn is_worth(&self, pause: std::time::Duration, tries: u32) -> bool {
        let retry = self.shared.retry;
        tries < retry.times && pause <= retry.most && Deadline::now() + pause < self.deadline
    }

    /// Wait until the service's limits leave room for one more request.
    async fn turn(
        &self,
        destination: &Destination,
        token: &str,
        write: bool,
    ) -> Result<Taken, Stopped> {
        let (mut tenant, app) = self.shared.counted.of(&destination.name, token);
        if tenant.is_empty() {
            let named = self.shared.tenant.clone();
            tenant = named.unwrap_or_else(|| destination.root.origin().ascii_serialization());
        }
        let share = Share { tenant, app };
        let (pace, deadline) = (&self.shared.pace, self.deadline);
        let turn = pace.turn(share, write, deadline, &self.stop()).await;
        turn.map_err(|why| {
            let (fault, stopped) = match why {
                NoTurn::Later(wait) => {
                    let seconds = wait.as_secs_f64().ceil() as u32;
                    (HostError::Throttled { seconds }, Stopped::Throttled)
                }
                NoTurn::Ledger(error) => (HostError::Ledger(error), Stopped::Ledger),
                NoTurn::Stopping => (HostError::Stopping, Stopped::Stopping),
            };
            self.noted().fault = Some(fault);
            stopped
        })
    }

    /// Until the plan's request is on its way, everything is for it and ends with it. What was sent
    /// is looked after to the end.
    fn stop(&self) -> Stop {
        let sent = self.sent.as_ref();
        let on_its_way = sent.is_some_and(|sent| sent.sending.may_have_touched());
        if self.binding.phase == Phase::Commit && !on_its_way {
            self.binding.stop.clone()
        } else {
            Stop::default()
        }
    }

    /// One exchange with a service, and a line about it; together with others where it may join
    /// them. Beside the answer, how long everybody had better wait before asking again.
    async fn exchange(
        &self,
        connector: &Connector,
        outgoing: Outgoing<'_>,
        turn: Taken,
        tries: u32,
        joining: Option<(&Arc<Batches>, &AccessToken)>,
    ) -> Result<(Answer, Option<std::time::Duration>), NoAnswer> {
        let heard = self.shared.log.is_some();
        let request = heard.then(|| format!("{} {}", outgoing.method, outgoing.url));
        let id = outgoing.client_request_id;
        let begun = Instant::now();
        let cap = self.shared.limits.response_bytes;
        let joined = match joining {
            Some((batches, token)) => batches.read(connector, &outgoing, token, cap).await,
            None => None,
        };
        let answer = match joined {
            Some(answer) => answer,
            None => connector.send(outgoing, cap).await,
        };
        if let Some(request) = request {
            let became = match &answer {
                Ok(answer) => answer.status.to_string(),
                Err(why) => why.to_string(),
            };
            let took = begun.elapsed().as_millis();
            let line = format!("{request}: {became} in {took} ms, client-request-id {id}");
            self.shared.log("http", &crate::text::plain(&line));
        }
        let (retry, now) = (self.shared.retry, self.shared.time.now());
        let answer = answer.map(|answer| {
            let pause = retry.pause(&answer, tries, now, retry::chance);
            (answer, pause)
        });
        let throttled = answer
            .as_ref()
            .ok()
            .filter(|(answer, _)| answer.status == 429);
        let throttled = throttled.and_then(|(_, pause)| *pause);
        if let Err(error) = self.shared.pace.answered(turn, throttled).await {
            // Without it the turn only lasts longer; what was answered is worth more.
            self.shared.log("warn", &crate::text::plain(&error.message));
        }
        answer
    }

    async fn token(
        &self,
        destination: &Destination,
        renew: bool,
        claims: Option<String>,
    ) -> Result<AccessToken, Stopped> {
        let request = TokenRequest {
            scope: destination.scope(),
            claims,
            renew,
        };
        let token = destination.credential.token(&request).await;
        token.map_err(|error| {
            self.noted().no_credential = Some(error.clone());
            Stopped::NoCredential(Box::new(error))
        })
    }

    fn note(&self, answer: &Answer) {
        let date = answer.header("date");
        let date = date.and_then(|date| self.shared.time.note(date));
        let mut noted = self.noted();
        if date.is_some() {
            noted.service_date = date;
        }
        noted.challenged = answer.status == 401 && demanded_claims(answer).is_some();
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service's clock at the last answer.
    pub(crate) fn service_date(&self) -> Option<String> {
        self.noted().service_date.clone()
    }

    /// A failure that ends the step whatever the component answers.
    pub(crate) fn take_fault(&self) -> Option<HostError> {
        self.noted().fault.take()
    }

    /// Why there was no token, which a component hears without its code.
    pub(crate) fn take_no_credential(&self) -> Option<CredentialError> {
        self.noted().no_credential.take()
    }

    /// Whether the last answer demanded more of the sign-in, in a header that no component sees.
    pub(crate) fn is_challenged(&self) -> bool {
        self.noted().challenged
    }

    /// The links that this step heard of, for the next step of the same search; not those that it
    /// was handed itself, or a long list would be kept whole.
    pub(crate) fn hand_on(&mut self) -> Pages {
        Pages {
            gone: self.gone + self.handed,
            pages: self.pages.split_off(self.handed),
        }
    }

    /// Take up links that an earlier step of the same search heard of.
    pub(crate) fn take_up(&mut self, pages: Pages) {
        self.handed = pages.pages.len();
        (self.gone, self.pages) = (pages.gone, pages.pages);
    }
}

/// The action results of an answer, for tests of those who open seals.
#[cfg(test)]
pub(crate) fn filtered(
    route: &Route,
    device: Option<&str>,
    bytes: &[u8],
    vault: &mut Vault,
) -> Option<Vec<ActionResult>> {
    seal::answer(route, device, bytes, vault).ok()?.results
}

#[cfg(test)]
mod tests;
