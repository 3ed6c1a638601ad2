//! Who has a turn, for every process of every machine that uses this database.
//!
//! By the server's clock, under a lock for each application in each tenant, and without waiting for
//! the disk (`synchronous_commit = off`): a server that fails loses the turns of less than a second,
//! and a write's turn never, because its intent is committed after it, to the same log, and that is
//! waited for.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::LedgerError;
use passcode_host::{Ask, Budget, Share, Turn};

use super::PostgresLedger;
use super::locks::{self, Lock};
use super::pool::{COUNT, Tx, asked};

/// What the server's clock shows in milliseconds, or what a test says.
macro_rules! with_clock {
    ($given:literal, $($sql:literal),+) => {
        concat!(
            "WITH clock AS MATERIALIZED (SELECT coalesce(", $given, "::bigint, \
             floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS now) ",
            $($sql),+
        )
    };
}

const TAKE: &str = with_clock!(
    "$4",
    "INSERT INTO passcode.turns (tenant_key, app_key, write, at, until) \
     SELECT $1, $2, $3, now, now + $5 FROM clock \
     WHERE NOT EXISTS (SELECT 1 FROM passcode.held_back \
        WHERE tenant_key = $1 AND app_key = $2 AND until > now) \
     AND (SELECT count(*) FROM passcode.turns \
        WHERE tenant_key = $1 AND app_key = $2 AND until > now) < $6 \
     AND (NOT $3 OR (SELECT count(*) FROM passcode.turns \
        WHERE tenant_key = $1 AND app_key = $2 AND until > now AND write) < $7) \
     RETURNING seq"
);

/// How long until enough turns will have ended. One that is still under way lasts a window longer,
/// whenever it is answered, so that nobody has to ask sooner than in a window (`$5`).
const FREE: &str = with_clock!(
    "$4",
    "SELECT max(until) - max(now) FROM (\
         SELECT until, now FROM clock, passcode.held_back WHERE tenant_key = $1 AND app_key = $2 \
     UNION ALL (SELECT least(until, now + $5), now FROM clock, passcode.turns \
         WHERE tenant_key = $1 AND app_key = $2 AND until > now \
         ORDER BY until DESC LIMIT 1 OFFSET $6 - 1) \
     UNION ALL (SELECT least(until, now + $5), now FROM clock, passcode.turns \
         WHERE tenant_key = $1 AND app_key = $2 AND until > now AND write AND $3 \
         ORDER BY until DESC LIMIT 1 OFFSET $7 - 1)) AS full_until"
);

/// What lies far in the future was written before the clock went back; it lasts as long as it would
/// have lasted from then. Not what lies a little in the future: that can be an answer that somebody
/// wrote while this statement waited for the row, and would be shortened.
const GONE_BACK: [&str; 2] = [
    with_clock!(
        "$3",
        "UPDATE passcode.turns SET at = now, until = now + until - at FROM clock \
         WHERE tenant_key = $1 AND app_key = $2 AND at > now + 60000"
    ),
    with_clock!(
        "$3",
        "UPDATE passcode.held_back SET at = now, until = now + until - at FROM clock \
         WHERE tenant_key = $1 AND app_key = $2 AND at > now + 60000"
    ),
];

/// Of any application: one that is never heard of again leaves nothing behind.
const ENDED: &str = with_clock!(
    "$1",
    "DELETE FROM passcode.turns WHERE seq IN (\
         SELECT seq FROM passcode.turns, clock WHERE until <= now FOR UPDATE OF turns SKIP LOCKED)"
);

/// The clock counts whole milliseconds, the service may not: hence one more.
const ANSWERED: &str = with_clock!(
    "$1",
    "UPDATE passcode.turns SET at = now, until = now + $2 + 1 FROM clock WHERE seq = $3"
);

const HOLD_BACK: &str = with_clock!(
    "$3",
    "INSERT INTO passcode.held_back (tenant_key, app_key, at, until) \
     SELECT $1, $2, now, now + $4 FROM clock \
     ON CONFLICT (tenant_key, app_key) DO UPDATE SET at = excluded.at, \
        until = greatest(held_back.until, excluded.until)"
);

/// So many turns are taken before those that have ended are looked for, if nobody has to wait.
const TIDIED_EVERY: i64 = 256;

fn milliseconds(time: Duration) -> i64 {
    // Rounded up: no turn ends before its time.
    i64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX / 4)
}

