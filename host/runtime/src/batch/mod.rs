//! Reads of many steps in one exchange: Microsoft Graph's JSON batching (`POST /VERSION/$batch`).
//!
//! What joins is a read that the door has let pass, and that has its turn: a batch saves exchanges,
//! not requests, and the service counts each of its parts. No component can name a batch, and what
//! changes something never gets here: a part has no method but GET, and no body.
//!
//! A read waits for others while such an exchange is under way, and no longer than a moment. One that stays alone is
//! an ordinary request, and one whose batch had no use is asked again as such.

mod message;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;

use crate::connector::{Answer, Authorization, Connector, NoAnswer, Outgoing};
use crate::contract::types::Method;
use crate::credential::AccessToken;
use crate::shared::LogSink;
use message::{Part, Told};

/// A batch has at most so many parts, as Graph documents it.
const MOST: usize = 20;
/// How long a read waits for others at most. Little beside an exchange over a network.
const MOMENT: Duration = Duration::from_millis(2);
/// An answer to a batch may be so many times larger than one to a read.
const LARGER: usize = 4;

/// The reads of one destination that wait for each other.
pub(crate) struct Batches {
    waiting: Mutex<Waiting>,
    /// The service, or something on the way to it, knows no batches.
    unknown: AtomicBool,
    log: Option<LogSink>,
}

#[derive(Default)]
struct Waiting {
    reads: Vec<Read>,
    /// How often reads were taken from here.
    taken: u64,
    /// How many exchanges have not ended.
    under_way: usize,
}

/// One read that waits. No `Debug`: it has a token.
struct Read {
    part: Part,
    url: Url,
    token: AccessToken,
    answer: oneshot::Sender<Result<Answer, NoAnswer>>,
}

impl Read {
    async fn ask(&self, connector: &Connector, cap: usize) -> Result<Answer, NoAnswer> {
        let outgoing = Outgoing {
            method: Method::Get,
            url: self.url.clone(),
            authorization: Authorization::Bearer(self.token.secret()),
            client_request_id: &self.part.client_request_id,
            approval: None,
            body: None,
        };
        connector.send(outgoing, cap).await
    }

    /// Whether both may be in one batch: the same service, the same version, the same caller.
    fn joins(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
            && self.part.version == other.part.version
            && self.token.secret() == other.token.secret()
    }
}

/// When the reads that wait are sent.
enum Leave {
    Now(Vec<Read>),
    /// When those of the same step are there, too.
    Next(u64),
    /// After a moment, if nobody took them before.
    Soon(u64),
    /// With those who wait already.
    Along,
}

impl Waiting {
    fn take(&mut self) -> Vec<Read> {
        self.taken += 1;
        std::mem::take(&mut self.reads)
    }

    fn add(&mut self, read: Read) -> Leave {
        self.reads.push(read);
        match self.reads.len() {
            MOST.. => Leave::Now(self.take()),
            1 if self.under_way == 0 => Leave::Next(self.taken),
            1 => Leave::Soon(self.taken),
            _ => Leave::Along,
        }
    }
}

impl Batches {
    pub(crate) fn new(log: Option<LogSink>) -> Self {
        Self {
            waiting: Mutex::default(),
            unknown: AtomicBool::new(false),
            log,
        }
    }

    /// Ask, together with others where there are some. `None` if nothing was asked.
    pub(crate) async fn read(
        self: &Arc<Self>,
        connector: &Connector,
        outgoing: &Outgoing<'_>,
        token: &AccessToken,
        cap: usize,
    ) -> Option<Result<Answer, NoAnswer>> {
        let bearer = matches!(outgoing.authorization, Authorization::Bearer(_));
        if !bearer || outgoing.method != Method::Get || self.unknown.load(Ordering::Relaxed) {
            return None;
        }
        let part = Part::of(&outgoing.url, outgoing.client_request_id)?;
        let (answer, answered) = oneshot::channel();
        let read = Read {
            part,
            url: outgoing.url.clone(),
            token: token.clone(),
            answer,
        };
        // Bound first: the lock is not held while anything is sent.
        let leave = self.waiting().add(read);
        match leave {
            Leave::Along => {}
            Leave::Now(reads) => self.send_all(connector, reads, cap),
            Leave::Next(taken) => self.send_later(connector, taken, None, cap),
            Leave::Soon(taken) => self.send_later(connector, taken, Some(MOMENT), cap),
        }
        answered.await.ok()
    }

