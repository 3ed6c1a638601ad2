//! One process at work on a run: takes rows, does their next steps, writes down where they are.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use passcode_host::ledger::LedgerError;
use passcode_ledger::run::{Row, RunLedger, RunState, Stage, Step, Stepped};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::hands::{Did, Hands, Wants, next};
use super::job::{Event, Job, Left, Purpose};
use super::taking::{Asked, Taken, taken};
use super::verdict::{is_failure, is_tried};
use super::written::{recorded, step};
use crate::Ended;

/// One for so many hands is taken ahead of its turn.
const AHEAD: usize = 2;

/// Rows are taken when one for so many hands is missing: several together share one transaction.
const TOGETHER: usize = 16;

/// How often a worker counts, and looks around where nothing happens.
const CHECK: Duration = Duration::from_secs(1);

/// A row that was taken, and what came of it.
type Done = (Row, Did);

/// What was done, and what became of it in the ledger.
type Written = Vec<(Done, Stepped)>;

struct Worker<'a, H, T> {
    hands: &'a Arc<H>,
    ledger: &'a dyn RunLedger,
    job: &'a Job,
    told: T,
    under_way: JoinSet<Done>,
    /// Rows that were taken for hands that will be free soon.
    next: VecDeque<Row>,
    /// One taking and one writing at a time, and neither keeps hands waiting that have a row.
    taking: Asked<'a, Taken>,
    writing: Asked<'a, Written>,
    /// What waits to be written.
    done: Vec<Done>,
    /// Whether something happened since rows were last taken, so that there may be others.
    news: bool,
    /// Whether there may be rows that were sent.
    sent: bool,
    /// Under which claim each of those is held. A lease of our own that ran out because the store
    /// was slow brings us our own row again; it is not begun a second time.
    held: BTreeMap<u64, u64>,
    /// How many rows ended, and how many of them badly: as the ledger said last, and since.
    finished: u64,
    failed: u64,
    /// So many are done and failed, and are not written down yet.
    uncounted: usize,
    checked: Option<Instant>,
    renewed: Instant,
    idle_until: Option<Instant>,
    leaving: Option<Left>,
}

/// Work on a run until there is nothing more to do, or until `stop` says so.
///
/// # Errors
///
/// If the ledger cannot be read or written. Nothing is sent then; what was sent is written down.
pub async fn work<H: Hands>(
    hands: &Arc<H>,
    ledger: &dyn RunLedger,
    job: &Job,
    mut stop: watch::Receiver<bool>,
    told: impl FnMut(Event) + Send,
) -> Result<Left, LedgerError> {
    let mut worker = Worker {
        hands,
        ledger,
        job,
        told,
        under_way: JoinSet::new(),
        next: VecDeque::new(),
        taking: Asked::Nothing,
        writing: Asked::Nothing,
        done: Vec::new(),
        news: true,
        sent: true,
        held: BTreeMap::new(),
        finished: 0,
        failed: 0,
        uncounted: 0,
        checked: None,
        renewed: Instant::now(),
        idle_until: None,
        leaving: None,
    };
    let left = worker.run(&mut stop).await;
    if left.is_err() {
        (worker.taking, worker.writing) = (Asked::Nothing, Asked::Nothing);
        // What is on its way is not abandoned because we cannot write: its own record may work.
        while worker.under_way.join_next().await.is_some() {}
    }
    // Rows that were taken and not begun are free again at once; a lease would keep them a while.
    let released = ledger.release(&job.run, &job.owner).await;
    let left = left?;
    released?;
    Ok(left)
}

fn has_failed(did: &Did) -> bool {
    matches!(did, Did::Ended { ended, .. } if is_tried(ended.word()) && is_failure(ended.word()))
}

