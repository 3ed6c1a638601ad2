//! The tables as an operation sees them, inside its transaction.

use std::collections::HashMap;

use passcode_host::ledger::{Attempt, LedgerError, PlanId, StoredPlan};
use sqlx::postgres::PgRow;

use super::fault::misuse;
use super::pool::{Tx, asked};
use super::rows::{self, attempts};

const OF_PLAN: &str = attempts!("WHERE a.plan = $1 ORDER BY a.seq");
const OF_PLANS: &str = attempts!("WHERE a.plan = ANY($1) ORDER BY a.seq");
const HELD: &str = attempts!("WHERE a.plan = $1 ORDER BY a.seq FOR NO KEY UPDATE OF a");
const OPEN: &str = attempts!(
    "WHERE a.tenant_key = lower($1 COLLATE \"C\") AND a.device_key = lower($2 COLLATE \"C\") ",
    "AND (a.state IN ('intended', 'unknown') OR (a.state = 'accepted' AND a.ending IS NULL)) ",
    "ORDER BY a.seq"
);
/// Everything that an intent is judged by, held until the end: nobody settles it meanwhile.
const IN_THE_WAY: &str = attempts!(
    "WHERE a.plan = $3 OR (a.tenant_key = lower($1 COLLATE \"C\") ",
    "AND a.device_key = lower($2 COLLATE \"C\") ",
    "AND (a.state IN ('intended', 'unknown') OR (a.state = 'accepted' AND a.ending IS NULL))) ",
    "ORDER BY a.seq FOR NO KEY UPDATE OF a"
);
const BY_NAME: &str =
    attempts!("WHERE a.name_key = lower($1 COLLATE \"C\") FOR NO KEY UPDATE OF a");
const RECENT: &str = attempts!("ORDER BY a.seq DESC LIMIT $1");

impl Tx {
    fn all(&self, rows: &[PgRow]) -> Result<Vec<Attempt>, LedgerError> {
        rows.iter()
            .map(|row| rows::attempt(&self.at, row))
            .collect()
    }

    pub(super) async fn plan(&mut self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        let row = sqlx::query("SELECT * FROM passcode.plans WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut self.connection);
        asked(&self.at, row)
            .await?
            .map(|row| rows::plan(&self.at, &row))
            .transpose()
    }

    pub(super) async fn attempts(&mut self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        let rows = sqlx::query(OF_PLAN)
            .bind(plan.to_string())
            .fetch_all(&mut self.connection);
        let rows = asked(&self.at, rows).await?;
        self.all(&rows)
    }

    /// As [`Tx::attempts`], and nobody changes them before this transaction ends.
    pub(super) async fn held(&mut self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        let rows = sqlx::query(HELD)
            .bind(plan.to_string())
            .fetch_all(&mut self.connection);
        let rows = asked(&self.at, rows).await?;
        self.all(&rows)
    }

    /// The attempt that counts of each of many plans.
    pub(super) async fn that_count(
        &mut self,
        plans: &[PlanId],
    ) -> Result<HashMap<PlanId, Attempt>, LedgerError> {
        if plans.is_empty() {
            return Ok(HashMap::new());
        }
        let plans: Vec<String> = plans.iter().map(PlanId::to_string).collect();
        let rows = sqlx::query(OF_PLANS)
            .bind(plans)
            .fetch_all(&mut self.connection);
        let rows = asked(&self.at, rows).await?;
        let mut of: HashMap<PlanId, Vec<Attempt>> = HashMap::new();
        for attempt in self.all(&rows)? {
            of.entry(attempt.intent.plan).or_default().push(attempt);
        }
        let counts = |(plan, attempts): (PlanId, Vec<Attempt>)| {
            Some((plan, Attempt::that_counts(&attempts)?.clone()))
        };
        Ok(of.into_iter().filter_map(counts).collect())
    }

    pub(super) async fn open(
        &mut self,
        tenant: &str,
        device: &str,
    ) -> Result<Vec<Attempt>, LedgerError> {
        let rows = sqlx::query(OPEN)
            .bind(tenant)
            .bind(device)
            .fetch_all(&mut self.connection);
        let rows = asked(&self.at, rows).await?;
        self.all(&rows)
    }

    /// The attempts of a plan, and those on a device that are undecided, or accepted without an
    /// ending. Nobody changes them before this transaction ends.
    pub(super) async fn in_the_way(
        &mut self,
        tenant: &str,
        device: &str,
        plan: &PlanId,
    ) -> Result<(Vec<Attempt>, Vec<Attempt>), LedgerError> {
        let rows = sqlx::query(IN_THE_WAY)
            .bind(tenant)
            .bind(device)
            .bind(plan.to_string())
            .fetch_all(&mut self.connection);
        let rows = asked(&self.at, rows).await?;
        let found = self.all(&rows)?;
        Ok(found.into_iter().partition(|one| one.intent.plan == *plan))
    }

    /// The attempt of a name, with its number. Nobody changes it before this transaction ends.
    pub(super) async fn attempt(
        &mut self,
        client_request_id: &str,
    ) -> Result<Option<(i64, Attempt)>, LedgerError> {
        let row = sqlx::query(BY_NAME)
            .bind(client_request_id)
            .fetch_optional(&mut self.connection);
        asked(&self.at, row)
            .await?
            .map(|row| Ok((rows::seq(&self.at, &row)?, rows::attempt(&self.at, &row)?)))
            .transpose()
    }

    pub(super) async fn existing(
        &mut self,
        client_request_id: &str,
    ) -> Result<(i64, Attempt), LedgerError> {
        self.attempt(client_request_id)
            .await?
            .ok_or_else(|| misuse(&self.at, "there is no attempt of that client-request-id"))
    }

    pub(super) async fn recent(&mut self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        let rows = sqlx::query(RECENT)
            .bind(i64::from(limit))
            .fetch_all(&mut self.connection);
        let rows = asked(&self.at, rows).await?;
        self.all(&rows)
    }
}
