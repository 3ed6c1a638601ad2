//! The audit chain in the file.

use async_trait::async_trait;
use passcode_audit::{Head, Line, Record, Verifier};
use passcode_host::ledger::{LedgerError, LedgerFault};
use sqlx::SqliteConnection;

use super::SqliteLedger;
use super::book::Book;
use super::fault::fault;
use super::rows::Reader;
use crate::audit::AuditLog;

/// Lines that are not written yet: those of one transaction, which has the write lock, so that
/// nobody else can come between them.
#[derive(Default)]
pub(super) struct Chain {
    /// The head in the file; read when the first line is wanted.
    begun: Option<Head>,
    lines: Vec<Line>,
}

impl Chain {
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Forget the lines of what was refused.
    pub(super) fn truncate(&mut self, to: usize) {
        self.lines.truncate(to);
    }
}

impl Book {
    /// Add a line, in the transaction of what it speaks of.
    pub(super) async fn witness(
        &self,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
        record: &Record,
    ) -> Result<(), LedgerError> {
        let begun = match chain.begun {
            Some(begun) => begun,
            None => self.head_in(connection).await?,
        };
        chain.begun = Some(begun);
        let after = chain.lines.last().map_or(begun, Line::head);
        let record = self.acting.stamp(record);
        let line = match &self.notary {
            Some(notary) => notary.seal(&after, &record),
            None => Line::unsigned(&after, &record),
        };
        chain
            .lines
            .push(line.map_err(|error| self.other(&error.to_string()))?);
        Ok(())
    }

    /// Write the lines. Without them nothing of the transaction may be committed.
    pub(super) async fn write_lines(
        &self,
        connection: &mut SqliteConnection,
        chain: &Chain,
    ) -> Result<(), LedgerError> {
        if chain.lines.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = chain
            .lines
            .iter()
            .map(|line| {
                let hash = hex(&line.hash);
                (line.number, &line.body, hash, &line.key, &line.signature)
            })
            .collect();
        let lines = serde_json::to_string(&lines)
            .map_err(|_| self.other("lines that cannot be written"))?;
        sqlx::query(
            "INSERT INTO audit (number, body, hash, key, signature) SELECT value ->> 0, \
             value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)",
        )
        .bind(lines)
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

    async fn lines_in(
        &self,
        connection: &mut SqliteConnection,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Line>, LedgerError> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query("SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?")
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await
            .map_err(self.words())?;
        rows.iter()
            .map(|row| {
                let read = Reader {
                    path: &self.path,
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

    /// Look through the whole chain; how many lines it has.
    pub(super) async fn check_lines(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<u64, LedgerError> {
        let mut verifier = Verifier::new(&[], None);
        let mut last = 0;
        loop {
            let lines = self.lines_in(connection, last, 1_000).await?;
            let Some(end) = lines.last() else { break };
            last = end.number;
            lines.iter().for_each(|line| verifier.push(line));
        }
        let verdict = verifier.finish();
        match verdict.findings.first() {
            None => Ok(verdict.lines),
            Some(finding) => {
                let detail = format!("audit: {finding}");
                Err(fault(LedgerFault::Corrupt, &self.path, &detail))
            }
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
        let mut connection = self.connection.lock().await;
        self.book.lines_in(&mut connection, after, limit).await
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
