//! What a worker asks the ledger for while its hands are busy.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use passcode_host::ledger::LedgerError;
use passcode_ledger::run::{Claim, Row, RunLedger, RunState, Stage};

use super::job::{Job, Purpose};

/// What the ledger is asked for while hands work, and its answer as soon as it is there.
///
/// A question that is put and not polled may hold what another one waits for: the worker never
/// waits for anything without polling its questions, too ([`Asked::poll`]).
pub(super) enum Asked<'a, A> {
    Nothing,
    Put(Pin<Box<dyn Future<Output = Result<A, LedgerError>> + Send + 'a>>),
    Answered(Result<A, LedgerError>),
}

impl<'a, A> Asked<'a, A> {
    pub(super) fn put(
        &mut self,
        question: impl Future<Output = Result<A, LedgerError>> + Send + 'a,
    ) {
        *self = Self::Put(Box::pin(question));
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Bring a question that was put nearer to its answer.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) {
        if let Self::Put(question) = self
            && let Poll::Ready(answer) = question.as_mut().poll(context)
        {
            *self = Self::Answered(answer);
        }
    }

    /// The answer, once; pending where nothing was asked.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Result<A, LedgerError>> {
        self.poll(context);
        match std::mem::replace(self, Self::Nothing) {
            Self::Answered(answer) => Poll::Ready(answer),
            other => {
                *self = other;
                Poll::Pending
            }
        }
    }

    pub(super) async fn answer(&mut self) -> Result<A, LedgerError> {
        poll_fn(|context| self.poll_answer(context)).await
    }
}

/// What a taking brought.
pub(super) enum Taken {
    Rows(Vec<Row>),
    /// Nothing: the run is no longer to be worked on.
    Moved(Option<RunState>),
}

/// Take rows of these stages, one stage after the other, if the run is still to be worked on:
/// nobody else's word for it is older than a taking.
pub(super) async fn taken(
    ledger: &dyn RunLedger,
    job: &Job,
    stages: Vec<Stage>,
    mut free: u32,
) -> Result<Taken, LedgerError> {
    let state = ledger.run(&job.run).await?.map(|run| run.state);
    let wanted = match job.purpose {
        Purpose::Plan => RunState::Planning,
        Purpose::Send => RunState::Running,
    };
    if state != Some(wanted) {
        return Ok(Taken::Moved(state));
    }
    let mut rows = Vec::new();
    for stage in stages {
        if free == 0 {
            break;
        }
        // Looking must not starve sending.
        let limit = match stage {
            Stage::Sent => free.div_ceil(2),
            _ => free,
        };
        let claim = Claim {
            run: job.run.clone(),
            owner: job.owner.clone(),
            stage,
            limit,
            lease: job.lease,
        };
        let claimed = ledger.claim(&claim).await?;
        free = free.saturating_sub(u32::try_from(claimed.len()).unwrap_or(u32::MAX));
        rows.extend(claimed);
    }
    Ok(Taken::Rows(rows))
}
