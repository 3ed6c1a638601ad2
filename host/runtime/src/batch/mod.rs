//! Reads of many steps in one exchange: Microsoft Graph's JSON batching (`POST /VERSION/$batch`).
//!
//! What joins is a read that the door has let pass, and that has its turn: a batch saves exchanges,
//! not requests, and the service counts each of its parts. No component can name a batch, and what
//! changes something never gets here: a part has no method but GET, and no body.
//!
//! A read waits a moment for others. One that stays alone, or whose batch had no use, is asked alone.

mod message;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::connector::{Answer, Authorization, Connector, NoAnswer, Outgoing};
use crate::contract::types::Method;
use crate::shared::LogSink;
use message::{Part, Told};

/// A batch has at most so many parts, as Graph documents it.
const MOST: usize = 20;
/// How long a read waits for others. Little beside an exchange over a network.
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
}

/// One read that waits. No `Debug`: it has a token.
struct Read {
    part: Part,
    root: Url,
    token: Zeroizing<String>,
    answer: oneshot::Sender<Option<Result<Answer, NoAnswer>>>,
}

impl Read {
    /// Whether both may be in one batch: the same service, the same version, the same caller.
    fn joins(&self, other: &Self) -> bool {
        self.root == other.root
            && self.part.version == other.part.version
            && self.token == other.token
    }
}

/// When the reads that wait are sent.
enum Leave {
    Now(Vec<Read>),
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

    /// Ask together with others. `None` if it is to be asked alone.
    pub(crate) async fn read(
        self: &Arc<Self>,
        connector: &Connector,
        outgoing: &Outgoing<'_>,
        cap: usize,
    ) -> Option<Result<Answer, NoAnswer>> {
        let Authorization::Bearer(token) = outgoing.authorization else {
            return None;
        };
        if outgoing.method != Method::Get || self.unknown.load(Ordering::Relaxed) {
            return None;
        }
        let part = Part::of(&outgoing.url, outgoing.client_request_id)?;
        let (answer, answered) = oneshot::channel();
        let mut root = outgoing.url.clone();
        root.set_path("");
        root.set_query(None);
        let token = Zeroizing::new(token.to_owned());
        let read = Read {
            part,
            root,
            token,
            answer,
        };
        // Bound first: the lock is not held while anything is sent.
        let leave = self.waiting().add(read);
        match leave {
            Leave::Along => {}
            Leave::Now(reads) => self.send_all(connector, reads, cap),
            Leave::Soon(taken) => {
                let (own, connector) = (self.clone(), connector.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(MOMENT).await;
                    let mut waiting = own.waiting();
                    let reads = match waiting.taken == taken {
                        true => waiting.take(),
                        false => Vec::new(),
                    };
                    drop(waiting);
                    own.send_all(&connector, reads, cap);
                });
            }
        }
        answered.await.ok()?
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
            tokio::spawn(async move { own.send(&connector, batch, cap).await });
        }
    }

    async fn send(&self, connector: &Connector, batch: Vec<Read>, cap: usize) {
        let told = match &batch[..] {
            [] | [_] => Told::Nothing,
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
        let mut url = first.root.clone();
        url.set_path(&format!("/{}/$batch", first.part.version));
        let parts: Vec<&Part> = batch.iter().map(|read| &read.part).collect();
        let line = format!("POST {url} with {} reads", parts.len());
        let outgoing = Outgoing {
            method: Method::Post,
            url,
            authorization: Authorization::Bearer(&first.token),
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
