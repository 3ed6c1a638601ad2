//! What a worker asks the ledger for while its hands are busy.

use std::pin::Pin;

use passcode_host::ledger::LedgerError;
use passcode_ledger::run::{Claim, Row, RunLedger, RunState, Stage};

use super::worker::{Job, Purpose};

/// What the ledger is asked for while hands work.
pub(super) type Asked<'a, A> = Pin<Box<dyn Future<Output = Result<A, LedgerError>> + Send + 'a>>;

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

/// The answer to what was asked; for ever waiting, if nothing was.
pub(super) async fn asked<A>(question: &mut Option<Asked<'_, A>>) -> Result<A, LedgerError> {
    match question {
        Some(asked) => {
            let answer = asked.await;
            *question = None;
            answer
        }
        None => std::future::pending().await,
    }
}