fn most(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A share as its columns spell it.
struct Keys {
    tenant: String,
    app: String,
}

impl Keys {
    fn of(share: &Share) -> Self {
        Self {
            tenant: share.tenant.to_ascii_lowercase(),
            app: share.app.to_ascii_lowercase(),
        }
    }
}

/// What a test's clock shows; none in earnest.
pub(super) type Clock = Option<Arc<dyn Fn() -> i64 + Send + Sync>>;

/// Without what has ended, and with what a clock left behind that went back.
async fn tidy(tx: &mut Tx, keys: &Keys, now: Option<i64>) -> Result<(), LedgerError> {
    for sql in GONE_BACK {
        let done = sqlx::query(sql)
            .bind(&keys.tenant)
            .bind(&keys.app)
            .bind(now)
            .execute(&mut tx.connection);
        asked(&tx.at, done).await?;
    }
    let done = sqlx::query(ENDED).bind(now).execute(&mut tx.connection);
    asked(&tx.at, done).await.map(drop)
}

async fn turn(tx: &mut Tx, ask: &Ask, now: Option<i64>) -> Result<Turn, LedgerError> {
    let keys = Keys::of(&ask.share);
    let window = milliseconds(ask.rate.window);
    let lock = [Lock::Share(&keys.tenant, &keys.app)];
    locks::take(&mut tx.connection, &tx.at, &lock, &[]).await?;
    let taken = sqlx::query_scalar(TAKE)
        .bind(&keys.tenant)
        .bind(&keys.app)
        .bind(ask.write)
        .bind(now)
        .bind(milliseconds(ask.longest) + window)
        .bind(most(ask.rate.any))
        .bind(most(ask.rate.writes))
        .fetch_optional(&mut tx.connection);
    let taken: Option<i64> = asked(&tx.at, taken).await?;
    if let Some(seq) = taken {
        if seq % TIDIED_EVERY == 0 {
            tidy(tx, &keys, now).await?;
        }
        return Ok(Turn::Now(seq));
    }
    tidy(tx, &keys, now).await?;
    let free = sqlx::query_scalar(FREE)
        .bind(&keys.tenant)
        .bind(&keys.app)
        .bind(ask.write)
        .bind(now)
        .bind(window)
        .bind(most(ask.rate.any))
        .bind(most(ask.rate.writes))
        .fetch_one(&mut tx.connection);
    let free: Option<i64> = asked(&tx.at, free).await?;
    let wait = free.unwrap_or_default().max(1);
    Ok(Turn::Later(Duration::from_millis(wait.unsigned_abs())))
}

impl PostgresLedger {
    #[cfg(test)]
    pub(super) fn with_clock(mut self, clock: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        self.clock = Some(clock);
        self
    }
}

#[async_trait]
impl Budget for PostgresLedger {
    async fn turn(&self, ask: &Ask) -> Result<Turn, LedgerError> {
        if ask.rate.any == 0 || (ask.write && ask.rate.writes == 0) {
            return Ok(Turn::Later(ask.rate.window));
        }
        let now = self.clock.as_ref().map(|clock| clock());
        let mut tx = self.pool.begin(COUNT).await?;
        let outcome = turn(&mut tx, ask, now).await;
        tx.end(outcome).await
    }

    async fn answered(&self, turn: i64, window: Duration) -> Result<(), LedgerError> {
        let now = self.clock.as_ref().map(|clock| clock());
        let mut tx = self.pool.begin(COUNT).await?;
        let done = sqlx::query(ANSWERED)
            .bind(now)
            .bind(milliseconds(window))
            .bind(turn)
            .execute(&mut tx.connection);
        let outcome = asked(&tx.at, done).await.map(drop);
        tx.end(outcome).await
    }

    async fn hold_back(&self, share: &Share, pause: Duration) -> Result<(), LedgerError> {
        let now = self.clock.as_ref().map(|clock| clock());
        let keys = Keys::of(share);
        let mut tx = self.pool.begin(COUNT).await?;
        let done = sqlx::query(HOLD_BACK)
            .bind(&keys.tenant)
            .bind(&keys.app)
            .bind(now)
            .bind(milliseconds(pause))
            .execute(&mut tx.connection);
        let outcome = asked(&tx.at, done).await.map(drop);
        tx.end(outcome).await
    }
}
