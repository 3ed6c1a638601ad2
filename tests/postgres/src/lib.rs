//! A PostgreSQL server of a test's own: in a temporary folder, on a free port of this machine, and
//! gone when the test program is, however that ends.
//!
//! The programs are looked for in `PASSCODE_POSTGRES_BIN`, in `PATH`, and where Debian, Homebrew
//! and PostgreSQL's own packages put them. Where there are none, [`shared`] says that it skips; with
//! `PASSCODE_REQUIRE_DATA=1` that is a failure.
//!
//! ```no_run
//! let Some(server) = passcode_test_postgres::shared() else {
//!     return;
//! };
//! let url = server.database();
//! ```

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test cannot go on without its server"
)]

mod find;
mod process;
mod server;

use std::sync::OnceLock;

pub use server::Server;

static SHARED: OnceLock<Option<Server>> = OnceLock::new();

/// The server that all tests of a program share, started when the first asks. `None` where
/// PostgreSQL is not installed.
///
/// # Panics
///
/// It does not start, or it is not installed and has to be.
pub fn shared() -> Option<&'static Server> {
    SHARED.get_or_init(|| own(&[])).as_ref()
}

/// A server for one test alone, to be killed or set up in its own way: lines for `postgresql.conf`.
///
/// # Panics
///
/// As [`shared`].
pub fn own(settings: &[&str]) -> Option<Server> {
    let Some(programs) = find::programs() else {
        assert!(
            std::env::var("PASSCODE_REQUIRE_DATA").as_deref() != Ok("1"),
            "PostgreSQL is not installed: install the package `postgresql`, or name the folder of \
             `initdb` with PASSCODE_POSTGRES_BIN"
        );
        eprintln!("skipped: PostgreSQL is not installed");
        return None;
    };
    Some(Server::new(&programs, settings))
}
