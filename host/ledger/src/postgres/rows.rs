//! Rows to values. Whatever cannot be read is damage, and says so.

use passcode_host::ledger::{
    Attempt, Intent, LedgerError, LedgerFault, PlanId, Settlement, StoredPlan,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fault::{fault, misuse, of};
use crate::words;

/// All columns of an attempt; what follows chooses among them.
macro_rules! attempts {
    ($($tail:literal),+) => {
        concat!(
            "SELECT a.*, d.at AS delivered_at, d.target AS delivered_to FROM passcode.attempts a \
             LEFT JOIN passcode.deliveries d \
             ON d.seq = (SELECT max(seq) FROM passcode.deliveries WHERE attempt = a.seq) ",
            $($tail),+
        )
    };
}
pub(super) use attempts;

/// A row, and the ledger that an error names.
pub(super) struct Reader<'a> {
    pub(super) at: &'a str,
    pub(super) row: &'a PgRow,
}

impl Reader<'_> {
    pub(super) fn get<'r, T>(&'r self, column: &str) -> Result<T, LedgerError>
    where
        T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        self.row
            .try_get(column)
            .map_err(|error| of(self.at, &error))
    }

    pub(super) fn text(&self, column: &str) -> Result<String, LedgerError> {
        self.get(column)
    }

    pub(super) fn maybe(&self, column: &str) -> Result<Option<String>, LedgerError> {
        self.get(column)
    }

    pub(super) fn count(&self, column: &str) -> Result<u64, LedgerError> {
        let found: i64 = self.get(column)?;
        u64::try_from(found).map_err(|_| self.damaged("a number below zero"))
    }

    pub(super) fn time(&self, column: &str) -> Result<OffsetDateTime, LedgerError> {
        self.instant(&self.text(column)?)
    }

    /// A time of the server's own clock.
    pub(super) fn moment(&self, column: &str) -> Result<OffsetDateTime, LedgerError> {
        self.maybe_moment(column)?
            .ok_or_else(|| self.damaged("a time is missing"))
    }

    /// The same, where there need not be one.
    pub(super) fn maybe_moment(&self, column: &str) -> Result<Option<OffsetDateTime>, LedgerError> {
        let moment = self.get::<Option<i64>>(column)?.map(|microseconds| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1_000)
                .map_err(|_| self.damaged("a time cannot be read"))
        });
        moment.transpose()
    }

    pub(super) fn maybe_time(&self, column: &str) -> Result<Option<OffsetDateTime>, LedgerError> {
        let text = self.maybe(column)?;
        text.map(|text| self.instant(&text)).transpose()
    }

    pub(super) fn plan_id(&self, column: &str) -> Result<PlanId, LedgerError> {
        self.named(&self.text(column)?)
    }

    pub(super) fn maybe_plan_id(&self, column: &str) -> Result<Option<PlanId>, LedgerError> {
        self.maybe(column)?
            .map(|text| self.named(&text))
            .transpose()
    }

    pub(super) fn damaged(&self, what: &str) -> LedgerError {
        fault(LedgerFault::Corrupt, self.at, what)
    }

    fn named(&self, text: &str) -> Result<PlanId, LedgerError> {
        text.parse().map_err(|_| self.damaged("a plan has no name"))
    }

    fn instant(&self, text: &str) -> Result<OffsetDateTime, LedgerError> {
        OffsetDateTime::parse(text, &Rfc3339).map_err(|_| self.damaged("a time cannot be read"))
    }
}

pub(super) fn seq(at: &str, row: &PgRow) -> Result<i64, LedgerError> {
    Reader { at, row }.get("seq")
}

pub(super) fn plan(at: &str, row: &PgRow) -> Result<StoredPlan, LedgerError> {
    let read = Reader { at, row };
    let plan = StoredPlan {
        id: read.plan_id("id")?,
        tenant: read.text("tenant")?,
        device: read.text("device")?,
        created: read.time("created")?,
        expires: read.time("expires")?,
        document: read.text("document")?,
    };
    if words::name_of(&plan.document) != plan.id {
        let detail = format!("plan {} is not what its name says", plan.id.short());
        return Err(read.damaged(&detail));
    }
    Ok(plan)
}

pub(super) fn attempt(at: &str, row: &PgRow) -> Result<Attempt, LedgerError> {
    let read = Reader { at, row };
    let delivered = match (read.maybe("delivered_at")?, read.maybe("delivered_to")?) {
        (Some(at), Some(to)) => Some((read.instant(&at)?, to)),
        _ => None,
    };
    let status: Option<i32> = read.get("status")?;
    let status = status.map(u16::try_from).transpose();
    let ending = read.maybe("ending")?.map(|word| words::ending(&word));
    Ok(Attempt {
        intent: Intent {
            plan: read.plan_id("plan")?,
            tenant: read.text("tenant")?,
            device: read.text("device")?,
            client_request_id: read.text("client_request_id")?,
            request: read.text("request")?,
            at: read.time("at")?,
            service_date: read.maybe("sent_after")?,
            snapshot: serde_json::from_str(&read.text("snapshot")?)
                .map_err(|_| read.damaged("a snapshot cannot be read"))?,
            after_unknown: read.maybe_plan_id("after_unknown")?,
            again: read.get("again")?,
        },
        sending: words::sending(&read.text("state")?)
            .ok_or_else(|| read.damaged("an unheard-of state"))?,
        settlement: Settlement {
            status: status.map_err(|_| read.damaged("an unheard-of status"))?,
            request_id: read.maybe("request_id")?,
            service_date: read.maybe("answer_date")?,
            approval_code: read.maybe("approval_code")?,
            settled_by: read.maybe("settled_by")?,
        },
        ending: match ending {
            None => None,
            Some(Some(ending)) => Some(ending),
            Some(None) => return Err(read.damaged("an unheard-of ending")),
        },
        delivered,
    })
}

/// An instant as it is written: RFC 3339, in UTC, to the nanosecond where it has them.
pub(super) fn written(at: &str, time: OffsetDateTime) -> Result<String, LedgerError> {
    words::instant(time).ok_or_else(|| misuse(at, "a time outside the years 0 to 9999"))
}
