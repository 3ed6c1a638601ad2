//! What is written about the sending of one device: each locks, checks by the [rules], and writes.
//!
//! [rules]: crate::rules

use passcode_host::ledger::{
    Ending, Intent, IntentRefused, LedgerError, Sending, Settlement, StoredPlan,
};
use time::OffsetDateTime;

use super::fault::misuse;
use super::locks::Lock;
use super::pool::{Tx, asked};
use super::rows::written;
use crate::words::{ending_word, sending_word};
use crate::{record, rules};

/// Keep a plan whose document is what its name says.
pub(super) async fn keep_plan(tx: &mut Tx, plan: &StoredPlan) -> Result<(), LedgerError> {
    tx.lock(&[Lock::Plan(&plan.id)]).await?;
    match tx.plan(&plan.id).await? {
        Some(kept) if kept == *plan => return Ok(()),
        Some(_) => {
            let detail = "the plan is kept with another device or other times";
            return Err(misuse(&tx.at, detail));
        }
        None => {}
    }
    let written = sqlx::query(
        "INSERT INTO passcode.plans (id, tenant, device, created, expires, document) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(plan.id.to_string())
    .bind(&plan.tenant)
    .bind(&plan.device)
    .bind(written(&tx.at, plan.created)?)
    .bind(written(&tx.at, plan.expires)?)
    .bind(&plan.document)
    .execute(&mut tx.connection);
    asked(&tx.at, written).await?;
    tx.records.push(record::planned(plan));
    Ok(())
}

/// What nobody else may decide about beside an intent.
pub(super) fn alone(intent: &Intent) -> [Lock<'_>; 3] {
    [
        Lock::Plan(&intent.plan),
        Lock::Device(&intent.tenant, &intent.device),
        Lock::Name(&intent.client_request_id),
    ]
}

/// Write down that a request is about to be sent.
pub(super) async fn intend(tx: &mut Tx, intent: &Intent) -> Result<(), IntentRefused> {
    tx.lock(&alone(intent)).await?;
    let plan = tx
        .plan(&intent.plan)
        .await?
        .ok_or(IntentRefused::UnknownPlan)?;
    // The intent must be the kept plan's, or the record would speak of another device than the
    // request.
    if !plan.tenant.eq_ignore_ascii_case(&intent.tenant)
        || !plan.device.eq_ignore_ascii_case(&intent.device)
    {
        let detail = "the intent is for another tenant or device than its plan";
        return Err(misuse(&tx.at, detail).into());
    }
    let (of_plan, open) = tx
        .in_the_way(&intent.tenant, &intent.device, &intent.plan)
        .await?;
    rules::may_intend(intent, &of_plan, &open)?;
    if tx.attempt(&intent.client_request_id).await?.is_some() {
        return Err(misuse(&tx.at, "the client-request-id was used before").into());
    }
    insert(tx, intent).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, intent: &Intent) -> Result<(), LedgerError> {
    // A seal means something only to the process that made it.
    let mut snapshot = intent.snapshot.clone();
    for result in &mut snapshot {
        result.passcode = None;
    }
    let snapshot = serde_json::to_string(&snapshot)
        .map_err(|_| misuse(&tx.at, "a snapshot that cannot be written"))?;
    if let Some(followed) = intent.after_unknown {
        // Whoever follows it up has decided that nobody is waiting for its answer any more.
        for attempt in tx.held(&followed).await? {
            if attempt.sending == Sending::Intended {
                tx.records.push(record::followed_up(&attempt, intent));
            }
        }
        let followed = sqlx::query(
            "UPDATE passcode.attempts SET state = 'unknown' WHERE plan = $1 AND state = 'intended'",
        )
        .bind(followed.to_string())
        .execute(&mut tx.connection);
        asked(&tx.at, followed).await?;
    }
    let written = sqlx::query(
        "INSERT INTO passcode.attempts (client_request_id, plan, tenant, device, request, at, \
         sent_after, snapshot, after_unknown, again) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&intent.client_request_id)
    .bind(intent.plan.to_string())
    .bind(&intent.tenant)
    .bind(&intent.device)
    .bind(&intent.request)
    .bind(written(&tx.at, intent.at)?)
    .bind(&intent.service_date)
    .bind(snapshot)
    .bind(intent.after_unknown.map(|plan| plan.to_string()))
    .bind(intent.again)
    .execute(&mut tx.connection);
    asked(&tx.at, written).await?;
    tx.records.push(record::intended(intent));
    Ok(())
}

/// Record what became of an attempt.
pub(super) async fn settle(
    tx: &mut Tx,
    client_request_id: &str,
    sending: Sending,
    settlement: &Settlement,
) -> Result<(), LedgerError> {
    let (seq, attempt) = tx.existing(client_request_id).await?;
    let Some((state, known)) =
        rules::settled(attempt.sending, &attempt.settlement, sending, settlement)
    else {
        let detail = format!(
            "an attempt that is {} cannot become {} with what is known",
            sending_word(attempt.sending),
            sending_word(sending)
        );
        return Err(misuse(&tx.at, &detail));
    };
    if (state, &known) == (attempt.sending, &attempt.settlement) {
        return Ok(());
    }
    let line = record::settled(&attempt, state, &known, OffsetDateTime::now_utc());
    tx.records.push(line);
    let written = sqlx::query(
        "UPDATE passcode.attempts SET state = $1, status = $2, request_id = $3, \
         answer_date = $4, approval_code = $5, settled_by = $6 WHERE seq = $7",
    )
    .bind(sending_word(state))
    .bind(known.status.map(i32::from))
    .bind(known.request_id)
    .bind(known.service_date)
    .bind(known.approval_code)
    .bind(known.settled_by)
    .bind(seq)
    .execute(&mut tx.connection);
    asked(&tx.at, written).await.map(drop)
}

/// Record how an accepted attempt ended on the device.
pub(super) async fn end(
    tx: &mut Tx,
    client_request_id: &str,
    ending: Ending,
) -> Result<(), LedgerError> {
    let (seq, attempt) = tx.existing(client_request_id).await?;
    if attempt.sending != Sending::Accepted {
        let detail = format!(
            "an attempt that is {} cannot end on the device; settle it first",
            sending_word(attempt.sending)
        );
        return Err(misuse(&tx.at, &detail));
    }
    if attempt.ending == Some(ending) {
        return Ok(());
    }
    let line = record::ended(&attempt, ending, OffsetDateTime::now_utc());
    tx.records.push(line);
    let written = sqlx::query("UPDATE passcode.attempts SET ending = $1 WHERE seq = $2")
        .bind(ending_word(ending))
        .bind(seq)
        .execute(&mut tx.connection);
    asked(&tx.at, written).await.map(drop)
}

/// Record that a passcode is about to be delivered.
pub(super) async fn deliver(
    tx: &mut Tx,
    client_request_id: &str,
    at: OffsetDateTime,
    to: &str,
) -> Result<(), LedgerError> {
    let (seq, attempt) = tx.existing(client_request_id).await?;
    tx.records.push(record::disclosed(&attempt, at, to));
    let written =
        sqlx::query("INSERT INTO passcode.deliveries (attempt, at, target) VALUES ($1, $2, $3)")
            .bind(seq)
            .bind(written(&tx.at, at)?)
            .bind(to)
            .execute(&mut tx.connection);
    asked(&tx.at, written).await.map(drop)
}
