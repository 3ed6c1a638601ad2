//! The audit chain in the file.

use async_trait::async_trait;
use passcode_audit::{Head, Line, Record};
use passcode_host::ledger::{LedgerError, LedgerFault};
use sqlx::SqliteConnection;

use super::SqliteLedger;
use super::book::Book;
use super::fault::fault;
use super::rows::Reader;
use crate::audit::AuditLog;

impl Book {
    /// Add a line, in the transaction of what it speaks of.
    pub(super) async fn witness(
        &self,
        connection: &mut SqliteConnection,
        record: &Record,
    ) -> Result<(), LedgerError> {
        let after = self.head_in(connection).await?;
        let line = match &self.notary {
            Some(notary) => notary.seal(&after, record),
            None => Line::unsigned(&after, record),
        };
        let line = line.map_err(|error| self.other(&error.to_string()))?;
        sqlx::query(
            "INSERT INTO audit (number, body, hash, key, signature) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(i64::try_from(line.number).map_err(|_| self.other("the audit chain is full"))?)
        .bind(&line.body)
        .bind(hex(&line.hash))
        .bind(&line.key)
        .bind(&line.signature)
        .execute(connection)
        .await
        .map_err(self.words())?;
        Ok(())
    }

    async fn head_in(&self, connection: &mut SqliteConnection) -> Result<Head, LedgerError> {
        let last: Option<(i64, String)> =
            sqlx::query_as("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
                .fetch_optional(connection)
                .await
                .map_err(self.words())?;
        match last {
            None => Ok(Head::EMPTY),
            Some((number, hash)) => Ok(Head {
                count: number.try_into().map_err(|_| self.unreadable())?,
                hash: of_hex(&hash).ok_or_else(|| self.unreadable())?,
            }),
        }
    }

    fn other(&self, detail: &str) -> LedgerError {
        fault(LedgerFault::Other, &self.path, detail)
    }

    fn unreadable(&self) -> LedgerError {
        let detail = "a line of the audit chain cannot be read";
        fault(LedgerFault::Corrupt, &self.path, detail)
    }
}

#[async_trait]
impl AuditLog for SqliteLedger {
    async fn head(&self) -> Result<Head, LedgerError> {
        let mut connection = self.connection.lock().await;
        self.book.head_in(&mut connection).await
    }

    async fn lines(&self, after: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let mut connection = self.connection.lock().await;
        let rows = sqlx::query("SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?")
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(self.book.words())?;
        rows.iter()
            .map(|row| {
                let read = Reader {
                    path: &self.book.path,
                    row,
                };
                Ok(Line {
                    number: read.count("number")?,
                    body: read.text("body")?,
                    // No hash at all is a wrong one, and for whoever looks through them to find.
                    hash: of_hex(&read.text("hash")?).unwrap_or_default(),
                    key: read.text("key")?,
                    signature: read.text("signature")?,
                })
            })
            .collect()
    }
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash is written as a plan's name is.
fn of_hex(text: &str) -> Option<[u8; 32]> {
    text.parse::<passcode_host::ledger::PlanId>()
        .ok()
        .map(|id| id.0)
}
