//! What is written about the sending of one device: each checks, by the [rules], and writes.
//!
//! [rules]: crate::rules

use async_trait::async_trait;
use passcode_host::ledger::{
    Ending, Intent, IntentRefused, LedgerError, Sending, Settlement, StoredPlan,
};
use sqlx::SqliteConnection;
use time::OffsetDateTime;

use super::book::Book;
use super::fault::misuse;
use super::rows::{ending_word, sending_word, written};
use super::together::Write;
use super::witness::Chain;
use crate::{record, rules};

/// Keep a plan whose document is what its name says.
pub(super) struct KeepPlan(pub(super) StoredPlan);

#[async_trait]
impl Write for KeepPlan {
    type Answer = ();
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<(), LedgerError> {
        let Self(plan) = self;
        match book.plan_in(connection, &plan.id).await? {
            Some(kept) if kept == *plan => return Ok(()),
            Some(_) => {
                return Err(misuse(
                    &book.path,
                    "the plan is kept with another device or other times",
                ));
            }
            None => {}
        }
        sqlx::query(
            "INSERT INTO plans (id, tenant, device, created, expires, document) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(plan.id.to_string())
        .bind(&plan.tenant)
        .bind(&plan.device)
        .bind(written(&book.path, plan.created)?)
        .bind(written(&book.path, plan.expires)?)
        .bind(&plan.document)
        .execute(&mut *connection)
        .await
        .map_err(book.words())?;
        book.witness(connection, chain, &record::planned(plan))
            .await
    }
}

/// Write down that a request is about to be sent.
pub(super) struct Intend(pub(super) Intent);

#[async_trait]
impl Write for Intend {
    type Answer = ();
    type Refusal = IntentRefused;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<(), IntentRefused> {
        let Self(intent) = self;
        let plan = book
            .plan_in(connection, &intent.plan)
            .await?
            .ok_or(IntentRefused::UnknownPlan)?;
        belongs(book, intent, &plan)?;
        let beside = book.beside(connection, intent).await?;
        rules::may_intend(intent, &beside.of_plan, &beside.open)?;
        if beside.of_name {
            return Err(misuse(&book.path, "the client-request-id was used before").into());
        }
        insert(book, connection, chain, intent).await?;
        Ok(())
    }
}

/// The intent must be the kept plan's, or the record would speak of another device than the
/// request.
fn belongs(book: &Book, intent: &Intent, plan: &StoredPlan) -> Result<(), LedgerError> {
    if plan.tenant.eq_ignore_ascii_case(&intent.tenant)
        && plan.device.eq_ignore_ascii_case(&intent.device)
    {
        Ok(())
    } else {
        Err(misuse(
            &book.path,
            "the intent is for another tenant or device than its plan",
        ))
    }
}

pub(super) async fn insert(
    book: &Book,
    connection: &mut SqliteConnection,
    chain: &mut Chain,
    intent: &Intent,
) -> Result<(), LedgerError> {
    // A seal means something only to the process that made it.
    let mut snapshot = intent.snapshot.clone();
    for result in &mut snapshot {
        result.passcode = None;
    }
    let snapshot = serde_json::to_string(&snapshot)
        .map_err(|_| misuse(&book.path, "a snapshot that cannot be written"))?;
    if let Some(followed) = intent.after_unknown {
        // Whoever follows it up has decided that nobody is waiting for its answer any more.
        for attempt in book.attempts_in(connection, &followed).await? {
            if attempt.sending == Sending::Intended {
                let line = record::followed_up(&attempt, intent);
                book.witness(connection, chain, &line).await?;
            }
        }
        sqlx::query("UPDATE attempts SET state = 'unknown' WHERE plan = ? AND state = 'intended'")
            .bind(followed.to_string())
            .execute(&mut *connection)
            .await
            .map_err(book.words())?;
    }
    sqlx::query(
        "INSERT INTO attempts (client_request_id, plan, tenant, device, request, at, \
         sent_after, snapshot, after_unknown, again) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&intent.client_request_id)
    .bind(intent.plan.to_string())
    .bind(&intent.tenant)
    .bind(&intent.device)
    .bind(&intent.request)
    .bind(written(&book.path, intent.at)?)
    .bind(&intent.service_date)
    .bind(snapshot)
    .bind(intent.after_unknown.map(|plan| plan.to_string()))
    .bind(i64::from(intent.again))
    .execute(&mut *connection)
    .await
    .map_err(book.words())?;
    book.witness(connection, chain, &record::intended(intent))
        .await
}

/// Record what became of an attempt.
pub(super) struct Settle {
    pub(super) client_request_id: String,
    pub(super) sending: Sending,
    pub(super) settlement: Settlement,
}

#[async_trait]
impl Write for Settle {
    type Answer = ();
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<(), LedgerError> {
        let (seq, attempt) = book
            .existing_in(connection, &self.client_request_id)
            .await?;
        let (now, next) = (attempt.sending, self.sending);
        let Some((state, known)) = rules::settled(now, &attempt.settlement, next, &self.settlement)
        else {
            let detail = format!(
                "an attempt that is {} cannot become {} with what is known",
                sending_word(now),
                sending_word(next)
            );
            return Err(misuse(&book.path, &detail));
        };
        if (state, &known) == (now, &attempt.settlement) {
            return Ok(());
        }
        let line = record::settled(&attempt, state, &known, OffsetDateTime::now_utc());
        book.witness(connection, chain, &line).await?;
        sqlx::query(
            "UPDATE attempts SET state = ?, status = ?, request_id = ?, answer_date = ?, \
             approval_code = ?, settled_by = ? WHERE seq = ?",
        )
        .bind(sending_word(state))
        .bind(known.status.map(i64::from))
        .bind(known.request_id)
        .bind(known.service_date)
        .bind(known.approval_code)
        .bind(known.settled_by)
        .bind(seq)
        .execute(connection)
        .await
        .map_err(book.words())?;
        Ok(())
    }
}

/// Record how an accepted attempt ended on the device.
pub(super) struct End {
    pub(super) client_request_id: String,
    pub(super) ending: Ending,
}

#[async_trait]
impl Write for End {
    type Answer = ();
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<(), LedgerError> {
        let (seq, attempt) = book
            .existing_in(connection, &self.client_request_id)
            .await?;
        if attempt.sending != Sending::Accepted {
            let detail = format!(
                "an attempt that is {} cannot end on the device; settle it first",
                sending_word(attempt.sending)
            );
            return Err(misuse(&book.path, &detail));
        }
        if attempt.ending == Some(self.ending) {
            return Ok(());
        }
        let line = record::ended(&attempt, self.ending, OffsetDateTime::now_utc());
        book.witness(connection, chain, &line).await?;
        sqlx::query("UPDATE attempts SET ending = ? WHERE seq = ?")
            .bind(ending_word(self.ending))
            .bind(seq)
            .execute(connection)
            .await
            .map_err(book.words())?;
        Ok(())
    }
}

/// Record that a passcode is about to be delivered.
pub(super) struct Deliver {
    pub(super) client_request_id: String,
    pub(super) at: OffsetDateTime,
    pub(super) to: String,
}

#[async_trait]
impl Write for Deliver {
    type Answer = ();
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<(), LedgerError> {
        let (seq, attempt) = book
            .existing_in(connection, &self.client_request_id)
            .await?;
        let line = record::disclosed(&attempt, self.at, &self.to);
        book.witness(connection, chain, &line).await?;
        sqlx::query("INSERT INTO deliveries (attempt, at, target) VALUES (?, ?, ?)")
            .bind(seq)
            .bind(written(&book.path, self.at)?)
            .bind(&self.to)
            .execute(connection)
            .await
            .map_err(book.words())?;
        Ok(())
    }
}
