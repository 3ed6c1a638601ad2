//! The audit chain in its table.

use async_trait::async_trait;
use passcode_audit::{Head, Line};
use passcode_host::ledger::{LedgerError, LedgerFault, PlanId};
use sqlx::postgres::PgRow;

use super::PostgresLedger;
use super::fault::fault;
use super::locks::Lock;
use super::pool::{Tx, asked};
use super::rows::Reader;
use crate::audit::AuditLog;

impl Tx {
    /// Add the lines of what was done in this transaction, as the last thing before its commit.
    pub(super) async fn seal(&mut self) -> Result<(), LedgerError> {
        let records = std::mem::take(&mut self.records);
        if records.is_empty() {
            return Ok(());
        }
        self.lock(&[Lock::Chain]).await?;
        let mut head = self.head().await?;
        let notary = self.notary();
        let other = |detail: &str| fault(LedgerFault::Other, &self.at, detail);
        let mut numbers = Vec::with_capacity(records.len());
        let (mut bodies, mut hashes) = (Vec::new(), Vec::new());
        let (mut keys, mut signatures) = (Vec::new(), Vec::new());
        for record in &records {
            let record = &self.stamped(record);
            let line = match &notary {
                Some(notary) => notary.seal(&head, record),
                None => Line::unsigned(&head, record),
            };
            let line = line.map_err(|error| other(&error.to_string()))?;
            head = line.head();
            let number = i64::try_from(line.number);
            numbers.push(number.map_err(|_| other("the audit chain is full"))?);
            hashes.push(PlanId(line.hash).to_string());
            bodies.push(line.body);
            keys.push(line.key);
            signatures.push(line.signature);
        }
        // One way to the server and back. Each line is checked against the one before it, so they
        // are written in their order.
        let written = sqlx::query(
            "INSERT INTO passcode.audit (number, body, hash, key, signature) \
             SELECT number, body, hash, key, signature \
             FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) \
             AS line (number, body, hash, key, signature) ORDER BY number",
        )
        .bind(numbers)
        .bind(bodies)
        .bind(hashes)
        .bind(keys)
        .bind(signatures)
        .execute(&mut self.connection);
        asked(&self.at, written).await.map(drop)
    }

    async fn head(&mut self) -> Result<Head, LedgerError> {
        let last =
            sqlx::query("SELECT number, hash FROM passcode.audit ORDER BY number DESC LIMIT 1")
                .fetch_optional(&mut self.connection);
        match asked(&self.at, last).await? {
            None => Ok(Head::EMPTY),
            Some(row) => {
                let read = Reader {
                    at: &self.at,
                    row: &row,
                };
                Ok(Head {
                    count: read.count("number")?,
                    hash: hash(&read)?,
                })
            }
        }
    }

    async fn lines(&mut self, after: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let rows =
            sqlx::query("SELECT * FROM passcode.audit WHERE number > $1 ORDER BY number LIMIT $2")
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(&mut self.connection);
        let rows = asked(&self.at, rows).await?;
        rows.iter().map(|row| line(&self.at, row)).collect()
    }
}

fn line(at: &str, row: &PgRow) -> Result<Line, LedgerError> {
    let read = Reader { at, row };
    Ok(Line {
        number: read.count("number")?,
        body: read.text("body")?,
        hash: hash(&read)?,
        key: read.text("key")?,
        signature: read.text("signature")?,
    })
}

/// A hash is written as a plan's name is.
fn hash(read: &Reader<'_>) -> Result<[u8; 32], LedgerError> {
    let id: Result<PlanId, _> = read.text("hash")?.parse();
    id.map(|id| id.0)
        .map_err(|_| read.damaged("a line of the audit chain cannot be read"))
}

#[async_trait]
impl AuditLog for PostgresLedger {
    async fn head(&self) -> Result<Head, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.head().await;
        tx.end(found).await
    }

    async fn lines(&self, after: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.lines(after, limit).await;
        tx.end(found).await
    }
}
