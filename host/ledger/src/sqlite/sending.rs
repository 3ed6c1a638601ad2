//! What is written about the sending of one device: each checks, by the [rules], and writes.
//!
//! [rules]: crate::rules

use passcode_host::ledger::{
    Ending, Intent, IntentRefused, LedgerError, Sending, Settlement, StoredPlan,
};
use rusqlite::params;
use time::OffsetDateTime;

use super::book::Sql;
use super::rows::{ending_word, sending_word, written};
use super::together::Write;
use super::witness::Chain;
use crate::{record, rules};

/// Keep a plan whose document is what its name says.
pub(super) struct KeepPlan(pub(super) StoredPlan);

impl Write for KeepPlan {
    type Answer = ();
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<(), LedgerError> {
        let Self(plan) = self;
        let kept = sql.execute(
            "INSERT INTO plans (id, tenant, device, created, expires, document) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            params![
                plan.id.to_string(),
                plan.tenant,
                plan.device,
                written(&sql.book.path, plan.created)?,
                written(&sql.book.path, plan.expires)?,
                plan.document
            ],
        )?;
        if kept == 0 {
            return match sql.plan(&plan.id)? {
                Some(kept) if kept == *plan => Ok(()),
                _ => Err(sql.misuse("the plan is kept with another device or other times")),
            };
        }
        sql.witness(chain, &record::planned(plan))
    }
}

/// Write down that a request is about to be sent.
pub(super) struct Intend(pub(super) Intent);

impl Write for Intend {
    type Answer = ();
    type Refusal = IntentRefused;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<(), IntentRefused> {
        let Self(intent) = self;
        let of = sql.whole(&intent.plan)?.ok_or(IntentRefused::UnknownPlan)?;
        belongs(sql, intent, &of)?;
        let beside = sql.beside(intent)?;
        rules::may_intend(intent, &beside.of_plan, &beside.open)?;
        if beside.of_name {
            return Err(sql.misuse("the client-request-id was used before").into());
        }
        insert(sql, chain, intent)?;
        Ok(())
    }
}

/// The intent must be the kept plan's, or the record would speak of another device than the
/// request.
fn belongs(
    sql: &Sql<'_>,
    intent: &Intent,
    (tenant, device): &(String, String),
) -> Result<(), LedgerError> {
    if tenant.eq_ignore_ascii_case(&intent.tenant) && device.eq_ignore_ascii_case(&intent.device) {
        Ok(())
    } else {
        Err(sql.misuse("the intent is for another tenant or device than its plan"))
    }
}

pub(super) fn insert(sql: &Sql<'_>, chain: &mut Chain, intent: &Intent) -> Result<(), LedgerError> {
    // A seal means something only to the process that made it.
    let mut snapshot = intent.snapshot.clone();
    for result in &mut snapshot {
        result.passcode = None;
    }
    let snapshot = serde_json::to_string(&snapshot)
        .map_err(|_| sql.misuse("a snapshot that cannot be written"))?;
    if let Some(followed) = intent.after_unknown {
        // Whoever follows it up has decided that nobody is waiting for its answer any more.
        for attempt in sql.attempts(&followed)? {
            if attempt.sending == Sending::Intended {
                let line = record::followed_up(&attempt, intent);
                sql.witness(chain, &line)?;
            }
        }
        sql.execute(
            "UPDATE attempts SET state = 'unknown' WHERE plan = ? AND state = 'intended'",
            params![followed.to_string()],
        )?;
    }
    sql.execute(
        "INSERT INTO attempts (client_request_id, plan, tenant, device, request, at, \
         sent_after, snapshot, after_unknown, again) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            intent.client_request_id,
            intent.plan.to_string(),
            intent.tenant,
            intent.device,
            intent.request,
            written(&sql.book.path, intent.at)?,
            intent.service_date,
            snapshot,
            intent.after_unknown.map(|plan| plan.to_string()),
            intent.again
        ],
    )?;
    sql.witness(chain, &record::intended(intent))
}

/// Record what became of an attempt.
pub(super) struct Settle {
    pub(super) client_request_id: String,
    pub(super) sending: Sending,
    pub(super) settlement: Settlement,
}

impl Write for Settle {
    type Answer = ();
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<(), LedgerError> {
        let (seq, attempt) = sql.existing(&self.client_request_id)?;
        let (now, next) = (attempt.sending, self.sending);
        let Some((state, known)) = rules::settled(now, &attempt.settlement, next, &self.settlement)
        else {
            let detail = format!(
                "an attempt that is {} cannot become {} with what is known",
                sending_word(now),
                sending_word(next)
            );
            return Err(sql.misuse(&detail));
        };
        if (state, &known) == (now, &attempt.settlement) {
            return Ok(());
        }
        let line = record::settled(&attempt, state, &known, OffsetDateTime::now_utc());
        sql.witness(chain, &line)?;
        sql.execute(
            "UPDATE attempts SET state = ?, status = ?, request_id = ?, answer_date = ?, \
             approval_code = ?, settled_by = ? WHERE seq = ?",
            params![
                sending_word(state),
                known.status.map(i64::from),
                known.request_id,
                known.service_date,
                known.approval_code,
                known.settled_by,
                seq
            ],
        )?;
        Ok(())
    }
}

/// Record how an accepted attempt ended on the device.
pub(super) struct End {
    pub(super) client_request_id: String,
    pub(super) ending: Ending,
}

impl Write for End {
    type Answer = ();
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<(), LedgerError> {
        let (seq, attempt) = sql.existing(&self.client_request_id)?;
        if attempt.sending != Sending::Accepted {
            let detail = format!(
                "an attempt that is {} cannot end on the device; settle it first",
                sending_word(attempt.sending)
            );
            return Err(sql.misuse(&detail));
        }
        if attempt.ending == Some(self.ending) {
            return Ok(());
        }
        let line = record::ended(&attempt, self.ending, OffsetDateTime::now_utc());
        sql.witness(chain, &line)?;
        sql.execute(
            "UPDATE attempts SET ending = ? WHERE seq = ?",
            params![ending_word(self.ending), seq],
        )?;
        Ok(())
    }
}

/// Record that a passcode is about to be delivered.
pub(super) struct Deliver {
    pub(super) client_request_id: String,
    pub(super) at: OffsetDateTime,
    pub(super) to: String,
}

impl Write for Deliver {
    type Answer = ();
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<(), LedgerError> {
        let (seq, attempt) = sql.existing(&self.client_request_id)?;
        let line = record::disclosed(&attempt, self.at, &self.to);
        sql.witness(chain, &line)?;
        sql.execute(
            "INSERT INTO deliveries (attempt, at, target) VALUES (?, ?, ?)",
            params![seq, written(&sql.book.path, self.at)?, self.to],
        )?;
        Ok(())
    }
}
