//! The audit chain that a ledger keeps of what it wrote.
//!
//! The line of an operation is written in the operation's own transaction: without it the
//! operation is not written either, and nothing is sent.

use std::fmt;

use async_trait::async_trait;
use passcode_audit::{Head, Line};
use passcode_host::ledger::LedgerError;

/// Where the audit chain is read. What it says is [`passcode_audit::Verifier`]'s to judge.
#[async_trait]
pub trait AuditLog: Send + Sync + fmt::Debug {
    /// How many lines there are, and the hash of the last.
    async fn head(&self) -> Result<Head, LedgerError>;

    /// The lines after a number, in the order of their numbers. They are as they were found:
    /// one that was changed is given back like any other.
    async fn lines(&self, after: u64, limit: u32) -> Result<Vec<Line>, LedgerError>;
}
