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
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::book::{Book, Sql};
use super::clock::Clock;
use super::{SqliteLedger, broken, open};

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
SELECT max(until) AS free FROM (
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
pub(super) struct Counting(Arc<Mutex<Option<Connection>>>);

impl Counting {
    pub(super) fn into_inner(self) -> Option<Connection> {
        Arc::into_inner(self.0)?.into_inner()
    }
}

/// The counting as an operation sees it.
struct Turns<'a> {
    book: &'a Book,
    connection: &'a mut Connection,
    clock: Clock,
}

pub(super) fn milliseconds(time: Duration) -> i64 {
    // Rounded up: no turn ends before its time.
    i64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX / 4)
}

fn most(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Turns<'_> {
    fn sql(&self) -> Sql<'_> {
        self.book.on(self.connection)
    }

    /// Without what has ended, and with what a clock left behind that went back. The clock is read
    /// when nobody else can write any more: read before, what another process wrote meanwhile
    /// would lie in the future, and would be shortened.
    fn tidy(&mut self) -> Result<(), LedgerError> {
        let begun = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(self.book.words())?;
        let now = (self.clock)();
        for sql in GONE_BACK
            .into_iter()
            .chain(["DELETE FROM turns WHERE until <= ?1"])
        {
            self.book.on(&transaction).execute(sql, [now])?;
        }
        transaction.commit().map_err(self.book.words())
    }

    fn turn(&mut self, ask: &Ask) -> Result<Turn, LedgerError> {
        let window = milliseconds(ask.rate.window);
        let now = (self.clock)();
        let until = now + milliseconds(ask.longest) + window;
        let (any, writes) = (most(ask.rate.any), most(ask.rate.writes));
        let Share { tenant, app } = &ask.share;
        let values = params![tenant, app, ask.write, now, until, any, writes];
        let taken: Option<i64> = self.sql().maybe(TAKE, values, |row| row.get("seq"))?;
        if let Some(seq) = taken {
            if seq % TIDIED_EVERY == 0 {
                self.tidy()?;
            }
            return Ok(Turn::Now(seq));
        }
        self.tidy()?;
        let values = params![tenant, app, ask.write, now, now + window, any, writes];
        let free = self.sql().maybe(FREE, values, |row| row.get("free"))?;
        let free: Option<i64> = free.flatten();
        let wait = free.unwrap_or_default().saturating_sub(now).max(1);
        Ok(Turn::Later(Duration::from_millis(wait.unsigned_abs())))
    }
}

impl SqliteLedger {
    /// On a thread of its own: another process may hold the file.
    async fn counted<T: Send + 'static>(
        &self,
        count: impl FnOnce(&mut Turns<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (book, clock) = (Arc::clone(&self.book), Arc::clone(&self.clock));
        let mut kept = Arc::clone(&self.counting.0).lock_owned().await;
        let counted = move || {
            let new = kept.is_none();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => open::counting(&book.path, book.wait)?,
            };
            let mut turns = Turns {
                book: &book,
                connection: &mut connection,
                clock,
            };
            if new {
                turns.tidy()?;
            }
            let counted = count(&mut turns)?;
            // Not where something failed: a transaction may be left in it.
            *kept = Some(connection);
            Ok(counted)
        };
        match spawn_blocking(counted).await {
            Ok(counted) => counted,
            Err(error) => Err(broken(&self.book.path, &error)),
        }
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
        let ask = ask.clone();
        self.counted(move |turns| turns.turn(&ask)).await
    }

    async fn answered(&self, turn: i64, window: Duration) -> Result<(), LedgerError> {
        let now = (self.clock)();
        self.counted(move |turns| {
            // The clock counts whole milliseconds, the service may not.
            let ends = "UPDATE turns SET at = ?1, until = ?1 + ?2 + 1 WHERE seq = ?3";
            let values = params![now, milliseconds(window), turn];
            turns.sql().execute(ends, values).map(drop)
        })
        .await
    }

    async fn hold_back(&self, share: &Share, pause: Duration) -> Result<(), LedgerError> {
        let (now, share) = ((self.clock)(), share.clone());
        self.counted(move |turns| {
            let held = "INSERT INTO held_back (tenant, app, at, until) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET at = excluded.at, until = max(until, excluded.until)";
            let values = params![share.tenant, share.app, now, now + milliseconds(pause)];
            turns.sql().execute(held, values).map(drop)
        })
        .await
    }
}
