#![cfg(unix)]

mod audit;
mod budget;
mod formats;
mod open;
mod rules;
mod runs;
mod server;
mod tls;
mod together;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use passcode_test_postgres::Server;
use sqlx::{Connection as _, PgConnection};

use crate::PostgresLedger;
use crate::conformance::Handle;
use crate::turns_tests::cases;

type Opening<H> = Pin<Box<dyn Future<Output = H> + Send>>;

/// Database `n` of a case: made at the first call, another handle on it at each later one.
fn stores(server: &'static Server) -> impl Fn(u32) -> Opening<Handle> {
    let made: Arc<Mutex<HashMap<u32, String>>> = Arc::default();
    move |number| {
        let url = made
            .lock()
            .unwrap()
            .entry(number)
            .or_insert_with(|| server.database())
            .clone();
        Box::pin(async move { Arc::new(open(&url).await) as Handle })
    }
}

async fn open(url: &str) -> PostgresLedger {
    PostgresLedger::open(url, true).await.unwrap()
}

/// Run statements beside the ledger, as its administrator; what the server said to them.
async fn by_hand(url: &str, sql: &'static str) -> Result<(), String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let done = sqlx::raw_sql(sql).execute(&mut connection).await;
    done.map(drop).map_err(|error| error.to_string())
}
