//! The audit chain in the file.

use async_trait::async_trait;
use passcode_audit::{Head, Line, Record, Verifier};
use passcode_host::ledger::{LedgerError, LedgerFault};
use rusqlite::params;

use super::SqliteLedger;
use super::book::Sql;
use super::fault::fault;
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

impl Sql<'_> {
    /// Add a line, in the transaction of what it speaks of.
    pub(super) fn witness(&self, chain: &mut Chain, record: &Record) -> Result<(), LedgerError> {
        let begun = match chain.begun {
            Some(begun) => begun,
            None => self.head()?,
        };
        chain.begun = Some(begun);
        let after = chain.lines.last().map_or(begun, Line::head);
        let record = self.book.acting.stamp(record);
        let line = match self.book.notary.get() {
            Some(notary) => notary.seal(&after, &record),
            None => Line::unsigned(&after, &record),
        };
        chain
            .lines
            .push(line.map_err(|error| self.other(&error.to_string()))?);
        Ok(())
    }

    /// Write the lines. Without them nothing of the transaction may be committed.
    pub(super) fn write_lines(&self, chain: &Chain) -> Result<(), LedgerError> {
        for line in &chain.lines {
            let number = i64::try_from(line.number).map_err(|_| self.other("a line too many"))?;
            self.execute(
                "INSERT INTO audit (number, body, hash, key, signature) VALUES (?, ?, ?, ?, ?)",
                params![number, line.body, hex(&line.hash), line.key, line.signature],
            )?;
        }
        Ok(())
    }

    fn head(&self) -> Result<Head, LedgerError> {
        let sql = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
        let last = self.maybe(sql, [], |row| {
            Ok(Head {
                count: row.count("number")?,
                hash: of_hex(&row.text("hash")?).ok_or_else(|| self.unreadable())?,
            })
        })?;
        Ok(last.unwrap_or(Head::EMPTY))
    }

    fn lines(&self, after: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let sql = "SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?";
        self.all(sql, params![after, limit], |row| {
            Ok(Line {
                number: row.count("number")?,
                body: row.text("body")?,
                // No hash at all is a wrong one, and for whoever looks through them to find.
                hash: of_hex(&row.text("hash")?).unwrap_or_default(),
                key: row.text("key")?,
                signature: row.text("signature")?,
            })
        })
    }

    /// Look through the whole chain; how many lines it has.
    pub(super) fn check_lines(&self) -> Result<u64, LedgerError> {
        let mut verifier = Verifier::new(&[], None);
        let mut last = 0;
        loop {
            let lines = self.lines(last, 1_000)?;
            let Some(end) = lines.last() else { break };
            last = end.number;
            lines.iter().for_each(|line| verifier.push(line));
        }
        let verdict = verifier.finish();
        match verdict.findings.first() {
            None => Ok(verdict.lines),
            Some(finding) => {
                let detail = format!("audit: {finding}");
                Err(fault(LedgerFault::Corrupt, &self.book.path, &detail))
            }
        }
    }

    fn other(&self, detail: &str) -> LedgerError {
        fault(LedgerFault::Other, &self.book.path, detail)
    }

    fn unreadable(&self) -> LedgerError {
        let detail = "a line of the audit chain cannot be read";
        fault(LedgerFault::Corrupt, &self.book.path, detail)
    }
}

#[async_trait]
impl AuditLog for SqliteLedger {
    async fn head(&self) -> Result<Head, LedgerError> {
        let head = self.read(|sql| sql.head()).await?;
        // It is kept elsewhere, to be compared with what is here.
        self.synced().await?;
        Ok(head)
    }

    async fn lines(&self, after: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        self.read_much(move |sql| sql.lines(after, limit)).await
    }
}

fn hex(hash: &[u8; 32]) -> String {
    passcode_host::ledger::PlanId(*hash).to_string()
}

/// A hash is written as a plan's name is.
fn of_hex(text: &str) -> Option<[u8; 32]> {
    text.parse::<passcode_host::ledger::PlanId>()
        .ok()
        .map(|id| id.0)
}