    /// Send those who wait by then, if nobody took them before.
    fn send_later(
        self: &Arc<Self>,
        connector: &Connector,
        taken: u64,
        moment: Option<Duration>,
        cap: usize,
    ) {
        let (own, connector) = (self.clone(), connector.clone());
        tokio::spawn(async move {
            match moment {
                Some(moment) => tokio::time::sleep(moment).await,
                None => tokio::task::yield_now().await,
            }
            let mut waiting = own.waiting();
            let reads = match waiting.taken == taken {
                true => waiting.take(),
                false => Vec::new(),
            };
            drop(waiting);
            own.send_all(&connector, reads, cap);
        });
    }

    /// Send what may go together, each batch by itself. Not within the step that came last: others
    /// wait for it too.
    fn send_all(self: &Arc<Self>, connector: &Connector, reads: Vec<Read>, cap: usize) {
        let mut rest: Vec<Read> = reads
            .into_iter()
            .filter(|read| !read.answer.is_closed())
            .collect();
        while let Some(first) = rest.pop() {
            let (mut batch, others): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|read| read.joins(&first));
            rest = others;
            batch.push(first);
            let (own, connector) = (self.clone(), connector.clone());
            self.waiting().under_way += 1;
            tokio::spawn(async move {
                own.send(&connector, batch, cap).await;
                // Who came meanwhile has waited for this.
                let mut waiting = own.waiting();
                waiting.under_way -= 1;
                let reads = match waiting.under_way {
                    0 => waiting.take(),
                    _ => Vec::new(),
                };
                drop(waiting);
                own.send_all(&connector, reads, cap);
            });
        }
    }

    async fn send(&self, connector: &Connector, batch: Vec<Read>, cap: usize) {
        let told = match &batch[..] {
            [] => return,
            [one] => Told::Parts(vec![one.ask(connector, cap).await]),
            [first, ..] => self.ask(connector, first, &batch, cap).await,
        };
        if matches!(told, Told::Unknown) {
            self.unknown.store(true, Ordering::Relaxed);
        }
        let answers = told.into_each(batch.len());
        for (read, answer) in batch.into_iter().zip(answers) {
            // Whoever does not wait any more needs no answer.
            let _ = read.answer.send(answer);
        }
    }

    async fn ask(&self, connector: &Connector, first: &Read, batch: &[Read], cap: usize) -> Told {
        let id = Uuid::new_v4().to_string();
        let mut url = first.url.clone();
        url.set_path(&format!("/{}/$batch", first.part.version));
        url.set_query(None);
        let parts: Vec<&Part> = batch.iter().map(|read| &read.part).collect();
        let line = format!("POST {url} with {} reads", parts.len());
        let outgoing = Outgoing {
            method: Method::Post,
            url,
            authorization: Authorization::Bearer(first.token.secret()),
            client_request_id: &id,
            approval: None,
            body: Some(message::request(&parts)),
        };
        let answer = connector.send_reads(outgoing, cap * LARGER).await;
        if let Some(log) = &self.log {
            let became = match &answer {
                Ok(answer) => answer.status.to_string(),
                Err(why) => why.to_string(),
            };
            let line = format!("{line}: {became}, client-request-id {id}");
            log("http", &crate::text::plain(&line));
        }
        match answer {
            Ok(answer) => message::told(answer, batch.len(), cap),
            Err(why) => Told::NoAnswer(why),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}
