//! Rows to values. Whatever cannot be read is damage, and says so.

use std::path::Path;

use passcode_host::ledger::{
    Attempt, Intent, LedgerError, LedgerFault, PlanId, Settlement, StoredPlan,
};
use rusqlite::types::FromSql;
use rusqlite::{Row, RowIndex};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fault::{fault, misuse, of};
use crate::words::{self, ending, sending};
pub(super) use crate::words::{ending_word, name_of, sending_word};

/// All columns of an attempt, in the order in which [`Reader::attempt`] reads them.
macro_rules! attempt {
    () => {
        "a.client_request_id, a.plan, a.tenant, a.device, a.request, a.at, a.sent_after, \
         a.snapshot, a.after_unknown, a.again, a.state, a.status, a.request_id, a.answer_date, \
         a.approval_code, a.settled_by, a.ending, d.at, d.target"
    };
}
pub(super) use attempt;

/// Attempts, each after its `seq`; what follows chooses among them.
macro_rules! attempts {
    ($($tail:literal),+) => {
        concat!(
            "SELECT a.seq, ",
            attempt!(),
            " FROM attempts a LEFT JOIN deliveries d \
             ON d.seq = (SELECT max(seq) FROM deliveries WHERE attempt = a.seq) ",
            $($tail),+
        )
    };
}
pub(super) use attempts;

/// The `seq` of the attempt of a plan that counts: [`Attempt::that_counts`] as SQL.
macro_rules! that_counts {
    ($plan:literal) => {
        concat!(
            "(SELECT seq FROM attempts WHERE plan = ",
            $plan,
            " ORDER BY CASE WHEN state IN ('intended', 'unknown', 'accepted') THEN 0 \
             WHEN state = 'rejected' THEN 1 WHEN approval_code IS NOT NULL THEN 2 ELSE 3 END, \
             seq DESC LIMIT 1)"
        )
    };
}
pub(super) use that_counts;

/// A plan that was edited in the file is damage.
pub(super) fn is_what_its_name_says(path: &Path, plan: &StoredPlan) -> Result<(), LedgerError> {
    if name_of(&plan.document) != plan.id {
        let detail = format!("plan {} is not what its name says", plan.id.short());
        return Err(fault(LedgerFault::Corrupt, path, &detail));
    }
    Ok(())
}

/// Reads columns: by name where there is one row, and by place where there may be many, because to
/// look a name up takes longer than to read what it names.
pub(super) struct Reader<'a> {
    pub(super) path: &'a Path,
    pub(super) row: &'a Row<'a>,
}

