//! What the file holds, and how an older file becomes the present one.

/// `pcod`, in the header of every ledger: how a ledger is told from any other SQLite file.
pub(super) const APPLICATION_ID: u32 = 0x7063_6f64;

/// The version that this software writes.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Each brings a ledger from the version that is its index to the next. Never change one that
/// was released; add another.
pub(super) const MIGRATIONS: &[&str] = &[V1, V2];

/// The rules of `intend` stand here a second time, as indexes, so that a race or an error in
/// our own transaction fails instead of writing. Names and ids of tenants and devices are
/// compared without regard to case, as the service does: otherwise one device spelled in two
/// ways would be two devices.
const V1: &str = r"
CREATE TABLE ledger (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    kind    TEXT NOT NULL CHECK (kind IN ('practice', 'real'))
) STRICT;

CREATE TABLE plans (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE CHECK (length(id) = 64),
    tenant   TEXT NOT NULL COLLATE NOCASE,
    device   TEXT NOT NULL COLLATE NOCASE,
    created  TEXT NOT NULL,
    expires  TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (id, tenant, device)
) STRICT;

CREATE TABLE attempts (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT,
    client_request_id TEXT NOT NULL COLLATE NOCASE UNIQUE,
    plan              TEXT NOT NULL,
    tenant            TEXT NOT NULL COLLATE NOCASE,
    device            TEXT NOT NULL COLLATE NOCASE,
    request           TEXT NOT NULL,
    at                TEXT NOT NULL,
    sent_after        TEXT,
    snapshot          TEXT NOT NULL,
    after_unknown     TEXT REFERENCES plans (id),
    again             INTEGER NOT NULL CHECK (again IN (0, 1)),
    state             TEXT NOT NULL DEFAULT 'intended'
        CHECK (state IN ('intended', 'not-executed', 'rejected', 'accepted', 'unknown')),
    status            INTEGER CHECK (status BETWEEN 100 AND 999),
    request_id        TEXT,
    answer_date       TEXT,
    approval_code     TEXT,
    settled_by        TEXT,
    ending            TEXT
        CHECK (ending IN ('done', 'failed', 'canceled', 'not-supported', 'ambiguous')),
    CHECK (ending IS NULL OR state = 'accepted'),
    FOREIGN KEY (plan, tenant, device) REFERENCES plans (id, tenant, device)
) STRICT;

CREATE UNIQUE INDEX one_live_attempt_of_a_plan
    ON attempts (plan) WHERE state <> 'not-executed';
CREATE UNIQUE INDEX one_intent_on_a_device
    ON attempts (tenant, device) WHERE state = 'intended';
CREATE UNIQUE INDEX one_undecided_attempt_that_follows_no_other
    ON attempts (tenant, device) WHERE state IN ('intended', 'unknown') AND after_unknown IS NULL;
CREATE INDEX attempts_of_a_plan ON attempts (plan);
CREATE INDEX open_attempts_on_a_device
    ON attempts (tenant, device)
    WHERE state IN ('intended', 'unknown') OR (state = 'accepted' AND ending IS NULL);

CREATE TABLE deliveries (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt INTEGER NOT NULL REFERENCES attempts (seq),
    at      TEXT NOT NULL,
    target  TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_of_an_attempt ON deliveries (attempt, seq);

CREATE TRIGGER plans_are_kept BEFORE DELETE ON plans
    BEGIN SELECT RAISE(ABORT, 'a plan is never removed'); END;
CREATE TRIGGER plans_do_not_change BEFORE UPDATE ON plans
    BEGIN SELECT RAISE(ABORT, 'a plan is never changed'); END;
CREATE TRIGGER attempts_are_kept BEFORE DELETE ON attempts
    BEGIN SELECT RAISE(ABORT, 'an attempt is never removed'); END;
CREATE TRIGGER intents_do_not_change
    BEFORE UPDATE OF client_request_id, plan, tenant, device, request, at, sent_after, snapshot,
        after_unknown, again ON attempts
    BEGIN SELECT RAISE(ABORT, 'an intent is never changed'); END;
CREATE TRIGGER what_is_decided_stays
    BEFORE UPDATE OF state ON attempts
    WHEN OLD.state <> NEW.state
        AND (NEW.state = 'intended' OR OLD.state IN ('not-executed', 'rejected', 'accepted'))
    BEGIN SELECT RAISE(ABORT, 'a decided attempt is never decided otherwise'); END;
CREATE TRIGGER deliveries_are_kept BEFORE DELETE ON deliveries
    BEGIN SELECT RAISE(ABORT, 'a delivery is never removed'); END;
CREATE TRIGGER deliveries_do_not_change BEFORE UPDATE ON deliveries
    BEGIN SELECT RAISE(ABORT, 'a delivery is never changed'); END;
";

/// Who has a turn to send: requests under way and within the service's window after them, by a
/// clock of this machine in milliseconds. Nothing in here is a record; what has ended is removed.
const V2: &str = r"
CREATE TABLE turns (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL COLLATE NOCASE,
    app    TEXT NOT NULL COLLATE NOCASE,
    write  INTEGER NOT NULL CHECK (write IN (0, 1)),
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL
) STRICT;
CREATE INDEX turns_of_an_application ON turns (tenant, app, until);
CREATE INDEX writes_of_an_application ON turns (tenant, app, until) WHERE write = 1;

CREATE TABLE held_back (
    tenant TEXT NOT NULL COLLATE NOCASE,
    app    TEXT NOT NULL COLLATE NOCASE,
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (tenant, app)
) STRICT, WITHOUT ROWID;
";