impl<H: Hands, T: FnMut(Event) + Send> Worker<'_, H, T> {
    async fn run(&mut self, stop: &mut watch::Receiver<bool>) -> Result<Left, LedgerError> {
        loop {
            if self.leaving.is_none() {
                if *stop.borrow() {
                    self.leave(Left::Interrupted);
                } else {
                    self.check().await?;
                    self.stop_if_failing().await?;
                }
            }
            if self.leaving.is_none() {
                self.begin_next();
                self.take();
            }
            self.write();
            if self.is_at_rest()
                && let Some(left) = self.leaving.take()
            {
                return Ok(left);
            }
            self.wait(stop).await?;
        }
    }

    /// Wait for one thing more, and go on with what is taken and written meanwhile.
    async fn beside<A>(&mut self, other: impl Future<Output = A>) -> A {
        let mut other = pin!(other);
        poll_fn(|context| {
            self.taking.poll(context);
            self.writing.poll(context);
            other.as_mut().poll(context)
        })
        .await
    }

    /// Nothing is done, taken or written.
    fn is_at_rest(&self) -> bool {
        self.under_way.is_empty() && self.taking.is_nothing() && self.writing.is_nothing()
    }

    fn leave(&mut self, left: Left) {
        if self.leaving.is_none() {
            // Also nothing of what was begun and waits for its turn.
            self.hands.send_no_more();
            let in_flight = self.under_way.len();
            (self.told)(Event::Leaving { in_flight });
            self.next.clear();
            self.leaving = Some(left);
        }
    }

    /// From time to time: how does the run stand?
    async fn check(&mut self) -> Result<(), LedgerError> {
        if self
            .checked
            .is_some_and(|checked| checked.elapsed() < CHECK)
        {
            return Ok(());
        }
        let asked = Instant::now();
        let (ledger, job) = (self.ledger, self.job);
        let tally = self.beside(ledger.tally(&job.run)).await?;
        self.counted(&tally.ended);
        self.sent |= tally.sent > 0;
        (self.told)(Event::Tally(tally));
        // Counting a long run takes a while: not more than a part of the time goes into it.
        self.checked = Some(Instant::now() + asked.elapsed() * 20);
        Ok(())
    }

    fn counted(&mut self, ended: &BTreeMap<String, u64>) {
        (self.finished, self.failed) = (0, 0);
        for (outcome, count) in ended.iter().filter(|(outcome, _)| is_tried(outcome)) {
            let forgiven = self.job.forgiven.get(outcome).copied().unwrap_or_default();
            let count = count.saturating_sub(forgiven);
            self.finished += count;
            self.failed += if is_failure(outcome) { count } else { 0 };
        }
    }

    /// So many failed that nobody is to go on. The others hear of it at their next taking.
    async fn stop_if_failing(&mut self) -> Result<(), LedgerError> {
        let (finished, failed) = (self.finished, self.failed);
        if self.job.purpose == Purpose::Send
            && let Some(stop_when) = &self.job.stop_when
            && stop_when.reached(finished, failed)
        {
            self.leave(Left::Failing { finished, failed });
            let (ledger, job) = (self.ledger, self.job);
            let (from, to, why) = ([RunState::Running], RunState::Stopped, "failure-share");
            self.beside(ledger.move_run(&job.run, &from, to, Some(why), None))
                .await?;
        }
        Ok(())
    }

    /// Begin to take as many rows as there are free hands, and a few more, so that no hand waits for
    /// the next taking.
    fn take(&mut self) {
        let most = self.hands_at_most();
        let have = self.under_way.len() + self.next.len();
        let free = most.saturating_add(most / AHEAD).saturating_sub(have);
        let idle = self.idle_until.is_some_and(|until| Instant::now() < until);
        if idle
            || !self.news
            || !self.taking.is_nothing()
            || (free * TOGETHER < most && !self.under_way.is_empty())
        {
            return;
        }
        self.idle_until = None;
        let free = u32::try_from(free).unwrap_or(u32::MAX);
        let (ledger, job, stages) = (self.ledger, self.job, self.stages());
        (self.news, self.sent) = (false, false);
        self.taking.put(taken(ledger, job, stages, free));
    }

    /// Rows that were taken are begun; what was taken while this worker left is free again when it
    /// has.
    async fn begin_all(&mut self, taken: Taken) -> Result<(), LedgerError> {
        let rows = match taken {
            Taken::Rows(rows) => rows,
            Taken::Moved(state) => {
                self.leave(Left::Moved(state));
                return Ok(());
            }
        };
        if self.leaving.is_some() {
            return Ok(());
        }
        self.sent |= rows.iter().any(|row| row.stage == Stage::Sent);
        for row in rows {
            if self.held.insert(row.new.number, row.epoch).is_none() {
                self.next.push_back(row);
            }
        }
        let idle = self.under_way.is_empty() && self.next.is_empty();
        if idle && self.writing.is_nothing() && self.done.is_empty() {
            self.nothing_taken().await?;
        }
        Ok(())
    }

    fn stages(&mut self) -> Vec<Stage> {
        match self.job.purpose {
            Purpose::Plan => vec![Stage::Listed],
            Purpose::Send => {
                let now = self.hands.now();
                let closed = self.job.window.as_ref().map(|window| window.opens_in(now));
                match closed.filter(|closed| !closed.is_zero()) {
                    None if self.sent => vec![Stage::Sent, Stage::Planned],
                    None => vec![Stage::Planned],
                    Some(closed) => {
                        (self.told)(Event::Closed(closed));
                        vec![Stage::Sent]
                    }
                }
            }
        }
    }

    fn hands_at_most(&self) -> usize {
        usize::try_from(self.job.concurrency).unwrap_or(usize::MAX)
    }

    /// As many as there are free hands. None while a failure is not counted yet: it may be the one
    /// that stops the run.
    fn begin_next(&mut self) {
        if self.job.stop_when.is_some() && self.uncounted > 0 {
            return;
        }
        while self.under_way.len() < self.hands_at_most()
            && let Some(row) = self.next.pop_front()
        {
            self.begin(row);
        }
    }

    fn begin(&mut self, row: Row) {
        let hands = Arc::clone(self.hands);
        self.under_way.spawn(async move {
            let did = match next(&row) {
                Wants::Plan => hands.plan(&row).await,
                Wants::Send => hands.send(&row).await,
                Wants::Look => hands.look(&row).await,
                Wants::End(ended) => Did::Ended {
                    ended,
                    device: None,
                    why: (!ended.is_success()).then(|| recorded(&row)),
                },
                Wants::Nothing => Did::ended(Ended::Fault, "fault", "a row that ended was taken"),
            };
            (row, did)
        });
    }

    /// Whether there is anything left, and when its time comes.
    async fn nothing_taken(&mut self) -> Result<(), LedgerError> {
        let (ledger, job) = (self.ledger, self.job);
        let tally = self.beside(ledger.tally(&job.run)).await?;
        self.counted(&tally.ended);
        self.sent |= tally.sent > 0;
        let left = match self.job.purpose {
            Purpose::Plan => tally.listed,
            Purpose::Send => tally.listed + tally.planned + tally.sent,
        };
        if left == 0 {
            (self.told)(Event::Tally(tally));
            self.leaving = Some(Left::Finished);
            return Ok(());
        }
        // Others have the rest, or its time has not come.
        let due = Duration::from_millis(tally.due_in.unwrap_or(u64::MAX));
        self.idle_until = Some(Instant::now() + due.clamp(Duration::from_millis(10), CHECK));
        (self.told)(Event::Tally(tally));
        Ok(())
    }

    /// Until something is done, or it is time to look around.
    async fn wait(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), LedgerError> {
        let renew = self.renewed + self.job.lease / 3;
        let idle = self
            .idle_until
            .unwrap_or_else(|| Instant::now() + CHECK)
            .min(renew);
        let leaving = self.leaving.is_some();
        tokio::select! {
            biased;
            taken = self.taking.answer() => return self.begin_all(taken?).await,
            written = self.writing.answer() => self.note_all(written?),
            Some(done) = self.under_way.join_next() => self.finished(done),
            Ok(()) = stop.changed(), if !leaving => {}
            () = tokio::time::sleep_until(idle) => {}
        }
        self.news = true;
        if Instant::now() >= renew {
            self.renewed = Instant::now();
            let (ledger, job) = (self.ledger, self.job);
            self.beside(ledger.renew(&job.run, &job.owner, job.lease))
                .await?;
        }
        Ok(())
    }

    /// What is done, and whatever else is done by now, is to be written.
    fn finished(&mut self, first: Result<Done, tokio::task::JoinError>) {
        let mut next_one = Some(first);
        while let Some(one) = next_one {
            match one {
                Ok(one) => {
                    self.uncounted += usize::from(has_failed(&one.1));
                    self.done.push(one);
                }
                // A panic in one row's task. Its lease runs out, and whoever takes it then sees
                // what became of it.
                Err(error) => self.leave(Left::Halted {
                    ended: Ended::Fault,
                    code: "fault".to_owned(),
                    message: error.to_string(),
                    remedy: None,
                }),
            }
            next_one = self.under_way.try_join_next();
        }
    }

    /// Begin to write down what is done.
    fn write(&mut self) {
        if self.done.is_empty() || !self.writing.is_nothing() {
            return;
        }
        let mut done = std::mem::take(&mut self.done);
        for (row, _) in &mut done {
            row.epoch = self.held.remove(&row.new.number).unwrap_or(row.epoch);
        }
        let (ledger, job) = (self.ledger, self.job);
        self.writing.put(async move {
            let steps: Vec<Step> = done.iter().map(|(row, did)| step(row, did)).collect();
            let stepped = ledger.step(&job.run, &job.owner, &steps).await?;
            Ok(done.into_iter().zip(stepped).collect())
        });
    }

    fn note_all(&mut self, written: Written) {
        for ((row, did), stepped) in written {
            self.uncounted -= usize::from(has_failed(&did));
            match stepped {
                Stepped::Written => self.note(row, did),
                Stepped::Duplicate(of) => (self.told)(Event::Duplicate {
                    number: row.new.number,
                    of,
                }),
                // Another worker has it, and writes what it sees.
                Stepped::Lost => {}
            }
        }
    }

    fn note(&mut self, row: Row, did: Did) {
        match &did {
            Did::Ended { ended, .. } => {
                self.finished += u64::from(is_tried(ended.word()));
                self.failed += u64::from(has_failed(&did));
            }
            Did::Sent { .. } => self.sent = true,
            Did::Halt {
                ended,
                code,
                message,
                remedy,
            } => self.leave(Left::Halted {
                ended: *ended,
                code: code.clone(),
                message: message.clone(),
                remedy: remedy.clone(),
            }),
            _ => {}
        }
        (self.told)(Event::Row {
            row: Box::new(row),
            did,
        });
    }
}