impl Reader<'_> {
    pub(super) fn get<T: FromSql>(&self, column: impl RowIndex) -> Result<T, LedgerError> {
        self.row.get(column).map_err(|error| of(self.path, error))
    }

    pub(super) fn damaged(&self, detail: &str) -> LedgerError {
        fault(LedgerFault::Corrupt, self.path, detail)
    }

    pub(super) fn text(&self, column: impl RowIndex) -> Result<String, LedgerError> {
        self.get(column)
    }

    pub(super) fn maybe(&self, column: impl RowIndex) -> Result<Option<String>, LedgerError> {
        self.get(column)
    }

    pub(super) fn time(&self, column: impl RowIndex) -> Result<OffsetDateTime, LedgerError> {
        instant(self.path, &self.text(column)?)
    }

    pub(super) fn maybe_time(
        &self,
        column: impl RowIndex,
    ) -> Result<Option<OffsetDateTime>, LedgerError> {
        let text = self.maybe(column)?;
        text.map(|text| instant(self.path, &text)).transpose()
    }

    /// A number that is never negative.
    pub(super) fn count(&self, column: impl RowIndex) -> Result<u64, LedgerError> {
        self.get::<i64>(column)?
            .try_into()
            .map_err(|_| self.damaged("a negative number"))
    }

    /// Milliseconds since 1970.
    pub(super) fn moment(&self, column: impl RowIndex) -> Result<OffsetDateTime, LedgerError> {
        self.maybe_moment(column)?
            .ok_or_else(|| self.damaged("a time is missing"))
    }

    /// The same, where there need not be one.
    pub(super) fn maybe_moment(
        &self,
        column: impl RowIndex,
    ) -> Result<Option<OffsetDateTime>, LedgerError> {
        let moment = self.get::<Option<i64>>(column)?.map(|milliseconds| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
                .map_err(|_| self.damaged("a time cannot be read"))
        });
        moment.transpose()
    }

    pub(super) fn plan_id(&self, column: impl RowIndex) -> Result<PlanId, LedgerError> {
        self.text(column)?
            .parse()
            .map_err(|_| self.damaged("a plan has no name"))
    }

    pub(super) fn plan(&self) -> Result<StoredPlan, LedgerError> {
        let plan = StoredPlan {
            id: self.plan_id("id")?,
            tenant: self.text("tenant")?,
            device: self.text("device")?,
            created: self.time("created")?,
            expires: self.time("expires")?,
            document: self.text("document")?,
        };
        is_what_its_name_says(self.path, &plan)?;
        Ok(plan)
    }

    /// An attempt, of which `first` is the first column.
    pub(super) fn attempt(&self, first: usize) -> Result<Attempt, LedgerError> {
        let damaged = |what: &str| self.damaged(what);
        let mut columns = first..;
        let mut next = || columns.next().unwrap_or(first);
        let client_request_id = self.text(next())?;
        let intent = Intent {
            plan: self.plan_id(next())?,
            tenant: self.text(next())?,
            device: self.text(next())?,
            client_request_id,
            request: self.text(next())?,
            at: self.time(next())?,
            service_date: self.maybe(next())?,
            snapshot: serde_json::from_str(&self.text(next())?)
                .map_err(|_| damaged("a snapshot cannot be read"))?,
            after_unknown: match self.maybe(next())? {
                None => None,
                Some(text) => Some(text.parse().map_err(|_| damaged("a plan has no name"))?),
            },
            again: self.get::<i64>(next())? != 0,
        };
        let state = sending(&self.text(next())?).ok_or_else(|| damaged("an unheard-of state"))?;
        let status: Option<i64> = self.get(next())?;
        Ok(Attempt {
            intent,
            sending: state,
            settlement: Settlement {
                status: match status {
                    None => None,
                    Some(status) => Some(
                        status
                            .try_into()
                            .map_err(|_| damaged("an unheard-of status"))?,
                    ),
                },
                request_id: self.maybe(next())?,
                service_date: self.maybe(next())?,
                approval_code: self.maybe(next())?,
                settled_by: self.maybe(next())?,
            },
            ending: match self.maybe(next())? {
                None => None,
                Some(word) => Some(ending(&word).ok_or_else(|| damaged("an unheard-of ending"))?),
            },
            delivered: match (self.maybe(next())?, self.maybe(next())?) {
                (Some(at), Some(to)) => Some((instant(self.path, &at)?, to)),
                _ => None,
            },
        })
    }

    /// The same in a row that may have none.
    pub(super) fn maybe_attempt(&self, first: usize) -> Result<Option<Attempt>, LedgerError> {
        match self.maybe(first)? {
            Some(_) => self.attempt(first).map(Some),
            None => Ok(None),
        }
    }
}

fn instant(path: &Path, text: &str) -> Result<OffsetDateTime, LedgerError> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| fault(LedgerFault::Corrupt, path, "a time cannot be read"))
}

/// An instant as it is written: RFC 3339, in UTC, to the nanosecond where it has them.
pub(super) fn written(path: &Path, at: OffsetDateTime) -> Result<String, LedgerError> {
    words::instant(at).ok_or_else(|| misuse(path, "a time outside the years 0 to 9999"))
}
