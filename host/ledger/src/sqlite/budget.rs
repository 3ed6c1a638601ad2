//! Who has a turn, for every process that uses this file.
//!
//! On a connection of its own that does not sync each commit: a read would cost as much again
//! as it does. A process that is killed loses nothing by that, and a machine that loses its
//! power takes longer to come back than a turn lasts, or was about to write an intent, whose
//! commit syncs what went before it in the same file.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::LedgerError;
use passcode_host::{Ask, Budget, Share, Turn};
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

#[cfg(test)]
use super::clock::Clock;
use super::{SqliteLedger, fault, open};

/// One statement, so that counting and taking are one step against every other process.
const TAKE: &str = "
INSERT INTO turns (tenant, app, write, at, until) SELECT ?1, ?2, ?3, ?4, ?5
WHERE NOT EXISTS (SELECT 1 FROM held_back WHERE tenant = ?1 AND app = ?2 AND until > ?4)
AND (SELECT count(*) FROM turns WHERE tenant = ?1 AND app = ?2 AND until > ?4) < ?6
AND (NOT ?3 OR ?7 >
    (SELECT count(*) FROM turns WHERE tenant = ?1 AND app = ?2 AND until > ?4 AND write = 1))
RETURNING seq";

/// When enough turns will have ended. One that is still under way lasts a window longer,
/// whenever it is answered, so that nobody has to ask sooner than in a window (`?5`).
const FREE: &str = "
SELECT max(until) FROM (
    SELECT until FROM held_back WHERE tenant = ?1 AND app = ?2
UNION ALL SELECT min(until, ?5) FROM
    (SELECT until FROM turns WHERE tenant = ?1 AND app = ?2 AND until > ?4
    ORDER BY until DESC LIMIT 1 OFFSET ?6 - 1)
UNION ALL SELECT min(until, ?5) FROM
    (SELECT until FROM turns WHERE tenant = ?1 AND app = ?2 AND until > ?4 AND write = 1 AND ?3
    ORDER BY until DESC LIMIT 1 OFFSET ?7 - 1))";

/// What lies in the future was written before the clock went back; it lasts as long as it would
/// have lasted from then.
const GONE_BACK: [&str; 2] = [
    "UPDATE turns SET at = ?1, until = ?1 + until - at WHERE at > ?1",
    "UPDATE held_back SET at = ?1, until = ?1 + until - at WHERE at > ?1",
];

/// So many turns are taken before those that have ended are looked for, if nobody has to wait.
const TIDIED_EVERY: i64 = 256;

/// The connection that turns are counted on, made when the first is wanted.
#[derive(Default)]
pub(super) struct Counting(Mutex<Option<SqliteConnection>>);

impl Counting {
    pub(super) fn into_inner(self) -> Option<SqliteConnection> {
        self.0.into_inner()
    }
}

pub(super) fn milliseconds(time: Duration) -> i64 {
    // Rounded up: no turn ends before its time.
    i64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX / 4)
}

fn most(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl SqliteLedger {
    fn told(&self) -> impl Fn(sqlx::Error) -> LedgerError {
        |error| fault::of(&self.book.path, error)
    }

    async fn counting(&self) -> Result<MutexGuard<'_, Option<SqliteConnection>>, LedgerError> {
        let mut connection = self.counting.0.lock().await;
        if connection.is_none() {
            let mut made = open::counting(&self.book.path, self.book.wait).await?;
            self.tidy(&mut made).await?;
            *connection = Some(made);
        }
        Ok(connection)
    }

    /// Without what has ended, and with what a clock left behind that went back. The clock is read
    /// when nobody else can write any more: read before, what another process wrote meanwhile
    /// would lie in the future, and would be shortened.
    async fn tidy(&self, connection: &mut SqliteConnection) -> Result<(), LedgerError> {
        let begun = connection.begin_with("BEGIN IMMEDIATE").await;
        let mut transaction = begun.map_err(self.told())?;
        let now = (self.clock)();
        for sql in GONE_BACK
            .into_iter()
            .chain(["DELETE FROM turns WHERE until <= ?1"])
        {
            let done = sqlx::query(sql).bind(now).execute(&mut *transaction).await;
            done.map_err(self.told())?;
        }
        transaction.commit().await.map_err(self.told())
    }

    async fn turn_on(
        &self,
        connection: &mut SqliteConnection,
        ask: &Ask,
    ) -> Result<Turn, LedgerError> {
        let window = milliseconds(ask.rate.window);
        let now = (self.clock)();
        let until = now + milliseconds(ask.longest) + window;
        let taken: Option<i64> = sqlx::query_scalar(TAKE)
            .bind(&ask.share.tenant)
            .bind(&ask.share.app)
            .bind(ask.write)
            .bind(now)
            .bind(until)
            .bind(most(ask.rate.any))
            .bind(most(ask.rate.writes))
            .fetch_optional(&mut *connection)
            .await
            .map_err(self.told())?;
        if let Some(seq) = taken {
            if seq % TIDIED_EVERY == 0 {
                self.tidy(connection).await?;
            }
            return Ok(Turn::Now(seq));
        }
        self.tidy(connection).await?;
        let free: Option<i64> = sqlx::query_scalar(FREE)
            .bind(&ask.share.tenant)
            .bind(&ask.share.app)
            .bind(ask.write)
            .bind(now)
            .bind(now + window)
            .bind(most(ask.rate.any))
            .bind(most(ask.rate.writes))
            .fetch_one(&mut *connection)
            .await
            .map_err(self.told())?;
        let wait = free.unwrap_or_default().saturating_sub(now).max(1);
        Ok(Turn::Later(Duration::from_millis(wait.unsigned_abs())))
    }

    #[cfg(test)]
    pub(super) fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    pub(super) fn as_budget(self: Arc<Self>) -> Option<Arc<dyn Budget>> {
        // What is nowhere is shared with nobody.
        (self.book.path != std::path::Path::new(open::IN_MEMORY)).then_some(self as Arc<dyn Budget>)
    }
}

#[async_trait]
impl Budget for SqliteLedger {
    async fn turn(&self, ask: &Ask) -> Result<Turn, LedgerError> {
        if ask.rate.any == 0 || (ask.write && ask.rate.writes == 0) {
            return Ok(Turn::Later(ask.rate.window));
        }
        let mut connection = self.counting().await?;
        let turn = match connection.as_mut() {
            Some(connection) => self.turn_on(connection, ask).await,
            None => Ok(Turn::Later(ask.rate.window)),
        };
        if turn.is_err() {
            // A transaction may be left in it.
            *connection = None;
        }
        turn
    }

    async fn answered(&self, turn: i64, window: Duration) -> Result<(), LedgerError> {
        let now = (self.clock)();
        let mut connection = self.counting().await?;
        if let Some(connection) = connection.as_mut() {
            // The clock counts whole milliseconds, the service may not.
            sqlx::query("UPDATE turns SET at = ?1, until = ?1 + ?2 + 1 WHERE seq = ?3")
                .bind(now)
                .bind(milliseconds(window))
                .bind(turn)
                .execute(connection)
                .await
                .map_err(self.told())?;
        }
        Ok(())
    }

    async fn hold_back(&self, share: &Share, pause: Duration) -> Result<(), LedgerError> {
        let now = (self.clock)();
        let mut connection = self.counting().await?;
        if let Some(connection) = connection.as_mut() {
            sqlx::query(
                "INSERT INTO held_back (tenant, app, at, until) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET at = excluded.at, until = max(until, excluded.until)",
            )
            .bind(&share.tenant)
            .bind(&share.app)
            .bind(now)
            .bind(now + milliseconds(pause))
            .execute(connection)
            .await
            .map_err(self.told())?;
        }
        Ok(())
    }
}
